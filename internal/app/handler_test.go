package app

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"authgraph/cognito/token"
	"authgraph/internal/config"
	"authgraph/internal/httpserver"
	"authgraph/internal/metrics"
)

// testAPI is the whole program except its listener, in front of a stub of Cognito.
type testAPI struct {
	handler http.Handler
	metrics *metrics.Metrics
	key     *rsa.PrivateKey
	issuer  string
	calls   atomic.Int64 // to Cognito
}

func newTestAPI(tb testing.TB) *testAPI {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	h := &testAPI{key: key}
	stub := httptest.NewServer(http.HandlerFunc(h.cognito))
	tb.Cleanup(stub.Close)
	h.issuer = stub.URL
	flags := NewFlags()
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.AddTo(set, flags.Settings())
	err = set.Parse([]string{
		"--aws-cognito-user-pool-id=us-east-1_Abc123456", "--aws-cognito-app-client-id=client",
		"--aws-endpoint-url-cognito-identity-provider=" + stub.URL, "--aws-cognito-issuer=" + stub.URL,
		"--rate-limits=off", "--audit-log=off",
	})
	if err != nil {
		tb.Fatal(err)
	}
	settings, err := flags.Read(config.Serve, set, func(string) string { return "" })
	if err != nil {
		tb.Fatal(err)
	}
	s := &server{settings: settings, log: slog.New(slog.DiscardHandler), metrics: metrics.New(), stdout: io.Discard, stderr: io.Discard}
	h.metrics = s.metrics
	t := s.cognito()
	keys, err := token.NewKeySet(token.KeySetOptions{URL: t.jwksURL, Observe: s.metrics.ObserveJWKS})
	if err != nil {
		tb.Fatal(err)
	}
	sessions, err := s.openSessions(t)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(sessions.close)
	h.handler, err = s.handler(tb.Context(), t, keys, sessions, &httpserver.Drain{})
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// cognito publishes the signing key and accepts every call.
func (h *testAPI) cognito(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		encode := base64.RawURLEncoding.EncodeToString
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
			"kid": "k", "kty": "RSA", "alg": "RS256", "use": "sig",
			"n": encode(h.key.N.Bytes()), "e": encode(big.NewInt(int64(h.key.E)).Bytes()),
		}}})
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	h.calls.Add(1)
	fmt.Fprintf(w, `{"AuthenticationResult":{"AccessToken":"a.b.c","ExpiresIn":3600,"TokenType":"Bearer"},`+
		`"Username":"the-sub","UserAttributes":[{"Name":"email","Value":"ada@example.com"}]}`)
}

func (h *testAPI) token(tb testing.TB, n int) string {
	tb.Helper()
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"sub": fmt.Sprintf("7c1e58c4-0000-4000-8000-%012d", n), "username": fmt.Sprintf("7c1e58c4-0000-4000-8000-%012d", n),
		"iss": h.issuer, "client_id": "client", "token_use": "access", "scope": "aws.cognito.signin.user.admin",
		"cognito:groups": []string{"admins", "staff"}, "event_id": "e", "auth_time": now, "iat": now, "exp": now + 3600,
		"jti": fmt.Sprint("jti-", n), "origin_jti": fmt.Sprint("origin-", n),
	})
	if err != nil {
		tb.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"kid":"k","alg":"RS256"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, h.key, crypto.SHA256, digest[:])
	if err != nil {
		tb.Fatal(err)
	}
	return signed + "." + encode(signature)
}

const meBody = `{"query":"query Me { me { id groups } }"}`

// serve sends one GraphQL request and returns the response.
func (h *testAPI) serve(token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "bench")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}
