package service

import (
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/srp"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// Call is what a handler knows of the request beside its input.
type Call struct {
	ID  string     // request id
	Now epoch.Time // one time for all that the call does
	IP  string     // that the call came from
}

// empty is the output of operations that answer {}, NoBody of those that answer nothing at all.
type (
	Empty  struct{}
	NoBody struct{}
)

// Service is what every family of operations works on.
type Service struct {
	*store.Store
	Keys tokens.KeyRings
	URL  string // that the pools are reached under, without a slash at the end
	SRP  *srp.Group
	// DeriveVerifier computes an SRP verifier. It is a field so that a test can count how often that happens.
	DeriveVerifier func(poolName, userID, password string, salt []byte) []byte
}

// New returns a service on an open file, without any keys yet.
func New(file *store.Store, url string) *Service {
	group := srp.NewGroup()
	return &Service{Store: file, URL: url, SRP: group, DeriveVerifier: group.Verifier}
}

func (s *Service) Issuer(poolID string) string { return s.URL + "/" + poolID }
