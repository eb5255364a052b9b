package middleware

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"strings"
	"unicode"

	"authgraph/internal/reqctx"
)

const (
	// headerRequestID is the request's id, in requests and responses.
	headerRequestID = "X-Request-Id"
	// headerDeviceData is the device fingerprint that Amazon's script for threat
	// protection collects in the browser.
	headerDeviceData = "X-Device-Data"
)

// Identify stores a [reqctx.Request] in the context of every request. It uses
// X-Forwarded-For only if a trusted proxy sent it.
func Identify(trusted []netip.Prefix, advice *Advice, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		advice.unlistedProxy(r, trusted)
		token, err := bearer(r.Header)
		request := &reqctx.Request{
			ID:          requestID(r.Header),
			Bearer:      token,
			BearerError: err,
			ClientAddr:  clientAddr(r, trusted),
			Origin:      pageOrigin(r.Header),
			UserAgent:   userAgent(r),
			DeviceData:  deviceData(r.Header),
		}
		w.Header().Set(headerRequestID, request.ID)
		next.ServeHTTP(w, r.WithContext(reqctx.NewContext(r.Context(), request)))
	})
}

// deviceData returns the header if Cognito may accept it: printable ASCII without
// spaces, at most 8 KiB.
func deviceData(h http.Header) string {
	const maxLen = 8 << 10
	values := h.Values(headerDeviceData)
	outside := func(c rune) bool { return c <= ' ' || c > '~' }
	if len(values) != 1 || len(values[0]) > maxLen || strings.ContainsFunc(values[0], outside) {
		return ""
	}
	return values[0]
}

// requestID returns the client's id if it is safe to log, and a random one
// otherwise.
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

// userAgent returns the header's first 200 bytes without control characters.
func userAgent(r *http.Request) string {
	const maxLen = 200
	agent := r.UserAgent()
	if len(agent) > maxLen {
		agent = agent[:maxLen]
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(agent, ""))
}
