package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"authgraph/internal/apierr"
)

// The media types of a response. Clients without a preference get
// application/json, whose statuses suit clients that do not read error bodies.
const (
	mediaTypeJSON     = "application/json"
	mediaTypeResponse = "application/graphql-response+json"
)

// negotiate returns the media type with the highest quality value in the Accept
// headers, application/json if there is no preference. A blank header states none.
func negotiate(accept []string) (mediaType string, acceptable bool) {
	list := strings.Trim(strings.Join(accept, ","), ", \t")
	if list == "" {
		return mediaTypeJSON, true
	}
	best := 0.0
	for part := range strings.SplitSeq(list, ",") {
		candidate, parameters, err := mime.ParseMediaType(part)
		if err != nil || !isUTF8(parameters) {
			continue
		}
		quality := 1.0
		if q, ok := parameters["q"]; ok {
			quality, err = strconv.ParseFloat(q, 64)
			if err != nil {
				continue
			}
		}
		switch candidate {
		case "*/*", "application/*":
			candidate = mediaTypeJSON
		case mediaTypeJSON, mediaTypeResponse:
		default:
			continue
		}
		if quality > best {
			best, mediaType = quality, candidate
		}
	}
	return mediaType, best > 0
}

// checkContentType accepts JSON alone: a cross-origin page can send a form or
// text/plain without a CORS preflight, which would allow CSRF. A repeated header has
// no single meaning, so it is none.
func checkContentType(h http.Header) *apierr.Error {
	mediaType, parameters, err := mime.ParseMediaType(strings.Join(h["Content-Type"], ","))
	if err != nil || mediaType != mediaTypeJSON || !isUTF8(parameters) {
		return apierr.New(apierr.UnsupportedMediaType, "Send Content-Type: application/json.")
	}
	return nil
}

func isUTF8(parameters map[string]string) bool {
	charset, ok := parameters["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}
