package security_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/testutil"
)

const resetPassword = `mutation{confirmForgotPassword(input:{email:"ada@example.com",confirmationCode:"123456",newPassword:"Other-Horse-1"}){success}}`

// operations makes the stand-in respond by operation, with {} to those that are not listed.
// It returns a function that reports the operations called so far.
func (g *target) operations(responses map[string]string) (called func() []string) {
	var mu sync.Mutex
	var names []string
	g.Cognito.RespondWith(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		mu.Lock()
		names = append(names, operation)
		mu.Unlock()
		response, listed := responses[operation]
		if !listed {
			response = "{}"
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if strings.Contains(response, "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, response)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(names)
	}
}

// sessionToken returns an access token that was issued a moment ago, in the future even as
// far as clocks may differ, to a session that began when signedIn says, in seconds from now.
func (g *target) sessionToken(t *testing.T, user, session string, signedIn int) string {
	t.Helper()
	token, err := g.Issuer.Sign(map[string]any{
		"sub": user, "username": user, "origin_jti": session, "iat": "20", "auth_time": fmt.Sprint(signedIn),
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A new password revokes the tokens that a refresh token from before obtains later, at all
// replicas.
func TestAttackRefreshAfterPassword(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, document string
		keepsOwn       bool
	}{
		{"change", `mutation{changePassword(input:{currentPassword:"Right-Horse-1",newPassword:"Other-Horse-1"}){success}}`, true},
		{"reset", resetPassword, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			replicas := newReplicas(t, 2, "REDIS_URL="+redistest.Start(t).URL())
			a, b := replicas[0], replicas[1]
			own, other := a.sessionToken(t, "ada", "laptop", -60), a.sessionToken(t, "ada", "phone", -60)
			later, eve := a.sessionToken(t, "ada", "later", 10), a.sessionToken(t, "eve", "tv", -60)
			for _, g := range replicas {
				testutil.Eventually(t, "the store to be read", 5*time.Second, func() bool { return g.whoami(t, other) == "absent" })
			}
			called := a.operations(map[string]string{
				"InitiateAuth": `{"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"USERNAME":"ada","USER_ID_FOR_SRP":"ada","SALT":"1","SRP_B":"1","SECRET_BLOCK":"x"}}`,
				"GetTokensFromRefreshToken": fmt.Sprintf(
					`{"AuthenticationResult":{"AccessToken":%q,"RefreshToken":"rotated","ExpiresIn":3600,"TokenType":"Bearer"}}`, other),
			})

			if r, err := a.Post(tt.document, "Bearer "+own); err != nil || r.Code() != "absent" {
				t.Fatalf("%v %s", err, r.Body)
			}
			wantOwn := map[bool]string{false: "TOKEN_REVOKED", true: "absent"}[tt.keepsOwn]
			for _, g := range replicas {
				testutil.Eventually(t, "the new password to be known", 2*time.Second, func() bool { return g.whoami(t, other) == "TOKEN_REVOKED" })
				for token, want := range map[string]string{own: wantOwn, later: "absent", eve: "absent"} {
					if got := g.whoami(t, token); got != want {
						t.Errorf("a token got %s, want %s", got, want)
					}
				}
			}
			r, err := b.Post(`mutation{refreshToken(input:{refreshToken:"old"}){accessToken}}`)
			if err != nil || r.Code() != "INVALID_TOKEN" {
				t.Errorf("a refresh of an ended session: %v %s", err, r.Body)
			}
			if !slices.Contains(called(), "RevokeToken") {
				t.Error("the refresh token was not revoked in Cognito")
			}
		})
	}
}

// The user's name is found with each sign-in flow that the app client may allow.
func TestAttackSessionsAfterReset(t *testing.T) {
	t.Parallel()
	const flowOff = `{"__type":"InvalidParameterException","message":"USER_SRP_AUTH is not enabled for the client."}`
	for _, tt := range []struct{ name, want, response string }{
		{"second factor", "absent", `{"ChallengeName":"SMS_MFA","Session":"abcdefghijklmnopqrstuvwxyz","ChallengeParameters":{"USER_ID_FOR_SRP":"ada"}}`},
		{"tokens", "absent", "TOKENS"},
		{"no flow", "SERVICE_UNAVAILABLE", flowOff},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newTarget(t)
			old := g.sessionToken(t, "ada", "phone", -60)
			response := tt.response
			if response == "TOKENS" {
				response = fmt.Sprintf(`{"AuthenticationResult":{"AccessToken":%q,"RefreshToken":"r","ExpiresIn":3600,"TokenType":"Bearer"}}`,
					g.sessionToken(t, "ada", "extra", 0))
			}
			called := g.operations(map[string]string{"InitiateAuth": response})
			r, err := g.Post(resetPassword)
			if err != nil || r.Code() != tt.want {
				t.Fatalf("%v %s", err, r.Body)
			}
			if tt.want != "absent" {
				if message := r.Text("errors.0.message"); !strings.Contains(message, "The password was set") {
					t.Errorf("the message is %q", message)
				}
				return
			}
			if got := g.whoami(t, old); got != "TOKEN_REVOKED" {
				t.Errorf("a session from before got %s", got)
			}
			if tt.response == "TOKENS" && !slices.Contains(called(), "RevokeToken") {
				t.Error("the session that found the name was not ended")
			}
		})
	}
}
