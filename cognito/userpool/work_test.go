package userpool

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"
)

func openTest(t *testing.T) *Pool {
	t.Helper()
	p, err := Open(Options{Path: filepath.Join(t.TempDir(), "pool.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// lastCommit returns the number of the last transaction that was written.
func lastCommit(t *testing.T, p *Pool) int {
	t.Helper()
	id := 0
	if err := p.service.File.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

// A sign-in does the same work whether or not the user exists, counted in SRP verifiers, which take most of the time, and in
// commits.
func TestSignInWork(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	var verifiers atomic.Int64
	derive := p.service.DeriveVerifier
	p.service.DeriveVerifier = func(poolName, userID, password string, salt []byte) []byte {
		verifiers.Add(1)
		return derive(poolName, userID, password, salt)
	}
	w := send(p, "AdminCreateUser", fmt.Sprintf(
		`{"UserPoolId":"%s","Username":"ann@example.com","TemporaryPassword":"Correct-horse-9","MessageAction":"SUPPRESS"}`, p.ID()))
	if w.Code != 200 {
		t.Fatal(w.Body)
	}
	work := func(name string) (int64, int) {
		verifiers.Store(0)
		before := lastCommit(t, p)
		w := send(p, "InitiateAuth", fmt.Sprintf(
			`{"ClientId":"%s","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"%s","PASSWORD":"not the password"}}`, p.ClientID(), name))
		if !strings.Contains(w.Body.String(), "Incorrect username or password.") {
			t.Fatalf("%s: got %s", name, w.Body)
		}
		return verifiers.Load(), lastCommit(t, p) - before
	}
	knownVerifiers, knownCommits := work("ann@example.com")
	otherVerifiers, otherCommits := work("nobody@example.com")
	if knownVerifiers != 1 || otherVerifiers != 1 || knownCommits != otherCommits {
		t.Errorf("known: %d verifiers, %d commits; unknown: %d, %d", knownVerifiers, knownCommits, otherVerifiers, otherCommits)
	}
}

// A sign-in with a one-time code writes to disk equally often whether or not the user exists, when it begins and when it is
// answered.
func TestOTPWork(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	w := send(p, "AdminCreateUser", fmt.Sprintf(
		`{"UserPoolId":"%s","Username":"ann@example.com","UserAttributes":[{"Name":"email_verified","Value":"true"}]}`, p.ID()))
	if w.Code != 200 {
		t.Fatal(w.Body)
	}
	work := func(name string) (begin, answer int) {
		before := lastCommit(t, p)
		w := send(p, "InitiateAuth", fmt.Sprintf(
			`{"ClientId":"%s","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"%s","PREFERRED_CHALLENGE":"EMAIL_OTP"}}`, p.ClientID(), name))
		var out struct{ ChallengeName, Session string }
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || out.ChallengeName != "EMAIL_OTP" {
			t.Fatalf("%s: got %s, %v", name, w.Body, err)
		}
		between := lastCommit(t, p)
		w = send(p, "RespondToAuthChallenge", fmt.Sprintf(
			`{"ClientId":"%s","ChallengeName":"EMAIL_OTP","Session":"%s","ChallengeResponses":{"USERNAME":"%s","EMAIL_OTP_CODE":"none"}}`,
			p.ClientID(), out.Session, name))
		if !strings.Contains(w.Body.String(), "Invalid code or auth state for the user.") {
			t.Fatalf("%s: got %s", name, w.Body)
		}
		return between - before, lastCommit(t, p) - between
	}
	knownBegin, knownAnswer := work("ann@example.com")
	otherBegin, otherAnswer := work("nobody@example.com")
	if knownBegin != otherBegin || knownAnswer != otherAnswer {
		t.Errorf("known: %d and %d commits; unknown: %d and %d", knownBegin, knownAnswer, otherBegin, otherAnswer)
	}
}
