package service

import (
	"crypto/rand"
	"crypto/subtle"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/srp"
	"authgraph/cognito/userpool/internal/store"
)

// NewPassword makes the record of a password. It takes about a millisecond, so it is called outside of transactions.
func (s *Service) NewPassword(poolID, username, password string, now epoch.Time) (*store.Password, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	return &store.Password{Salt: salt, Verifier: s.DeriveVerifier(settings.PoolName(poolID), username, password, salt), Set: now}, nil
}

// PasswordMatches tells whether password is the one of rec, which may be nil: a user who does not exist, or has no password,
// costs the same work as one who has.
func (s *Service) PasswordMatches(poolID, username, password string, rec *store.Password) bool {
	known := rec != nil
	if !known {
		rec = &store.Password{Salt: make([]byte, 16), Verifier: make([]byte, srp.Size)}
	}
	v := s.DeriveVerifier(settings.PoolName(poolID), username, password, rec.Salt)
	return subtle.ConstantTimeCompare(v, rec.Verifier) == 1 && known
}

// PasswordUsed tells whether password is one of those that the pool's history still remembers, the current one included.
func (s *Service) PasswordUsed(pool *settings.Pool, u *store.User, password string) bool {
	n := pool.Policies.PasswordPolicy.PasswordHistorySize
	if n == 0 || u.Password == nil {
		return false
	}
	used := s.PasswordMatches(pool.ID, u.Username, password, u.Password)
	for i := range min(n-1, len(u.Password.Past)) {
		used = s.PasswordMatches(pool.ID, u.Username, password, &u.Password.Past[i]) || used
	}
	return used
}
