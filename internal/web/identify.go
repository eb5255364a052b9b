package web

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"strings"

	"authgraph/internal/reqctx"
)

const (
	// headerRequestID names a request, both ways.
	headerRequestID = "X-Request-Id"
	// headerDeviceData is what Amazon's script for threat protection makes of the
	// browser.
	headerDeviceData = "X-Device-Data"
)

// identify reads what the request brings along and puts it into the context.
func identify(next http.Handler, trusted []netip.Prefix) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := bearer(r.Header)
		request := &reqctx.Request{
			ID:          requestID(r.Header),
			Bearer:      token,
			BearerError: err,
			ClientAddr:  clientAddr(r, trusted),
			UserAgent:   userAgent(r),
			DeviceData:  deviceData(r.Header),
		}
		w.Header().Set(headerRequestID, request.ID)
		next.ServeHTTP(w, r.WithContext(reqctx.NewContext(r.Context(), request)))
	})
}

// deviceData returns the header when it is one that Cognito may take: text
// without spaces, of some kilobytes at most.
func deviceData(h http.Header) string {
	const most = 8 << 10
	values := h.Values(headerDeviceData)
	outside := func(c rune) bool { return c <= ' ' || c > '~' }
	if len(values) != 1 || len(values[0]) > most || strings.ContainsFunc(values[0], outside) {
		return ""
	}
	return values[0]
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
