package signin

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// The shapes of GetClientToken are those of @aws-sdk/client-cognito-identity-provider 3.1169, since the Go SDK lacks the
// operation. How it rejects scopes is not documented.
type clientTokenInput struct {
	ClientID string   `json:"ClientId" is:"required,clientId"`
	Secret   string   `json:"Secret" is:"required,secret"`
	Scopes   []string `json:"Scopes" is:"scope,items50"`
}

type clientTokenOutput struct {
	Result clientTokenResult `json:"ClientAuthenticationResult"`
}

type clientTokenResult struct {
	AccessToken string `json:"AccessToken"`
	ExpiresIn   int    `json:"ExpiresIn"` // seconds
	TokenType   string `json:"TokenType"`
}

// GetClientToken issues an access token to an app client itself, for the custom scopes that it asks for or else all that it
// may have.
func (o *Operations) GetClientToken(c *service.Call, in *clientTokenInput) (*clientTokenOutput, error) {
	client, err := o.Client(in.ClientID)
	if err != nil {
		return nil, err
	}
	switch {
	case client.ClientSecret == "" || !client.CheckSecret(in.Secret):
		return nil, exception.NotAuthorized("Unable to verify secret for client %s", client.ClientID)
	case !client.Allows("CLIENT_TOKEN_AUTH"):
		return nil, exception.NotAuthorized("CLIENT_TOKEN_AUTH is not enabled for the client.")
	}
	var scopes []string
	err = o.View(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		scopes, err = clientScopes(t.Pool, client, in.Scopes)
		return err
	})
	if err != nil {
		return nil, err
	}
	ring := o.Keys.ForPool(client.UserPoolID)
	token, err := ring.Access.Sign(tokens.ClientClaims{
		Sub: client.ClientID, Iss: o.Issuer(client.UserPoolID), Version: 2, ClientID: client.ClientID, TokenUse: "access",
		Scope: strings.Join(scopes, " "), AuthTime: c.Now.Seconds(), Iat: c.Now.Seconds(),
		Exp: c.Now.Add(client.AccessTokenLifetime()).Seconds(), JTI: uuid.NewString(),
	})
	if err != nil {
		return nil, err
	}
	return &clientTokenOutput{clientTokenResult{
		AccessToken: token, ExpiresIn: int(client.AccessTokenLifetime().Seconds()), TokenType: "Bearer",
	}}, nil
}

// clientScopes returns the scopes of a token: those that are asked for, or all custom scopes of the client.
func clientScopes(pool *settings.Pool, client *settings.Client, asked []string) ([]string, error) {
	if len(asked) == 0 {
		asked = slices.DeleteFunc(slices.Clone(client.AllowedOAuthScopes), func(scope string) bool { return !pool.HasCustomScope(scope) })
	}
	for _, scope := range asked {
		if !slices.Contains(client.AllowedOAuthScopes, scope) || !pool.HasCustomScope(scope) {
			return nil, exception.InvalidParameter("Invalid scope requested: %s", exception.Shorten(scope))
		}
	}
	if len(asked) == 0 {
		return nil, exception.InvalidParameter("The client %s has no custom scopes.", client.ClientID)
	}
	return asked, nil
}
