package httpserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"authgraph/internal/httpserver"
	"authgraph/internal/reqctx"
)

// TestMain runs the test binary as a Lambda function if startLambda started it. A
// function needs its own process because it exits with the runtime.
func TestMain(m *testing.M) {
	if os.Getenv("AUTHGRAPH_TEST_AS_LAMBDA") == "" {
		os.Exit(m.Run())
	}
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: http.HandlerFunc(echo), Playground: true})
	fmt.Fprintln(os.Stderr, httpserver.ServeLambda(context.Background(), handler))
	os.Exit(1)
}

// echoed describes a request as a handler inside Lambda received it.
type echoed struct {
	Method, Path, Host, Body string
	Query                    map[string][]string
	List                     []string
	Cookies                  map[string]string
	Bearer, ClientAddr       string
	Deadline                 bool
}

func echo(w http.ResponseWriter, r *http.Request) {
	request := reqctx.FromContext(r.Context())
	all, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	cookies := map[string]string{}
	for _, cookie := range r.Cookies() {
		cookies[cookie.Name] = cookie.Value
	}
	_, deadline := r.Context().Deadline()
	http.SetCookie(w, &http.Cookie{Name: "c", Value: "3"})
	http.SetCookie(w, &http.Cookie{Name: "d", Value: "4"})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(echoed{
		r.Method, r.URL.Path, r.Host, string(all), r.URL.Query(), r.Header["X-List"],
		cookies, request.Bearer, request.ClientAddr.String(), deadline,
	})
}

// runtime is a stub of Lambda's runtime API:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtime struct {
	events  chan []byte
	results chan result
}

// result is what the function sent for an event. kind is "response" or "error".
type result struct {
	kind string
	body []byte
}

func (rt *runtime) handler() http.Handler {
	const root = "/2018-06-01/runtime/invocation/"
	mux := http.NewServeMux()
	var id int
	mux.HandleFunc("GET "+root+"next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-rt.events:
			id++
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", strconv.Itoa(id))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:auth")
			_, _ = w.Write(event)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST "+root+"{id}/{kind}", func(w http.ResponseWriter, r *http.Request) {
		all, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		rt.results <- result{r.PathValue("kind"), all}
	})
	return mux
}

// startLambda starts a function that runs until the test ends, and returns a func that
// invokes it.
func startLambda(t *testing.T) func(event []byte) result {
	t.Helper()
	rt := &runtime{events: make(chan []byte), results: make(chan result, 1)}
	server := httptest.NewServer(rt.handler())
	ctx, cancel := context.WithCancel(context.Background())
	function := exec.CommandContext(ctx, os.Args[0])
	function.Env = append(os.Environ(), "AUTHGRAPH_TEST_AS_LAMBDA=1", "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(server.URL, "http://"))
	if err := function.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = function.Wait() // it was killed
		server.Close()
	})
	return func(event []byte) result {
		select {
		case rt.events <- event:
			return <-rt.results
		case <-time.After(30 * time.Second):
			t.Fatal("the function did not request an event")
			return result{}
		}
	}
}

// lambdaResponse has the members of all response formats.
type lambdaResponse struct {
	StatusCode        int
	Headers           map[string]string
	MultiValueHeaders map[string][]string
	Cookies           []string
	Body              string
	IsBase64Encoded   bool
}

func decode(t *testing.T, r result) lambdaResponse {
	t.Helper()
	if r.kind != "response" {
		t.Fatalf("the function failed: %s", r.body)
	}
	var decoded lambdaResponse
	if err := json.Unmarshal(r.body, &decoded); err != nil {
		t.Fatal(err)
	}
	if decoded.IsBase64Encoded {
		t.Errorf("the body is base64, which a REST API does not decode: %s", r.body)
	}
	return decoded
}

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	event, err := os.ReadFile("testdata/lambda/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestLambda(t *testing.T) {
	invoke := startLambda(t)
	both := []string{"one", "two"}
	for _, test := range []struct {
		event, host string
		query, list []string
		form        string // format of the response headers
	}{
		{"rest_api", "api.example.com", []string{"a &c", "b"}, both, "lists"},
		{"http_api", "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", []string{"a &c", "b"}, []string{"one,two"}, "separate cookies"},
		{"function_url", "abcdefg.lambda-url.eu-west-1.on.aws", []string{"a &c", "b"}, []string{"one,two"}, "separate cookies"},
		{"alb_multi", "lb.example.com", []string{"a &c", "b"}, both, "lists"},
		{"alb_single", "lb.example.com", []string{"a &c"}, []string{"two"}, "single"},
	} {
		t.Run(test.event, func(t *testing.T) {
			got := decode(t, invoke(fixture(t, test.event)))
			if got.StatusCode != http.StatusAccepted {
				t.Fatalf("status %d: %s", got.StatusCode, got.Body)
			}
			checkEcho(t, got.Body, test.host, test.query, test.list)
			checkForm(t, got, test.form)
		})
	}
}

