package graph_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// What an execution leaves behind for the next one of its document changes no answer,
// whatever is asked before or at the same time.
func TestExecutionsLeaveNothingBehind(t *testing.T) {
	const tokens = `{"AuthenticationResult":{"AccessToken":"a.b.c","IdToken":"d.e.f","RefreshToken":"g","ExpiresIn":60}}`
	const signin = `mutation($input: SigninInput!) { signin(input: $input) { __typename ... on AuthTokens { ...tokens } ... on Challenge { session } } }
		fragment tokens on AuthTokens { accessToken idToken expiresIn user { id } }`
	const devices = `query A($first: Int) { me { devices(first: $first) { nodes { key } } } } query B { a: me { id } b: me { groups id } }`
	const conditional = `query($with: Boolean!) { me { id groups @include(if: $with) ...more @skip(if: $with) } } fragment more on User { __typename }`
	type request struct{ document, operation, variables string }
	requests := []request{
		{signin, "", `{"input":{"email":"ada@example.com","password":"Right-Horse-1"}}`},
		{signin, "", `{"input":{"email":"ada@example.com"}}`},
		{signin, "", `{"input":{"email":"ada@example.com","password":1}}`},
		{signin, "", `{"input":{"email":"no address","password":"Right-Horse-1"}}`},
		{signin, "other", `{}`},
		{devices, "A", `{"first":1}`},
		{devices, "A", `{"first":-1}`},
		{devices, "A", `{"first":1000000}`},
		{devices, "B", `{}`},
		{devices, "", `{}`},
		{conditional, "", `{"with":true}`},
		{conditional, "", `{"with":false}`},
		{conditional, "", `{"with":null}`},
	}
	ask := func(a *api, r request) string {
		// Such a map cannot fail to marshal.
		body, _ := json.Marshal(map[string]any{
			"query": r.document, "operationName": r.operation, "variables": json.RawMessage(r.variables),
		})
		w := httptest.NewRecorder()
		a.ServeHTTP(w, post(string(body), ""))
		return w.Body.String()
	}
	alone := make([]string, len(requests))
	for i, r := range requests {
		alone[i] = ask(newAPI(t, options{body: tokens}), r)
	}
	if !strings.Contains(alone[0], `"accessToken":"a.b.c"`) || alone[10] == alone[11] {
		t.Fatalf("%q", alone)
	}
	together := newAPI(t, options{body: tokens})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 50 * len(requests) {
				i := (n*5 + worker) % len(requests)
				if got := ask(together, requests[i]); got != alone[i] {
					t.Errorf("%+v\ngot  %s\nwant %s", requests[i], got, alone[i])
				}
			}
		})
	}
	wg.Wait()
}
