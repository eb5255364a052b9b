// Package lambda_test runs the built program as an AWS Lambda function, behind each
// event source that Lambda has for HTTP.
package lambda_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

const lambdaPassword = "Correct-Horse-7"

// TestLambda runs the binary behind every event source, with an external user pool as in
// production. A second subtest uses the embedded pool.
func TestLambda(t *testing.T) {
	testutil.Build(t)
	t.Run("with an external user pool", func(t *testing.T) {
		t.Parallel()
		external := testutil.Start(t, testutil.PoolSettings(t), nil)
		if err := external.AwaitReady(); err != nil {
			t.Fatal(err)
		}
		f := startFunction(t, []string{
			"AWS_COGNITO_USER_POOL_ID=" + external.BannerValue("Pool id"),
			"AWS_COGNITO_APP_CLIENT_ID=" + external.BannerValue("Client id"),
			"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + external.PoolURL(),
		}, nil)
		f.pool = external.PoolURL()
		f.testEveryForm(t)
		f.testOddEvents(t)
	})
	t.Run("with the embedded pool", func(t *testing.T) {
		t.Parallel()
		// Inside Lambda there is no banner, so the port must be known in advance.
		address := testutil.FreeAddress(t)
		settings := append(testutil.PoolSettings(t), "POOL_ADDR="+address)
		f := startFunction(t, settings, []string{"--embedded-pool"})
		f.pool = "http://" + address
		f.testFlow(t, httpAPI, false, "ada@example.com")
	})
}

// TestLambdaBasePath runs the function as a route below a path, which its event sources
// leave in their events.
func TestLambdaBasePath(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	f := startFunction(t, append(testutil.PoolSettings(t), "BASE_PATH=/auth"), []string{"--embedded-pool"})
	for _, form := range eventForms {
		for path, status := range map[string]int{"/auth/graphql": http.StatusOK, "/other/graphql": http.StatusNotFound} {
			a := f.request(t, form, http.MethodPost, path, "", `{"query":"{__typename}"}`, false)
			if a.Status != status || status == http.StatusOK && a.Text("data.__typename") != "Query" {
				t.Errorf("%s: %s: status %d, want %d\n%s", form.name, path, a.Status, status, a.Body)
			}
		}
	}
}

// TestLambdaEnds stops the function with SIGTERM, as when it runs in a container.
func TestLambdaEnds(t *testing.T) {
	t.Parallel()
	testutil.Build(t)
	f := startFunction(t, testutil.PoolSettings(t), []string{"--embedded-pool"})
	if err := f.program.Stop(); err != nil {
		t.Error(err)
	}
}

// function is the binary running as a Lambda function.
type function struct {
	program *testutil.Program
	runtime *runtimeAPI
	pool    string // URL of its user pool
}

func startFunction(t *testing.T, settings, flags []string) *function {
	t.Helper()
	api := newRuntimeAPI(t)
	settings = append([]string{"AWS_LAMBDA_RUNTIME_API=" + api.address(), "AWS_REGION=us-east-1"}, settings...)
	f := &function{program: testutil.Start(t, settings, flags), runtime: api}

	greeted := f.request(t, httpAPI, http.MethodGet, "/", "", "", false)
	if greeted.Text("message") != "Authentication service" {
		t.Fatalf("GET / returned %s", greeted.Body)
	}
	t.Logf("cold start, exec to first response (race detector: %v): %v", testutil.RaceEnabled, time.Since(f.program.Started).Round(time.Millisecond))
	return f
}

// testEveryForm signs a user up and in through each event source, with plain and with
// base64 bodies.
func (f *function) testEveryForm(t *testing.T) {
	for _, form := range eventForms {
		for _, asBase64 := range []bool{false, true} {
			email := fmt.Sprintf("ada-%s-%v@example.com", form.name, asBase64)
			t.Run(fmt.Sprintf("%s, base64 %v", form.name, asBase64), func(t *testing.T) { f.testFlow(t, form, asBase64, email) })
		}
	}
}

func (f *function) testFlow(t *testing.T, form eventForm, asBase64 bool, email string) {
	t.Helper()
	graphql := func(token, query string) *testutil.Response {
		t.Helper()
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		a := f.request(t, form, http.MethodPost, "/graphql", token, string(body), asBase64)
		if got := a.Header.Get("Content-Type"); a.Status != http.StatusOK || got != "application/json; charset=utf-8" {
			t.Fatalf("status %d, content type %q\n%s", a.Status, got, a.Body)
		}
		return a
	}
	want := func(a *testutil.Response, path, value string) {
		t.Helper()
		if got := a.Text(path); got != value {
			t.Fatalf("%s is %s, want %s\n%s", path, got, value, a.Body)
		}
	}

	want(graphql("", fmt.Sprintf(`mutation { signup(input: {email: %q, username: "Ada", password: %q, mode: "reader"}) { confirmed } }`,
		email, lambdaPassword)), "data.signup.confirmed", "false")
	want(graphql("", fmt.Sprintf(`mutation { verifyAccount(input: {email: %q, confirmationCode: %q}) { status } }`,
		email, testutil.InboxCode(t, f.pool, email))), "data.verifyAccount.status", "VERIFIED")
	signedIn := graphql("", fmt.Sprintf(`mutation { signin(input: {email: %q, password: %q}) { ... on AuthTokens { accessToken } } }`,
		email, lambdaPassword))
	token := signedIn.Text("data.signin.accessToken")
	want(graphql(token, `{ me { email username } }`), "data.me.email", email)
	want(graphql("", `{ me { email } }`), "errors.0.extensions.code", "UNAUTHENTICATED")

	query := f.request(t, form, http.MethodGet, "/graphql?query="+url.QueryEscape("{me{id}}"), token, "", false)
	if query.Text("data.me.id") == "absent" {
		t.Errorf("a query by GET: status %d\n%s", query.Status, query.Body)
	}
}

