// Package signin has the operations that issue and revoke tokens: signing in, answering challenges, and refreshing.
//
// A sign-in goes through these steps in order. Each may return a challenge, and the answer to it continues from
// there:
//
//	first factor    a password (password.go, srp.go), or another one that USER_AUTH allows (firstfactors.go)
//	new password    for a user whom an administrator created (newpassword.go)
//	device          a remembered device proves itself in place of the second factor (device.go)
//	second factor   secondfactors.go
//	tokens          tokens.go
//
// What is known between two steps travels in the sealed session.
package signin

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/webauthn"
)

// Operations are the operations of this package.
type Operations struct{ *service.Service }

type initiateAuthInput struct {
	AuthFlow       string            `json:"AuthFlow" is:"required,authFlow"`
	ClientID       string            `json:"ClientId" is:"required,clientId"`
	AuthParameters map[string]string `json:"AuthParameters"`
	Session        string            `json:"Session" is:"session"`
}

// authOutput is the output of InitiateAuth and RespondToAuthChallenge: tokens or a challenge.
type authOutput struct {
	AuthenticationResult *authResult       `json:"AuthenticationResult,omitempty"`
	AvailableChallenges  []string          `json:"AvailableChallenges,omitempty"`
	ChallengeName        string            `json:"ChallengeName,omitempty"`
	ChallengeParameters  map[string]string `json:"ChallengeParameters"`
	Session              string            `json:"Session,omitempty"`
}

type authResult struct {
	AccessToken  string     `json:"AccessToken"`
	ExpiresIn    int        `json:"ExpiresIn"` // seconds, for the access token
	IDToken      string     `json:"IdToken"`
	RefreshToken string     `json:"RefreshToken,omitempty"`
	TokenType    string     `json:"TokenType"`
	NewDevice    *newDevice `json:"NewDeviceMetadata,omitempty"`
}

// InitiateAuth starts a sign-in or refreshes tokens.
func (o *Operations) InitiateAuth(c *service.Call, in *initiateAuthInput) (*authOutput, error) {
	client, err := o.Client(in.ClientID)
	if err != nil {
		return nil, err
	}
	parameters := in.AuthParameters
	switch in.AuthFlow {
	case "USER_PASSWORD_AUTH":
		if !client.Allows("USER_PASSWORD_AUTH") {
			return nil, exception.InvalidParameter("USER_PASSWORD_AUTH flow not enabled for this client")
		}
		if err := checkParameters(client, parameters, "USERNAME", "PASSWORD"); err != nil {
			return nil, err
		}
		return o.passwordSignIn(c, client, parameters)
	case "USER_SRP_AUTH":
		if !client.Allows("USER_SRP_AUTH") {
			return nil, exception.InvalidParameter("USER_SRP_AUTH is not enabled for the client.")
		}
		if err := checkParameters(client, parameters, "USERNAME", "SRP_A"); err != nil {
			return nil, err
		}
		a, err := o.newAttempt(c, client, parameters["USERNAME"])
		if err != nil {
			return nil, err
		}
		return o.startSRP(c, client, a, parameters["SRP_A"])
	case "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN":
		return o.refreshSignIn(c, client, parameters)
	case "USER_AUTH":
		return o.choiceSignIn(c, client, parameters, in.Session)
	case "CUSTOM_AUTH":
		if !client.Allows("CUSTOM_AUTH") {
			return nil, exception.InvalidParameter("CUSTOM_AUTH is not enabled for the client.")
		}
		return nil, exception.InvalidParameter("Custom auth lambda trigger is not configured for the user pool.")
	}
	return nil, exception.InvalidParameter("Initiate Auth method not supported.")
}

// requireParameters checks that parameters are present.
func requireParameters(parameters map[string]string, names ...string) error {
	for _, name := range names {
		if parameters[name] == "" {
			return exception.InvalidParameter("Missing required parameter %s", name)
		}
	}
	return nil
}

// checkParameters checks that the parameters of a flow are present, then the secret hash.
func checkParameters(c *settings.Client, parameters map[string]string, names ...string) error {
	if err := requireParameters(parameters, names...); err != nil {
		return err
	}
	return c.CheckSecretHash(parameters["USERNAME"], parameters["SECRET_HASH"])
}

// attempt is a sign-in whose first factor has not been checked yet. user is nil if no user has the name.
type attempt struct {
	pool    *settings.Pool
	user    *store.User
	name    string // as typed
	account string // key under which failures are counted

	device  string         // DEVICE_KEY, if the client sent one
	session *store.Session // that the client answers, if any; continuing consumes it

	chooses bool                   // USER_AUTH, where the user chooses a factor
	factors []string               // to choose from
	decoy   *settings.CodeDelivery // where a code would go if the user does not exist
	passkey *webauthn.Credential   // that is shown in this case, if any
}

// newAttempt makes the checks that come before the password, in Cognito's order: existence, lock-out, disabled,
// unconfirmed.
func (o *Operations) newAttempt(c *service.Call, client *settings.Client, name string) (*attempt, error) {
	a := &attempt{name: name}
	err := o.View(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		a.pool = t.Pool
		if a.user, err = t.Find(name); err != nil {
			return err
		}
		a.account = t.AccountKey(a.user, name)
		if a.user == nil && !client.HidesExistence() {
			return exception.UserDoesNotExist()
		}
		return t.CheckLock(a.account)
	})
	switch {
	case err != nil:
		return nil, err
	case a.user == nil:
		return a, nil
	case a.user.Disabled:
		return nil, exception.UserDisabled()
	case a.user.Status == store.StatusUnconfirmed:
		return nil, exception.New("UserNotConfirmedException", "User is not confirmed.")
	}
	return a, nil
}

// newDevice is Cognito's NewDeviceMetadataType.
type newDevice struct {
	DeviceKey      string `json:"DeviceKey"`
	DeviceGroupKey string `json:"DeviceGroupKey"`
}

// signUpSignIn signs in with the session of ConfirmSignUp.
func (o *Operations) signUpSignIn(c *service.Call, client *settings.Client, parameters map[string]string, text string) (*authOutput, error) {
	s, err := store.OpenSession(o.Keys.ForPool(client.UserPoolID), client, store.SessionConfirmed, text)
	if err != nil {
		return nil, err
	}
	w := &progress{client: client, sub: s.Sub, device: deviceKeyIn(parameters)}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		u, err := t.SessionUser(s, parameters["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		if u.Status != store.StatusConfirmed {
			return nil, nil, exception.InvalidSession()
		}
		return u, nil, t.UseSession(s.ID, s.Expires)
	})
}

type feedbackInput struct {
	UserPoolID    string `json:"UserPoolId" is:"required,poolId"`
	Username      string `json:"Username" is:"required,username"`
	EventID       string `json:"EventId" is:"required,eventId"`
	FeedbackToken string `json:"FeedbackToken" is:"required,token"`
	FeedbackValue string `json:"FeedbackValue" is:"required,feedback"`
}

// UpdateAuthEventFeedback takes a user's verdict on a sign-in, in reply to a mail from threat protection. This pool
// has no threat protection, so it never sends a feedback token and accepts none.
func (o *Operations) UpdateAuthEventFeedback(c *service.Call, in *feedbackInput) (*service.Empty, error) {
	return nil, o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		if on := t.Pool.UserPoolAddOns; on == nil || on.AdvancedSecurityMode == "OFF" {
			return exception.New("UserPoolAddOnNotEnabledException", "Advanced security is not enabled for the user pool.")
		}
		if _, err := t.MustFind(in.Username); err != nil {
			return err
		}
		return exception.NotAuthorized("Invalid feedback token.")
	})
}
