package signin

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
)

type adminInitiateInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	initiateAuthInput
}

// AdminInitiateAuth is InitiateAuth for servers. It names the pool as well as the client, and has two flows of its
// own.
func (o *Operations) AdminInitiateAuth(c *service.Call, in *adminInitiateInput) (*authOutput, error) {
	client, err := o.ClientIn(in.UserPoolID, in.ClientID)
	if err != nil {
		return nil, err
	}
	if in.AuthFlow != "ADMIN_USER_PASSWORD_AUTH" && in.AuthFlow != "ADMIN_NO_SRP_AUTH" {
		return o.InitiateAuth(c, &in.initiateAuthInput)
	}
	if !client.Allows("ADMIN_USER_PASSWORD_AUTH") {
		return nil, exception.InvalidParameter("Auth flow not enabled for this client")
	}
	if err := checkParameters(client, in.AuthParameters, "USERNAME", "PASSWORD"); err != nil {
		return nil, err
	}
	return o.passwordSignIn(c, client, in.AuthParameters)
}

type adminRespondInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	respondInput
}

// AdminRespondToAuthChallenge is RespondToAuthChallenge for servers.
func (o *Operations) AdminRespondToAuthChallenge(c *service.Call, in *adminRespondInput) (*authOutput, error) {
	if _, err := o.ClientIn(in.UserPoolID, in.ClientID); err != nil {
		return nil, err
	}
	return o.RespondToAuthChallenge(c, &in.respondInput)
}
