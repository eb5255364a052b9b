package signin

import (
	"strings"

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

// answerChallenge hands the answer of a challenge to what can judge it.
func (o *Operations) answerChallenge(c *service.Call, client *settings.Client, in *respondInput) (*authOutput, error) {
	if in.ChallengeName == "PASSWORD_VERIFIER" { // the one challenge that may come without a session
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

// answerNewPassword completes the first sign-in of a user whom an administrator made.
func (o *Operations) answerNewPassword(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	password := answers["NEW_PASSWORD"]
	if password == "" {
		return nil, exception.InvalidParameter("Missing required parameter NEW_PASSWORD")
	}
	given := attributesIn(answers)
	var u *store.User
	err := o.View(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		if u, err = t.SessionUser(s, answers["USERNAME"]); err != nil {
			return err
		}
		return checkFirstPassword(t, client, u, password, given)
	})
	if err != nil {
		return nil, err
	}
	rec, err := o.NewPassword(client.UserPoolID, u.Username, password, c.Now)
	if err != nil {
		return nil, err
	}
	w := &progress{client: client, sub: u.Sub, device: s.Device}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		if err := setFirstPassword(t, s, u.Sub, rec, given); err != nil {
			return nil, nil, err
		}
		u, err := t.User(u.Sub)
		return u, nil, err
	})
}

// attributesIn picks the attributes out of the answers to a challenge.
func attributesIn(answers map[string]string) map[string]string {
	given := map[string]string{}
	for name, value := range answers {
		if a, ok := strings.CutPrefix(name, "userAttributes."); ok {
			given[a] = value
		}
	}
	return given
}

// checkFirstPassword holds the new password against the policy, and the attributes that come with it against the schema:
// required ones must be there now, and what the user already has cannot be changed.
func checkFirstPassword(t *store.Tx, client *settings.Client, u *store.User, password string, given map[string]string) error {
	if u.Status != store.StatusForceChange {
		return exception.NotAuthorized("Invalid session for the user.")
	}
	if err := settings.CheckPassword(t.Pool.Policies.PasswordPolicy, password); err != nil {
		return err
	}
	names := settings.SortedNames(given)
	if err := settings.CheckWritable(client, names); err != nil {
		return err
	}
	for _, name := range names {
		if had := u.Attributes[name]; had != "" && had != given[name] {
			return exception.NotAuthorized("Cannot modify an already provided %s", name)
		}
	}
	for _, a := range t.Pool.SchemaAttributes {
		if a.Required && a.Name != "sub" && u.Attributes[a.Name] == "" && given[a.Name] == "" {
			return exception.InvalidParameter("Invalid attributes given, %s is missing", a.Name)
		}
	}
	if lines := settings.CheckSchema(t.Pool, given, ""); lines != "" {
		return exception.InvalidParameter("Attributes did not conform to the schema: %s", lines)
	}
	return settings.CheckAddresses(given)
}

// setFirstPassword uses the session up and makes the user a confirmed one.
func setFirstPassword(t *store.Tx, s store.Session, sub string, rec *store.Password, given map[string]string) error {
	if err := t.ConsumeSession(s); err != nil {
		return err
	}
	_, err := t.EditUser(sub, func(u *store.User) error {
		switch {
		case u.Disabled:
			return exception.UserDisabled()
		case u.Status != store.StatusForceChange:
			return exception.NotAuthorized("Invalid session for the user.")
		}
		u.SetPassword(t.Pool, rec)
		u.Status = store.StatusConfirmed
		for name, value := range given {
			u.Attributes[name] = value
		}
		if kind := t.TakenName(u); kind != "" {
			return exception.AliasExists(kind)
		}
		return nil
	})
	return err
}
