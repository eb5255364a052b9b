package directives_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/directives"
	"authgraph/graph"
	"authgraph/graph/generated"
	"authgraph/internal/apierr"
	"authgraph/internal/reqctx"
)

// publicFields returns the fields that need no token. A field without @auth must be
// listed here, so that it is not public by mistake.
func publicFields() []string {
	return []string{
		"Mutation.signup", "Mutation.verifyAccount", "Mutation.resendConfirmationCode", "Mutation.signin",
		"Mutation.refreshToken", "Mutation.startSignin", "Mutation.respondToChallenge", "Mutation.forgotPassword",
		"Mutation.confirmForgotPassword", "Mutation.sendAuthEventFeedback", "Query.signinOptions",
	}
}

func TestRootFieldsRequireAuth(t *testing.T) {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	var public []string
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, field := range root.Fields {
			if field.Directives.ForName("auth") == nil && field.Name[0] != '_' {
				public = append(public, root.Name+"."+field.Name)
			}
		}
	}
	slices.Sort(public)
	want := publicFields()
	slices.Sort(want)
	if !slices.Equal(public, want) {
		t.Errorf("public fields\ngot  %v\nwant %v", public, want)
	}
}

// pool is a stub of a user pool. It signs tokens, publishes its key, and returns the
// same response to every call.
type pool struct {
	*httptest.Server
	key   *rsa.PrivateKey
	calls atomic.Int64
	auth  *directives.Auth
}

