package userpool

import (
	"crypto/rand"
	"crypto/subtle"
)

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