func checkEcho(t *testing.T, body, host string, query, list []string) {
	t.Helper()
	var e echoed
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatal(err)
	}
	for _, text := range []struct{ name, got, want string }{
		{"method", e.Method, "POST"},
		{"path", e.Path, "/graphql"},
		{"host", e.Host, host},
		{"body", e.Body, `{"query":"{me{id}}"}`},
		{"bearer", e.Bearer, "abc"},
		{"client", e.ClientAddr, "203.0.113.7"},
	} {
		if text.got != text.want {
			t.Errorf("%s is %q, want %q", text.name, text.got, text.want)
		}
	}
	if !slices.Equal(e.Query["q"], query) || !slices.Equal(e.List, list) {
		t.Errorf("query %q and list %q, want %q and %q", e.Query["q"], e.List, query, list)
	}
	if !maps.Equal(e.Cookies, map[string]string{"a": "1", "b": "2"}) {
		t.Errorf("cookies are %v", e.Cookies)
	}
	if !e.Deadline {
		t.Error("the request has no deadline")
	}
}

func checkForm(t *testing.T, got lambdaResponse, form string) {
	t.Helper()
	cookies := []string{"c=3", "d=4"}
	switch form {
	case "lists":
		if !slices.Equal(got.MultiValueHeaders["Set-Cookie"], cookies) || got.MultiValueHeaders["X-Request-Id"] == nil {
			t.Errorf("lists of headers are %v", got.MultiValueHeaders)
		}
	case "separate cookies":
		if !slices.Equal(got.Cookies, cookies) || got.Headers["X-Request-Id"] == "" {
			t.Errorf("cookies are %v, headers %v", got.Cookies, got.Headers)
		}
	case "single":
		if got.MultiValueHeaders != nil || got.Headers["X-Request-Id"] == "" {
			t.Errorf("headers are %v, lists %v", got.Headers, got.MultiValueHeaders)
		}
	}
}

func TestLambdaHealthCheck(t *testing.T) {
	got := decode(t, startLambda(t)(fixture(t, "alb_health_check")))
	if got.StatusCode != 200 || strings.TrimSpace(got.Body) != `{"status":"ok"}` {
		t.Errorf("%d %s", got.StatusCode, got.Body)
	}
}

// change returns an event with parts of its text replaced.
func change(t *testing.T, event []byte, replacements ...string) []byte {
	t.Helper()
	changed := strings.NewReplacer(replacements...).Replace(string(event))
	if changed == string(event) {
		t.Fatalf("found nothing to replace: %q", replacements)
	}
	return []byte(changed)
}

// TestLambdaPaths checks that API Gateway's resources, routes and stages are removed from
// paths.
func TestLambdaPaths(t *testing.T) {
	invoke := startLambda(t)
	rest, httpAPI := fixture(t, "rest_api"), fixture(t, "http_api")
	for name, event := range map[string][]byte{
		"a resource":       change(t, rest, `"/{proxy+}"`, `"/graphql"`, `{"proxy": "graphql"}`, `null`),
		"below a resource": change(t, rest, `"/{proxy+}"`, `"/v1/{proxy+}"`, `/auth/graphql`, `/auth/v1/graphql`),
		"no stage":         change(t, httpAPI, `/prod/graphql`, `/graphql`, `"prod"`, `"$default"`),
		"a route":          change(t, httpAPI, `"$default"`, `"POST /graphql"`),
		"below a route": change(t, httpAPI, `"$default"`, `"ANY /v1/{proxy+}"`, `/prod/graphql`, `/prod/v1/graphql`,
			`"queryStringParameters"`, `"pathParameters": {"proxy": "graphql"}, "queryStringParameters"`),
	} {
		got := decode(t, invoke(event))
		if got.StatusCode != 202 || !strings.Contains(got.Body, `"Path":"/graphql"`) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.Body)
		}
	}
}

