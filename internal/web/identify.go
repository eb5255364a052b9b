package web

import (
	"crypto/rand"
	"net/http"
	"net/netip"

	"authgraph/internal/reqctx"
)

// headerRequestID names a request, both ways.
const headerRequestID = "X-Request-Id"

// identify reads what the request brings along and puts it into the context.
func identify(next http.Handler, trusted []netip.Prefix) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := bearer(r.Header)
		request := &reqctx.Request{
			ID:          requestID(r.Header),
			Bearer:      token,
			BearerError: err,
			ClientAddr:  clientAddr(r, trusted),
		}
		w.Header().Set(headerRequestID, request.ID)
		next.ServeHTTP(w, r.WithContext(reqctx.NewContext(r.Context(), request)))
	})
}

// requestID returns the caller's id when it is harmless wherever ids end up, in
// logs above all, and a random one otherwise.
func requestID(h http.Header) string {
	if ids := h.Values(headerRequestID); len(ids) == 1 && isRequestID(ids[0]) {
		return ids[0]
	}
	return rand.Text()
}

func isRequestID(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && c != '-' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}
