package service

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
)

// AuthenticateClient returns the app client of a public operation. The client must exist and, if it has a secret, the
// secret hash must match.
func (s *Service) AuthenticateClient(clientID, username, secretHash string) (*settings.Client, error) {
	c, err := s.Client(clientID)
	if err != nil {
		return nil, err
	}
	return c, c.CheckSecretHash(username, secretHash)
}

// ClientIn returns an app client that must belong to a pool.
func (s *Service) ClientIn(poolID, id string) (*settings.Client, error) {
	if s.Keys.ForPool(poolID) == nil {
		return nil, exception.PoolNotFound(poolID)
	}
	client, err := s.Client(id)
	if err == nil && client.UserPoolID != poolID {
		err = exception.ClientNotFound(id)
	}
	return client, err
}
