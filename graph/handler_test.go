package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/directives"
	"authgraph/graph"
	"authgraph/graph/generated"
	"authgraph/internal/reqctx"
)

// api is the handler of /graphql with a Cognito stub that returns the same status
// and body for every call.
type api struct {
	http.Handler
	upstream atomic.Int64 // calls to Cognito
	log      *lockedBuffer
	observed observations
}

type options struct {
	introspection bool
	status        int    // of the stub; 0 means 200
	body          string // of the stub
	limits        graph.Limits
	operations    graph.Operations
	trace         func(context.Context, string) (context.Context, func(string))
}

// unlimited is a @rateLimit directive that allows everything.
func unlimited(ctx context.Context, _ any, next graphql.Resolver, _ []directives.RateLimitKind) (any, error) {
	return next(ctx)
}

func newAPI(t testing.TB, o options) *api {
	t.Helper()
	a := &api{log: &lockedBuffer{}}
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.upstream.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if o.status != 0 {
			w.WriteHeader(o.status)
		}
		_, _ = io.WriteString(w, o.body)
	}))
	t.Cleanup(stub.Close)

	client, err := cognito.New(cognito.Options{
		Region: "us-east-1", ClientID: "client", Endpoint: stub.URL, UsernameAttribute: "preferred_username", ModeAttribute: "custom:mode",
	})
	if err != nil {
		t.Fatal(err)
	}
	constraint := &directives.Constraint{}
	auth := func(ctx context.Context, _ any, next graphql.Resolver, _, _, _ []string, _, _ bool) (any, error) {
		claims := &token.AccessClaims{Subject: "the-sub", Groups: []string{"admins"}}
		return next(cognito.NewContext(ctx, client.NewCaller(claims, "token")))
	}
	a.Handler, err = graph.NewHandler(graph.Options{
		Cognito:       client,
		Verifier:      &token.Verifier{},
		Directives:    generated.DirectiveRoot{Auth: auth, Constraint: constraint.Directive, RateLimit: unlimited},
		Limits:        o.limits,
		Operations:    o.operations,
		Introspection: o.introspection,
		Log:           slog.New(slog.NewJSONHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe:       a.observed.add,
		Trace:         o.trace,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// lockedBuffer is a log buffer that is safe for concurrent use.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// observations records calls of Options.Observe as "operation field code".
type observations struct {
	mu   sync.Mutex
	list []string
}

func (o *observations) add(operation, field, code string, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, operation+" "+field+" "+code)
}

func (o *observations) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.list, "; ")
}

// response is a decoded response.
type response struct {
	status int
	header http.Header
	text   string
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Locations  []any
		Extensions map[string]any
	}
}

func (r *response) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

func (a *api) do(t *testing.T, r *http.Request) *response {
	t.Helper()
	w := httptest.NewRecorder()
	r = r.WithContext(reqctx.NewContext(r.Context(), &reqctx.Request{ID: "req-1"}))
	a.ServeHTTP(w, r)
	got := &response{status: w.Code, header: w.Header(), text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), got); err != nil {
		t.Fatalf("the response is not JSON: %v\n%s", err, got.text)
	}
	return got
}

func post(body, accept string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return r
}

// query sends a document and accepts application/graphql-response+json, with which
// invalid requests have an error status.
func (a *api) query(t *testing.T, document string) *response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	return a.do(t, post(string(body), "application/graphql-response+json"))
}

const bothTypes = "application/graphql-response+json, application/json;q=0.9"

