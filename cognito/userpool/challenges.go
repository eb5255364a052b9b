package userpool

import (
	"strings"
)

type respondInput struct {
	ClientID           string            `json:"ClientId" is:"required,clientId"`
	ChallengeName      string            `json:"ChallengeName" is:"required,challenge"`
	Session            string            `json:"Session" is:"session"`
	ChallengeResponses map[string]string `json:"ChallengeResponses"`
}

func (p *Pool) respondToAuthChallenge(c *call, in *respondInput) (*authOutput, error) {
	client, err := p.clientOf(in.ClientID)
	if err != nil {
		return nil, err
	}
	if in.ChallengeName == "ADMIN_NO_SRP_AUTH" || in.ChallengeName == "CUSTOM_CHALLENGE" {
		return nil, invalidParameter("%s cannot be answered in this user pool.", in.ChallengeName)
	}
	if err := client.checkParameters(in.ChallengeResponses, "USERNAME"); err != nil {
		return nil, err
	}
	return p.answer(c, client, in)
}

// answer hands the answer of a challenge to what can judge it.
func (p *Pool) answer(c *call, client *clientRecord, in *respondInput) (*authOutput, error) {
	if in.ChallengeName == "PASSWORD_VERIFIER" { // the one challenge that may come without a session
		return p.answerVerifier(c, client, in.Session, in.ChallengeResponses)
	}
	if in.Session == "" {
		return nil, invalidParameter("Missing required parameter Session")
	}
	s, err := openSession(p.keys.of(client.UserPoolID), client, in.ChallengeName, in.Session)
	if err != nil {
		return nil, err
	}
	switch in.ChallengeName {
	case "NEW_PASSWORD_REQUIRED":
		return p.answerNewPassword(c, client, s, in.ChallengeResponses)
	case "SELECT_CHALLENGE":
		return p.answerSelection(c, client, s, in.ChallengeResponses)
	case "PASSWORD", "PASSWORD_SRP":
		return p.answerPassword(c, client, s, in.ChallengeResponses)
	case "EMAIL_OTP", "SMS_OTP":
		if !s.Second {
			return p.answerOTP(c, client, s, in.ChallengeResponses)
		}
		return p.answerSecondFactor(c, client, s, in.ChallengeResponses)
	case "SMS_MFA", "SOFTWARE_TOKEN_MFA":
		return p.answerSecondFactor(c, client, s, in.ChallengeResponses)
	case "SELECT_MFA_TYPE":
		return p.answerMFAType(c, client, s, in.ChallengeResponses)
	case "MFA_SETUP":
		return p.answerMFASetup(c, client, s, in.ChallengeResponses)
	case "WEB_AUTHN":
		return p.answerPasskey(c, client, s, in.ChallengeResponses)
	case "DEVICE_SRP_AUTH":
		return p.answerDevice(c, client, s, in.ChallengeResponses)
	case "DEVICE_PASSWORD_VERIFIER":
		return p.answerDeviceVerifier(c, client, s, in.ChallengeResponses)
	}
	return nil, invalidSession()
}

// answerNewPassword completes the first sign-in of a user whom an administrator made.
func (p *Pool) answerNewPassword(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	password := answers["NEW_PASSWORD"]
	if password == "" {
		return nil, invalidParameter("Missing required parameter NEW_PASSWORD")
	}
	given := attributesIn(answers)
	var u *userRecord
	err := p.view(client.UserPoolID, c.now, func(t *poolTx) (err error) {
		if u, err = t.sessionUser(s, answers["USERNAME"]); err != nil {
			return err
		}
		return t.checkFirstPassword(client, u, password, given)
	})
	if err != nil {
		return nil, err
	}
	rec, err := p.newPassword(client.UserPoolID, u.Username, password, c.now)
	if err != nil {
		return nil, err
	}
	w := &passage{client: client, sub: u.Sub, device: s.Device}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		if err := t.setFirstPassword(s, u.Sub, rec, given); err != nil {
			return nil, nil, err
		}
		u, err := t.user(u.Sub)
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
func (t *poolTx) checkFirstPassword(client *clientRecord, u *userRecord, password string, given map[string]string) error {
	if u.Status != statusForceChange {
		return notAuthorized("Invalid session for the user.")
	}
	if err := checkPassword(t.pool.Policies.PasswordPolicy, password); err != nil {
		return err
	}
	names := sortedNames(given)
	if err := checkWritable(client, names); err != nil {
		return err
	}
	for _, name := range names {
		if had := u.Attributes[name]; had != "" && had != given[name] {
			return notAuthorized("Cannot modify an already provided %s", name)
		}
	}
	for _, a := range t.pool.SchemaAttributes {
		if a.Required && a.Name != "sub" && u.Attributes[a.Name] == "" && given[a.Name] == "" {
			return invalidParameter("Invalid attributes given, %s is missing", a.Name)
		}
	}
	if lines := checkSchema(t.pool, given, ""); lines != "" {
		return invalidParameter("Attributes did not conform to the schema: %s", lines)
	}
	return checkAddresses(given)
}

// setFirstPassword uses the session up and makes the user a confirmed one.
func (t *poolTx) setFirstPassword(s session, sub string, rec *passwordRecord, given map[string]string) error {
	if err := t.spendSession(s); err != nil {
		return err
	}
	_, err := t.change(sub, func(u *userRecord) error {
		switch {
		case u.Disabled:
			return userDisabled()
		case u.Status != statusForceChange:
			return notAuthorized("Invalid session for the user.")
		}
		u.replacePassword(t.pool, rec)
		u.Status = statusConfirmed
		for name, value := range given {
			u.Attributes[name] = value
		}
		if kind := t.taken(u); kind != "" {
			return aliasExists(kind)
		}
		return nil
	})
	return err
}