// testOddEvents sends invalid events, which must not stop the function.
func (f *function) testOddEvents(t *testing.T) {
	t.Run("events of other services are rejected", func(t *testing.T) {
		for _, event := range []string{`{}`, `[]`, `{"Records":[{"eventSource":"aws:sqs"}]}`, `"graphql"`} {
			if result := f.runtime.invoke(t, f.program, []byte(event)); !result.isError {
				t.Errorf("%s was accepted: %s", event, result.body)
			}
		}
	})
	t.Run("events of a schedule are ignored", func(t *testing.T) {
		const event = `{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`
		if result := f.runtime.invoke(t, f.program, []byte(event)); result.isError || string(result.body) != "null" {
			t.Errorf("error %v: %s", result.isError, result.body)
		}
	})
	t.Run("a body that is not GraphQL", func(t *testing.T) {
		for _, form := range eventForms {
			if a := f.request(t, form, http.MethodPost, "/graphql", "", "hunter2", false); a.Status != http.StatusBadRequest {
				t.Errorf("%s: status %d, want 400\n%s", form.name, a.Status, a.Body)
			}
		}
	})
	t.Run("an unknown path", func(t *testing.T) {
		for _, form := range eventForms {
			if a := f.request(t, form, http.MethodGet, "/admin", "", "", false); a.Status != http.StatusNotFound {
				t.Errorf("%s: status %d, want 404\n%s", form.name, a.Status, a.Body)
			}
		}
	})
}

// request sends a request as an event, and parses the response as its event source would.
func (f *function) request(t *testing.T, form eventForm, method, path, token, body string, asBase64 bool) *testutil.Response {
	t.Helper()
	r := httpRequest{method: method, body: body, header: map[string]string{"accept": "application/json"}}
	r.path, r.query, _ = strings.Cut(path, "?")
	if method == http.MethodPost {
		r.header["content-type"] = "application/json"
	}
	if token != "" {
		r.header["authorization"] = "Bearer " + token
	}
	if asBase64 {
		r.body, r.isBase64 = base64.StdEncoding.EncodeToString([]byte(body)), true
	}
	event, err := json.Marshal(form.event(r))
	if err != nil {
		t.Fatal(err)
	}
	result := f.runtime.invoke(t, f.program, event)
	if result.isError {
		t.Fatalf("%s: the invocation failed: %s", form.name, result.body)
	}
	a, err := form.readResponse(result.body)
	if err != nil {
		t.Fatalf("%s: %v\n%s", form.name, err, result.body)
	}
	return a
}

// httpRequest is a request that can be turned into an event of any form.
type httpRequest struct {
	method, path, query string
	header              map[string]string
	body                string
	isBase64            bool
}

// eventForm is the event format of one HTTP event source.
type eventForm struct {
	name  string
	event func(httpRequest) map[string]any
	// lists: response headers must be lists.
	lists bool
}

// The event formats:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
var (
	restAPI     = eventForm{"rest-api", restAPIEvent, true}
	httpAPI     = eventForm{"http-api", httpAPIEvent, false}
	functionURL = eventForm{"function-url", functionURLEvent, false}
	albSingle   = eventForm{"alb", albEvent, false}
	albMulti    = eventForm{"alb-multi-value", albMultiValueEvent, true}

	eventForms = []eventForm{restAPI, httpAPI, functionURL, albSingle, albMulti}
)

func restAPIEvent(r httpRequest) map[string]any {
	return map[string]any{
		"resource": "/{proxy+}", "path": r.path, "httpMethod": r.method,
		"headers": r.header, "multiValueHeaders": asLists(r.header),
		"queryStringParameters": parameters(r.query), "multiValueQueryStringParameters": asLists(parameters(r.query)),
		"pathParameters": map[string]string{"proxy": strings.TrimPrefix(r.path, "/")}, "stageVariables": nil,
		"requestContext": map[string]any{
			"accountId": "123456789012", "apiId": "a1b2c3", "stage": "prod", "path": "/prod" + r.path, "httpMethod": r.method,
			"resourcePath": "/{proxy+}", "protocol": "HTTP/1.1", "requestId": "r",
			"identity": map[string]any{"sourceIp": "203.0.113.7", "userAgent": "test"},
		},
		"body": r.body, "isBase64Encoded": r.isBase64,
	}
}