// newKey returns the key that the tests share, because generating one is slow.
var newKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newPool(t *testing.T) *pool {
	t.Helper()
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	p := &pool{key: key}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			encode := base64.RawURLEncoding.EncodeToString
			_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
				"kid": "k", "kty": "RSA", "alg": "RS256", "use": "sig",
				"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
			}}})
			return
		}
		p.calls.Add(1)
		_, _ = io.WriteString(w, `{"Username":"the-sub","UserAttributes":[{"Name":"email","Value":"ada@example.com"}],"AuthenticationResult":{"AccessToken":"a.b.c"}}`)
	}))
	t.Cleanup(p.Close)
	keys, err := token.NewKeySet(token.KeySetOptions{URL: p.URL})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := token.NewVerifier(token.VerifierOptions{Issuers: []string{p.URL}, ClientID: "c", Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	client, err := cognito.New(cognito.Options{Region: "r", ClientID: "c", Endpoint: p.URL, UsernameAttribute: "name"})
	if err != nil {
		t.Fatal(err)
	}
	p.auth = &directives.Auth{Verifier: verifier, Client: client}
	return p
}

// token returns a signed access token. changes replace its claims.
func (p *pool) token(t *testing.T, changes map[string]any) string {
	t.Helper()
	now := time.Now().Unix()
	claims := map[string]any{
		"sub": "the-sub", "username": "the-sub", "iss": p.URL, "client_id": "c", "token_use": "access",
		"scope": "aws.cognito.signin.user.admin", "auth_time": now, "iat": now, "exp": now + 3600, "jti": "j",
	}
	for name, value := range changes {
		claims[name] = value
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"kid":"k","alg":"RS256"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(signature)
}

func TestAuth(t *testing.T) {
	p := newPool(t)
	groups := func(names ...string) map[string]any { return map[string]any{"cognito:groups": names} }
	tests := []struct {
		name           string
		request        *reqctx.Request
		groups, scopes []string
		code           apierr.Code // "" if accepted
	}{
		{"valid token", &reqctx.Request{Bearer: p.token(t, nil)}, nil, nil, ""},
		{"no token", &reqctx.Request{}, nil, nil, apierr.Unauthenticated},
		{"malformed header", &reqctx.Request{BearerError: errors.New("two tokens")}, nil, nil, apierr.InvalidToken},
		{"malformed token", &reqctx.Request{Bearer: "nonsense"}, nil, nil, apierr.InvalidToken},
		{"expired", &reqctx.Request{Bearer: p.token(t, map[string]any{"exp": time.Now().Unix() - 3600})}, nil, nil, apierr.TokenExpired},
		{"ID token", &reqctx.Request{Bearer: p.token(t, map[string]any{"token_use": "id"})}, nil, nil, apierr.InvalidToken},
		{"one of the groups", &reqctx.Request{Bearer: p.token(t, groups("b", "c"))}, []string{"a", "b"}, nil, ""},
		{"none of the groups", &reqctx.Request{Bearer: p.token(t, groups("c"))}, []string{"a", "b"}, nil, apierr.Forbidden},
		{"no groups", &reqctx.Request{Bearer: p.token(t, nil)}, []string{"a"}, nil, apierr.Forbidden},
		{"group in another case", &reqctx.Request{Bearer: p.token(t, groups("A"))}, []string{"a"}, nil, apierr.Forbidden},
		{"all scopes", &reqctx.Request{Bearer: p.token(t, map[string]any{"scope": "a b c"})}, nil, []string{"a", "b"}, ""},
		{"one of the scopes", &reqctx.Request{Bearer: p.token(t, map[string]any{"scope": "a"})}, nil, []string{"a", "b"}, apierr.Forbidden},
		{"part of a scope", &reqctx.Request{Bearer: p.token(t, map[string]any{"scope": "ab"})}, nil, []string{"a"}, apierr.Forbidden},
		{"group without the scope", &reqctx.Request{Bearer: p.token(t, groups("a"))}, []string{"a"}, []string{"x"}, apierr.Forbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var caller *cognito.Caller
			_, err := p.auth.Directive(reqctx.NewContext(t.Context(), tt.request), nil,
				func(ctx context.Context) (any, error) {
					caller = cognito.CallerFromContext(ctx)
					return nil, nil
				}, tt.groups, tt.scopes, nil, false, false)
			if tt.code == "" {
				if err != nil || caller == nil || caller.Claims.Subject != "the-sub" {
					t.Fatalf("error %v, caller %+v", err, caller)
				}
				return
			}
			var got *apierr.Error
			if !errors.As(err, &got) || got.Code != tt.code {
				t.Fatalf("error %v, want %s", err, tt.code)
			}
			if caller != nil {
				t.Error("the field was resolved")
			}
			required := got.Required
			if (tt.code == apierr.Forbidden) != (required != nil) {
				t.Fatalf("required %+v", required)
			}
			if required != nil && (!slices.Equal(required.Groups, tt.groups) || !slices.Equal(required.Scopes, tt.scopes)) {
				t.Errorf("required %+v, want %v %v", required, tt.groups, tt.scopes)
			}
		})
	}
}

// TestAuthWithoutKeys checks that a token is not reported as invalid if the keys to
// verify it are unavailable.
func TestAuthWithoutKeys(t *testing.T) {
	p := newPool(t)
	token := p.token(t, nil)
	p.Close()
	_, err := p.auth.Directive(reqctx.NewContext(t.Context(), &reqctx.Request{Bearer: token}), nil,
		func(context.Context) (any, error) { return nil, nil }, nil, nil, nil, false, false)
	if e := apierr.From(err); e.Code != apierr.ServiceUnavailable {
		t.Errorf("code %s", e.Code)
	}
}

// TestAuthOverGraphQL checks that all fields of a request share one caller, with at most
// one call to Cognito, and that logout with a refresh token needs no access token.
func TestAuthOverGraphQL(t *testing.T) {
	constraint := &directives.Constraint{}
	tests := []struct {
		name, document, code string
		withToken            bool
		calls                int64
	}{
		{"aliases", "{a:me{email} b:me{e:email f:email} c:me{id username}}", "", true, 1},
		{"claims only", "{a:me{id} b:me{groups}}", "", true, 0},
		{"me without a token", "{me{id}}", "UNAUTHENTICATED", false, 0},
		{"logout", "mutation{logout{success}}", "", true, 1},
		{"logout without a token", "mutation{logout{success}}", "UNAUTHENTICATED", false, 0},
		{"logout with a refresh token", `mutation{logout(input:{refreshToken:"r"}){success}}`, "", false, 2},
		{"logout with an empty input", "mutation{logout(input:{}){success}}", "UNAUTHENTICATED", false, 0},
		{"logout with a null", "mutation{logout(input:{refreshToken:null}){success}}", "UNAUTHENTICATED", false, 0},
		{"logout with an empty refresh token", `mutation{logout(input:{refreshToken:""}){success}}`, "BAD_USER_INPUT", false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			handler, err := graph.NewHandler(graph.Options{
				Cognito:    p.auth.Client,
				Verifier:   p.auth.Verifier,
				Directives: generated.DirectiveRoot{Auth: p.auth.Directive, Constraint: constraint.Directive, RateLimit: (&directives.RateLimit{}).Directive},
				Log:        slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			body, _ := json.Marshal(map[string]string{"query": tt.document})
			r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
			r.Header.Set("Content-Type", "application/json")
			request := &reqctx.Request{ID: "r"}
			if tt.withToken {
				request.Bearer = p.token(t, nil)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r.WithContext(reqctx.NewContext(r.Context(), request)))
			var response graphql.Response
			if err := json.Unmarshal(w.Body.Bytes(), &response); err != nil {
				t.Fatal(err)
			}
			code := ""
			if len(response.Errors) > 0 {
				code, _ = response.Errors[0].Extensions["code"].(string)
			}
			if code != tt.code {
				t.Errorf("code %q, want %q: %s", code, tt.code, w.Body)
			}
			if p.calls.Load() != tt.calls {
				t.Errorf("%d calls to Cognito, want %d", p.calls.Load(), tt.calls)
			}
		})
	}
}