// TestHTTP checks statuses and media types against the GraphQL over HTTP specification.
func TestHTTP(t *testing.T) {
	const me = `{"query":"{me{id}}"}`
	request := func(method, contentType, body string) func() *http.Request {
		return func() *http.Request {
			r := httptest.NewRequest(method, "/graphql", strings.NewReader(body))
			if contentType != "" {
				r.Header.Set("Content-Type", contentType)
			}
			r.Header.Set("Accept", bothTypes)
			return r
		}
	}
	get := func(values url.Values) func() *http.Request {
		return func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, "/graphql?"+values.Encode(), nil)
			r.Header.Set("Accept", bothTypes)
			return r
		}
	}
	json := func(body string) func() *http.Request { return request("POST", "application/json", body) }
	twoTypes := func() *http.Request {
		r := json(me)()
		r.Header.Add("Content-Type", "text/plain")
		return r
	}
	tests := []struct {
		name    string
		request func() *http.Request
		status  int
		code    string
	}{
		{"POST", json(me), 200, ""},
		{"POST with charset", request("POST", "application/json; charset=utf-8", me), 200, ""},
		{"POST with upper-case charset", request("POST", "application/json;charset=UTF-8", me), 200, ""},
		{"POST with unknown members", json(`{"query":"{me{id}}","doc_id":"1"}`), 200, ""},
		{"POST with nulls", json(`{"query":"{me{id}}","operationName":null,"variables":null,"extensions":null}`), 200, ""},
		{"POST naming the operation", json(`{"query":"query a{me{id}} query b{me{id}}","operationName":"b"}`), 200, ""},
		{"POST naming none of several operations", json(`{"query":"query a{me{id}} query b{me{id}}"}`), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"POST naming an unknown operation", json(`{"query":"query a{me{id}}","operationName":"z"}`), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"GET", get(url.Values{"query": {"{me{id}}"}}), 200, ""},
		{"GET with variables", get(url.Values{"query": {"query($a:Boolean!){me{id @include(if:$a)}}"}, "variables": {`{"a":true}`}}), 200, ""},
		{"GET with operation name", get(url.Values{"query": {"query a{me{id}} query b{me{id}}"}, "operationName": {"a"}}), 200, ""},
		{"GET without query", get(nil), 400, "BAD_REQUEST"},
		{"GET with malformed variables", get(url.Values{"query": {"{me{id}}"}, "variables": {"{"}}), 400, "BAD_REQUEST"},
		{"GET with variables that are a list", get(url.Values{"query": {"{me{id}}"}, "variables": {"[]"}}), 400, "BAD_REQUEST"},
		{"GET with query twice", get(url.Values{"query": {"{me{id}}", "{me{id}}"}}), 400, "BAD_REQUEST"},
		{"GET with variables twice", get(url.Values{"query": {"{me{id}}"}, "variables": {"{}", ""}}), 400, "BAD_REQUEST"},
		{"GET with operation name twice", get(url.Values{"query": {"query a{me{id}}"}, "operationName": {"a", "b"}}), 400, "BAD_REQUEST"},
		{"GET with extensions twice", get(url.Values{"query": {"{me{id}}"}, "extensions": {"{}", "{}"}}), 400, "BAD_REQUEST"},
		{"GET with an unknown parameter twice", get(url.Values{"query": {"{me{id}}"}, "x": {"1", "1"}}), 400, "BAD_REQUEST"},
		{"GET of a mutation", get(url.Values{"query": {"mutation{logout{success}}"}}), 405, "METHOD_NOT_ALLOWED"},
		{"PUT", request("PUT", "application/json", me), 405, "METHOD_NOT_ALLOWED"},
		{"DELETE", request("DELETE", "", ""), 405, "METHOD_NOT_ALLOWED"},

		{"no content type", request("POST", "", me), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"text/plain", request("POST", "text/plain", me), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"a form", request("POST", "application/x-www-form-urlencoded", "query={me{id}}"), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"multipart", request("POST", "multipart/form-data; boundary=x", me), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"application/graphql", request("POST", "application/graphql", "{me{id}}"), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"unsupported charset", request("POST", "application/json; charset=utf-16", me), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"two content types", twoTypes, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"malformed content type", request("POST", "application/json; =", me), 415, "UNSUPPORTED_MEDIA_TYPE"},

		{"empty body", json(""), 400, "BAD_REQUEST"},
		{"whitespace", json(" \n"), 400, "BAD_REQUEST"},
		{"malformed JSON", json(`{"query":`), 400, "BAD_REQUEST"},
		{"not an object", json(`"query"`), 400, "BAD_REQUEST"},
		{"null", json(`null`), 400, "BAD_REQUEST"},
		{"a batch", json(`[` + me + `]`), 400, "BAD_REQUEST"},
		{"two values", json(me + me), 400, "BAD_REQUEST"},
		{"trailing text", json(me + "x"), 400, "BAD_REQUEST"},
		{"query missing", json(`{}`), 400, "BAD_REQUEST"},
		{"query null", json(`{"query":null}`), 400, "BAD_REQUEST"},
		{"query empty", json(`{"query":""}`), 400, "BAD_REQUEST"},
		{"query a number", json(`{"query":1}`), 400, "BAD_REQUEST"},
		{"query an object", json(`{"query":{}}`), 400, "BAD_REQUEST"},
		{"query in upper case", json(`{"QUERY":"{me{id}}"}`), 400, "BAD_REQUEST"},
		{"query twice", json(`{"query":"{me{id}}","query":"{me{id}}"}`), 400, "BAD_REQUEST"},
		{"query twice, spelled differently", json(`{"query":"{me{id}}","qu\u0065ry":"{me{id}}"}`), 400, "BAD_REQUEST"},
		{"unknown member twice", json(`{"query":"{me{id}}","x":1,"x":1}`), 400, "BAD_REQUEST"},
		{"many members", json(withMembers(100)), 200, ""},
		{"the tenth of many members twice", json(strings.Replace(withMembers(100), `"m50"`, `"m9"`, 1)), 400, "BAD_REQUEST"},
		{"the last of many members twice", json(strings.Replace(withMembers(100), `"m50"`, `"m98"`, 1)), 400, "BAD_REQUEST"},
		{"a variable twice", json(`{"query":"{me{id}}","variables":{"a":1,"a":2}}`), 400, "BAD_REQUEST"},
		{"variables a list", json(`{"query":"{me{id}}","variables":[1]}`), 400, "BAD_REQUEST"},
		{"variables a string", json(`{"query":"{me{id}}","variables":"{}"}`), 400, "BAD_REQUEST"},
		{"operationName a number", json(`{"query":"{me{id}}","operationName":1}`), 400, "BAD_REQUEST"},
		{"extensions a list", json(`{"query":"{me{id}}","extensions":[]}`), 400, "BAD_REQUEST"},
		{"persisted query", json(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`), 400, "PERSISTED_QUERY_NOT_FOUND"},
		{"too large", json(`{"query":"` + strings.Repeat(" ", 256<<10) + `{me{id}}"}`), 413, "PAYLOAD_TOO_LARGE"},

		{"not GraphQL", json(`{"query":"{"}`), 400, "GRAPHQL_PARSE_FAILED"},
		{"no operation", json(`{"query":"fragment f on User{id}"}`), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"only a comment", json(`{"query":"# nothing"}`), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"unknown field", json(`{"query":"{you{id}}"}`), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"a subscription", json(`{"query":"subscription{me{id}}"}`), 400, "GRAPHQL_VALIDATION_FAILED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, options{})
			got := a.do(t, tt.request())
			if got.status != tt.status || got.code() != tt.code {
				t.Fatalf("status %d code %q, want %d %q\n%s", got.status, got.code(), tt.status, tt.code, got.text)
			}
			if want := "application/graphql-response+json; charset=utf-8"; got.header.Get("Content-Type") != want {
				t.Errorf("content type %q, want %q", got.header.Get("Content-Type"), want)
			}
			if got.status == 405 && got.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if tt.code == "" {
				return
			}
			if strings.Contains(got.text, `"data"`) {
				t.Errorf("a rejected request has data: %s", got.text)
			}
			x := got.Errors[0].Extensions
			if x["status"] == nil || x["requestId"] != "req-1" {
				t.Errorf("extensions %v lack status or requestId", x)
			}
			if a.upstream.Load() != 0 {
				t.Error("Cognito was called")
			}
		})
	}
}

func TestNegotiation(t *testing.T) {
	const (
		plain    = "application/json; charset=utf-8"
		response = "application/graphql-response+json; charset=utf-8"
	)
	tests := []struct {
		accept      string
		contentType string
		status      int // for a document that does not validate
	}{
		{"", plain, 200},
		{" ", plain, 200},
		{",", plain, 200},
		{"*/*", plain, 200},
		{"application/*", plain, 200},
		{"application/json", plain, 200},
		{"application/json; charset=utf-8", plain, 200},
		{"application/graphql-response+json", response, 400},
		{"application/graphql-response+json; charset=utf-8", response, 400},
		{"application/graphql-response+json, application/json;q=0.9", response, 400},
		{"application/json;q=0.5, application/graphql-response+json;q=0.8", response, 400},
		{"application/json, application/graphql-response+json;q=0.8", plain, 200},
		{"application/graphql-response+json,application/json;q=0.9,*/*;q=0.1", response, 400},
		{"text/html, application/xhtml+xml, */*;q=0.8", plain, 200},
		{"text/html", plain, 406},
		{"application/json;q=0", plain, 406},
		{"application/json; charset=latin1", plain, 406},
		{";;;", plain, 406},
	}
	for _, tt := range tests {
		t.Run(tt.accept, func(t *testing.T) {
			t.Parallel()
			got := newAPI(t, options{}).do(t, post(`{"query":"{you}"}`, tt.accept))
			if got.status != tt.status || got.header.Get("Content-Type") != tt.contentType {
				t.Errorf("status %d type %q, want %d %q", got.status, got.header.Get("Content-Type"), tt.status, tt.contentType)
			}
		})
	}
}

// wide returns a document that selects n fields.
func wide(n int) string { return "{me{" + strings.Repeat("id ", n) + "}}" }

// bomb returns a document whose fragments expand to 2^n fields.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString("{me{...f0}}")
	for i := range n {
		fmt.Fprintf(&b, " fragment f%d on User{...f%d ...f%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment f%d on User{id}", n)
	return b.String()
}

func aliases(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d:%s ", i, field)
	}
	return b.String()
}

func operations(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "query q%d{me{id}} ", i)
	}
	return b.String()
}

func variables(n int) string {
	var declared, used strings.Builder
	for i := range n {
		fmt.Fprintf(&declared, "$v%d:Boolean=true ", i)
		fmt.Fprintf(&used, "...@include(if:$v%d){id}", i)
	}
	return "query(" + declared.String() + "){me{" + used.String() + "}}"
}

func TestLimits(t *testing.T) {
	const limit, parse, invalid = "OPERATION_LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"
	const unavailable = "SERVICE_UNAVAILABLE" // executed, but the response of the stub is invalid
	tests := []struct {
		name     string
		document string
		code     string
	}{
		{"a typical query", "{me{id groups username email emailVerified phoneNumber mode attributes{name value}}}", ""},
		{"the same field 300 times", wide(300), ""},
		{"501 fields", wide(501), limit},
		{"tokens", wide(1000), limit},
		{"15 aliases", "{" + aliases(15, "me{id}") + "}", ""},
		{"16 aliases", "{" + aliases(16, "me{id}") + "}", limit},
		{"aliases in a fragment", "{a:me{...f} b:me{...f}} fragment f on User{" + aliases(8, "id") + "}", limit},
		{"aliases in an inline fragment", "{me{... on User{" + aliases(16, "id") + "}}}", limit},
		{"aliased sign-ins", "mutation{" + aliases(16, `signin(input:{email:"a@b.cd",password:"x"}){__typename}`) + "}", limit},
		{"doubling fragments", bomb(40), limit},
		{"10 operations", operations(10), invalid}, // within the limit, but without operationName
		{"11 operations", operations(11), invalid},
		{"fragment cycle", "{me{...f}} fragment f on User{...f}", invalid},
		{"unclosed", strings.Repeat("{me", 2000), limit},
		{"brackets", `{me(a:` + strings.Repeat("[", 100_000) + `)}`, limit},
		{"inline fragments", "{me{" + strings.Repeat("...{", 20_000) + "}}", limit},
		{"directives", "{me{id" + strings.Repeat(" @a", 20_000) + "}}", limit},
		{"unbalanced braces", strings.Repeat("}", 50), parse},
		{"51 directives", "{me{" + strings.Repeat("...@include(if:true){id}", 50) + "id @skip(if:false)}}", limit},
		{"directives in a fragment", "{a:me{...f} b:me{...f}} fragment f on User{" + strings.Repeat("...@include(if:true){id}", 30) + "}", limit},
		{"51 variables", variables(51), limit},
		{"five long lists", "{me{" + aliases(5, "devices(first:60){nodes{key name remembered}}") + "}}", limit},
		{"one long list", "{me{devices(first:60){nodes{key name remembered}}}}", ""},
		{"two sign-ins", `mutation{a:signin(input:{email:"a@b.cd",password:"x"}){__typename} b:signin(input:{email:"a@b.cd",password:"y"}){__typename}}`, limit},
		{"two different credential fields", `mutation{signin(input:{email:"a@b.cd",password:"x"}){__typename} refreshToken(input:{refreshToken:"r"}){accessToken}}`, limit},
		{"two sign-ins in fragments", `mutation{...f ...g} fragment f on Mutation{a:signin(input:{email:"a@b.cd",password:"x"}){__typename}} fragment g on Mutation{b:signin(input:{email:"a@b.cd",password:"y"}){__typename}}`, limit},
		{"two sign-ins in inline fragments", `mutation{...{a:signin(input:{email:"a@b.cd",password:"x"}){__typename}} ...on Mutation{b:signin(input:{email:"a@b.cd",password:"y"}){__typename}}}`, limit},
		{"a sign-in and a field without credentials", `mutation{signin(input:{email:"a@b.cd",password:"x"}){__typename} setupTotp{secret}}`, unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, options{body: `{"Username":"the-sub","UserAttributes":[]}`})
			got := a.query(t, tt.document)
			if got.code() != tt.code {
				t.Fatalf("code %q, want %q\n%.300s", got.code(), tt.code, got.text)
			}
			if len(got.Errors) > 50 || len(got.text) > 64<<10 {
				t.Errorf("%d errors in %d bytes", len(got.Errors), len(got.text))
			}
			if tt.code != "" && tt.code != unavailable && a.upstream.Load() != 0 {
				t.Error("Cognito was called for a rejected document")
			}
		})
	}
}

// withMembers returns the body of a query with n members.
func withMembers(n int) string {
	body := `{"query":"{me{id}}"`
	for i := range n - 1 {
		body += fmt.Sprintf(`,"m%d":%d`, i, i)
	}
	return body + "}"
}

func TestOperationsLimit(t *testing.T) {
	for n, code := range map[int]string{10: "", 11: "OPERATION_LIMIT_EXCEEDED"} {
		body, _ := json.Marshal(map[string]string{"query": operations(n), "operationName": "q3"})
		if got := newAPI(t, options{}).do(t, post(string(body), "")); got.code() != code {
			t.Errorf("%d operations: code %q, want %q", n, got.code(), code)
		}
	}
}

// TestErrorsDoNotEchoInput checks that neither responses nor logs contain literals of
// the document or values of variables, since one of them may be a password.
func TestErrorsDoNotEchoInput(t *testing.T) {
	const secret = "Hunter2-Sëcret"
	signin := func(input string) string {
		return `mutation{signin(input:` + input + `){__typename}}`
	}
	withVariables := func(query string, variables any) string {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	document := func(query string) string { return withVariables(query, nil) }
	const variableSignin = `mutation($i:SigninInput!){signin(input:$i){__typename}}`
	tests := []struct{ name, body string }{
		{"invalid JSON", `{"query":"` + secret},
		{"plain text", secret},
		{"string for an object", document(signin(`"` + secret + `"`))},
		{"list for a string", document(signin(`{email:"a@b.cd",password:["` + secret + `"]}`))},
		{"name for a string", document(signin(`{email:"a@b.cd",password:Hunter2}`))},
		{"number for a string", document(signin(`{email:"a@b.cd",password:42424242}`))},
		{"object for a string", document(signin(`{email:"a@b.cd",password:{x:"` + secret + `"}}`))},
		{"unclosed block string", document(signin(`{email:"a@b.cd",password:"""` + secret))},
		{"unclosed string", document(signin(`{email:"a@b.cd",password:"` + secret))},
		{"stray string", document(signin(`{email:"a@b.cd" "` + secret + `"}`))},
		{"stray name", document(signin(`{email:"a@b.cd",password Hunter2}`))},
		{"invalid escape", document(signin(`{email:"a@b.cd",password:"\q` + secret + `"}`))},
		{"value in a directive", document(`{me{id @include(if:"` + secret + `")}}`)},
		{"constraint", document(signin(`{email:"` + secret + `",password:"x"}`))},
		{"constraint on a variable", withVariables(variableSignin, map[string]any{"i": map[string]any{"email": secret, "password": secret}})},
		{"variable of the wrong type", withVariables(variableSignin, map[string]any{"i": secret})},
		{"variable with a list", withVariables(variableSignin, map[string]any{"i": map[string]any{"email": "a@b.cd", "password": []string{secret}}})},
		{"variable with an unknown member", withVariables(variableSignin, map[string]any{"i": map[string]any{secret: secret}})},
		{"variable of an enum", withVariables(`query($f:__TypeKind){me{id}}`, map[string]any{"f": secret})},
		{"default value", document(`query($a:Int="` + secret + `"){me{id}}`)},
	}
	for _, tt := range tests {
		for _, introspection := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, introspection %t", tt.name, introspection), func(t *testing.T) {
				t.Parallel()
				a := newAPI(t, options{introspection: introspection})
				got := a.do(t, post(tt.body, ""))
				if len(got.Errors) == 0 {
					t.Fatalf("not rejected: %s", got.text)
				}
				for _, part := range []string{"Hunter2", "Sëcret", "42424242"} {
					if strings.Contains(got.text, part) {
						t.Errorf("the response contains %q: %s", part, got.text)
					}
					if strings.Contains(a.log.String(), part) {
						t.Errorf("the log contains %q: %s", part, a.log)
					}
				}
				if a.upstream.Load() != 0 {
					t.Error("Cognito was called")
				}
			})
		}
	}
}

