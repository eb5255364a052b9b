package middleware

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// FuzzBearer compares the parser with the grammar of RFC 6750 as a regular
// expression. A blank line is no credential.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"", "Bearer abc", "bearer  a.b-c_d~e+f/g==", "Bearer =", "Basic abc", "Bearer a b", "Bearer\tabc", "Bearer \xff"} {
		f.Add(seed)
	}
	grammar := regexp.MustCompile(`^(?i:bearer) +([A-Za-z0-9._~+/-]+=*)$`)
	f.Fuzz(func(t *testing.T, line string) {
		token, err := bearer(http.Header{"Authorization": {line}})
		match := grammar.FindStringSubmatch(line)
		valid := match != nil && len(match[1]) <= maxBearer
		if strings.Trim(line, " \t") == "" {
			valid, match = true, []string{"", ""}
		}
		if valid != (err == nil) {
			t.Fatalf("%q: valid %t, error %v", line, valid, err)
		}
		if valid && token != match[1] {
			t.Fatalf("%q: token %q, want %q", line, token, match[1])
		}
		if err != nil && token != "" {
			t.Fatalf("%q: both a token and an error", line)
		}
	})
}
