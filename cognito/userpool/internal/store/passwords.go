package store

import (
	"crypto/sha256"
	"time"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/settings"
)

// Password is what is kept of a password: salt and verifier of SRP, bound to the pool's and the user's real name.
type Password struct {
	Salt     []byte     `json:"salt"`
	Verifier []byte     `json:"verifier"`
	Set      epoch.Time `json:"set"`
	// Past are the records of former passwords, newest first, where the pool's policy keeps a history.
	Past []Password `json:"past,omitempty"`
}

// SetPassword sets a new password and keeps as much of the former password as the history asks for.
func (u *User) SetPassword(pool *settings.Pool, rec *Password) {
	next := *rec
	next.Past = nil
	if n := pool.Policies.PasswordPolicy.PasswordHistorySize; n > 1 && u.Password != nil {
		former := *u.Password
		past := former.Past
		former.Past = nil
		next.Past = append([]Password{former}, past...)
		next.Past = next.Past[:min(n-1, len(next.Past))]
	}
	u.Password = &next
}

// TemporaryPasswordExpired tells whether a password that an administrator gave is too old to be used.
func (u *User) TemporaryPasswordExpired(pool *settings.Pool, now epoch.Time) bool {
	days := pool.Policies.PasswordPolicy.TemporaryPasswordValidityDays
	if u.Status != StatusForceChange || u.Password == nil || days == 0 {
		return false
	}
	return now.Sub(u.Password.Set) > time.Duration(days)*24*time.Hour
}

// PasswordFingerprint stands for the password that a user has. A session that rests on a password is worth nothing once that is
// another one.
func PasswordFingerprint(u *User) []byte {
	if u.Password == nil {
		return nil
	}
	sum := sha256.Sum256(u.Password.Verifier)
	return sum[:9]
}
