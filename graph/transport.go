package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"authgraph/internal/apierr"
)

// maxBodyBytes bounds a request's body, and the query string of a GET.
const maxBodyBytes = 256 << 10

// The media types of an answer. The first is what a client gets that has no
// preference: its statuses suit clients that look at nothing else.
const (
	mediaTypeJSON     = "application/json"
	mediaTypeResponse = "application/graphql-response+json"
)

// transport is GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/):
// POST with a JSON body, GET for queries. It is the only transport, takes every
// request and answers each in JSON.
//
// It stands in place of gqlgen's own, which put the body of a malformed request
// into the answer, take the first JSON value of a body and leave the rest, and
// match member names without regard to case.
type transport struct {
	present presenter
	observe func(operation, field, code string, took time.Duration)
}

var _ graphql.Transport = transport{}

// Supports implements graphql.Transport.
func (transport) Supports(*http.Request) bool { return true }

// Do implements graphql.Transport.
func (t transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()

	mediaType, acceptable := negotiate(r.Header.Values("Accept"))
	if !acceptable {
		t.refuse(ctx, w, mediaTypeJSON, apierr.New(apierr.NotAcceptable,
			"This server answers in application/graphql-response+json or application/json."))
		return
	}
	params, refusal := readRequest(w, r)
	if refusal != nil {
		t.refuse(ctx, w, mediaType, refusal)
		return
	}

	operation, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		response := exec.DispatchError(graphql.WithOperationContext(ctx, operation), errs)
		t.observe("none", "none", codeOf(response.Errors[0]), time.Since(start))
		write(w, mediaType, requestErrorStatus(mediaType, response.Errors), response)
		return
	}
	if r.Method == http.MethodGet && operation.Operation.Operation != ast.Query {
		w.Header().Set("Allow", http.MethodPost)
		t.refuse(ctx, w, mediaType, apierr.New(apierr.MethodNotAllowed, "GET is for queries. Send mutations by POST."))
		return
	}

	responses, ctx := exec.DispatchOperation(ctx, operation)
	response := responses(ctx)
	if response == nil {
		// gqlgen gives nothing for a context that has ended.
		t.refuse(ctx, w, mediaType, apierr.New(apierr.ServiceUnavailable, "The request took too long."))
		return
	}
	write(w, mediaType, http.StatusOK, response)
}

// refuse answers a request that is not one of GraphQL over HTTP, or that cannot
// be carried out.
func (t transport) refuse(ctx context.Context, w http.ResponseWriter, mediaType string, e *apierr.Error) {
	t.observe("none", "none", string(e.Code), 0)
	shown := t.present.present(ctx, e)
	write(w, mediaType, e.HTTPStatus(), &graphql.Response{Errors: gqlerror.List{shown}})
}

// requestErrorStatus is the status of an answer without data: by section 6.4 of
// the specification 200 for application/json, whose clients read the body, and
// an error's own status else.
func requestErrorStatus(mediaType string, errs gqlerror.List) int {
	if mediaType == mediaTypeJSON {
		return http.StatusOK
	}
	if status, ok := errs[0].Extensions["status"].(int); ok {
		return status
	}
	return http.StatusBadRequest
}

