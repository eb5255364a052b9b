package admin

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type createClientInput struct {
	UserPoolID     string `json:"UserPoolId" is:"required,poolId"`
	GenerateSecret bool   `json:"GenerateSecret"`
	ClientSecret   string `json:"ClientSecret" is:"clientSecret"`
	settings.ClientSettings
}

// clientOutput is an app client as the API shows it.
type clientOutput struct {
	UserPoolClient settings.Client `json:"UserPoolClient"`
}

// CreateUserPoolClient creates an app client.
func (o *Operations) CreateUserPoolClient(c *service.Call, in *createClientInput) (*clientOutput, error) {
	if in.ClientName == "" {
		return nil, exception.InvalidParameter("1 validation error detected: Value null at 'clientName' failed to satisfy constraint: Member must not be null")
	}
	secret, err := in.secret()
	if err != nil {
		return nil, err
	}
	client, err := settings.NewClient(in.UserPoolID, in.ClientSettings, secret, c.Now)
	if err != nil {
		return nil, err
	}
	err = o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if err := client.Complete(t.Pool, "creating"); err != nil {
			return err
		}
		return t.PutClient(client)
	})
	if err != nil {
		return nil, err
	}
	return &clientOutput{UserPoolClient: client.Shown()}, nil
}

// secret returns the secret of the client to create, or "" if it has none.
func (in *createClientInput) secret() (string, error) {
	switch {
	case in.GenerateSecret && in.ClientSecret != "":
		return "", exception.InvalidParameter("GenerateSecret and ClientSecret cannot be used together.")
	case in.GenerateSecret:
		return settings.NewClientSecret()
	}
	return in.ClientSecret, nil
}

type clientInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	ClientID   string `json:"ClientId" is:"required,clientId"`
}

// DescribeUserPoolClient returns the settings of an app client.
func (o *Operations) DescribeUserPoolClient(c *service.Call, in *clientInput) (*clientOutput, error) {
	out := &clientOutput{}
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		client, err := t.Client(in.ClientID)
		if err == nil {
			out.UserPoolClient = client.Shown()
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
	settings.ClientSettings
}

// UpdateUserPoolClient replaces all settings. As in Cognito, a setting that is not given returns to its default. Only
// the name stays.
func (o *Operations) UpdateUserPoolClient(c *service.Call, in *updateClientInput) (*clientOutput, error) {
	out := &clientOutput{}
	err := o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		client, err := t.Client(in.ClientID)
		if err != nil {
			return err
		}
		name := client.ClientName
		client.ClientSettings, client.LastModifiedDate = in.ClientSettings, c.Now
		if client.ClientName == "" {
			client.ClientName = name
		}
		if err := client.Complete(t.Pool, "updating"); err != nil {
			return err
		}
		out.UserPoolClient = client.Shown()
		return t.PutClient(client)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteUserPoolClient deletes an app client.
func (o *Operations) DeleteUserPoolClient(c *service.Call, in *clientInput) (*service.NoBody, error) {
	if in.ClientID == o.DefaultClient {
		return nil, exception.InvalidParameter("The embedded pool's own app client cannot be deleted.")
	}
	return nil, o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if _, err := t.Client(in.ClientID); err != nil {
			return err
		}
		return t.DeleteClient(in.ClientID)
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

// ListUserPoolClients returns a page of app clients, ordered by id.
func (o *Operations) ListUserPoolClients(c *service.Call, in *listClientsInput) (*listClientsOutput, error) {
	var clients []settings.Client
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		clients, err = t.Clients()
		return err
	})
	if err != nil {
		return nil, err
	}
	page, err := service.OpenPage(o.Keys.ForPool(in.UserPoolID), in.NextToken, "clients", c.Now)
	if err != nil {
		return nil, err
	}
	out := &listClientsOutput{UserPoolClients: []clientDescription{}}
	limit := service.PageSize(in.MaxResults)
	clients, out.NextToken, err = service.Cut(page, clients, limit, func(c settings.Client) string { return c.ClientID })
	for _, client := range clients {
		out.UserPoolClients = append(out.UserPoolClients, clientDescription{client.ClientID, client.UserPoolID, client.ClientName})
	}
	return out, err
}
