package httpserver_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"authgraph/internal/httpserver"
)

func TestRequestID(t *testing.T) {
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}})
	for _, test := range []struct {
		name string
		ids  []string
		kept bool
	}{
		{"none", nil, false},
		{"uuid", []string{"0e8a2b8c-5a0e-4bb4-9f3e-0a4b8f6f5f10"}, true},
		{"64 characters", []string{strings.Repeat("a", 64)}, true},
		{"65 characters", []string{strings.Repeat("a", 65)}, false},
		{"empty", []string{""}, false},
		{"underscore", []string{"a_b"}, false},
		{"space", []string{"a b"}, false},
		{"markup", []string{"<script>"}, false},
		{"non-ASCII letter", []string{"ä"}, false},
		{"two", []string{"a", "b"}, false},
	} {
		var headers []string
		for _, id := range test.ids {
			headers = append(headers, "X-Request-Id", id)
		}
		got := send(handler, "GET", "/healthz", headers...).Header.Get("X-Request-Id")
		if kept := len(test.ids) > 0 && got == test.ids[0]; kept != test.kept || got == "" {
			t.Errorf("%s: got %q, kept %t, want %t", test.name, got, kept, test.kept)
		}
	}
	first := send(handler, "GET", "/").Header.Get("X-Request-Id")
	if second := send(handler, "GET", "/").Header.Get("X-Request-Id"); first == second {
		t.Errorf("two requests have the id %q", first)
	}
}

func TestBearer(t *testing.T) {
	for _, test := range []struct {
		name    string
		lines   []string
		token   string
		invalid bool
	}{
		{name: "none"},
		{name: "token", lines: []string{"Bearer abc.DEF-_~+/09=="}, token: "abc.DEF-_~+/09=="},
		{name: "scheme in any case", lines: []string{"bEARER abc"}, token: "abc"},
		{name: "several spaces", lines: []string{"Bearer    abc"}, token: "abc"},
		{name: "maximum length", lines: []string{"Bearer " + strings.Repeat("a", 8192)}, token: strings.Repeat("a", 8192)},
		{name: "too long", lines: []string{"Bearer " + strings.Repeat("a", 8193)}, invalid: true},
		{name: "empty header", lines: []string{""}},
		{name: "blank header", lines: []string{" \t "}},
		{name: "empty header and a token", lines: []string{"", "Bearer abc"}, invalid: true},
		{name: "no token", lines: []string{"Bearer"}, invalid: true},
		{name: "space without a token", lines: []string{"Bearer "}, invalid: true},
		{name: "no scheme", lines: []string{"abc"}, invalid: true},
		{name: "another scheme", lines: []string{"Basic dXNlcjpwYXNz"}, invalid: true},
		{name: "look-alike scheme", lines: []string{"Bearer2 abc"}, invalid: true},
		{name: "tab", lines: []string{"Bearer\tabc"}, invalid: true},
		{name: "space after the token", lines: []string{"Bearer abc "}, invalid: true},
		{name: "two tokens", lines: []string{"Bearer abc def"}, invalid: true},
		{name: "two credentials in a line", lines: []string{"Bearer abc, Bearer def"}, invalid: true},
		{name: "two lines", lines: []string{"Bearer abc", "Bearer abc"}, invalid: true},
		{name: "padding only", lines: []string{"Bearer ="}, invalid: true},
		{name: "padding within", lines: []string{"Bearer a=b"}, invalid: true},
		{name: "quotes", lines: []string{`Bearer "abc"`}, invalid: true},
		{name: "nul", lines: []string{"Bearer a\x00"}, invalid: true},
		{name: "non-ASCII letter", lines: []string{"Bearer äbc"}, invalid: true},
	} {
		inner := &graphQL{}
		handler := httpserver.NewHandler(httpserver.Options{GraphQL: inner})
		r := httptest.NewRequest("POST", "/graphql", nil)
		if test.lines != nil {
			r.Header["Authorization"] = test.lines
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if inner.calls != 1 {
			t.Errorf("%s: GraphQL was called %d times: the middleware must not reject the request", test.name, inner.calls)
			continue
		}
		if got := inner.request.Bearer; got != test.token {
			t.Errorf("%s: Bearer is %q, want %q", test.name, got, test.token)
		}
		if err := inner.request.BearerError; (err != nil) != test.invalid {
			t.Errorf("%s: BearerError is %v", test.name, err)
		}
	}
}

func TestClientAddr(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		name      string
		trusted   []netip.Prefix
		peer      string
		forwarded []string
		want      string
	}{
		{"peer", nil, "203.0.113.9:1234", nil, "203.0.113.9"},
		{"peer of IPv6", nil, "[2001:db8::1]:1234", nil, "2001:db8::1"},
		{"peer with a zone", nil, "[fe80::1%eth0]:1234", nil, "fe80::1"},
		{"peer without a port, as from Lambda", nil, "203.0.113.9", nil, "203.0.113.9"},
		{"no peer", nil, "", nil, "invalid IP"},
		{"no trusted proxies", nil, "10.0.0.1:1", []string{"198.51.100.1"}, "10.0.0.1"},
		{"peer is not trusted", proxies, "203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		{"one proxy", proxies, "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"one proxy, mapped", proxies, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"forged entry", proxies, "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"forged entry and proxy", proxies, "10.0.0.1:1", []string{"1.1.1.1, 10.0.0.7, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", proxies, "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"two proxies, two lines", proxies, "10.0.0.1:1", []string{"1.1.1.1,198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"forged line", proxies, "10.0.0.1:1", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
		{"with ports", proxies, "10.0.0.1:1", []string{"198.51.100.1:4711, [fd00::2]:80"}, "198.51.100.1"},
		{"IPv6 in brackets", proxies, "10.0.0.1:1", []string{"[2001:db8::5]"}, "2001:db8::5"},
		{"only trusted proxies", proxies, "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"invalid entry", proxies, "10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		{"invalid entry before a proxy", proxies, "10.0.0.1:1", []string{"198.51.100.1, _hidden, 10.0.0.2"}, "10.0.0.2"},
		{"empty", proxies, "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"commas", proxies, "10.0.0.1:1", []string{strings.Repeat(",", 1000)}, "10.0.0.1"},
		{"empty last entry", proxies, "10.0.0.1:1", []string{"198.51.100.1,"}, "10.0.0.1"},
	} {
		inner := &graphQL{}
		handler := httpserver.NewHandler(httpserver.Options{GraphQL: inner, TrustedProxies: test.trusted})
		r := httptest.NewRequest("POST", "/graphql", nil)
		r.RemoteAddr = test.peer
		r.Header["X-Forwarded-For"] = test.forwarded
		r.Header["Forwarded"] = []string{"for=9.9.9.9"}
		r.Header["X-Real-Ip"] = []string{"9.9.9.9"}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if got := inner.request.ClientAddr.String(); got != test.want {
			t.Errorf("%s: ClientAddr is %s, want %s", test.name, got, test.want)
		}
	}
}

func TestCORSIsOffByDefault(t *testing.T) {
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}})
	for _, method := range []string{http.MethodPost, http.MethodOptions} {
		response := send(handler, method, "/graphql", "Origin", "https://example.com", "Access-Control-Request-Method", "POST")
		for name := range response.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s is %q", method, name, response.Header.Get(name))
			}
		}
	}
}

