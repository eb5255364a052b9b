package cognito_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"authgraph/cognito"
	"authgraph/cognito/srp"
	"authgraph/internal/apierr"
)

// flowServer is a stand-in for Cognito whose app client allows one flow.
type flowServer struct {
	*httptest.Server

	mu      sync.Mutex
	allowed string
	answer  func(request authRequest) string // after the flow was allowed
	flows   []string                         // that were tried
}

// authRequest is the input of InitiateAuth or RespondToAuthChallenge.
type authRequest struct {
	AuthFlow, ChallengeName, Session   string
	AuthParameters, ChallengeResponses map[string]string
}

const tokensBody = `{"AuthenticationResult":{"AccessToken":"a.e30.c","IdToken":"a.e30.c","RefreshToken":"r","ExpiresIn":3600,"TokenType":"Bearer"}}`

func newFlowServer(t *testing.T, allowed string, answer func(authRequest) string) *flowServer {
	t.Helper()
	s := &flowServer{allowed: allowed, answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request authRequest
		_ = json.NewDecoder(r.Body).Decode(&request)
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if request.AuthFlow != "" {
			s.flows = append(s.flows, request.AuthFlow)
			if request.AuthFlow != s.allowed {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"__type":"InvalidParameterException","message":"`+request.AuthFlow+` flow not enabled for this client"}`)
				return
			}
		}
		_, _ = io.WriteString(w, s.answer(request))
	}))
	t.Cleanup(s.Close)
	return s
}

// triedFlows returns the flows since the last call.
func (s *flowServer) triedFlows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	tried := strings.Join(s.flows, " ")
	s.flows = nil
	return tried
}

func (s *flowServer) allow(flow string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = flow
}

// The flow that the app client allows is found out once, and again when it changes.
func TestPasswordFlowIsRemembered(t *testing.T) {
	t.Parallel()
	s := newFlowServer(t, "USER_AUTH", func(authRequest) string { return tokensBody })
	client := newClient(t, s.URL, nil)
	for _, step := range []struct{ allowed, tried string }{
		{"USER_AUTH", "USER_PASSWORD_AUTH USER_SRP_AUTH USER_AUTH"},
		{"USER_AUTH", "USER_AUTH"},
		{"USER_SRP_AUTH", "USER_AUTH USER_PASSWORD_AUTH USER_SRP_AUTH"},
		{"USER_SRP_AUTH", "USER_SRP_AUTH"},
	} {
		s.allow(step.allowed)
		if _, err := client.SignIn(t.Context(), cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "x"}); err != nil {
			t.Fatal(err)
		}
		if tried := s.triedFlows(); tried != step.tried {
			t.Errorf("with %s, the sign-in tried %s, want %s", step.allowed, tried, step.tried)
		}
	}
	s.allow("CUSTOM_AUTH")
	if _, err := client.SignIn(t.Context(), cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "x"}); apierr.From(err) == nil || apierr.From(err).Code != apierr.ServiceMisconfigured {
		t.Errorf("without any flow: %v", err)
	}
}

// With USER_AUTH, Cognito may ask for the password or for a choice before it takes the
// password. Each of these ends with tokens.
func TestPasswordAsFirstFactor(t *testing.T) {
	t.Parallel()
	verifier := `{"ChallengeName":"PASSWORD_VERIFIER","Session":"abcdefghijklmnopqrstuv","ChallengeParameters":{"SALT":"0a","SRP_B":"` +
		srp.RandomB() + `","SECRET_BLOCK":"AAAA","USER_ID_FOR_SRP":"the-sub"}}`
	challenge := func(name, more string) string {
		return `{"ChallengeName":"` + name + `","Session":"abcdefghijklmnopqrstuv","ChallengeParameters":{}` + more + `}`
	}
	for _, tt := range []struct {
		name, first string
		steps       []string // of the answers, each a challenge with the names of its responses
	}{
		{"at once", tokensBody, nil},
		{"asked for", challenge("PASSWORD", ""), []string{"PASSWORD PASSWORD USERNAME"}},
		{"asked for by SRP", challenge("PASSWORD_SRP", ""), []string{"PASSWORD_SRP SRP_A USERNAME", "PASSWORD_VERIFIER"}},
		{"chosen", challenge("SELECT_CHALLENGE", `,"AvailableChallenges":["EMAIL_OTP","PASSWORD"]`), []string{"SELECT_CHALLENGE ANSWER PASSWORD USERNAME"}},
		{"chosen by SRP", challenge("SELECT_CHALLENGE", `,"AvailableChallenges":["PASSWORD_SRP"]`), []string{"SELECT_CHALLENGE ANSWER SRP_A USERNAME", "PASSWORD_VERIFIER"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var answered []string
			s := newFlowServer(t, "USER_AUTH", func(r authRequest) string {
				if r.AuthFlow != "" {
					return tt.first
				}
				names := []string{}
				for name := range r.ChallengeResponses {
					names = append(names, name)
				}
				slices.Sort(names)
				answered = append(answered, r.ChallengeName+" "+strings.Join(names, " "))
				if r.ChallengeResponses["SRP_A"] != "" {
					return verifier
				}
				return tokensBody
			})
			result, err := newClient(t, s.URL, nil).SignIn(t.Context(), cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "x"})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := result.(*cognito.AuthTokens); !ok {
				t.Errorf("the sign-in led to %T", result)
			}
			if len(answered) != len(tt.steps) {
				t.Fatalf("answered %q, want %q", answered, tt.steps)
			}
			for i, step := range tt.steps {
				if !strings.HasPrefix(answered[i], step) {
					t.Errorf("answered %q, want %q", answered[i], step)
				}
			}
		})
	}
}

// The factors that follow an answer are passed on, although the SDK's type lacks them.
func TestFactorsAfterAnAnswer(t *testing.T) {
	t.Parallel()
	s := newFlowServer(t, "USER_AUTH", func(r authRequest) string {
		if r.AuthFlow != "" {
			return `{"ChallengeName":"PASSWORD","Session":"abcdefghijklmnopqrstuv","ChallengeParameters":{}}`
		}
		return `{"ChallengeName":"SELECT_CHALLENGE","Session":"abcdefghijklmnopqrstuv","ChallengeParameters":{},"AvailableChallenges":["EMAIL_OTP","WEB_AUTHN"]}`
	})
	client := newClient(t, s.URL, nil)
	result, err := client.StartSignIn(t.Context(), cognito.StartSigninInput{Identifier: cognito.ByEmail("ada@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	result, err = client.Respond(t.Context(), cognito.RespondToChallengeInput{Session: result.(cognito.Challenge).GetSession(), Answer: cognito.Answer{Password: new("x")}})
	if err != nil {
		t.Fatal(err)
	}
	if got := describe(result); got != "SelectFactorChallenge [EMAIL_OTP WEB_AUTHN]" {
		t.Error(got)
	}
}
