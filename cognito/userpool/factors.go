package userpool

import (
	"slices"
	"strings"
)

// firstFactor is one way to begin a sign-in with USER_AUTH, where the user chooses.
type firstFactor struct {
	challenge string // its name as a challenge and as a choice
	policy    string // what permits it in the pool's AllowedFirstAuthFactors
	usable    func(*poolTx, *candidate) bool
	// start answers with the factor's challenge, or goes on at once if what it asks for came with the choice.
	start func(*Pool, *call, *clientRecord, *candidate, map[string]string) (*authOutput, error)
}

// firstFactors are listed in the order in which they are offered.
func firstFactors() []firstFactor {
	return []firstFactor{
		{"PASSWORD_SRP", "PASSWORD", (*poolTx).hasPassword, (*Pool).startPasswordSRP},
		{"PASSWORD", "PASSWORD", (*poolTx).hasPassword, (*Pool).startPassword},
		{"EMAIL_OTP", "EMAIL_OTP", (*poolTx).hasEmail, (*Pool).startEmailOTP},
		{"SMS_OTP", "SMS_OTP", (*poolTx).hasPhone, (*Pool).startSMSOTP},
		{"WEB_AUTHN", "WEB_AUTHN", (*poolTx).hasPasskey, (*Pool).startPasskey},
	}
}

// hasPassword is also true of nobody: a user who does not exist is shown as one with a password.
func (t *poolTx) hasPassword(a *candidate) bool { return a.user == nil || a.user.Password != nil }

func (t *poolTx) hasEmail(a *candidate) bool { return t.canHaveCode(a, "email") }

func (t *poolTx) hasPhone(a *candidate) bool { return t.canHaveCode(a, "phone_number") }

// canHaveCode tells whether a user can sign in with a code sent to an address: a verified one, in a pool that asks for no
// second factor, since none can follow a code. A user who still has to set a password must do that first. Nobody is shown
// as one with the address that the name looks like.
func (t *poolTx) canHaveCode(a *candidate, attribute string) bool {
	switch {
	case t.pool.MfaConfiguration == "ON":
		return false
	case a.user == nil:
		return a.simulated.AttributeName == attribute
	}
	return a.user.Status == statusConfirmed && a.user.Attributes[attribute] != "" && a.user.verified(attribute)
}

// factorsOf lists the first factors that a pool permits and a user has.
func (t *poolTx) factorsOf(a *candidate) []string {
	names := []string{}
	for _, f := range firstFactors() {
		if t.pool.allowsFirst(f.policy) && f.usable(t, a) {
			names = append(names, f.challenge)
		}
	}
	return names
}

// choiceSignIn is USER_AUTH: the client says with which factor it wants to begin, or is told which there are.
func (p *Pool) choiceSignIn(c *call, client *clientRecord, parameters map[string]string, session string) (*authOutput, error) {
	if !client.allows("USER_AUTH") {
		return nil, invalidParameter("USER_AUTH is not enabled for the client.")
	}
	if err := client.checkParameters(parameters, "USERNAME"); err != nil {
		return nil, err
	}
	if session != "" {
		return p.signUpSignIn(c, client, parameters, session)
	}
	a, err := p.chooser(c, client, parameters)
	if err != nil {
		return nil, err
	}
	if preferred := parameters["PREFERRED_CHALLENGE"]; slices.Contains(a.factors, preferred) {
		return p.startFactor(c, client, a, preferred, parameters)
	}
	return p.offer(c, client, a)
}

// chooser is the candidate of USER_AUTH, with the factors to choose from.
func (p *Pool) chooser(c *call, client *clientRecord, parameters map[string]string) (*candidate, error) {
	a, err := p.candidate(c, client, parameters["USERNAME"])
	if err != nil {
		return nil, err
	}
	a.device, a.chooses = deviceKeyIn(parameters), true
	a.simulated = simulatedDelivery(a.pool, p.keys.of(a.pool.ID), a.name)
	a.passkey = simulatedPasskey(p.keys.of(a.pool.ID), a.account)
	err = p.view(a.pool.ID, c.now, func(t *poolTx) error {
		a.factors = t.factorsOf(a)
		return nil
	})
	return a, err
}

func (p *Pool) offer(c *call, client *clientRecord, a *candidate) (*authOutput, error) {
	ring := p.keys.of(a.pool.ID)
	next := step{challenge: "SELECT_CHALLENGE", session: a.begun(ring)}
	next.session.Choices = a.factors
	out, err := challenge(ring, client, next, c.now)
	if err != nil {
		return nil, err
	}
	out.AvailableChallenges = a.factors
	return out, nil
}

// begun is a session in which nothing is proven yet. For a user who does not exist it has an id of the same form.
func (a *candidate) begun(ring *keyRing) session {
	if a.user != nil {
		return session{Sub: a.user.Sub, Name: a.name, Device: a.device}
	}
	return session{Sub: simulatedSub(ring, a.account), Name: a.name, Device: a.device}
}

