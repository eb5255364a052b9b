package scripts_test

// Commands for the last response; see scripts_test.go.

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"authgraph/internal/testutil"
)

func (s *script) expect(neg bool, args []string) {
	s.need(args, 2, 2, "expect PATH VALUE")
	if s.last == nil {
		s.Fatalf("no response yet")
	}
	text := s.last.Text(args[0])
	equal, err := matches(text, args[1])
	s.Check(err)
	if equal == neg {
		s.Fatalf("%s is %s\n%s", args[0], text, s.last.Indented())
	}
}

func (s *script) refused(args []string) {
	s.need(args, 2, 3, "refused CODE STATUS [FIELD]")
	s.expect(false, []string{"errors.length", "1"})
	s.expect(false, []string{"errors.0.extensions.code", args[0]})
	s.expect(false, []string{"errors.0.extensions.status", args[1]})
	if len(args) == 3 {
		s.expect(false, []string{"errors.0.extensions.field", args[2]})
	}
}

func (s *script) keep(args []string) {
	s.need(args, 2, 2, "keep NAME PATH")
	text := s.last.Text(args[1])
	if text == "absent" {
		s.Fatalf("%s is absent\n%s", args[1], s.last.Indented())
	}
	s.Setenv(args[0], text)
}

func (s *script) jwt(args []string) {
	s.need(args, 1, 1, "jwt TOKEN")
	parts := strings.Split(args[0], ".")
	if len(parts) != 3 {
		s.Fatalf("a JWT has three parts, not %d", len(parts))
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	s.Check(err)
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	s.Check(err)
	s.last = testutil.NewResponse(http.StatusOK, nil, fmt.Appendf(nil, `{"header":%s,"claims":%s}`, header, claims))
}

func (s *script) cookie(args []string) {
	s.need(args, 1, 1, "cookie NAME")
	set := (&http.Response{Header: s.last.Header}).Cookies()
	if len(set) != 1 {
		s.Fatalf("the last answer sets %d cookies", len(set))
	}
	c := set[0]
	if c.Name != testutil.RefreshCookie || c.Path != "/" || c.Domain != "" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode {
		s.Fatalf("the cookie is %s with Path=%s Domain=%s HttpOnly=%t Secure=%t SameSite=%d", c.Name, c.Path, c.Domain, c.HttpOnly, c.Secure, c.SameSite)
	}
	if (c.Value == "") != (c.MaxAge < 0) {
		s.Fatalf("the cookie has a value of %d characters and Max-Age=%d", len(c.Value), c.MaxAge)
	}
	s.Setenv(args[0], strings.TrimSuffix(c.Name+"="+c.Value, testutil.RefreshCookie+"="))
}

// matches reports whether text equals want, or matches it if want is /a regular
// expression/.
func matches(text, want string) (bool, error) {
	if len(want) > 1 && strings.HasPrefix(want, "/") && strings.HasSuffix(want, "/") {
		pattern, err := regexp.Compile(want[1 : len(want)-1])
		if err != nil {
			return false, err
		}
		return pattern.MatchString(text), nil
	}
	return text == want, nil
}
