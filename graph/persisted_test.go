package graph_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"authgraph/graph"
)

// persisted returns a request body as Apollo's clients send it: with the hash of the
// document, and with the document itself unless it is empty.
func persisted(hash, document string) string {
	body := map[string]any{
		"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}},
	}
	if document != "" {
		body["query"] = document
	}
	text, _ := json.Marshal(body)
	return string(text)
}

func hashOf(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

func TestAutomaticPersistedQueries(t *testing.T) {
	a := newAPI(t, options{})
	const document = "{me{id}}"
	large := "{me{id}}" + strings.Repeat(" ", 8<<10)
	steps := []struct{ name, body, code string }{
		{"unknown hash", persisted(hashOf(document), ""), "PERSISTED_QUERY_NOT_FOUND"},
		{"hash of another document", persisted(hashOf("{me{groups}}"), document), "BAD_REQUEST"},
		{"hash after a mismatch", persisted(hashOf("{me{groups}}"), ""), "PERSISTED_QUERY_NOT_FOUND"},
		{"hash and document", persisted(hashOf(document), document), ""},
		{"known hash", persisted(hashOf(document), ""), ""},
		{"hash and large document", persisted(hashOf(large), large), ""},
		{"hash of the large document, which is not stored", persisted(hashOf(large), ""), "PERSISTED_QUERY_NOT_FOUND"},
		{"unsupported version", strings.Replace(persisted(hashOf(document), ""), `"version":1`, `"version":2`, 1), "BAD_REQUEST"},
		{"no hash", `{"extensions":{"persistedQuery":{"version":1}}}`, "BAD_REQUEST"},
		{"list in place of an object", `{"query":"{me{id}}","extensions":{"persistedQuery":[]}}`, "BAD_REQUEST"},
		{"null", `{"query":"{me{id}}","extensions":{"persistedQuery":null}}`, ""},
	}
	for _, step := range steps {
		got := a.do(t, post(step.body, ""))
		if got.code() != step.code {
			t.Errorf("%s: code %q, want %q: %s", step.name, got.code(), step.code, got.text)
		}
		if step.code == "PERSISTED_QUERY_NOT_FOUND" && got.Errors[0].Message != "PersistedQueryNotFound" {
			t.Errorf("message %q, which Apollo's clients do not recognize", got.Errors[0].Message)
		}
	}
	query := url.Values{"extensions": {`{"persistedQuery":{"version":1,"sha256Hash":"` + hashOf(document) + `"}}`}}
	if got := a.do(t, httptest.NewRequest("GET", "/graphql?"+query.Encode(), nil)); got.code() != "" {
		t.Errorf("GET: %s", got.text)
	}
}

func TestListedOperations(t *testing.T) {
	const document = "query Me{me{id}}"
	for name, list := range map[string]string{
		"an Apollo manifest": fmt.Sprintf(`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":%q,"name":"Me","type":"query","body":%q}]}`, hashOf(document), document),
		"a map":              fmt.Sprintf(`{%q:%q}`, hashOf(document), document),
	} {
		t.Run(name, func(t *testing.T) {
			operations, err := graph.ParseOperations([]byte(list))
			if err != nil {
				t.Fatal(err)
			}
			a := newAPI(t, options{introspection: true, operations: operations})
			for _, step := range []struct{ name, body, code string }{
				{"id", persisted(hashOf(document), ""), ""},
				{"text", `{"query":"query Me{me{id}}"}`, ""},
				{"id and text", persisted(hashOf(document), document), ""},
				{"id with another text", persisted(hashOf(document), "{me{id groups}}"), "PERSISTED_QUERY_NOT_IN_LIST"},
				{"unlisted text", `{"query":"{me{id}}"}`, "PERSISTED_QUERY_NOT_IN_LIST"},
				{"unlisted text with its hash", persisted(hashOf("{me{id}}"), "{me{id}}"), "PERSISTED_QUERY_NOT_IN_LIST"},
				{"unlisted hash", persisted(hashOf("{me{id}}"), ""), "PERSISTED_QUERY_NOT_IN_LIST"},
				{"introspection", `{"query":"{__schema{types{name}}}"}`, "PERSISTED_QUERY_NOT_IN_LIST"},
			} {
				if got := a.do(t, post(step.body, "")); got.code() != step.code {
					t.Errorf("%s: code %q, want %q: %s", step.name, got.code(), step.code, got.text)
				}
			}
		})
	}
}

// Appendix A of GraphQL over HTTP.
func TestDocumentID(t *testing.T) {
	const document, other = "query Me{me{id}}", "query Groups{me{groups}}"
	listed := newAPI(t, options{operations: graph.Operations{"me-1": document, "sha256:" + hashOf(other): other}})
	automatic := newAPI(t, options{})
	for _, step := range []struct {
		name string
		api  *api
		body string
		code string
	}{
		{"an id of the list", listed, `{"documentId":"me-1"}`, ""},
		{"an id of the list, with the document", listed, `{"documentId":"me-1","query":"` + document + `"}`, ""},
		{"an id of the list, with another document", listed, `{"documentId":"me-1","query":"{me{groups}}"}`, "PERSISTED_QUERY_NOT_IN_LIST"},
		{"the hash of a document in the list", listed, `{"documentId":"sha256:` + hashOf(document) + `"}`, ""},
		{"a hash that is the id in the list", listed, `{"documentId":"sha256:` + hashOf(other) + `"}`, ""},
		{"with the operation's name", listed, `{"documentId":"me-1","operationName":"Me","variables":{},"extensions":{"a":1}}`, ""},
		{"with another operation's name", listed, `{"documentId":"me-1","operationName":"You"}`, "GRAPHQL_VALIDATION_FAILED"},
		{"an unknown id", listed, `{"documentId":"me-2"}`, "PERSISTED_QUERY_NOT_IN_LIST"},
		{"the hash of an unlisted document", listed, `{"documentId":"sha256:` + hashOf("{me{id}}") + `"}`, "PERSISTED_QUERY_NOT_IN_LIST"},
		{"a number", listed, `{"documentId":1}`, "BAD_REQUEST"},
		{"an empty id", listed, `{"documentId":""}`, "BAD_REQUEST"},
		{"null and a query", listed, `{"documentId":null,"query":"` + document + `"}`, ""},
		{"twice", listed, `{"documentId":"me-1","documentId":"me-1"}`, "BAD_REQUEST"},
		{"two forms", listed, `{"documentId":"me-1","extensions":{"persistedQuery":{"version":1,"sha256Hash":"me-1"}}}`, "BAD_REQUEST"},

		{"without a list, an unknown hash", automatic, `{"documentId":"sha256:` + hashOf(document) + `"}`, "PERSISTED_QUERY_NOT_FOUND"},
		{"without a list, the hash of another document", automatic, `{"documentId":"sha256:` + hashOf(other) + `","query":"` + document + `"}`, "BAD_REQUEST"},
		{"without a list, the hash and the document", automatic, `{"documentId":"sha256:` + hashOf(document) + `","query":"` + document + `"}`, ""},
		{"without a list, a known hash", automatic, `{"documentId":"sha256:` + hashOf(document) + `"}`, ""},
	} {
		if got := step.api.do(t, post(step.body, "")); got.code() != step.code {
			t.Errorf("%s: code %q, want %q: %s", step.name, got.code(), step.code, got.text)
		}
	}
	for query, code := range map[string]string{
		"documentId=me-1":                                      "",
		"documentId=sha256%3A" + hashOf(document):              "",
		"documentId=me-1&documentId=me-1":                      "BAD_REQUEST",
		"documentId=me-2":                                      "PERSISTED_QUERY_NOT_IN_LIST",
		"documentId=me-1&variables=%7B%7D&operationName=Other": "GRAPHQL_VALIDATION_FAILED",
	} {
		if got := listed.do(t, httptest.NewRequest("GET", "/graphql?"+query, nil)); got.code() != code {
			t.Errorf("GET %s: code %q, want %q: %s", query, got.code(), code, got.text)
		}
	}
	mutation := newAPI(t, options{operations: graph.Operations{"out": "mutation{logout{success}}"}})
	if got := mutation.do(t, httptest.NewRequest("GET", "/graphql?documentId=out", nil)); got.code() != "METHOD_NOT_ALLOWED" {
		t.Errorf("GET of a mutation: %s", got.text)
	}
}

func TestParseOperationsInvalid(t *testing.T) {
	for _, text := range []string{
		"", "[]", "{}", `{"a":1}`, `{"format":"relay","operations":[]}`,
		`{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`,
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[]}`,
	} {
		if got, err := graph.ParseOperations([]byte(text)); err == nil {
			t.Errorf("ParseOperations(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParseOperations(f *testing.F) {
	f.Add([]byte(`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"i","body":"{me{id}}"}]}`))
	f.Add([]byte(`{"i":"{me{id}}"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if operations, err := graph.ParseOperations(text); err == nil && len(operations) == 0 {
			t.Error("accepted a list without operations")
		}
	})
}

