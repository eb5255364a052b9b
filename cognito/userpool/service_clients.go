package userpool

// knock is what the operations that are authorised by an app client begin with: the client must exist, and the hash of its
// secret must be right if it has one.
func (p *Pool) knock(clientID, username, secretHash string) (*clientRecord, error) {
	c, err := p.clientOf(clientID)
	if err != nil {
		return nil, err
	}
	return c, c.checkSecretHash(username, secretHash)
}

// clientIn reads an app client that must belong to a pool.
func (p *Pool) clientIn(poolID, id string) (*clientRecord, error) {
	if p.keys.of(poolID) == nil {
		return nil, poolNotFound(poolID)
	}
	client, err := p.clientOf(id)
	if err == nil && client.UserPoolID != poolID {
		err = clientNotFound(id)
	}
	return client, err
}
