package signin

import (
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// A sign-in takes these steps, in this order. Each may answer with a challenge, and the answer to that goes on from there:
//
//	first factor    a password (signin.go, srpauth.go), or what USER_AUTH allows beside it (factors.go)
//	new password    for a user whom an administrator made
//	device          a remembered device proves itself in place of the second factor
//	second factor   mfa.go
//	tokens
//
// What is known between two steps travels in the sealed session.

// progress is a sign-in whose first factor is proven, on its way to tokens.
type progress struct {
	client *settings.Client
	sub    string
	device string // DEVICE_KEY, if the client gave one
	ip     string // that the client calls from
	mfa    string // the second factor that the user has chosen
	email  string // the address at which the user sets up EMAIL_OTP
	done   bool   // nothing more is to be proven

	// Drawn before the transaction, which may run more than once.
	family *store.Family
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
	session    store.Session // its Challenge, Sub, Second, Mark and Device are filled in
	tokens     subject
}

// advance takes a sign-in one step further. check makes sure of the step before, in the same transaction, and gives the user
// as he is now; what it changes stays on the disk even if it refuses.
func (o *Operations) advance(c *service.Call, w *progress, check func(*store.Tx) (u *store.User, refusal, err error)) (*authOutput, error) {
	ring := o.Keys.ForPool(w.client.UserPoolID)
	w.ip = c.IP
	var err error
	if w.family, w.token, err = store.NewFamily(ring, w.client, w.sub, c.Now); err != nil {
		return nil, err
	}
	if w.code, err = random.Digits(settings.MFADigits); err != nil {
		return nil, err
	}
	var next step
	err = o.Decide(w.client.UserPoolID, c.Now, func(t *store.Tx) (error, error) {
		u, refusal, err := check(t)
		if refusal != nil || err != nil {
			return refusal, err
		}
		next, err = nextStep(t, u, w)
		return nil, err
	})
	switch {
	case err != nil:
		return nil, err
	case next.challenge == "":
		return o.signedIn(c, ring, w.client, next.tokens, w.token)
	}
	return challengeOutput(ring, w.client, next, c.Now)
}

// challengeOutput is the answer that asks for the next step.
func challengeOutput(ring *tokens.KeyRing, client *settings.Client, next step, now epoch.Time) (*authOutput, error) {
	next.session.Challenge = next.challenge
	token, err := store.NewSession(ring, client, next.session, now)
	if next.parameters == nil {
		next.parameters = map[string]string{}
	}
	return &authOutput{ChallengeName: next.challenge, ChallengeParameters: next.parameters, Session: token}, err
}

// nextStep finds the step that comes after those that are done.
func nextStep(t *store.Tx, u *store.User, w *progress) (next step, err error) {
	switch {
	case w.done:
	case u.Status == store.StatusForceChange:
		next, err = newPasswordStep(w.client, t.Pool, u)
	case w.mfa != "":
		next, err = mfaStep(t, u, w, w.mfa)
	case w.email != "":
		next, err = emailStep(t, u, w)
	default:
		next, err = secondStep(t, u, w)
	}
	if err != nil {
		return next, err
	}
	if next.challenge == "" {
		next.tokens, err = storeSignIn(t, u, w)
		return next, err
	}
	next.session.Sub, next.session.PasswordFingerprint, next.session.Device = u.Sub, store.PasswordFingerprint(u), w.device
	next.session.FirstFactorDone = true
	return next, nil
}

// secondStep asks a remembered device for its proof, else the user for a second factor.
func secondStep(t *store.Tx, u *store.User, w *progress) (step, error) {
	device, err := needsDeviceProof(t, u, w)
	if err != nil {
		return step{}, err
	}
	if device {
		// From here on the answers are the device's; once it has proven itself, p.pass with done gives the tokens.
		return step{challenge: "DEVICE_SRP_AUTH"}, nil
	}
	return secondFactor(t, u, w)
}