func TestBatch(t *testing.T) {
	limits := graph.DefaultLimits()
	limits.Batch = 3
	a := newAPI(t, options{limits: limits})
	send := func(n int) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, post("["+strings.TrimSuffix(strings.Repeat(`{"query":"{me{id}}"},`, n), ",")+"]", ""))
		return w
	}
	var responses []struct {
		Data struct{ Me struct{ ID string } }
	}
	w := send(3)
	if err := json.Unmarshal(w.Body.Bytes(), &responses); err != nil || len(responses) != 3 || responses[2].Data.Me.ID != "the-sub" {
		t.Errorf("%v: %s", err, w.Body)
	}
	if w := send(4); !strings.Contains(w.Body.String(), "OPERATION_LIMIT_EXCEEDED") {
		t.Errorf("four operations with a limit of three: %s", w.Body)
	}
	for _, body := range []string{"[]", "[1]", "[[]]", `[{"query":"{me{id}}"}`, `[{"query":"{me{id}}"}]]`} {
		if got := a.do(t, post(body, "")); got.code() != "BAD_REQUEST" {
			t.Errorf("%s: %s", body, got.text)
		}
	}
	w = httptest.NewRecorder()
	a.ServeHTTP(w, post(`[{"query":"{me{id}}"},{"query":"{you}"}]`, ""))
	if text := w.Body.String(); !strings.Contains(text, `[{"data":{"me":{"id":"the-sub"}}},{"errors":[`) {
		t.Errorf("a valid and an invalid operation: %s", text)
	}
}

