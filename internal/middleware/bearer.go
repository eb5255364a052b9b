package middleware

import (
	"errors"
	"net/http"
	"strings"
)

// maxBearer is the length limit of a token. Cognito's access tokens have one to
// two thousand characters.
const maxBearer = 8192

var (
	errManyCredentials = errors.New("middleware: more than one Authorization header")
	errNotBearer       = errors.New("middleware: Authorization is not a bearer credential")
)

// bearer returns the token of the Authorization header, or "" without one. A blank
// header counts as none: some clients send it before the user signs in. The grammar is
// that of RFC 6750, section 2.1:
//
//	b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//	credentials = "Bearer" 1*SP b64token
//
// The scheme is case-insensitive (RFC 9110, section 11.1). Errors never contain
// the header.
func bearer(h http.Header) (string, error) {
	lines := h["Authorization"]
	switch {
	case len(lines) == 0:
		return "", nil
	case len(lines) > 1:
		return "", errManyCredentials
	case strings.Trim(lines[0], " \t") == "":
		return "", nil
	}
	scheme, rest, found := strings.Cut(lines[0], " ")
	token := strings.TrimLeft(rest, " ")
	if !found || !strings.EqualFold(scheme, "bearer") || !isB64Token(token) {
		return "", errNotBearer
	}
	return token, nil
}

func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" || len(s) > maxBearer {
		return false
	}
	for _, c := range []byte(body) {
		if !isAlphanumeric(c) && strings.IndexByte("-._~+/", c) < 0 {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}
