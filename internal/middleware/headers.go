package middleware

import (
	"net/http"
	"strings"
)

// SecureHeaders sets the security headers of every response. Handlers that serve
// pages or cacheable files override the last two.
func SecureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		// Applies to requests without CORS, such as those of <img>, and does not
		// affect allowed origins: https://fetch.spec.whatwg.org/#corp-check
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// RejectEncoded rejects compressed request bodies. A few kilobytes of gzip can
// expand to gigabytes, and no GraphQL client compresses requests.
func RejectEncoded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, coding := range r.Header["Content-Encoding"] {
			if coding != "" && !strings.EqualFold(coding, "identity") {
				w.Header().Set("Accept-Encoding", "identity") // RFC 9110, section 15.5.16
				WriteError(w, r, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "Compressed requests are not supported")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// ReadOnly rejects every method but GET and HEAD.
func ReadOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			WriteError(w, r, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Method not allowed")
			return
		}
		next.ServeHTTP(w, r)
	})
}
