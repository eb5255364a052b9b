// Package service has what operations of several families need: access to the database and keys, authentication of
// clients and callers, passwords, and pages of lists.
package service

import (
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/srp"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// Call holds the properties of a request besides its input.
type Call struct {
	ID    string     // request id
	Now   epoch.Time // the same time throughout the call
	IP    string     // of the client, without the port
	Agent string     // User-Agent header, cut to 512 bytes
}

// Empty is the output of operations that return {}.
type Empty struct{}

// NoBody is the output of operations that return no body at all.
type NoBody struct{}

// Service holds the dependencies of operations.
type Service struct {
	*store.Store
	Keys tokens.KeyRings
	URL  string // base address of the pools, without a trailing slash
	SRP  *srp.Group
	// DeriveVerifier computes an SRP verifier. It is a field so that tests can count the calls.
	DeriveVerifier func(poolName, userID, password string, salt []byte) []byte
}

// New returns a service for an open file, with no keys yet.
func New(file *store.Store, url string) *Service {
	group := srp.NewGroup()
	return &Service{Store: file, URL: url, SRP: group, DeriveVerifier: group.Verifier}
}

// Issuer returns the iss claim of a pool's tokens.
func (s *Service) Issuer(poolID string) string { return s.URL + "/" + poolID }
