package graph_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"authgraph/internal/reqctx"
)

// benchmarkRequest sends the same request repeatedly and checks the responses.
func benchmarkRequest(b *testing.B, h http.Handler, body, want string) {
	b.Helper()
	ctx := reqctx.NewContext(b.Context(), &reqctx.Request{ID: "id", Bearer: "token"})
	request := func() *http.Request {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request())
		if got := w.Body.String(); !strings.Contains(got, want) {
			b.Fatal(got)
		}
	}
}

// BenchmarkMe measures GraphQL without token verification: @auth is a stub.
func BenchmarkMe(b *testing.B) {
	const body = `{"operationName":"Me","variables":{},"query":"query Me {\n  me {\n    id\n    groups\n    __typename\n  }\n}"}`
	benchmarkRequest(b, newAPI(b, options{}), body, `"id":"the-sub"`)
}

func BenchmarkSignin(b *testing.B) {
	token := strings.Repeat("a", 1000)
	benchmarkRequest(b, newAPI(b, options{body: `{"AuthenticationResult":{"AccessToken":"` + token + `","IdToken":"` + token + `","RefreshToken":"` + token + token + `","ExpiresIn":3600,"TokenType":"Bearer"},"ChallengeParameters":{}}`}),
		`{"variables":{"input":{"email":"ada@example.com","password":"Right-Horse-1"}},"query":"mutation($input:SigninInput!){signin(input:$input){... on AuthTokens{accessToken idToken refreshToken expiresIn}}}"}`,
		`"accessToken":"aaa`)
}
