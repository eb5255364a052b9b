package admin

import (
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type addSecretInput struct {
	clientInput
	ClientSecret string `json:"ClientSecret" is:"clientSecret"`
}

type addSecretOutput struct {
	Descriptor settings.SecretDescriptor `json:"ClientSecretDescriptor"`
}

// AddUserPoolClientSecret adds a second secret to an app client, the given one or a new one, which it returns.
func (o *Operations) AddUserPoolClientSecret(c *service.Call, in *addSecretInput) (*addSecretOutput, error) {
	value, generated := in.ClientSecret, ""
	if value == "" {
		var err error
		if value, err = settings.NewClientSecret(); err != nil {
			return nil, err
		}
		generated = value
	}
	out := &addSecretOutput{}
	err := o.updateClient(c, &in.clientInput, func(client *settings.Client) (err error) {
		out.Descriptor, err = client.AddSecret(value, c.Now)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Descriptor.Value = generated
	return out, nil
}

type listSecretsOutput struct {
	ClientSecrets []settings.SecretDescriptor `json:"ClientSecrets"`
}

// ListUserPoolClientSecrets returns the secrets of an app client without their values.
func (o *Operations) ListUserPoolClientSecrets(c *service.Call, in *clientInput) (*listSecretsOutput, error) {
	out := &listSecretsOutput{}
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		client, err := t.Client(in.ClientID)
		if err == nil {
			out.ClientSecrets = client.Secrets()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type deleteSecretInput struct {
	clientInput
	ClientSecretID string `json:"ClientSecretId" is:"required,clientSecretId"`
}

// DeleteUserPoolClientSecret deletes one of the two secrets of an app client.
func (o *Operations) DeleteUserPoolClientSecret(c *service.Call, in *deleteSecretInput) (*service.Empty, error) {
	err := o.updateClient(c, &in.clientInput, func(client *settings.Client) error { return client.DeleteSecret(in.ClientSecretID) })
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, nil
}

// updateClient changes a stored app client.
func (o *Operations) updateClient(c *service.Call, in *clientInput, edit func(*settings.Client) error) error {
	return o.Update(in.UserPoolID, c.Now, func(t *store.Tx) error {
		client, err := t.Client(in.ClientID)
		if err != nil {
			return err
		}
		if err := edit(client); err != nil {
			return err
		}
		client.LastModifiedDate = c.Now
		return t.PutClient(client)
	})
}
