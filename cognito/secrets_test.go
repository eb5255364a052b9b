package cognito_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"authgraph/cognito"
	"authgraph/internal/apierr"
)

// secretServer is a stand-in for Cognito whose app client has certain secrets.
type secretServer struct {
	*httptest.Server

	mu      sync.Mutex
	secrets []string
	calls   []string // each an operation, with the secret if it was right
}

func newSecretServer(t *testing.T, secrets ...string) *secretServer {
	t.Helper()
	s := &secretServer{secrets: secrets}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *secretServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Username, SecretHash, ClientSecret string
		AuthParameters                     map[string]string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if in.AuthParameters != nil {
		in.Username, in.SecretHash = in.AuthParameters["USERNAME"], in.AuthParameters["SECRET_HASH"]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	i := slices.IndexFunc(s.secrets, func(secret string) bool {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(in.Username + "the-client"))
		return in.ClientSecret == secret || in.SecretHash == base64.StdEncoding.EncodeToString(mac.Sum(nil))
	})
	if i < 0 {
		s.calls = append(s.calls, operation)
		exception := "NotAuthorizedException"
		if operation == "RevokeToken" {
			exception = "UnauthorizedException"
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"`+exception+`","message":"Unable to verify secret hash for client the-client"}`)
		return
	}
	s.calls = append(s.calls, operation+":"+s.secrets[i])
	_, _ = io.WriteString(w, `{"UserSub":"the-sub","CodeDeliveryDetails":{},"AuthenticationResult":{"AccessToken":"a.e30.c","ExpiresIn":60}}`)
}

// log returns the calls since the last time.
func (s *secretServer) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := strings.Join(s.calls, " ")
	s.calls = nil
	return calls
}

func (s *secretServer) accept(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = secrets
}

// While Cognito refuses a secret, the other one is tried. The one that works is remembered,
// and the dead one reported once. No call is repeated that may have taken effect.
func TestTwoSecrets(t *testing.T) {
	t.Parallel()
	s := newSecretServer(t)
	var refused []int
	client := newClient(t, s.URL, func(o *cognito.Options) {
		o.ClientSecrets = func() []string { return []string{"new", "old"} }
		o.ClientSecretRefused = func(position int) { refused = append(refused, position) }
	})
	for _, step := range []struct{ accepted, operation, calls string }{
		{"old", "SignUp", "SignUp SignUp:old"},
		{"old", "InitiateAuth", "InitiateAuth:old"},
		{"old new", "ForgotPassword", "ForgotPassword:old"},
		{"new", "RevokeToken", "GetTokensFromRefreshToken GetTokensFromRefreshToken:new RevokeToken:new"},
		{"new", "GetTokensFromRefreshToken", "GetTokensFromRefreshToken:new"},
		{"new", "SignUp", "SignUp:new"},
		{"old", "GetTokensFromRefreshToken", "GetTokensFromRefreshToken GetTokensFromRefreshToken:old"},
		{"old", "ConfirmForgotPassword", "ConfirmForgotPassword:old"},
		{"none", "SignUp", "SignUp SignUp"},
	} {
		s.accept(strings.Fields(step.accepted)...)
		err := operations[step.operation](t.Context(), client)
		if dead := step.accepted == "none"; dead != (err != nil) || dead && apierr.From(err).Code != apierr.ServiceMisconfigured {
			t.Errorf("%s with %s: %v", step.operation, step.accepted, err)
		}
		if calls := s.log(); calls != step.calls {
			t.Errorf("%s with %s made the calls %q, want %q", step.operation, step.accepted, calls, step.calls)
		}
	}
	if !slices.Equal(refused, []int{1, 2, 1}) {
		t.Errorf("refused secrets were reported as %v, want 1, 2, 1", refused)
	}
}

// A sign-in that began before a rotation goes on after it, for as long as its challenge
// lasts.
func TestChallengesOutliveSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secrets := []string{"old"}
		client := newClient(t, "http://127.0.0.1:1", func(o *cognito.Options) {
			o.ClientSecrets = func() []string { return secrets }
		})
		begin := func() string { return client.SessionOf(t.Context(), "SMS_MFA") }
		isOpen := func(session string) bool {
			return len(client.Names(t.Context(), map[string]any{"session": session})) > 0
		}
		first := begin()
		secrets = []string{"new", "old"}
		second := begin()
		if !isOpen(first) || !isOpen(second) {
			t.Error("another secret ended a sign-in")
		}
		secrets = []string{"new"}
		if !isOpen(first) || !isOpen(second) {
			t.Error("removing the old secret ended a sign-in")
		}
		time.Sleep(16 * time.Minute)
		if isOpen(first) || isOpen(second) {
			t.Error("a session outlived its time")
		}
		secrets = []string{"old"}
		third := begin()
		secrets = []string{"new"}
		time.Sleep(5 * time.Minute)
		if !isOpen(third) {
			t.Error("the sign-in ended five minutes after the secret was removed")
		}
	})
}