// TestInputErrors checks that an error names the invalid field by its path, so that a
// form can mark it.
func TestInputErrors(t *testing.T) {
	const signup = `mutation($i:SignupInput!){signup(input:$i){userId}}`
	good := func() map[string]any {
		return map[string]any{"username": "ada", "email": "ada@example.com", "password": "Correct-Horse-1", "mode": "user"}
	}
	with := func(name string, value any) map[string]any {
		in := good()
		in[name] = value
		return in
	}
	without := func(name string) map[string]any {
		in := good()
		delete(in, name)
		return in
	}
	attributes := func(list ...any) map[string]any { return with("attributes", list) }
	attribute := func(name, value any) map[string]any { return map[string]any{"name": name, "value": value} }
	tests := []struct {
		name  string
		input any
		field string
	}{
		{"email missing", without("email"), "input.email"},
		{"email null", with("email", nil), "input.email"},
		{"password missing", without("password"), "input.password"},
		{"email a number", with("email", 1), "input.email"},
		{"password a number", with("password", 12345678), "input.password"},
		{"email without @", with("email", "ada.example.com"), "input.email"},
		{"email with a name", with("email", "Ada <ada@example.com>"), "input.email"},
		{"email with a space", with("email", "ada @example.com"), "input.email"},
		{"email with a line break", with("email", "ada@example.com\n"), "input.email"},
		{"email with two @", with("email", "a@b@example.com"), "input.email"},
		{"username empty", with("username", ""), "input.username"},
		{"username of 51 characters", with("username", strings.Repeat("é", 51)), "input.username"},
		{"password of 5 characters", with("password", "Ab-12"), "input.password"},
		{"password of 5 characters and more bytes", with("password", "Äç-1é"), "input.password"},
		{"password of 257 characters", with("password", strings.Repeat("x", 257)), "input.password"},
		{"phone number without a plus sign", with("phoneNumber", "14325551212"), "input.phoneNumber"},
		{"phone number with spaces", with("phoneNumber", "+1 432 555 1212"), "input.phoneNumber"},
		{"phone number of 16 digits", with("phoneNumber", "+1234567890123456"), "input.phoneNumber"},
		{"phone number that begins with 0", with("phoneNumber", "+0432555121"), "input.phoneNumber"},
		{"metadata key empty", with("clientMetadata", []any{map[string]any{"key": "", "value": "v"}}), "input.clientMetadata[0].key"},
		{"metadata value of 2049 characters", with("validationData", []any{map[string]any{"key": "k", "value": strings.Repeat("x", 2049)}}), "input.validationData[0].value"},
		{"attribute without a name", attributes(attribute("given_name", "x"), attribute("", "x")), "input.attributes[1].name"},
		{"attribute with an invalid name", attributes(attribute("a b", "x")), "input.attributes[0].name"},
		{"attribute with a long value", attributes(attribute("given_name", strings.Repeat("x", 2049))), "input.attributes[0].value"},
		{"attribute null", attributes(nil), "input.attributes[0]"},
		{"attribute that sets the e-mail address", attributes(attribute("email", "b@example.com")), "input.attributes"},
		{"unknown member", with("role", "admin"), "input.role"},
		{"not an object", "ada", "input"},
		{"null", nil, "input"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, options{})
			body, err := json.Marshal(map[string]any{"query": signup, "variables": map[string]any{"i": tt.input}})
			if err != nil {
				t.Fatal(err)
			}
			got := a.do(t, post(string(body), ""))
			if got.code() != "BAD_USER_INPUT" {
				t.Fatalf("code %q: %s", got.code(), got.text)
			}
			if x := got.Errors[0].Extensions; x["field"] != tt.field || x["status"] != 400.0 {
				t.Errorf("field %v status %v, want %q 400", x["field"], x["status"], tt.field)
			}
			if a.upstream.Load() != 0 {
				t.Error("Cognito was called with invalid input")
			}
		})
	}
}