// Events that only keep the function warm succeed and do nothing.
// https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-events.html
func TestLambdaWarmUp(t *testing.T) {
	invoke := startLambda(t)
	for name, event := range map[string]string{
		"a rule of EventBridge": `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2026-11-30T00:00:00Z","region":"eu-west-1","resources":["arn:aws:events:eu-west-1:123456789012:rule/warm"],"detail":{}}`,
		"EventBridge Scheduler": `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.scheduler","account":"123456789012","time":"2026-11-30T00:00:00Z","region":"eu-west-1","resources":[],"detail":"{}"}`,
		"a plug-in":             `{"source":"serverless-plugin-warmup"}`,
		"another plug-in":       `{"warmer":true,"concurrency":3}`,
	} {
		if got := invoke([]byte(event)); got.kind != "response" || string(got.body) != "null" {
			t.Errorf("%s: %s %s", name, got.kind, got.body)
		}
	}
	if got := decode(t, invoke(change(t, fixture(t, "rest_api"), `"resource"`, `"warmer": true, "resource"`))); got.StatusCode != 202 {
		t.Errorf("a request with the member of a plug-in: %d", got.StatusCode)
	}
}

func TestLambdaBadRequests(t *testing.T) {
	invoke := startLambda(t)
	for name, event := range map[string][]byte{
		"path":   change(t, fixture(t, "alb_multi"), "/graphql", "/%zz"),
		"query":  change(t, fixture(t, "alb_single"), "a%20%26c", "%zz"),
		"method": change(t, fixture(t, "function_url"), `"POST"`, `"PO ST"`),
		"body":   change(t, fixture(t, "alb_single"), "eyJx", "!!!!"),
	} {
		if got := decode(t, invoke(event)); got.StatusCode != 400 {
			t.Errorf("bad %s: %d %s", name, got.StatusCode, got.Body)
		}
	}
	for name, event := range map[string]string{
		"a test event":                 `{"key1": "value1"}`,
		"a queue event":                `{"Records": [{"eventSource": "aws:sqs", "body": "hunter2"}]}`,
		"a list":                       `[]`,
		"another event of EventBridge": `{"source":"aws.events","detail-type":"AWS API Call via CloudTrail","detail":{"a":"hunter2"}}`,
		"no warm-up":                   `{"warmer":false}`,
	} {
		got := invoke([]byte(event))
		if got.kind != "error" || !strings.Contains(string(got.body), "not an HTTP request") || strings.Contains(string(got.body), "hunter2") {
			t.Errorf("%s: %s %s", name, got.kind, got.body)
		}
	}
	if got := decode(t, invoke(fixture(t, "rest_api"))); got.StatusCode != 202 {
		t.Errorf("after invalid events: %d", got.StatusCode)
	}
}

// TestLambdaDoesNotCompress checks that responses are not compressed, since a gateway may
// not be configured for binary responses.
func TestLambdaDoesNotCompress(t *testing.T) {
	event := change(t, fixture(t, "alb_single"), "/graphql", "/", `"POST"`, `"GET"`,
		`"x-list": "two"`, `"accept": "text/html", "accept-encoding": "gzip"`, "eyJxdWVyeSI6InttZXtpZH19In0=", "")
	got := decode(t, startLambda(t)(event))
	if got.StatusCode != 200 || !strings.Contains(got.Body, "<!doctype html>") || got.Headers["Content-Encoding"] != "" {
		t.Errorf("%d %v %s", got.StatusCode, got.Headers, got.Body)
	}
}

func TestServeLambdaOutsideLambda(t *testing.T) {
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "")
	if err := httpserver.ServeLambda(t.Context(), http.NotFoundHandler()); err == nil {
		t.Error("no error outside Lambda")
	}
}