func write(w http.ResponseWriter, mediaType string, status int, response *graphql.Response) {
	if len(response.Errors) > maxErrors {
		response.Errors = response.Errors[:maxErrors]
	}
	body := encode(response)
	h := w.Header()
	h.Set("Content-Type", mediaType+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if after, ok := retryAfter(response.Errors); ok {
		h.Set("Retry-After", strconv.Itoa(after))
	}
	w.WriteHeader(status)
	// A client that has gone away is no fault.
	_, _ = w.Write(body)
}

// encode writes the response as section 7.1 of the GraphQL specification asks:
// no data where nothing was executed. gqlgen's Response writes null there, and
// the data, which is JSON already, would be copied and checked twice.
func encode(response *graphql.Response) []byte {
	body := make([]byte, 0, len(response.Data)+512)
	body = append(body, '{')
	if len(response.Errors) > 0 {
		// Errors are made by the presenter, of strings and numbers.
		errs, _ := json.Marshal(response.Errors)
		body = append(append(body, `"errors":`...), errs...)
	}
	if response.Data != nil {
		if len(response.Errors) > 0 {
			body = append(body, ',')
		}
		body = append(append(body, `"data":`...), response.Data...)
	}
	return append(body, '}')
}

// retryAfter returns what the first error says of when to come back.
func retryAfter(errs gqlerror.List) (seconds int, ok bool) {
	if len(errs) == 0 {
		return 0, false
	}
	seconds, ok = errs[0].Extensions["retryAfterSeconds"].(int)
	return seconds, ok
}

// negotiate chooses the media type of the answer: the acceptable one of the two
// with the higher quality, application/json where nothing is said or both are
// as good.
func negotiate(accept []string) (mediaType string, acceptable bool) {
	if len(accept) == 0 {
		return mediaTypeJSON, true
	}
	best := 0.0
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
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

func isUTF8(parameters map[string]string) bool {
	charset, ok := parameters["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

// readRequest reads a request by its method, or says why it is none.
func readRequest(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *apierr.Error) {
	switch r.Method {
	case http.MethodPost:
		return readPost(w, r)
	case http.MethodGet:
		return readGet(r)
	default:
		w.Header().Set("Allow", "GET, POST")
		return nil, apierr.New(apierr.MethodNotAllowed, "GraphQL takes POST, and GET for queries.")
	}
}

func readPost(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *apierr.Error) {
	if refusal := checkContentType(r.Header); refusal != nil {
		return nil, refusal
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, apierr.New(apierr.PayloadTooLarge, "The body is larger than 256 KiB.")
	case err != nil:
		return nil, apierr.New(apierr.BadRequest, "The body could not be read to its end.").WithCause(err)
	case len(bytes.TrimSpace(body)) == 0:
		return nil, apierr.New(apierr.BadRequest, `The body is empty. Send {"query": "…"}.`)
	}
	members, refusal := readMembers(body)
	if refusal != nil {
		return nil, refusal
	}
	return newParams(members)
}

// checkContentType lets JSON in and nothing else: a form or text/plain can be
// sent from a foreign page without asking (CSRF).
func checkContentType(h http.Header) *apierr.Error {
	mediaType, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != mediaTypeJSON || !isUTF8(parameters) {
		return apierr.New(apierr.UnsupportedMediaType, "Send Content-Type: application/json.")
	}
	return nil
}

// readMembers splits a JSON object into its members. A body that is several
// values, or names a member twice, means one thing to us and another to the
// next reader, so it is refused.
func readMembers(body []byte) (map[string]json.RawMessage, *apierr.Error) {
	malformed := apierr.New(apierr.BadRequest, "The body is not one JSON object.")
	d := json.NewDecoder(bytes.NewReader(body))
	start, err := d.Token()
	if err != nil {
		return nil, malformed
	}
	if start == json.Delim('[') {
		return nil, apierr.New(apierr.BadRequest, "Batches are not taken: send one operation in a request.")
	}
	if start != json.Delim('{') {
		return nil, malformed
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, malformed
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, malformed
		}
		if _, twice := members[name.(string)]; twice {
			return nil, apierr.New(apierr.BadRequest, "A member of the body is given twice.")
		}
		members[name.(string)] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed
	}
	return members, nil
}

func readGet(r *http.Request) (*graphql.RawParams, *apierr.Error) {
	if len(r.URL.RawQuery) > maxBodyBytes {
		return nil, apierr.New(apierr.PayloadTooLarge, "The query string is larger than 256 KiB.")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, apierr.New(apierr.BadRequest, "The query string is malformed.")
	}
	members := map[string]json.RawMessage{}
	for _, name := range []string{"query", "operationName"} {
		if value := values.Get(name); value != "" {
			// Strings cannot fail to marshal.
			members[name], _ = json.Marshal(value)
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		value := values.Get(name)
		if value == "" {
			continue
		}
		if !json.Valid([]byte(value)) {
			return nil, apierr.New(apierr.BadRequest, name+" is not JSON.")
		}
		members[name] = json.RawMessage(value)
	}
	return newParams(members)
}

// newParams reads the parameters of a request (section 5.1 of the specification).
func newParams(members map[string]json.RawMessage) (*graphql.RawParams, *apierr.Error) {
	p := &graphql.RawParams{ReadTime: graphql.TraceTiming{Start: time.Now(), End: time.Now()}}
	for name, target := range map[string]any{
		"query":         &p.Query,
		"operationName": &p.OperationName,
		"variables":     &p.Variables,
		"extensions":    &p.Extensions,
	} {
		value, given := members[name]
		if !given {
			continue
		}
		// A number becomes a float64 and not a json.Number, whose kind is that
		// of a string: gqlparser would take it where the schema asks for text.
		if json.Unmarshal(value, target) != nil {
			return nil, apierr.New(apierr.BadRequest, name+" has the wrong JSON type.")
		}
	}
	if p.Query != "" {
		return p, nil
	}
	if _, persisted := p.Extensions["persistedQuery"]; persisted {
		// The text is part of a protocol: Apollo's clients look for it and send
		// the whole document then.
		return nil, apierr.New(apierr.PersistedQueryUnsupported, "PersistedQueryNotSupported")
	}
	return nil, apierr.New(apierr.BadRequest, "query is missing.")
}