// TestInvalidUpstreamResponses checks that an invalid or empty response from Cognito
// never counts as a sign-in.
func TestInvalidUpstreamResponses(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		code   string
	}{
		{"empty object", 200, `{}`, "SERVICE_UNAVAILABLE"},
		{"empty body", 200, ``, "SERVICE_UNAVAILABLE"},
		{"empty result", 200, `{"AuthenticationResult":{}}`, "SERVICE_UNAVAILABLE"},
		{"HTML", 200, `<html>`, "SERVICE_UNAVAILABLE"},
		{"HTML and 502", 502, `<html>`, "SERVICE_UNAVAILABLE"},
		{"truncated", 200, `{"AuthenticationResult":{"AccessToken":"a`, "SERVICE_UNAVAILABLE"},
		{"internal error", 500, `{"__type":"InternalErrorException","message":"host 10.1.2.3"}`, "INTERNAL"},
		{"unknown exception", 400, `{"__type":"NewException","message":"arn:aws:secret"}`, "INTERNAL"},
		{"throttled", 400, `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`, "RATE_LIMITED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, options{status: tt.status, body: tt.body})
			got := a.query(t, `mutation{signin(input:{email:"a@example.com",password:"Some-Passw0rd"}){__typename}}`)
			if got.code() != tt.code {
				t.Fatalf("code %q, want %q: %s", got.code(), tt.code, got.text)
			}
			if a.upstream.Load() != 1 {
				t.Errorf("%d calls, want 1: a sign-in must not be retried", a.upstream.Load())
			}
			for _, leak := range []string{"10.1.2.3", "arn:", "Some-Passw0rd"} {
				if strings.Contains(got.text+a.log.String(), leak) {
					t.Errorf("%q leaks: %s %s", leak, got.text, a.log)
				}
			}
			if tt.code == "RATE_LIMITED" && got.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
			}
		})
	}
}

