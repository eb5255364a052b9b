package httpserver_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"authgraph/internal/httpserver"
	"authgraph/internal/logging"
)

// warnings returns the messages of the warnings in a log, each with the value of the
// attribute that names the caller.
func warnings(t *testing.T, log string) []string {
	t.Helper()
	var found []string
	for line := range strings.Lines(log) {
		var entry struct{ Level, Msg, Origin, Header, Peer string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Level == "WARN" {
			found = append(found, entry.Msg+" | "+entry.Origin+entry.Header+entry.Peer)
		}
	}
	return found
}

func TestAdviceAboutPages(t *testing.T) {
	const (
		foreign = "refused a cross-origin request: if the page is yours, add its origin to CORS_ALLOWED_ORIGINS | "
		none    = "a page without an origin was refused: serve it over HTTP, not from a file or in a sandboxed frame | null"
		header  = "refused a cross-origin request because of a header: if the page is yours, add it to CORS_ALLOWED_HEADERS | "
	)
	preflight := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers"}
	for _, test := range []struct {
		name    string
		origins []string
		cookie  bool
		method  string
		headers []string
		want    string
	}{
		{"a preflight", nil, false, "OPTIONS", append(preflight, "content-type", "Origin", "https://app.example.com"), foreign + "https://app.example.com"},
		{"a request", []string{"https://app.example.com"}, false, "POST", []string{"Origin", "http://app.example.com"}, foreign + "http://app.example.com"},
		{"a request with a cookie", []string{"https://app.example.com"}, true, "POST", []string{"Origin", "https://other.example.com", "Sec-Fetch-Site", "same-site"}, foreign + "https://other.example.com"},
		{"a file", nil, false, "POST", []string{"Origin", "null"}, none},
		{"a refused header", []string{"https://app.example.com"}, false, "OPTIONS", append(preflight, "content-type,x-tenant", "Origin", "https://app.example.com"), header + "x-tenant"},

		{"an allowed origin", []string{"https://app.example.com"}, false, "POST", []string{"Origin", "https://app.example.com"}, ""},
		{"an allowed preflight", []string{"https://app.example.com"}, false, "OPTIONS", append(preflight, "content-type", "Origin", "https://app.example.com"), ""},
		{"this origin", nil, false, "POST", []string{"Origin", "http://example.com"}, ""},
		{"this origin behind a proxy", nil, false, "POST", []string{"Origin", "https://public.example.com", "Sec-Fetch-Site", "same-origin"}, ""},
		{"no browser", nil, false, "POST", nil, ""},
		{"no origin", nil, false, "POST", []string{"Origin", "hunter2"}, ""},
		{"a password", nil, false, "POST", []string{"Origin", "https://ada:hunter2@example.com"}, ""},
		{"two origins", nil, false, "POST", []string{"Origin", "https://a.example.com", "Origin", "https://b.example.com"}, ""},
		{"a long origin", nil, false, "POST", []string{"Origin", "https://" + strings.Repeat("a", 5000) + ".example.com"}, ""},
	} {
		var log strings.Builder
		options := httpserver.Options{GraphQL: &graphQL{}, AllowedOrigins: test.origins, Log: logging.New(&log, slog.LevelInfo, "json")}
		if test.cookie {
			options.RefreshCookie = 1
		}
		handler := httpserver.NewHandler(options)
		for range 3 { // it is logged once
			send(handler, test.method, "/graphql", test.headers...)
		}
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if got := warnings(t, log.String()); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", test.name, got, want)
		}
	}
}

func TestAdviceAboutProxies(t *testing.T) {
	const unlisted = "ignored X-Forwarded-For: if the peer is your proxy, add it to TRUSTED_PROXIES | "
	for _, test := range []struct {
		name, peer, forwarded string
		want                  string
	}{
		{"an unlisted proxy", "192.0.2.1:1", "198.51.100.1", unlisted + "192.0.2.1"},
		{"a listed proxy", "10.0.0.1:1", "198.51.100.1", ""},
		{"no proxy", "192.0.2.1:1", "", ""},
		{"a gateway that calls a function", "198.51.100.1", "198.51.100.1, 192.0.2.1", ""},
		{"no peer", "", "198.51.100.1", ""},
	} {
		var log strings.Builder
		handler := httpserver.NewHandler(httpserver.Options{
			GraphQL: &graphQL{}, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			Log: logging.New(&log, slog.LevelInfo, "json"),
		})
		for range 3 {
			r := httptest.NewRequest("POST", "/graphql", nil)
			r.RemoteAddr = test.peer
			if test.forwarded != "" {
				r.Header.Set("X-Forwarded-For", test.forwarded)
			}
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if got := warnings(t, log.String()); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", test.name, got, want)
		}
	}
}

// A hostile client cannot fill the log or the memory.
func TestAdviceIsBounded(t *testing.T) {
	var log strings.Builder
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Log: logging.New(&log, slog.LevelWarn, "json")})
	for i := range 1000 {
		send(handler, http.MethodPost, "/graphql", "Origin", fmt.Sprintf("https://%d.example.com", i))
	}
	got := warnings(t, log.String())
	if last := "suppressing further warnings of this kind | "; len(got) != 51 || got[50] != last {
		t.Errorf("%d warnings, the last %q", len(got), got[len(got)-1])
	}
}
