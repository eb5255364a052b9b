package signin

import (
	"slices"
	"strings"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// firstFactor is a way to begin a sign-in with USER_AUTH, where the user chooses.
type firstFactor struct {
	challenge string // name, as a challenge and as a choice
	policy    string // name in the pool's AllowedFirstAuthFactors
	usable    func(*store.Tx, *attempt) bool
	// start returns the factor's challenge, or continues at once if the answer came with the choice.
	start func(*Operations, *service.Call, *settings.Client, *attempt, map[string]string) (*authOutput, error)
}

// firstFactors returns the factors in the order in which they are offered.
func firstFactors() []firstFactor {
	return []firstFactor{
		{"PASSWORD_SRP", "PASSWORD", hasPassword, (*Operations).startPasswordSRP},
		{"PASSWORD", "PASSWORD", hasPassword, (*Operations).startPassword},
		{"EMAIL_OTP", "EMAIL_OTP", hasEmail, (*Operations).startEmailOTP},
		{"SMS_OTP", "SMS_OTP", hasPhone, (*Operations).startSMSOTP},
		{"WEB_AUTHN", "WEB_AUTHN", hasPasskey, (*Operations).startPasskey},
	}
}

// hasPassword is also true for users who do not exist: they are shown as having a password.
func hasPassword(_ *store.Tx, a *attempt) bool { return a.user == nil || a.user.Password != nil }

func hasEmail(t *store.Tx, a *attempt) bool { return canHaveCode(t, a, "email") }

func hasPhone(t *store.Tx, a *attempt) bool { return canHaveCode(t, a, "phone_number") }

// canHaveCode reports whether a user can sign in with a code sent to an address. It must be verified, and the pool
// must not require a second factor, since none can follow a code. A user who still has to set a password must do that
// first. Users who do not exist are shown as having the address that the name looks like.
func canHaveCode(t *store.Tx, a *attempt, attribute string) bool {
	switch {
	case t.Pool.MfaConfiguration == "ON":
		return false
	case a.user == nil:
		return a.decoy.AttributeName == attribute
	}
	return a.user.Status == store.StatusConfirmed && a.user.Attributes[attribute] != "" && a.user.Verified(attribute)
}

// factorsOf returns the first factors that the pool allows and the user has.
func factorsOf(t *store.Tx, a *attempt) []string {
	names := []string{}
	for _, f := range firstFactors() {
		if t.Pool.AllowsFirstFactor(f.policy) && f.usable(t, a) {
			names = append(names, f.challenge)
		}
	}
	return names
}

// choiceSignIn handles USER_AUTH: the client names the factor it wants to begin with, or gets a list.
func (o *Operations) choiceSignIn(c *service.Call, client *settings.Client, parameters map[string]string, session string) (*authOutput, error) {
	if !client.Allows("USER_AUTH") {
		return nil, exception.InvalidParameter("USER_AUTH is not enabled for the client.")
	}
	if err := checkParameters(client, parameters, "USERNAME"); err != nil {
		return nil, err
	}
	if session != "" {
		return o.signUpSignIn(c, client, parameters, session)
	}
	a, err := o.newChoiceAttempt(c, client, parameters)
	if err != nil {
		return nil, err
	}
	if preferred := parameters["PREFERRED_CHALLENGE"]; slices.Contains(a.factors, preferred) {
		return o.startFactor(c, client, a, preferred, parameters)
	}
	return o.offerFactors(c, client, a)
}

// newChoiceAttempt returns an attempt with USER_AUTH, including the factors to choose from.
func (o *Operations) newChoiceAttempt(c *service.Call, client *settings.Client, parameters map[string]string) (*attempt, error) {
	a, err := o.newAttempt(c, client, parameters["USERNAME"])
	if err != nil {
		return nil, err
	}
	a.device, a.chooses = deviceKeyIn(parameters), true
	a.decoy = service.DecoyDelivery(a.pool, o.Keys.ForPool(a.pool.ID), a.name)
	a.passkey = service.DecoyPasskey(o.Keys.ForPool(a.pool.ID), a.account)
	err = o.View(a.pool.ID, c.Now, func(t *store.Tx) error {
		a.factors = factorsOf(t, a)
		return nil
	})
	return a, err
}

func (o *Operations) offerFactors(c *service.Call, client *settings.Client, a *attempt) (*authOutput, error) {
	ring := o.Keys.ForPool(a.pool.ID)
	next := step{challenge: "SELECT_CHALLENGE", session: a.newSession(ring)}
	next.session.Choices = a.factors
	out, err := challengeOutput(ring, client, next, c.Now)
	if err != nil {
		return nil, err
	}
	out.AvailableChallenges = a.factors
	return out, nil
}

// newSession returns a session in which nothing has been proven yet. For a user who does not exist it has an id of
// the same form.
func (a *attempt) newSession(ring *tokens.KeyRing) store.Session {
	if a.user != nil {
		return store.Session{Sub: a.user.Sub, Name: a.name, Device: a.device}
	}
	return store.Session{Sub: service.DecoySub(ring, a.account), Name: a.name, Device: a.device}
}

func (o *Operations) startFactor(c *service.Call, client *settings.Client, a *attempt, factor string, with map[string]string) (*authOutput, error) {
	for _, f := range firstFactors() {
		if f.challenge == factor {
			return f.start(o, c, client, a, with)
		}
	}
	return nil, exception.InvalidParameter("The challenge %s is not available.", exception.Shorten(factor))
}

// resumeAttempt returns the attempt that a session of USER_AUTH belongs to. The answer may name the user as before or
// by the real name.
func (o *Operations) resumeAttempt(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*attempt, error) {
	if err := o.View(client.UserPoolID, c.Now, func(t *store.Tx) error { return checkOpenSession(t, s, answers["USERNAME"]) }); err != nil {
		return nil, err
	}
	a, err := o.newChoiceAttempt(c, client, map[string]string{"USERNAME": s.Name, "DEVICE_KEY": s.Device})
	if err != nil {
		return nil, err
	}
	if device := deviceKeyIn(answers); device != "" {
		a.device = device
	}
	a.session = &s
	return a, nil
}

// checkOpenSession rejects an answer to a session of USER_AUTH that is not open, or that names another user.
func checkOpenSession(t *store.Tx, s store.Session, name string) error {
	if err := t.CheckSession(s.ID, s.Expires); err != nil {
		return err
	}
	if strings.EqualFold(name, s.Name) || name == s.Sub {
		return nil
	}
	u, err := t.Find(name)
	if err == nil && (u == nil || u.Sub != s.Sub) {
		err = exception.InvalidSession()
	}
	return err
}

// answerSelection handles the answer to SELECT_CHALLENGE. ANSWER names the factor, and the answer to the factor may
// come with it.
func (o *Operations) answerSelection(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	a, err := o.resumeAttempt(c, client, s, answers)
	if err != nil {
		return nil, err
	}
	switch answer := answers["ANSWER"]; {
	case answer == "":
		return nil, exception.InvalidParameter("Missing required parameter ANSWER")
	case !slices.Contains(s.Choices, answer) || !slices.Contains(a.factors, answer):
		return nil, exception.InvalidParameter("The ANSWER must be one of the available challenges.")
	}
	return o.startFactor(c, client, a, answers["ANSWER"], answers)
}

// startPassword continues with the password if it came along, or else asks for it.
func (o *Operations) startPassword(c *service.Call, client *settings.Client, a *attempt, with map[string]string) (*authOutput, error) {
	if with["PASSWORD"] != "" {
		return o.tryPassword(c, client, a, with["PASSWORD"])
	}
	return o.askFirstFactor(c, client, a, step{challenge: "PASSWORD"})
}

func (o *Operations) startPasswordSRP(c *service.Call, client *settings.Client, a *attempt, with map[string]string) (*authOutput, error) {
	if with["SRP_A"] == "" {
		return o.askFirstFactor(c, client, a, step{challenge: "PASSWORD_SRP"})
	}
	out, err := o.startSRP(c, client, a, with["SRP_A"])
	if err != nil {
		return nil, err
	}
	return out, o.finishSession(c, a)
}

// askFirstFactor returns the challenge of a first factor and consumes the session that led to it.
func (o *Operations) askFirstFactor(c *service.Call, client *settings.Client, a *attempt, next step) (*authOutput, error) {
	ring := o.Keys.ForPool(a.pool.ID)
	s := a.newSession(ring)
	s.Code = next.session.Code
	next.session = s
	out, err := challengeOutput(ring, client, next, c.Now)
	if err != nil {
		return nil, err
	}
	return out, o.finishSession(c, a)
}

// finishSession consumes the session that an attempt answers, if any.
func (o *Operations) finishSession(c *service.Call, a *attempt) error {
	if a.session == nil {
		return nil
	}
	return o.Update(a.pool.ID, c.Now, func(t *store.Tx) error { return t.ConsumeSession(*a.session) })
}

// answerPassword handles the answer to PASSWORD or PASSWORD_SRP.
func (o *Operations) answerPassword(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	need := map[string]string{"PASSWORD": "PASSWORD", "PASSWORD_SRP": "SRP_A"}[s.Challenge]
	if answers[need] == "" {
		return nil, exception.InvalidParameter("Missing required parameter %s", need)
	}
	a, err := o.resumeAttempt(c, client, s, answers)
	if err != nil {
		return nil, err
	}
	return o.startFactor(c, client, a, s.Challenge, answers)
}

type authFactorsOutput struct {
	Username                  string   `json:"Username"`
	PreferredMfaSetting       string   `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList        []string `json:"UserMFASettingList,omitempty"`
	ConfiguredUserAuthFactors []string `json:"ConfiguredUserAuthFactors"`
}

// GetUserAuthFactors returns the first factors that the user can sign in with, and the second factors.
func (o *Operations) GetUserAuthFactors(c *service.Call, in *service.AccessTokenInput) (*authFactorsOutput, error) {
	caller, err := o.VerifyAccess(in.AccessToken, c.Now)
	if err != nil {
		return nil, err
	}
	out := &authFactorsOutput{}
	err = o.View(caller.PoolID, c.Now, func(t *store.Tx) error {
		u, err := t.TokenOwner(caller.Claims)
		if err != nil {
			return err
		}
		out.Username = u.Username
		out.UserMFASettingList, out.PreferredMfaSetting = u.MFASettings(t.Pool)
		out.ConfiguredUserAuthFactors = slices.DeleteFunc(factorsOf(t, &attempt{pool: t.Pool, user: u}), func(f string) bool {
			return f == "PASSWORD_SRP" // the same factor as PASSWORD
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