// TestMeIsLazy checks that fields from the token need no call to Cognito, and that all
// other fields share one.
func TestMeIsLazy(t *testing.T) {
	const profile = `{"Username":"the-sub","UserAttributes":[
		{"Name":"sub","Value":"the-sub"},{"Name":"email","Value":"ada@example.com"},
		{"Name":"email_verified","Value":"true"},{"Name":"preferred_username","Value":"ada"},
		{"Name":"custom:mode","Value":"user"}]}`
	tests := []struct {
		document string
		calls    int64
	}{
		{"{me{id groups __typename}}", 0},
		{"{a:me{id} b:me{groups}}", 0},
		{"{me{email}}", 1},
		{"{me{email emailVerified username phoneNumber mode attributes{name value}}}", 1},
		{"{a:me{email} b:me{e:email f:email} c:me{mode}}", 3}, // one per caller; the @auth stub creates a new caller for each field
	}
	for _, tt := range tests {
		t.Run(tt.document, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, options{body: profile})
			if got := a.query(t, tt.document); len(got.Errors) != 0 {
				t.Fatal(got.text)
			}
			if a.upstream.Load() != tt.calls {
				t.Errorf("%d calls to Cognito, want %d", a.upstream.Load(), tt.calls)
			}
		})
	}
	got := newAPI(t, options{body: profile}).query(t, "{me{id username email emailVerified phoneNumber mode groups}}")
	want := `{"data":{"me":{"id":"the-sub","username":"ada","email":"ada@example.com","emailVerified":true,"phoneNumber":null,"mode":"user","groups":["admins"]}}}`
	if got.text != want {
		t.Errorf("got  %s\nwant %s", got.text, want)
	}
}