func TestLimitsAreConfigurable(t *testing.T) {
	for name, tt := range map[string]struct {
		change   func(*graph.Limits)
		document string
	}{
		"tokens":      {func(l *graph.Limits) { l.Tokens = 5 }, "{me{id groups}}"},
		"depth":       {func(l *graph.Limits) { l.Depth = 1 }, "{me{id}}"},
		"aliases":     {func(l *graph.Limits) { l.Aliases = 1 }, "{a:me{b:id}}"},
		"fields":      {func(l *graph.Limits) { l.Fields = 1 }, "{me{id}}"},
		"root fields": {func(l *graph.Limits) { l.RootFields = 1 }, "{me{id} ...{a:me{id}}}"},
		"directives":  {func(l *graph.Limits) { l.Directives = 1 }, "{me @skip(if:false){id @skip(if:false)}}"},
		"variables":   {func(l *graph.Limits) { l.Variables = 1 }, "query($a:Boolean=false,$b:Boolean=false){me{id @skip(if:$a) groups @skip(if:$b)}}"},
		"complexity":  {func(l *graph.Limits) { l.Complexity = 2 }, "{me{id groups}}"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newAPI(t, options{}).query(t, tt.document); got.code() != "" {
				t.Fatalf("with default limits: %s", got.text)
			}
			limits := graph.DefaultLimits()
			tt.change(&limits)
			got := newAPI(t, options{limits: limits}).query(t, tt.document)
			if got.code() != "OPERATION_LIMIT_EXCEEDED" {
				t.Errorf("not rejected: %s", got.text)
			}
		})
	}
	limits := graph.DefaultLimits()
	limits.Complexity = 100
	for _, document := range []string{"{me{devices(first:60){nodes{key}}}}", "{me{...D}} fragment D on User{devices(first:60){nodes{key}}}"} {
		if got := newAPI(t, options{limits: limits}).query(t, document); got.code() != "OPERATION_LIMIT_EXCEEDED" {
			t.Errorf("not rejected: %s", got.text)
		}
	}
	limits = graph.DefaultLimits()
	limits.CredentialFields = 2
	got := newAPI(t, options{limits: limits, status: 400, body: `{"__type":"NotAuthorizedException"}`}).query(t,
		`mutation{a:signin(input:{email:"a@b.cd",password:"x"}){__typename} b:signin(input:{email:"a@b.cd",password:"y"}){__typename}}`)
	if got.code() != "INVALID_CREDENTIALS" || len(got.Errors) != 2 {
		t.Errorf("two credential fields: %s", got.text)
	}
}
