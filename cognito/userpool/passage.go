package userpool

import "encoding/json"

// A sign-in takes these steps, in this order. Each may answer with a challenge, and the answer to that goes on from there:
//
//	first factor    a password (signin.go, srpauth.go), or what USER_AUTH allows beside it (factors.go)
//	new password    for a user whom an administrator made
//	device          a remembered device proves itself in place of the second factor
//	second factor   mfa.go
//	tokens
//
// What is known between two steps travels in the sealed session.

// passage is a sign-in whose first factor is proven, on its way to tokens.
type passage struct {
	client *clientRecord
	sub    string
	device string // DEVICE_KEY, if the client gave one
	ip     string // that the client calls from
	mfa    string // the second factor that the user has chosen
	email  string // the address at which the user sets up EMAIL_OTP
	done   bool   // nothing more is to be proven

	// Drawn before the transaction, which may run more than once.
	family *familyRecord
	token  string // the family's refresh token
	code   string // for a second factor that is sent
}

// deviceKeyIn reads DEVICE_KEY, which travels on in sessions. What is longer than keys are is none.
func deviceKeyIn(parameters map[string]string) string {
	if key := parameters["DEVICE_KEY"]; len(key) <= 55 {
		return key
	}
	return ""
}

// step is where a passage has come to: a challenge, or tokens if there is none.
type step struct {
	challenge  string
	parameters map[string]string
	session    session // its Challenge, Sub, Second, Mark and Device are filled in
	tokens     subject
}

// pass takes a sign-in one step further. check makes sure of the step before, in the same transaction, and gives the user
// as he is now; what it changes stays on the disk even if it refuses.
func (p *Pool) pass(c *call, w *passage, check func(*poolTx) (u *userRecord, refusal, err error)) (*authOutput, error) {
	ring := p.keys.of(w.client.UserPoolID)
	w.ip = c.ip
	var err error
	if w.family, w.token, err = newFamily(ring, w.client, w.sub, c.now); err != nil {
		return nil, err
	}
	if w.code, err = newCode(mfaDigits); err != nil {
		return nil, err
	}
	var next step
	err = p.decide(w.client.UserPoolID, c.now, func(t *poolTx) (error, error) {
		u, refusal, err := check(t)
		if refusal != nil || err != nil {
			return refusal, err
		}
		next, err = t.next(u, w)
		return nil, err
	})
	switch {
	case err != nil:
		return nil, err
	case next.challenge == "":
		return p.signedIn(c, ring, w.client, next.tokens, w.token)
	}
	return challenge(ring, w.client, next, c.now)
}

// challenge is the answer that asks for the next step.
func challenge(ring *keyRing, client *clientRecord, next step, now moment) (*authOutput, error) {
	next.session.Challenge = next.challenge
	token, err := newSession(ring, client, next.session, now)
	if next.parameters == nil {
		next.parameters = map[string]string{}
	}
	return &authOutput{ChallengeName: next.challenge, ChallengeParameters: next.parameters, Session: token}, err
}

// next finds the step that comes after those that are done.
func (t *poolTx) next(u *userRecord, w *passage) (next step, err error) {
	switch {
	case w.done:
	case u.Status == statusForceChange:
		next, err = newPasswordStep(w.client, t.pool, u)
	case w.mfa != "":
		next, err = t.mfaStep(u, w, w.mfa)
	case w.email != "":
		next, err = t.emailStep(u, w)
	default:
		next, err = t.secondStep(u, w)
	}
	if err != nil {
		return next, err
	}
	if next.challenge == "" {
		next.tokens, err = t.begin(u, w)
		return next, err
	}
	next.session.Sub, next.session.Mark, next.session.Device = u.Sub, passwordMark(u), w.device
	next.session.Second = true
	return next, nil
}

// secondStep asks a remembered device for its proof, else the user for a second factor.
func (t *poolTx) secondStep(u *userRecord, w *passage) (step, error) {
	device, err := t.needsDeviceProof(u, w)
	if err != nil {
		return step{}, err
	}
	if device {
		// From here on the answers are the device's; once it has proven itself, p.pass with done gives the tokens.
		return step{challenge: "DEVICE_SRP_AUTH"}, nil
	}
	return t.secondFactor(u, w)
}

// newPasswordStep asks a user whom an administrator made for a password of the user's own.
func newPasswordStep(client *clientRecord, pool *poolRecord, u *userRecord) (step, error) {
	have := map[string]string{}
	for name, value := range u.Attributes {
		if client.readable(name) {
			have[name] = value
		}
	}
	missing := []string{}
	for _, a := range pool.SchemaAttributes {
		if a.Required && a.Name != "sub" && u.Attributes[a.Name] == "" {
			missing = append(missing, "userAttributes."+a.Name)
		}
	}
	attributes, err := json.Marshal(have)
	if err != nil {
		return step{}, err
	}
	required, err := json.Marshal(missing)
	return step{challenge: "NEW_PASSWORD_REQUIRED", parameters: map[string]string{
		"USER_ID_FOR_SRP": u.Username, "userAttributes": string(attributes), "requiredAttributes": string(required),
	}}, err
}