// TestMeDuringAnOutage checks that fields from the token are returned even if Cognito
// is down.
func TestMeDuringAnOutage(t *testing.T) {
	a := newAPI(t, options{status: 503, body: "down"})
	got := a.query(t, "{me{id email}}")
	me, _ := got.Data["me"].(map[string]any)
	if me["id"] != "the-sub" || me["email"] != nil || got.code() != "SERVICE_UNAVAILABLE" {
		t.Fatal(got.text)
	}
	if a.upstream.Load() != 2 {
		t.Errorf("%d calls, want 2: a read is retried once", a.upstream.Load())
	}
	if retryable := got.Errors[0].Extensions["retryable"]; retryable != true {
		t.Errorf("retryable %v", retryable)
	}
}

// TestMeWithARevokedToken checks that a revoked token fails all of me, while throttling
// fails only the fields that need Cognito.
func TestMeWithARevokedToken(t *testing.T) {
	a := newAPI(t, options{status: 400, body: `{"__type":"NotAuthorizedException","message":"Access Token has been revoked"}`})
	got := a.query(t, "{me{id email mode}}")
	if got.code() != "TOKEN_REVOKED" || len(got.Errors) != 1 || got.Data["me"] != nil {
		t.Errorf("revoked: %s", got.text)
	}
	a = newAPI(t, options{status: 400, body: `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`})
	got = a.query(t, "{me{id email}}")
	if me, _ := got.Data["me"].(map[string]any); me["id"] != "the-sub" || got.code() != "RATE_LIMITED" {
		t.Errorf("throttled: %s", got.text)
	}
}

