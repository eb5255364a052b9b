package store

import (
	"crypto/sha256"
	"time"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/settings"
)

// Password is the stored form of a password: SRP salt and verifier, bound to the pool and the user name.
type Password struct {
	Salt     []byte     `json:"salt"`
	Verifier []byte     `json:"verifier"`
	Set      epoch.Time `json:"set"`
	// Past are previous passwords, newest first, if the pool's policy keeps a history.
	Past []Password `json:"past,omitempty"`
}

// SetPassword sets a new password and keeps as many previous ones as the pool's history requires.
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

// TemporaryPasswordExpired reports whether the password set by an administrator is too old to be used.
func (u *User) TemporaryPasswordExpired(pool *settings.Pool, now epoch.Time) bool {
	days := pool.Policies.PasswordPolicy.TemporaryPasswordValidityDays
	if u.Status != StatusForceChange || u.Password == nil || days == 0 {
		return false
	}
	return now.Sub(u.Password.Set) > time.Duration(days)*24*time.Hour
}

// PasswordFingerprint identifies the user's current password. A session that depends on a password becomes invalid
// when the password changes.
func PasswordFingerprint(u *User) []byte {
	if u.Password == nil {
		return nil
	}
	sum := sha256.Sum256(u.Password.Verifier)
	return sum[:9]
}
