package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"authgraph/cognito"
	"authgraph/directives"
	"authgraph/graph/generated"
)

// Tokens are written as gqlgen writes them, whatever is selected of them.
func TestTokensAreWrittenAlike(t *testing.T) {
	answers := []string{
		`{"AuthenticationResult":{"AccessToken":"a.b.c","IdToken":"d.e.f","RefreshToken":"g","ExpiresIn":60,"TokenType":"Bearer"}}`,
		`{"AuthenticationResult":{"AccessToken":"a.b.c","ExpiresIn":3600}}`,
		`{"AuthenticationResult":{"AccessToken":"\"\\\u0001é<&>","IdToken":"","RefreshToken":"\u2028","TokenType":"x"}}`,
		`{"AuthenticationResult":{"AccessToken":"a.b.c","NewDeviceMetadata":{"DeviceKey":"k","DeviceGroupKey":"h"}}}`,
		`{"ChallengeName":"SMS_MFA","Session":"s","ChallengeParameters":{}}`,
		`{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`,
	}
	selections := []string{
		`__typename`,
		`... on AuthTokens { accessToken idToken refreshToken expiresIn tokenType __typename } __typename`,
		`... on AuthTokens { a: accessToken b: accessToken accessToken accessToken }`,
		`... on AuthTokens { refreshToken } __typename ... on AuthTokens { accessToken ...more refreshToken }`,
		`... on Challenge { session }`,
		`... on SmsMfaChallenge { session } __typename`,
		`... on AuthTokens { accessToken @skip(if: true) idToken @include(if: $with) expiresIn @include(if: $with) }`,
		`... on AuthTokens { accessToken user { id } }`,
		`... on AuthTokens { accessToken newDevice { deviceKey } }`,
	}
	for _, answer := range answers {
		upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if strings.Contains(answer, "Exception") {
				w.WriteHeader(http.StatusBadRequest)
			}
			_, _ = fmt.Fprint(w, answer)
		}))
		t.Cleanup(upstream.Close)
		short, long := tokensHandler(t, upstream.URL), tokensHandler(t, upstream.URL)
		long.exec.aroundField = (&subgraph{}).aroundFields
		for _, selection := range selections {
			declared := ""
			if strings.Contains(selection, "$with") {
				declared = "($with: Boolean! = true)"
			}
			document := `mutation` + declared + ` { t: signin(input: {email: "ada@example.com", password: "Right-Horse-1"}) { ` + selection + ` } }`
			if strings.Contains(selection, "...more") {
				document += ` fragment more on AuthTokens { tokenType idToken }`
			}
			for _, with := range []string{`{}`, `{"with":false}`} {
				got, want := askTokens(t, short, document, with), askTokens(t, long, document, with)
				if got != want {
					t.Errorf("%s\n%s\ngot  %s\nwant %s", answer, selection, got, want)
				}
				if isRefusal := strings.Contains(want, `"errors"`); isRefusal != strings.Contains(answer, "Exception") {
					t.Errorf("%s: %s", document, want)
				}
			}
		}
		refresh := `mutation { refreshToken(input: {refreshToken: "r"}) { expiresIn accessToken } }`
		if got, want := askTokens(t, short, refresh, `{}`), askTokens(t, long, refresh, `{}`); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", answer, got, want)
		}
	}
}

func tokensHandler(t *testing.T, upstream string) *transport {
	t.Helper()
	client, err := cognito.New(cognito.Options{
		Region: "us-east-1", ClientID: "client", Endpoint: upstream, UsernameAttribute: "preferred_username",
	})
	if err != nil {
		t.Fatal(err)
	}
	constraint := &directives.Constraint{}
	handler, err := NewHandler(Options{
		Cognito: client, Verifier: &cognito.Verifier{}, Log: slog.New(slog.DiscardHandler),
		Directives: generated.DirectiveRoot{
			Auth: func(ctx context.Context, _ any, next graphql.Resolver, _, _, _ []string, _, _ bool) (any, error) {
				return next(ctx)
			},
			Constraint: constraint.Directive,
			RateLimit: func(ctx context.Context, _ any, next graphql.Resolver, _ []directives.RateLimitKind) (any, error) {
				return next(ctx)
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return handler.(*transport)
}

func askTokens(t *testing.T, h http.Handler, document, variables string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": json.RawMessage(variables)})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}