func TestIntrospectionSwitch(t *testing.T) {
	off, on := newAPI(t, options{}), newAPI(t, options{introspection: true})
	const schema, typ = "{__schema{types{name fields{name}}}}", `{__type(name:"User"){name}}`
	for _, document := range []string{schema, typ, "{...f} fragment f on Query{__schema{types{name}}}"} {
		if got := on.query(t, document); len(got.Errors) != 0 {
			t.Errorf("on: %s", got.text)
		}
		if got := off.query(t, document); got.code() != "GRAPHQL_VALIDATION_FAILED" || got.Data != nil {
			t.Errorf("off: %s", got.text)
		}
	}
	if got := off.query(t, "{__typename me{__typename}}"); len(got.Errors) != 0 {
		t.Errorf("__typename failed: %s", got.text)
	}
	for _, near := range []string{
		"{mee{id}}", "{me{idd}}", "{me(inputt:1){id}}", "mutation{signin(imput:{}){__typename}}",
		"{me{... on Userr{id}}}", "query($a:SigninInputt){me{id}}", "{me}",
		`mutation{signin(input:{emial:"a"}){__typename}}`, "mutation{signin(input:{email:EMAI}){__typename}}",
	} {
		if got := off.query(t, near); strings.Contains(got.text, "Did you mean") {
			t.Errorf("the error suggests a name: %s", got.text)
		}
	}
	if got := on.query(t, "{mee{id}}"); !strings.Contains(got.text, "Did you mean") {
		t.Errorf("no suggestion with introspection on: %s", got.text)
	}
}

