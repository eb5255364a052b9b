package userpool

type createClientInput struct {
	UserPoolID     string `json:"UserPoolId" is:"required,poolId"`
	GenerateSecret bool   `json:"GenerateSecret"`
	clientSettings
}

// clientOutput shows an app client as Cognito's UserPoolClientType.
type clientOutput struct {
	UserPoolClient clientRecord `json:"UserPoolClient"`
}

func (p *Pool) createUserPoolClient(c *call, in *createClientInput) (*clientOutput, error) {
	if in.ClientName == "" {
		return nil, invalidParameter("1 validation error detected: Value null at 'clientName' failed to satisfy constraint: Member must not be null")
	}
	settings := in.clientSettings
	if err := settings.complete(); err != nil {
		return nil, err
	}
	client, err := newClient(in.UserPoolID, settings, in.GenerateSecret, c.now)
	if err != nil {
		return nil, err
	}
	err = p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		if err := settings.checkAttributes(t.pool); err != nil {
			return err
		}
		return t.putClient(client)
	})
	if err != nil {
		return nil, err
	}
	return &clientOutput{UserPoolClient: *client}, nil
}

type clientInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	ClientID   string `json:"ClientId" is:"required,clientId"`
}

func (p *Pool) describeUserPoolClient(c *call, in *clientInput) (*clientOutput, error) {
	out := &clientOutput{}
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		client, err := t.client(in.ClientID)
		if err == nil {
			out.UserPoolClient = *client
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type updateClientInput struct {
	clientInput
	clientSettings
}

// updateUserPoolClient replaces all settings: what is not given goes back to its default, as it does in Cognito. Only the
// name stays.
func (p *Pool) updateUserPoolClient(c *call, in *updateClientInput) (*clientOutput, error) {
	settings := in.clientSettings
	if err := settings.complete(); err != nil {
		return nil, err
	}
	out := &clientOutput{}
	err := p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		client, err := t.client(in.ClientID)
		if err != nil {
			return err
		}
		if err := settings.checkAttributes(t.pool); err != nil {
			return err
		}
		name := client.ClientName
		client.clientSettings, client.LastModifiedDate = settings, c.now
		if client.ClientName == "" {
			client.ClientName = name
		}
		out.UserPoolClient = *client
		return t.putClient(client)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p *Pool) deleteUserPoolClient(c *call, in *clientInput) (*noBody, error) {
	if in.ClientID == p.clientID {
		return nil, invalidParameter("The embedded pool's own app client cannot be deleted.")
	}
	return nil, p.update(in.UserPoolID, c.now, func(t *poolTx) error {
		if _, err := t.client(in.ClientID); err != nil {
			return err
		}
		return t.dropClient(in.ClientID)
	})
}

type listClientsInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	MaxResults int    `json:"MaxResults" is:"limit60"`
	NextToken  string `json:"NextToken" is:"page"`
}

type clientDescription struct {
	ClientID   string `json:"ClientId"`
	UserPoolID string `json:"UserPoolId"`
	ClientName string `json:"ClientName"`
}

type listClientsOutput struct {
	UserPoolClients []clientDescription `json:"UserPoolClients"`
	NextToken       string              `json:"NextToken,omitempty"`
}

func (p *Pool) listUserPoolClients(c *call, in *listClientsInput) (*listClientsOutput, error) {
	var clients []clientRecord
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) (err error) {
		clients, err = t.clients()
		return err
	})
	if err != nil {
		return nil, err
	}
	ring := p.keys.of(in.UserPoolID)
	at, err := openPage(ring, in.NextToken, "clients", c.now)
	if err != nil {
		return nil, err
	}
	out := &listClientsOutput{UserPoolClients: []clientDescription{}}
	for _, client := range clients {
		if client.ClientID <= at.Last {
			continue
		}
		if n := len(out.UserPoolClients); n == pageSize(in.MaxResults) {
			out.NextToken, err = newPage(ring, out.UserPoolClients[n-1].ClientID, "clients", c.now)
			return out, err
		}
		out.UserPoolClients = append(out.UserPoolClients, clientDescription{client.ClientID, client.UserPoolID, client.ClientName})
	}
	return out, nil
}
