package security_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"authgraph/internal/redisconn/redistest"
)

// answer answers a challenge with a wrong code, and returns the code of the error.
func (g *target) answer(t *testing.T, session string) string {
	t.Helper()
	g.Cognito.Respond(http.StatusBadRequest, `{"__type":"CodeMismatchException","message":"Invalid code."}`)
	r, err := g.Post(fmt.Sprintf(`mutation{respondToChallenge(input:{session:%q,answer:{code:"000000"}}){__typename}}`, session))
	if err != nil {
		t.Fatal(err)
	}
	return r.Code()
}

// P31: replicas take each other's sessions of challenges, if they share a key, and no others.
func TestAttackChallengeSessions(t *testing.T) {
	t.Parallel()
	const stateKey = "STATE_KEY=0123456789abcdef0123456789abcdef"
	for _, tt := range []struct {
		name     string
		settings func() []string
		shared   bool
	}{
		{"client secret", func() []string { return []string{"AWS_COGNITO_APP_CLIENT_SECRET=secret"} }, true},
		{"setting", func() []string { return []string{stateKey} }, true},
		{"store", func() []string { return []string{"REDIS_URL=" + redistest.Start(t).URL()} }, true},
		{"none", func() []string { return nil }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			replicas := newReplicas(t, 2, tt.settings()...)
			a, b := replicas[0], replicas[1]
			session := a.challenge(t)
			want := map[bool]string{true: "CODE_MISMATCH", false: "SESSION_EXPIRED"}[tt.shared]
			if got := b.answer(t, session); got != want {
				t.Errorf("at another replica: %s, want %s", got, want)
			}
			if got := a.answer(t, session); got != "CODE_MISMATCH" {
				t.Errorf("at the same replica: %s", got)
			}

			// The five guesses of the account, whichever name a client writes into a session.
			before := len(a.Cognito.Calls())
			for n := range 12 {
				forged := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"c":"SOFTWARE_TOKEN_MFA","a":"u%d","u":"u%d","s":%q}`, n, n, strings.Repeat("s", 40)))
				if got := a.answer(t, forged); got != "SESSION_EXPIRED" && got != "RATE_LIMITED" {
					t.Errorf("a forged session got %s", got)
				}
				a.answer(t, session)
			}
			if calls := len(a.Cognito.Calls()) - before; calls > 4 {
				t.Errorf("%d more guesses reached Cognito", calls)
			}
		})
	}
}

// A session of a challenge is rejected at once after its key has changed.
func TestAttackChallengeAfterRestart(t *testing.T) {
	t.Parallel()
	session := newTarget(t, "STATE_KEY=0123456789abcdef0123456789abcdef").challenge(t)
	other := newTarget(t, "STATE_KEY=fedcba9876543210fedcba9876543210")
	if got := other.answer(t, session); got != "SESSION_EXPIRED" {
		t.Errorf("with another key: %s", got)
	}
	other.unharmed(t, 0)
}