func TestObservations(t *testing.T) {
	tests := []struct{ document, want string }{
		{"{me{id}}", "query me OK"},
		{"{x:me{id}}", "query me OK"},
		{"{me{email}}", "query me SERVICE_UNAVAILABLE"},
		{"{you}", "none none GRAPHQL_VALIDATION_FAILED"},
		{"{", "none none GRAPHQL_PARSE_FAILED"},
		{`mutation{signin(input:{email:"x",password:"y"}){__typename}}`, "mutation signin BAD_USER_INPUT"},
		{`mutation{signin(input:{email:"a@example.com",password:"y"}){__typename}}`, "mutation signin SERVICE_UNAVAILABLE"},
	}
	for _, tt := range tests {
		t.Run(tt.document, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, options{status: 503})
			a.query(t, tt.document)
			if got := a.observed.String(); got != tt.want {
				t.Errorf("observed %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPanic checks that a panic is returned as INTERNAL, counted, and logged with its
// stack.
func TestPanic(t *testing.T) {
	client, err := cognito.New(cognito.Options{Region: "r", ClientID: "c", UsernameAttribute: "name", ModeAttribute: "custom:mode"})
	if err != nil {
		t.Fatal(err)
	}
	var panics atomic.Int64
	constraint := &directives.Constraint{}
	a := &api{log: &lockedBuffer{}}
	a.Handler, err = graph.NewHandler(graph.Options{
		Cognito: client, Verifier: &token.Verifier{}, Log: slog.New(slog.NewJSONHandler(a.log, nil)), ObservePanic: func() { panics.Add(1) },
		Directives: generated.DirectiveRoot{
			Auth: func(context.Context, any, graphql.Resolver, []string, []string, []string, bool, bool) (any, error) {
				panic("a bug at 10.1.2.3")
			},
			Constraint: constraint.Directive,
			RateLimit:  unlimited,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := a.query(t, "{me{id}}")
	if got.code() != "INTERNAL" || got.Errors[0].Message != "Internal server error" || strings.Contains(got.text, "10.1.2.3") {
		t.Errorf("the response is %s", got.text)
	}
	if panics.Load() != 1 || !strings.Contains(a.log.String(), "a bug at") || !strings.Contains(a.log.String(), "handler_test.go") {
		t.Errorf("%d panics counted; the log is %s", panics.Load(), a.log)
	}
}

func TestNewHandlerRequiresAllDirectives(t *testing.T) {
	client, err := cognito.New(cognito.Options{Region: "r", ClientID: "c", UsernameAttribute: "name", ModeAttribute: "custom:mode"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = graph.NewHandler(graph.Options{Cognito: client, Verifier: &token.Verifier{}, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "@Auth") {
		t.Errorf("error %v, want one that names the directive", err)
	}
}

// FuzzHTTP checks that no request makes the handler panic, return invalid JSON, or
// return an internal error.
func FuzzHTTP(f *testing.F) {
	f.Add(`{"query":"{me{id}}"}`, "application/json")
	f.Add(`{"query":"mutation($i:SigninInput!){signin(input:$i){__typename}}","variables":{"i":{"email":"a@b.cd","password":"x"}}}`, "*/*")
	f.Add(`{"query":"{__schema{types{name}}}","operationName":null}`, "application/graphql-response+json;q=0.1")
	f.Add(`[{"query":"{me{id}}"}]`, "")
	f.Add(`{"query":"{me @skip(if:{}){id} _entities(representations:[{id:99999999999999999999}]){__typename}}"}`, "")
	client, err := cognito.New(cognito.Options{
		Region: "us-east-1", ClientID: "c", Endpoint: "http://127.0.0.1:1", UsernameAttribute: "name", ModeAttribute: "custom:mode",
	})
	if err != nil {
		f.Fatal(err)
	}
	log := &lockedBuffer{}
	constraint := &directives.Constraint{}
	handler, err := graph.NewHandler(graph.Options{
		Cognito:  client,
		Verifier: &token.Verifier{},
		Log:      slog.New(slog.NewTextHandler(log, nil)),
		Directives: generated.DirectiveRoot{
			Auth: func(context.Context, any, graphql.Resolver, []string, []string, []string, bool, bool) (any, error) {
				return nil, nil
			},
			Constraint: constraint.Directive,
			RateLimit:  unlimited,
		},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, accept string) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, post(body, accept))
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("not JSON: %s", w.Body)
		}
		if strings.Contains(w.Body.String(), `"INTERNAL"`) {
			t.Fatalf("internal error: %s\n%s", w.Body, log)
		}
	})
}

// A panic outside of the fields has the form of any other error.
func TestPanicOutsideOfFields(t *testing.T) {
	for _, accept := range []string{"application/json", "application/graphql-response+json"} {
		request := post("", accept)
		request.Body = panicking{}
		got := newAPI(t, options{}).do(t, request)
		if got.status != 500 || got.code() != "INTERNAL" || strings.Contains(got.text, `"data"`) {
			t.Errorf("%s: %d %s", accept, got.status, got.text)
		}
		if want := accept + "; charset=utf-8"; got.header.Get("Content-Type") != want {
			t.Errorf("content type %q, want %q", got.header.Get("Content-Type"), want)
		}
	}
}

// panicking is a body that cannot be read because of a bug.
type panicking struct{ io.ReadCloser }

func (panicking) Read([]byte) (int, error) { panic("a bug") }

// A panic around a root field is an error of that field. Several root fields run in
// goroutines in which it would end the process.
func TestPanicAroundRootFields(t *testing.T) {
	a := newAPI(t, options{trace: func(ctx context.Context, field string) (context.Context, func(string)) {
		if field == "Query.tokenStatus" {
			panic("a bug")
		}
		return ctx, func(string) {}
	}})
	got := a.query(t, `{me{id} __typename other:me{id}}`)
	if got.code() != "" {
		t.Fatalf("without a panic: %s", got.text)
	}
	got = a.query(t, `{me{id} tokenStatus(token:"x"){active}}`)
	if got.status != 200 || got.code() != "INTERNAL" || !strings.Contains(got.text, `"data":null`) {
		t.Errorf("%d %s", got.status, got.text)
	}
}

// Literals that the libraries cannot convert are refused, and not a fault of the server.
func TestLiterals(t *testing.T) {
	const large = "99999999999999999999999"
	for _, document := range []string{
		"{me @skip(if:{}){id}}",
		"{me @include(if:{}){id}}",
		"{me{id @skip(if:{})}}",
		"{...@skip(if:{}){me{id}}}",
		"{me{...F @include(if:{})}} fragment F on User{id}",
		"{__typename @skip(if:{})}",
		"{me{device(key:{}){key}}}",
		`mutation{startSignin(input:{email:"a@b.cd",preferredFactor:{}}){__typename}}`,
		"{me{devices(first:" + large + "){nodes{key}}}}",
		"{_entities(representations:" + large + "){__typename}}",
		"{_entities(representations:[-" + large + "]){__typename}}",
		`{_entities(representations:[{__typename:"User",id:` + large + `}]){__typename}}`,
		`{_entities(representations:[{__typename:"User",id:"a",x:[{y:1e400}]}]){__typename}}`,
		`query($r:[_Any!]!=[{__typename:"User",id:` + large + `}]){_entities(representations:$r){__typename}}`,
	} {
		for _, introspection := range []bool{false, true} {
			a := newAPI(t, options{introspection: introspection})
			got := a.query(t, document)
			if got.status != 400 || got.code() != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(got.text, large) {
				t.Errorf("%s: %d %s", document, got.status, got.text)
			}
			if a.upstream.Load() != 0 {
				t.Errorf("%s: Cognito was called", document)
			}
		}
	}
	for _, document := range []string{
		`{_entities(representations:[{__typename:"User",id:"the-sub",x:{y:[1.5,-7,{}]}}]){__typename}}`,
		"query($a:Boolean=false){me @skip(if:$a){id}}",
	} {
		if got := newAPI(t, options{}).query(t, document); got.code() != "" {
			t.Errorf("%s: %s", document, got.text)
		}
	}
}
