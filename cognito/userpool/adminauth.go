package userpool

// Sign-ins that a server makes for its users: as InitiateAuth and RespondToAuthChallenge, with the pool named beside the
// client, and with two flows that only servers have.

type adminInitiateInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	initiateAuthInput
}

func (p *Pool) adminInitiateAuth(c *call, in *adminInitiateInput) (*authOutput, error) {
	client, err := p.clientIn(in.UserPoolID, in.ClientID)
	if err != nil {
		return nil, err
	}
	if in.AuthFlow != "ADMIN_USER_PASSWORD_AUTH" && in.AuthFlow != "ADMIN_NO_SRP_AUTH" {
		return p.initiateAuth(c, &in.initiateAuthInput)
	}
	if !client.allows("ADMIN_USER_PASSWORD_AUTH") {
		return nil, invalidParameter("Auth flow not enabled for this client")
	}
	if err := client.checkParameters(in.AuthParameters, "USERNAME", "PASSWORD"); err != nil {
		return nil, err
	}
	return p.passwordSignIn(c, client, in.AuthParameters)
}

type adminRespondInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	respondInput
}

func (p *Pool) adminRespondToAuthChallenge(c *call, in *adminRespondInput) (*authOutput, error) {
	if _, err := p.clientIn(in.UserPoolID, in.ClientID); err != nil {
		return nil, err
	}
	return p.respondToAuthChallenge(c, &in.respondInput)
}
