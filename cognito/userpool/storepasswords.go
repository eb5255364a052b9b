package userpool

import (
	"crypto/sha256"
	"time"
)

// passwordRecord is what is kept of a password: salt and verifier of SRP, bound to the pool's and the user's real name.
type passwordRecord struct {
	Salt     []byte `json:"salt"`
	Verifier []byte `json:"verifier"`
	Set      moment `json:"set"`
	// Past are the records of former passwords, newest first, where the pool's policy keeps a history.
	Past []passwordRecord `json:"past,omitempty"`
}

// replacePassword sets a new password and keeps as much of the former password as the history asks for.
func (u *userRecord) replacePassword(pool *poolRecord, rec *passwordRecord) {
	next := *rec
	next.Past = nil
	if n := pool.Policies.PasswordPolicy.PasswordHistorySize; n > 1 && u.Password != nil {
		former := *u.Password
		past := former.Past
		former.Past = nil
		next.Past = append([]passwordRecord{former}, past...)
		next.Past = next.Past[:min(n-1, len(next.Past))]
	}
	u.Password = &next
}

// temporaryExpired tells whether a password that an administrator gave is too old to be used.
func (u *userRecord) temporaryExpired(pool *poolRecord, now moment) bool {
	days := pool.Policies.PasswordPolicy.TemporaryPasswordValidityDays
	if u.Status != statusForceChange || u.Password == nil || days == 0 {
		return false
	}
	return now.sub(u.Password.Set) > time.Duration(days)*24*time.Hour
}

// passwordMark stands for the password that a user has. A session that rests on a password is worth nothing once that is
// another one.
func passwordMark(u *userRecord) []byte {
	if u.Password == nil {
		return nil
	}
	sum := sha256.Sum256(u.Password.Verifier)
	return sum[:9]
}
