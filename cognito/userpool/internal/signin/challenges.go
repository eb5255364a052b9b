package signin

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type respondInput struct {
	ClientID           string            `json:"ClientId" is:"required,clientId"`
	ChallengeName      string            `json:"ChallengeName" is:"required,challenge"`
	Session            string            `json:"Session" is:"session"`
	ChallengeResponses map[string]string `json:"ChallengeResponses"`
}

// RespondToAuthChallenge continues a sign-in with the answer to a challenge.
func (o *Operations) RespondToAuthChallenge(c *service.Call, in *respondInput) (*authOutput, error) {
	client, err := o.Client(in.ClientID)
	if err != nil {
		return nil, err
	}
	if in.ChallengeName == "ADMIN_NO_SRP_AUTH" || in.ChallengeName == "CUSTOM_CHALLENGE" {
		return nil, exception.InvalidParameter("%s cannot be answered in this user pool.", in.ChallengeName)
	}
	if err := checkParameters(client, in.ChallengeResponses, "USERNAME"); err != nil {
		return nil, err
	}
	return o.answerChallenge(c, client, in)
}

// answerChallenge passes the answer on to the code of its challenge.
func (o *Operations) answerChallenge(c *service.Call, client *settings.Client, in *respondInput) (*authOutput, error) {
	if in.ChallengeName == "PASSWORD_VERIFIER" { // the only challenge that may come without a session
		return o.answerVerifier(c, client, in.Session, in.ChallengeResponses)
	}
	if in.Session == "" {
		return nil, exception.InvalidParameter("Missing required parameter Session")
	}
	s, err := store.OpenSession(o.Keys.ForPool(client.UserPoolID), client, in.ChallengeName, in.Session)
	if err != nil {
		return nil, err
	}
	switch in.ChallengeName {
	case "NEW_PASSWORD_REQUIRED":
		return o.answerNewPassword(c, client, s, in.ChallengeResponses)
	case "SELECT_CHALLENGE":
		return o.answerSelection(c, client, s, in.ChallengeResponses)
	case "PASSWORD", "PASSWORD_SRP":
		return o.answerPassword(c, client, s, in.ChallengeResponses)
	case "EMAIL_OTP", "SMS_OTP":
		if !s.FirstFactorDone {
			return o.answerOTP(c, client, s, in.ChallengeResponses)
		}
		return o.answerSecondFactor(c, client, s, in.ChallengeResponses)
	case "SMS_MFA", "SOFTWARE_TOKEN_MFA":
		return o.answerSecondFactor(c, client, s, in.ChallengeResponses)
	case "SELECT_MFA_TYPE":
		return o.answerMFAType(c, client, s, in.ChallengeResponses)
	case "MFA_SETUP":
		return o.answerMFASetup(c, client, s, in.ChallengeResponses)
	case "WEB_AUTHN":
		return o.answerPasskey(c, client, s, in.ChallengeResponses)
	case "DEVICE_SRP_AUTH":
		return o.answerDevice(c, client, s, in.ChallengeResponses)
	case "DEVICE_PASSWORD_VERIFIER":
		return o.answerDeviceVerifier(c, client, s, in.ChallengeResponses)
	}
	return nil, exception.InvalidSession()
}
