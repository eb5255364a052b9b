package service

import (
	"crypto/rand"
	"crypto/subtle"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/srp"
	"authgraph/cognito/userpool/internal/store"
)

// NewPassword returns the record of a password. It takes about a millisecond, so call it outside of transactions.
func (s *Service) NewPassword(poolID, username, password string, now epoch.Time) (*store.Password, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	return &store.Password{Salt: salt, Verifier: s.DeriveVerifier(settings.PoolName(poolID), username, password, salt), Set: now}, nil
}

// PasswordMatches reports whether password is that of rec, which may be nil. It does the same work for users who do
// not exist or have no password.
func (s *Service) PasswordMatches(poolID, username, password string, rec *store.Password) bool {
	known := rec != nil
	if !known {
		rec = &store.Password{Salt: make([]byte, 16), Verifier: make([]byte, srp.Size)}
	}
	v := s.DeriveVerifier(settings.PoolName(poolID), username, password, rec.Salt)
	return subtle.ConstantTimeCompare(v, rec.Verifier) == 1 && known
}

// PasswordUsed reports whether password is the current one or in the pool's password history.
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
