package web

import (
	"errors"
	"net/http"
	"strings"
)

// maxBearer is the longest token that is looked at. Cognito's access tokens have
// one to two thousand characters.
const maxBearer = 8192

var (
	errManyCredentials = errors.New("web: more than one Authorization header")
	errNotBearer       = errors.New("web: Authorization is not a bearer credential")
)

// bearer returns the token of the Authorization header, or nothing when there is
// no such header. Its grammar is RFC 6750, section 2.1:
//
//	b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//	credentials = "Bearer" 1*SP b64token
//
// The scheme's case does not matter (RFC 9110, section 11.1). The errors never
// hold what was sent.
func bearer(h http.Header) (string, error) {
	lines := h["Authorization"]
	switch {
	case len(lines) == 0:
		return "", nil
	case len(lines) > 1:
		return "", errManyCredentials
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
		if !inB64Token[c] {
			return false
		}
	}
	return true
}

// inB64Token has the characters of b64token: tokens are long, and a table is three times
// as fast as comparisons.
var inB64Token = func() (set [256]bool) { //nolint:gochecknoglobals // a constant, if Go had tables among them
	for c := range set {
		set[c] = isAlphanumeric(byte(c)) || strings.ContainsRune("-._~+/", rune(c))
	}
	return set
}()
