package web

import (
	"net/http"
	"slices"

	"github.com/rs/cors"
)

// allowOrigins lets pages of the listed origins call next, with cookies if credentials
// is set. Without any it does not wrap at all: the library takes an empty list for
// "every origin".
func allowOrigins(origins []string, credentials bool, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next
	}
	allowed := slices.Clone(origins)
	return cors.New(cors.Options{
		// A function of ours compares byte by byte, as the Fetch standard does;
		// the library's own list knows wildcards and folds case.
		AllowOriginFunc: func(origin string) bool { return slices.Contains(allowed, origin) },
		AllowedMethods:  []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Content-Type", headerRequestID, headerDeviceData,
			// What Apollo's clients for the web, iOS and Android send.
			"Apollo-Require-Preflight", "Apollographql-Client-Name", "Apollographql-Client-Version",
			"X-Apollo-Operation-Id", "X-Apollo-Operation-Name", "X-Apollo-Operation-Type",
		},
		ExposedHeaders:   []string{headerRequestID, "Retry-After"},
		AllowCredentials: credentials,
		MaxAge:           600,
	}).Handler(next)
}
