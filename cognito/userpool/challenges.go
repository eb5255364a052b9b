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
	if in.ChallengeName == "PASSWORD_VERIFIER" {
		return p.answerVerifier(c, client, in.ChallengeResponses)
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
	}
	return nil, notAuthorized("Invalid session for the user.")
}

// sessionUser reads the user of a session, who must be the one that the answer names, by whichever name.
func (t *poolTx) sessionUser(s session, name string) (*userRecord, error) {
	if err := t.checkSession(s.ID, s.Expires); err != nil {
		return nil, err
	}
	u, err := t.find(name)
	if err != nil {
		return nil, err
	}
	if u == nil || u.Sub != s.Sub {
		return nil, notAuthorized("Invalid session for the user.")
	}
	if u.Disabled {
		return nil, userDisabled()
	}
	return u, nil
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
	ring := p.keys.of(client.UserPoolID)
	family, token, err := newFamily(ring, client, u.Sub, c.now)
	if err != nil {
		return nil, err
	}
	var who subject
	err = p.update(client.UserPoolID, c.now, func(t *poolTx) (err error) {
		if err = t.setFirstPassword(s, u.Sub, rec, given); err != nil {
			return err
		}
		if u, err = t.user(u.Sub); err != nil {
			return err
		}
		who, err = t.begin(u, family)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.signedIn(c, ring, client, who, token)
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
	if err := t.checkSession(s.ID, s.Expires); err != nil {
		return err
	}
	if err := t.useSession(s.ID, s.Expires); err != nil {
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

// choiceSignIn is USER_AUTH: the client says with which factor it wants to begin, or is told which there are. The pool's
// first factors are the two forms of a password.
func (p *Pool) choiceSignIn(c *call, client *clientRecord, parameters map[string]string) (*authOutput, error) {
	if !client.allows("USER_AUTH") {
		return nil, invalidParameter("USER_AUTH is not enabled for the client.")
	}
	if err := client.checkParameters(parameters, "USERNAME"); err != nil {
		return nil, err
	}
	a, err := p.candidate(c, client, parameters["USERNAME"])
	if err != nil {
		return nil, err
	}
	if out, chosen, err := p.chosen(c, client, a.name, parameters["PREFERRED_CHALLENGE"], parameters); chosen {
		return out, err
	}
	s := session{Challenge: "SELECT_CHALLENGE", Name: a.name}
	token, err := newSession(p.keys.of(client.UserPoolID), client, s, c.now)
	return &authOutput{
		ChallengeName: "SELECT_CHALLENGE", AvailableChallenges: []string{"PASSWORD_SRP", "PASSWORD"}, Session: token,
		ChallengeParameters: map[string]string{},
	}, err
}

// chosen goes on with a factor if what it needs came along with the choice.
func (p *Pool) chosen(c *call, client *clientRecord, name, factor string, with map[string]string) (out *authOutput, chosen bool, err error) {
	switch {
	case factor == "PASSWORD" && with["PASSWORD"] != "":
		out, err = p.passwordSignIn(c, client, name, with["PASSWORD"])
		return out, true, err
	case factor == "PASSWORD_SRP" && with["SRP_A"] != "":
		out, err = p.startSRP(c, client, name, with["SRP_A"])
		return out, true, err
	}
	return nil, false, nil
}

// answerSelection takes the answer to SELECT_CHALLENGE: ANSWER names the factor, and what it needs comes with it.
func (p *Pool) answerSelection(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	if !strings.EqualFold(answers["USERNAME"], s.Name) {
		return nil, notAuthorized("Invalid session for the user.")
	}
	err := p.view(client.UserPoolID, c.now, func(t *poolTx) error { return t.checkSession(s.ID, s.Expires) })
	if err != nil {
		return nil, err
	}
	if answer := answers["ANSWER"]; answer != "PASSWORD" && answer != "PASSWORD_SRP" {
		return nil, invalidParameter("The ANSWER must be one of the available challenges.")
	}
	out, chosen, err := p.chosen(c, client, s.Name, answers["ANSWER"], answers)
	if !chosen {
		return nil, invalidParameter("Missing required parameter %s", needOf(answers["ANSWER"]))
	}
	if err != nil {
		return nil, err
	}
	err = p.update(client.UserPoolID, c.now, func(t *poolTx) error {
		if err := t.checkSession(s.ID, s.Expires); err != nil {
			return err
		}
		return t.useSession(s.ID, s.Expires)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func needOf(factor string) string {
	if factor == "PASSWORD_SRP" {
		return "SRP_A"
	}
	return "PASSWORD"
}