func httpAPIEvent(r httpRequest) map[string]any {
	// An HTTP API with a named stage prefixes the path with its name.
	return version2Event(r, "/live"+r.path, "live", "a1b2c3.execute-api.us-east-1.amazonaws.com")
}

func functionURLEvent(r httpRequest) map[string]any {
	return version2Event(r, r.path, "$default", "a1b2c3.lambda-url.us-east-1.on.aws")
}

func version2Event(r httpRequest, path, stage, domain string) map[string]any {
	return map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": r.query,
		"headers": r.header, "queryStringParameters": parameters(r.query),
		"requestContext": map[string]any{
			"accountId": "123456789012", "apiId": "a1b2c3", "domainName": domain, "stage": stage, "routeKey": "$default", "requestId": "r",
			"http": map[string]any{
				"method": r.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "test",
			},
		},
		"body": r.body, "isBase64Encoded": r.isBase64,
	}
}

func albEvent(r httpRequest) map[string]any {
	event := albCommon(r)
	event["headers"] = r.header
	event["queryStringParameters"] = escaped(parameters(r.query))
	return event
}

func albMultiValueEvent(r httpRequest) map[string]any {
	event := albCommon(r)
	event["multiValueHeaders"] = asLists(r.header)
	event["multiValueQueryStringParameters"] = asLists(escaped(parameters(r.query)))
	return event
}

func albCommon(r httpRequest) map[string]any {
	r.header["x-forwarded-for"] = "203.0.113.7"
	return map[string]any{
		"requestContext": map[string]any{"elb": map[string]any{
			"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/b",
		}},
		"httpMethod": r.method, "path": r.path, "body": r.body, "isBase64Encoded": r.isBase64,
	}
}

func parameters(query string) map[string]string {
	single := map[string]string{}
	values, _ := url.ParseQuery(query)
	for name := range values {
		single[name] = values.Get(name)
	}
	return single
}

// escaped escapes parameters again: load balancers pass them on as they are in the URL.
func escaped(parameters map[string]string) map[string]string {
	for name, value := range parameters {
		parameters[name] = url.QueryEscape(value)
	}
	return parameters
}

func asLists(single map[string]string) map[string][]string {
	lists := map[string][]string{}
	for name, value := range single {
		lists[name] = []string{value}
	}
	return lists
}

// readResponse parses the function's result. It ignores headers in the other format, as a
// load balancer does.
func (form eventForm) readResponse(result []byte) (*testutil.Response, error) {
	var response struct {
		StatusCode        int                 `json:"statusCode"`
		Headers           map[string]string   `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
		Body              string              `json:"body"`
		IsBase64Encoded   bool                `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(result, &response); err != nil {
		return nil, err
	}
	header := http.Header{}
	for name, values := range response.MultiValueHeaders {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if !form.lists {
		header = http.Header{}
		for name, value := range response.Headers {
			header.Set(name, value)
		}
	}
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
			return nil, err
		}
	}
	return testutil.NewResponse(response.StatusCode, header, body), nil
}

// runtimeAPI is a stand-in for Lambda's runtime API:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	server  *httptest.Server
	events  chan []byte
	results chan invocationResult
}

type invocationResult struct {
	isError bool
	body    []byte
}

func newRuntimeAPI(t *testing.T) *runtimeAPI {
	t.Helper()
	api := &runtimeAPI{events: make(chan []byte), results: make(chan invocationResult, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", api.result(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", api.result(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", api.result(true))
	api.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		api.server.CloseClientConnections()
		api.server.Close()
	})
	return api
}

func (api *runtimeAPI) address() string { return strings.TrimPrefix(api.server.URL, "http://") }

// next waits for an event and returns it to the function.
func (api *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case event := <-api.events:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
		h.Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(testutil.Timeout).UnixMilli()))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:authgraph")
		_, _ = w.Write(event)
	case <-r.Context().Done():
	}
}

func (api *runtimeAPI) result(isError bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		api.results <- invocationResult{isError, body}
	}
}

// invoke passes an event to the function and waits for the result.
func (api *runtimeAPI) invoke(t *testing.T, p *testutil.Program, event []byte) invocationResult {
	t.Helper()
	deadline := time.After(testutil.Timeout)
	select {
	case api.events <- event:
	case <-p.Done:
		t.Fatalf("the function exited: %v\n%s", p.ExitErr, p.Stderr.String())
	case <-deadline:
		t.Fatal("the function did not poll for events")
	}
	select {
	case result := <-api.results:
		return result
	case <-p.Done:
		t.Fatalf("the function exited: %v\n%s", p.ExitErr, p.Stderr.String())
	case <-deadline:
		t.Fatal("the function did not respond")
	}
	return invocationResult{}
}