func (p *Pool) startFactor(c *call, client *clientRecord, a *candidate, factor string, with map[string]string) (*authOutput, error) {
	for _, f := range firstFactors() {
		if f.challenge == factor {
			return f.start(p, c, client, a, with)
		}
	}
	return nil, invalidParameter("The challenge %s is not available.", shortened(factor))
}

// again reads the candidate of a session of USER_AUTH. The answer may name the user as before or by the real name.
func (p *Pool) again(c *call, client *clientRecord, s session, answers map[string]string) (*candidate, error) {
	if err := p.view(client.UserPoolID, c.now, func(t *poolTx) error { return t.checkBegun(s, answers["USERNAME"]) }); err != nil {
		return nil, err
	}
	a, err := p.chooser(c, client, map[string]string{"USERNAME": s.Name, "DEVICE_KEY": s.Device})
	if err != nil {
		return nil, err
	}
	if device := deviceKeyIn(answers); device != "" {
		a.device = device
	}
	a.session = &s
	return a, nil
}

// checkBegun refuses an answer to a session of USER_AUTH that is not open, or that names another user.
func (t *poolTx) checkBegun(s session, name string) error {
	if err := t.checkSession(s.ID, s.Expires); err != nil {
		return err
	}
	if strings.EqualFold(name, s.Name) || name == s.Sub {
		return nil
	}
	u, err := t.find(name)
	if err == nil && (u == nil || u.Sub != s.Sub) {
		err = invalidSession()
	}
	return err
}

// answerSelection takes the answer to SELECT_CHALLENGE: ANSWER names the factor, and what it needs may come with it.
func (p *Pool) answerSelection(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	a, err := p.again(c, client, s, answers)
	if err != nil {
		return nil, err
	}
	switch answer := answers["ANSWER"]; {
	case answer == "":
		return nil, invalidParameter("Missing required parameter ANSWER")
	case !slices.Contains(s.Choices, answer) || !slices.Contains(a.factors, answer):
		return nil, invalidParameter("The ANSWER must be one of the available challenges.")
	}
	return p.startFactor(c, client, a, answers["ANSWER"], answers)
}

// startPassword goes on with the password if it came along, else asks for it.
func (p *Pool) startPassword(c *call, client *clientRecord, a *candidate, with map[string]string) (*authOutput, error) {
	if with["PASSWORD"] != "" {
		return p.tryPassword(c, client, a, with["PASSWORD"])
	}
	return p.ask(c, client, a, step{challenge: "PASSWORD"})
}

func (p *Pool) startPasswordSRP(c *call, client *clientRecord, a *candidate, with map[string]string) (*authOutput, error) {
	if with["SRP_A"] == "" {
		return p.ask(c, client, a, step{challenge: "PASSWORD_SRP"})
	}
	out, err := p.startSRP(c, client, a, with["SRP_A"])
	if err != nil {
		return nil, err
	}
	return out, p.leave(c, a)
}

// ask answers with the challenge of a first factor and uses up the session that led to it.
func (p *Pool) ask(c *call, client *clientRecord, a *candidate, next step) (*authOutput, error) {
	ring := p.keys.of(a.pool.ID)
	s := a.begun(ring)
	s.Code = next.session.Code
	next.session = s
	out, err := challenge(ring, client, next, c.now)
	if err != nil {
		return nil, err
	}
	return out, p.leave(c, a)
}

// leave uses up the session that a candidate answers, if there is one.
func (p *Pool) leave(c *call, a *candidate) error {
	if a.session == nil {
		return nil
	}
	return p.update(a.pool.ID, c.now, func(t *poolTx) error { return t.spendSession(*a.session) })
}

// answerPassword takes the answer to PASSWORD or PASSWORD_SRP.
func (p *Pool) answerPassword(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	need := map[string]string{"PASSWORD": "PASSWORD", "PASSWORD_SRP": "SRP_A"}[s.Challenge]
	if answers[need] == "" {
		return nil, invalidParameter("Missing required parameter %s", need)
	}
	a, err := p.again(c, client, s, answers)
	if err != nil {
		return nil, err
	}
	return p.startFactor(c, client, a, s.Challenge, answers)
}

type authFactorsOutput struct {
	Username                  string   `json:"Username"`
	PreferredMfaSetting       string   `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList        []string `json:"UserMFASettingList,omitempty"`
	ConfiguredUserAuthFactors []string `json:"ConfiguredUserAuthFactors"`
}

// getUserAuthFactors lists what the user can begin a sign-in with, and the second factors.
func (p *Pool) getUserAuthFactors(c *call, in *accessTokenInput) (*authFactorsOutput, error) {
	claims, poolID, err := p.verifyAccess(in.AccessToken, c.now)
	if err != nil {
		return nil, err
	}
	out := &authFactorsOutput{}
	err = p.view(poolID, c.now, func(t *poolTx) error {
		u, err := t.holderOf(claims)
		if err != nil {
			return err
		}
		out.Username = u.Username
		out.UserMFASettingList, out.PreferredMfaSetting = u.mfaSettings(t.pool)
		out.ConfiguredUserAuthFactors = slices.DeleteFunc(t.factorsOf(&candidate{pool: t.pool, user: u}), func(f string) bool {
			return f == "PASSWORD_SRP" // the same factor as PASSWORD
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
