package userpool

import (
	"crypto/rand"
	"crypto/subtle"
	"strings"
	"time"
	"unicode/utf8"
)

// passwordRecord is what is kept of a password: salt and verifier of SRP, bound to the pool's and the user's real name.
type passwordRecord struct {
	Salt     []byte `json:"salt"`
	Verifier []byte `json:"verifier"`
	Set      moment `json:"set"`
	// Past are the records of former passwords, newest first, where the pool's policy keeps a history.
	Past []passwordRecord `json:"past,omitempty"`
}

const passwordSymbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "

// checkPassword holds a password against the pool's policy; one reason at a time, as Cognito gives them. Letters outside
// Basic Latin are neither upper nor lower case.
func checkPassword(policy passwordPolicy, password string) error {
	why := ""
	switch {
	case utf8.RuneCountInString(password) < policy.MinimumLength:
		why = "Password not long enough"
	case policy.RequireUppercase && !strings.ContainsFunc(password, func(r rune) bool { return r >= 'A' && r <= 'Z' }):
		why = "Password must have uppercase characters"
	case policy.RequireLowercase && !strings.ContainsFunc(password, func(r rune) bool { return r >= 'a' && r <= 'z' }):
		why = "Password must have lowercase characters"
	case policy.RequireNumbers && !strings.ContainsAny(password, "0123456789"):
		why = "Password must have numeric characters"
	case policy.RequireSymbols && !strings.ContainsAny(password, passwordSymbols):
		why = "Password must have symbol characters"
	default:
		return nil
	}
	return fault("InvalidPasswordException", "Password did not conform with policy: %s", why)
}

// poolName is the part of a pool id that SRP hashes: what follows the underscore.
func poolName(poolID string) string {
	_, name, _ := strings.Cut(poolID, "_")
	return name
}

// newPassword makes the record of a password. It takes about a millisecond, so it is called outside of transactions.
func (p *Pool) newPassword(poolID, username, password string, now moment) (*passwordRecord, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	return &passwordRecord{Salt: salt, Verifier: p.derive(poolName(poolID), username, password, salt), Set: now}, nil
}

// passwordFits tells whether password is the one of rec, which may be nil: a user who does not exist, or has no password,
// costs the same work as one who has.
func (p *Pool) passwordFits(poolID, username, password string, rec *passwordRecord) bool {
	known := rec != nil
	if !known {
		rec = &passwordRecord{Salt: make([]byte, 16), Verifier: make([]byte, srpBytes)}
	}
	v := p.derive(poolName(poolID), username, password, rec.Salt)
	return subtle.ConstantTimeCompare(v, rec.Verifier) == 1 && known
}

// passwordUsed tells whether password is one of those that the pool's history still remembers, the current one included.
func (p *Pool) passwordUsed(pool *poolRecord, u *userRecord, password string) bool {
	n := pool.Policies.PasswordPolicy.PasswordHistorySize
	if n == 0 || u.Password == nil {
		return false
	}
	used := p.passwordFits(pool.ID, u.Username, password, u.Password)
	for i := range min(n-1, len(u.Password.Past)) {
		used = p.passwordFits(pool.ID, u.Username, password, &u.Password.Past[i]) || used
	}
	return used
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

// generatePassword makes a temporary password that fits any policy: its length, and characters of every class.
func generatePassword(policy passwordPolicy) (string, error) {
	length := max(policy.MinimumLength, 12)
	return randomClasses(length, "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!@#%*+=-")
}
