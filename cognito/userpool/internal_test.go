package userpool

import (
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

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

// A sign-in costs the same work whether the user exists or not: counted in verifiers, which are what takes the time, and in
// commits.
func TestSignInWork(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	var verifiers atomic.Int64
	derive := p.derive
	p.derive = func(poolName, userID, password string, salt []byte) []byte {
		verifiers.Add(1)
		return derive(poolName, userID, password, salt)
	}
	now := time.Now()
	call := func() *call { return &call{id: "test", now: momentOf(now)} }
	_, err := p.adminCreateUser(call(), &adminCreateUserInput{
		UserPoolID: p.ID(), Username: "ann@example.com", TemporaryPassword: "Correct-horse-9", MessageAction: "SUPPRESS",
	})
	if err != nil {
		t.Fatal(err)
	}
	work := func(name string) (int64, int) {
		verifiers.Store(0)
		before := p.lastTx(t)
		_, err := p.initiateAuth(call(), &initiateAuthInput{
			AuthFlow: "USER_PASSWORD_AUTH", ClientID: p.ClientID(),
			AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": "not the password"},
		})
		if messageOf(err) != "Incorrect username or password." {
			t.Fatalf("%s: got %v", name, err)
		}
		return verifiers.Load(), p.lastTx(t) - before
	}
	knownVerifiers, knownCommits := work("ann@example.com")
	otherVerifiers, otherCommits := work("nobody@example.com")
	if knownVerifiers != 1 || otherVerifiers != 1 || knownCommits != otherCommits {
		t.Errorf("known: %d verifiers, %d commits; unknown: %d, %d", knownVerifiers, knownCommits, otherVerifiers, otherCommits)
	}
}

func messageOf(err error) string {
	var api *apiError
	if !errors.As(err, &api) {
		return ""
	}
	return api.Message
}

func (p *Pool) lastTx(t *testing.T) int {
	t.Helper()
	id := 0
	if err := p.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

// A sign-in with a one-time code writes to the disk as often whether the user exists or not, when it begins and when it is
// answered.
func TestOTPWork(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	now := momentOf(time.Now())
	call := func() *call { return &call{id: "test", now: now} }
	_, err := p.adminCreateUser(call(), &adminCreateUserInput{
		UserPoolID: p.ID(), Username: "ann@example.com", UserAttributes: []attribute{{Name: "email_verified", Value: "true"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	work := func(name string) (begin, answer int) {
		before := p.lastTx(t)
		out, err := p.initiateAuth(call(), &initiateAuthInput{
			AuthFlow: "USER_AUTH", ClientID: p.ClientID(),
			AuthParameters: map[string]string{"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"},
		})
		if err != nil {
			t.Fatal(err)
		}
		between := p.lastTx(t)
		_, err = p.respondToAuthChallenge(call(), &respondInput{
			ClientID: p.ClientID(), ChallengeName: "EMAIL_OTP", Session: out.Session,
			ChallengeResponses: map[string]string{"USERNAME": name, "EMAIL_OTP_CODE": "none"},
		})
		if messageOf(err) != "Invalid code or auth state for the user." {
			t.Fatalf("%s: got %v", name, err)
		}
		return between - before, p.lastTx(t) - between
	}
	knownBegin, knownAnswer := work("ann@example.com")
	otherBegin, otherAnswer := work("nobody@example.com")
	if knownBegin != otherBegin || knownAnswer != otherAnswer {
		t.Errorf("known: %d and %d commits; unknown: %d and %d", knownBegin, knownAnswer, otherBegin, otherAnswer)
	}
}
