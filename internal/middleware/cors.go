package middleware

import (
	"net/http"
	"slices"

	"github.com/rs/cors"
)

// CORSHeaders returns the request headers that pages of other origins may send, with
// those of CORS_ALLOWED_HEADERS at the end.
func CORSHeaders(more []string) []string {
	return append([]string{
		"Accept", "Authorization", "Content-Type", headerRequestID, headerDeviceData,
		// Sent by Apollo's clients for the web, iOS and Android.
		"Apollo-Require-Preflight", "Apollographql-Client-Name", "Apollographql-Client-Version",
		"X-Apollo-Operation-Id", "X-Apollo-Operation-Name", "X-Apollo-Operation-Type",
		// Sent by instrumented pages: https://www.w3.org/TR/trace-context/,
		// https://www.w3.org/TR/baggage/, and what Sentry sends beside the latter.
		"Traceparent", "Tracestate", "Baggage", "Sentry-Trace",
	}, more...)
}

// CORS lets pages of the listed origins call next, with these request headers, and
// with cookies if credentials is set.
func CORS(origins, headers []string, credentials bool, advice *Advice, next http.Handler) http.Handler {
	if len(origins) > 0 { // rs/cors treats an empty list as "all origins"
		next = allowOrigins(slices.Clone(origins), headers, credentials, next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		advice.refusedPage(r, origins, headers)
		next.ServeHTTP(w, r)
	})
}

func allowOrigins(allowed, headers []string, credentials bool, next http.Handler) http.Handler {
	return cors.New(cors.Options{
		// Origins are compared byte by byte, as the Fetch standard requires; the
		// library's own list supports wildcards and ignores case.
		AllowOriginFunc:  func(origin string) bool { return slices.Contains(allowed, origin) },
		AllowedMethods:   []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:   headers,
		ExposedHeaders:   []string{headerRequestID, "Retry-After"},
		AllowCredentials: credentials,
		MaxAge:           600,
	}).Handler(next)
}
