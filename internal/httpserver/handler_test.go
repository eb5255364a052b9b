package httpserver_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"authgraph/internal/httpserver"
	"authgraph/internal/logging"
	"authgraph/internal/metrics"
	"authgraph/internal/reqctx"
)

// graphQL is a stub of the GraphQL handler. It counts its calls and records the last
// [reqctx.Request].
type graphQL struct {
	calls   int
	request *reqctx.Request
}

func (g *graphQL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.calls++
	g.request = reqctx.FromContext(r.Context())
	_, _ = io.WriteString(w, `{"data":{}}`)
}

// send sends a request to a handler. headers alternates names and values; a name may
// occur several times.
func send(h http.Handler, method, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(all))
}

func TestRoutes(t *testing.T) {
	const greeting = `{"message":"Authentication service"}`
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}})
	for _, test := range []struct {
		method, target string
		status         int
		body           string // substring
	}{
		{"POST", "/graphql", 200, `{"data":{}}`},
		{"GET", "/graphql?query={me{id}}", 200, `{"data":{}}`},
		{"OPTIONS", "/graphql", 200, `{"data":{}}`}, // rejecting it is up to GraphQL
		{"GET", "/", 200, greeting},
		{"HEAD", "/", 200, ""},
		{"GET", "/healthz", 200, `{"status":"ok"}`},
		{"GET", "/readyz", 200, `{"status":"ready"}`},
		{"GET", "/metrics", 200, "authgraph_http_requests_total"},
		{"POST", "/", 405, `"code":"METHOD_NOT_ALLOWED"`},
		{"DELETE", "/healthz", 405, `"status":405`},
		{"POST", "/metrics", 405, `"code":"METHOD_NOT_ALLOWED"`},
		{"GET", "/nowhere", 404, `"code":"NOT_FOUND"`},
		{"POST", "/graphql/", 404, `"code":"NOT_FOUND"`},
		{"GET", "/playground/index.html", 404, `"code":"NOT_FOUND"`},
		{"GET", "/favicon.ico", 404, `"message":"Not found"`},
	} {
		response := send(handler, test.method, test.target)
		if response.StatusCode != test.status {
			t.Errorf("%s %s: status %d, want %d", test.method, test.target, response.StatusCode, test.status)
		}
		if got := body(t, response); !strings.Contains(got, test.body) {
			t.Errorf("%s %s: body %s does not contain %s", test.method, test.target, got, test.body)
		}
		if response.StatusCode == 405 && response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow is %q", test.method, test.target, response.Header.Get("Allow"))
		}
	}
}

func TestBasePath(t *testing.T) {
	const greeting = `{"message":"Authentication service"}`
	var log strings.Builder
	handler := httpserver.WithBasePath("/api/auth", httpserver.NewHandler(httpserver.Options{
		GraphQL: &graphQL{}, Playground: true, Log: logging.New(&log, slog.LevelInfo, "json"),
	}))
	for _, test := range []struct {
		method, target string
		status         int
		body           string // substring
	}{
		{"POST", "/api/auth/graphql", 200, `{"data":{}}`},
		{"GET", "/api/auth/graphql?query={me{id}}", 200, `{"data":{}}`},
		{"GET", "/api/auth/", 200, greeting},
		{"POST", "/graphql", 200, `{"data":{}}`},
		{"GET", "/", 200, greeting},
		{"GET", "/healthz", 200, `{"status":"ok"}`},
		{"GET", "/metrics", 200, `route="/graphql"`},
		{"GET", "/api/auth/metrics", 404, ""},
		{"GET", "/api/auth/healthz", 404, ""},
		{"GET", "/api/auth/nowhere", 404, ""},
		{"GET", "/api/auth/playground/none.js", 404, ""},
		{"GET", "/api/authgraph/graphql", 404, ""},
		{"GET", "/api/auth/api/auth/graphql", 404, ""},
		{"POST", "/api/auth", 404, ""},
	} {
		response := send(handler, test.method, test.target)
		if got := body(t, response); response.StatusCode != test.status || !strings.Contains(got, test.body) {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.target, response.StatusCode, got, test.status, test.body)
		}
	}
	moved := send(handler, "GET", "/api/auth")
	if got := moved.Header.Get("Location"); moved.StatusCode != 308 || got != "/api/auth/" {
		t.Errorf("GET /api/auth: %d, Location %q", moved.StatusCode, got)
	}
	page := body(t, send(handler, "GET", "/api/auth/", "Accept", "text/html"))
	_, script, _ := strings.Cut(page, `src="`)
	script, _, _ = strings.Cut(script, `"`)
	if response := send(handler, "GET", "/api/auth/"+script); response.StatusCode != 200 {
		t.Errorf("the page's script %q: %d", script, response.StatusCode)
	}
}

func TestHeadersOfEveryResponse(t *testing.T) {
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Ready: func() error { return errors.New("no keys") }})
	for _, target := range []string{"/graphql", "/", "/healthz", "/readyz", "/metrics", "/nowhere"} {
		h := send(handler, "GET", target).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
		} {
			if h.Get(name) != want {
				t.Errorf("GET %s: %s is %q, want %q", target, name, h.Get(name), want)
			}
		}
		if h.Get("X-Request-Id") == "" {
			t.Errorf("GET %s: no X-Request-Id", target)
		}
	}
}

func TestNewHandlerWithoutGraphQL(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	httpserver.NewHandler(httpserver.Options{})
}

