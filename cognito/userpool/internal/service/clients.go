package service

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
)

// AuthenticateClient is what the operations that are authorised by an app client begin with: the client must exist, and the hash of its
// secret must be right if it has one.
func (s *Service) AuthenticateClient(clientID, username, secretHash string) (*settings.Client, error) {
	c, err := s.Client(clientID)
	if err != nil {
		return nil, err
	}
	return c, c.CheckSecretHash(username, secretHash)
}

// ClientIn reads an app client that must belong to a pool.
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
