package graph_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"authgraph/cognito"
	"authgraph/internal/reqctx"
)

// ask asks h the same again and again.
func ask(b *testing.B, h http.Handler, body, want string) {
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

// The cost of GraphQL alone: the token is one that a function takes.
func BenchmarkMe(b *testing.B) {
	const body = `{"operationName":"Me","variables":{},"query":"query Me {\n  me {\n    id\n    groups\n    __typename\n  }\n}"}`
	claims := &cognito.AccessClaims{Subject: "the-sub", Groups: []string{"admins"}}
	takes := func(context.Context) (*cognito.Caller, error) { return &cognito.Caller{Claims: claims}, nil }
	b.Run("from the token", func(b *testing.B) {
		ask(b, newAPI(b, options{caller: takes}), body, `"id":"the-sub"`)
	})
	b.Run("executed", func(b *testing.B) {
		ask(b, newAPI(b, options{}), body, `"id":"the-sub"`)
	})
}

func BenchmarkSignin(b *testing.B) {
	token := strings.Repeat("a", 1000)
	ask(b, newAPI(b, options{body: `{"AuthenticationResult":{"AccessToken":"` + token + `","IdToken":"` + token + `","RefreshToken":"` + token + token + `","ExpiresIn":3600,"TokenType":"Bearer"},"ChallengeParameters":{}}`}),
		`{"variables":{"input":{"email":"ada@example.com","password":"Right-Horse-1"}},"query":"mutation($input:SigninInput!){signin(input:$input){... on AuthTokens{accessToken idToken refreshToken expiresIn}}}"}`,
		`"accessToken":"aaa`)
}