func TestContentEncoding(t *testing.T) {
	for _, test := range []struct {
		codings []string
		status  int
	}{
		{nil, 200},
		{[]string{"identity"}, 200},
		{[]string{"gzip"}, 415},
		{[]string{"GZIP"}, 415},
		{[]string{"identity", "br"}, 415},
		{[]string{"identity, gzip"}, 415},
		{[]string{"zstd"}, 415},
	} {
		inner := &graphQL{}
		handler := httpserver.NewHandler(httpserver.Options{GraphQL: inner})
		var headers []string
		for _, coding := range test.codings {
			headers = append(headers, "Content-Encoding", coding)
		}
		response := send(handler, "POST", "/graphql", headers...)
		if response.StatusCode != test.status {
			t.Errorf("Content-Encoding %q: status %d, want %d", test.codings, response.StatusCode, test.status)
		}
		if rejected := test.status != 200; rejected != (inner.calls == 0) {
			t.Errorf("Content-Encoding %q: GraphQL was called %d times", test.codings, inner.calls)
		}
	}
}

func TestReadiness(t *testing.T) {
	var cause error
	var log strings.Builder
	drain := &httpserver.Drain{}
	handler := httpserver.NewHandler(httpserver.Options{
		GraphQL: &graphQL{},
		Ready:   func() error { return cause },
		Drain:   drain,
		Log:     logging.New(&log, slog.LevelInfo, "json"),
	})
	probe := func(status int, want string) {
		t.Helper()
		response := send(handler, "GET", "/readyz")
		if got := body(t, response); response.StatusCode != status || got != want {
			t.Errorf("%d %s, want %d %s", response.StatusCode, got, status, want)
		}
	}
	probe(200, `{"status":"ready"}`)
	cause = errors.New("keys of the pool: refused")
	probe(503, `{"status":"unavailable"}`)
	probe(503, `{"status":"unavailable"}`)
	cause = nil
	probe(200, `{"status":"ready"}`)
	drain.Begin()
	probe(503, `{"status":"draining"}`)

	if n := strings.Count(log.String(), "readiness changed"); n != 2 {
		t.Errorf("logged %d changes, want 2:\n%s", n, log.String())
	}
	if !strings.Contains(log.String(), "keys of the pool: refused") {
		t.Errorf("the cause is not in the log:\n%s", log.String())
	}
}

func TestPanic(t *testing.T) {
	var log strings.Builder
	counted := metrics.New()
	handler := httpserver.NewHandler(httpserver.Options{
		GraphQL: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug with a secret") }),
		Metrics: counted,
		Log:     logging.New(&log, slog.LevelInfo, "json"),
	})
	response := send(handler, "POST", "/graphql", "X-Request-Id", "abc-1")
	const want = `{"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL","status":500,"requestId":"abc-1"}}]}`
	if got := body(t, response); response.StatusCode != 500 || got != want {
		t.Errorf("%d %s, want 500 %s", response.StatusCode, got, want)
	}
	for _, piece := range []string{`"msg":"panic"`, "a bug with a secret", "handler_test.go", `"status":500`, `"request_id":"abc-1"`} {
		if !strings.Contains(log.String(), piece) {
			t.Errorf("the log lacks %s:\n%s", piece, log.String())
		}
	}
	if got := body(t, send(counted.Handler(), "GET", "/")); !strings.Contains(got, "authgraph_panics_total 1") {
		t.Error("the panic was not counted")
	}
}

// TestPanicAfterFlush checks that a panic after part of the response was sent closes the
// connection, so that the client can tell that the response is incomplete.
func TestPanicAfterFlush(t *testing.T) {
	server := httptest.NewServer(httpserver.NewHandler(httpserver.Options{
		GraphQL: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":`)
			_ = http.NewResponseController(w).Flush()
			panic("a bug")
		}),
	}))
	defer server.Close()
	response, err := server.Client().Post(server.URL+"/graphql", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if all, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("the incomplete response %q ended without an error", all)
	}
}

func TestAccessLog(t *testing.T) {
	var log strings.Builder
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: &graphQL{}, Log: logging.New(&log, slog.LevelInfo, "json")})
	send(handler, "POST", "/graphql?query=hunter2",
		"Authorization", "Bearer hunter2", "Cookie", "a=hunter2", "X-Forwarded-For", "198.51.100.1",
		"User-Agent", "agent\x1b[31m\nsecond line "+strings.Repeat("é", 300))
	send(handler, "GET", "/healthz")

	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, `"msg":"request"`) })
	if len(lines) != 1 {
		t.Fatalf("%d lines, want 1 (probes are logged at debug level):\n%s", len(lines), log.String())
	}
	if strings.Contains(lines[0], "hunter2") {
		t.Errorf("a secret is in the log: %s", lines[0])
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"msg": "request", "method": "POST", "route": "/graphql", "status": 200.0, "bytes": 11.0, "client": "192.0.2.1",
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	if at, _ := line["time"].(string); !strings.HasSuffix(at, "Z") {
		t.Errorf("time is %v, want UTC", line["time"])
	}
	agent, _ := line["user_agent"].(string)
	if len(agent) > 200 || strings.ContainsAny(agent, "\x1b\n") || !strings.HasPrefix(agent, "agent [31m second line é") {
		t.Errorf("user_agent is %q", agent)
	}
}

func TestLoggerFormats(t *testing.T) {
	for format, want := range map[string]string{"text": "level=WARN", "json": `"level":"WARN"`, "auto": `"level":"WARN"`} {
		var out strings.Builder
		log := logging.New(&out, slog.LevelWarn, format)
		log.Info("below the level")
		log.Warn("one\nline", "value", "a\nb")
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: %q", format, out.String())
		}
	}
}