func TestCORS(t *testing.T) {
	inner := &graphQL{}
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: inner, AllowedOrigins: []string{"https://app.example.com", "http://localhost:3000"}})
	for _, test := range []struct {
		origin  string
		allowed bool
	}{
		{"https://app.example.com", true},
		{"http://localhost:3000", true},
		{"http://app.example.com", false},
		{"https://app.example.com:8443", false},
		{"https://app.example.com.evil.com", false},
		{"https://evil-app.example.com", false},
		{"https://sub.app.example.com", false},
		{"https://example.com", false},
		{"https://APP.example.com", false},
		{"https://app.example.com/", false},
		{"https://app.example.com, https://evil.com", false},
		{"http://localhost", false},
		{"http://localhost:30000", false},
		{"null", false},
		{"*", false},
		{"", false},
	} {
		want := ""
		if test.allowed {
			want = test.origin
		}
		actual := send(handler, "POST", "/graphql", "Origin", test.origin)
		preflight := send(handler, "OPTIONS", "/graphql", "Origin", test.origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,x-apollo-operation-name")
		for name, response := range map[string]*http.Response{"POST": actual, "preflight": preflight} {
			if got := response.Header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s from %q: allowed %q, want %q", name, test.origin, got, want)
			}
			if !strings.Contains(strings.Join(response.Header["Vary"], ","), "Origin") {
				t.Errorf("%s from %q: Vary is %q", name, test.origin, response.Header["Vary"])
			}
			if response.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s from %q: credentials are allowed", name, test.origin)
			}
		}
	}
}

func TestPreflight(t *testing.T) {
	const origin = "https://app.example.com"
	inner := &graphQL{}
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: inner, AllowedOrigins: []string{origin}, AllowedHeaders: []string{"X-Tenant"}})
	for _, test := range []struct {
		name, method, headers string
		allowed               bool
	}{
		{"POST", "POST", "", true},
		{"GET", "GET", "", true},
		{"headers of Apollo Client", "POST", "apollo-require-preflight,authorization,content-type,x-apollo-operation-name", true},
		{"headers of Apollo's mobile clients", "POST", "accept,x-apollo-operation-id,x-apollo-operation-name,x-apollo-operation-type", true},
		{"client awareness", "POST", "apollographql-client-name,apollographql-client-version", true},
		{"headers of tracing", "POST", "authorization,baggage,content-type,traceparent,tracestate", true},
		{"headers of Sentry", "POST", "authorization,baggage,content-type,sentry-trace", true},
		{"a header of the settings", "POST", "content-type,x-tenant", true},
		{"PUT", "PUT", "", false},
		{"DELETE", "DELETE", "", false},
		{"disallowed header", "POST", "x-http-method-override", false},
		{"a cookie", "POST", "authorization,cookie", false},
		{"many commas", "POST", strings.Repeat(",", 60_000), false},
		{"many commas in between", "POST", "authorization" + strings.Repeat(",", 60_000) + "content-type", false},
	} {
		response := send(handler, "OPTIONS", "/graphql", "Origin", origin,
			"Access-Control-Request-Method", test.method, "Access-Control-Request-Headers", test.headers)
		allowed := response.Header.Get("Access-Control-Allow-Methods") != ""
		if allowed != test.allowed {
			t.Errorf("%s: allowed %t, want %t", test.name, allowed, test.allowed)
		}
		if allowed && response.Header.Get("Access-Control-Max-Age") != "600" {
			t.Errorf("%s: Max-Age is %q", test.name, response.Header.Get("Access-Control-Max-Age"))
		}
	}
	if inner.calls != 0 {
		t.Errorf("preflights reached GraphQL %d times", inner.calls)
	}
	response := send(handler, "POST", "/graphql", "Origin", origin, "Content-Encoding", "gzip")
	if response.StatusCode != 415 || response.Header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("a page cannot read an error of the middleware: %d %v", response.StatusCode, response.Header)
	}
	if got := response.Header.Get("Access-Control-Expose-Headers"); got != "X-Request-Id, Retry-After" {
		t.Errorf("Access-Control-Expose-Headers is %q", got)
	}
}
