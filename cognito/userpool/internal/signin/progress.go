package signin

import (
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// progress is a sign-in whose first factor has been verified, on its way to tokens.
type progress struct {
	client *settings.Client
	sub    string
	device string // DEVICE_KEY, if the client sent one
	mfa    string // second factor that the user has chosen
	email  string // address for which the user sets up EMAIL_OTP
	done   bool   // no more factors are needed

	activity store.Activity // of the client

	// Generated before the transaction, which may run more than once.
	family *store.Family
	token  string // the family's refresh token
	code   string // for a second factor by SMS or e-mail
}

// deviceKeyIn returns DEVICE_KEY, which is then carried in sessions. A key that is too long is ignored.
func deviceKeyIn(parameters map[string]string) string {
	if key := parameters["DEVICE_KEY"]; len(key) <= 55 {
		return key
	}
	return ""
}

// step is the state of a sign-in: a challenge or, without one, tokens.
type step struct {
	challenge  string
	parameters map[string]string
	session    store.Session // advance fills in what all challenges have
	tokens     subject
}

// advance takes a sign-in one step further. check verifies the previous step in the same transaction and returns the
// current state of the user. Its changes are kept even if it refuses.
func (o *Operations) advance(c *service.Call, w *progress, check func(*store.Tx) (u *store.User, refusal, err error)) (*authOutput, error) {
	ring := o.Keys.ForPool(w.client.UserPoolID)
	w.activity = activityOf(c)
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

// activityOf returns the activity that a call is.
func activityOf(c *service.Call) store.Activity {
	return store.Activity{At: c.Now, IP: c.IP, Agent: c.Agent}
}

// challengeOutput returns the output with the challenge of the next step.
func challengeOutput(ring *tokens.KeyRing, client *settings.Client, next step, now epoch.Time) (*authOutput, error) {
	next.session.Challenge = next.challenge
	token, err := store.NewSession(ring, client, next.session, now)
	if next.parameters == nil {
		next.parameters = map[string]string{}
	}
	return &authOutput{ChallengeName: next.challenge, ChallengeParameters: next.parameters, Session: token}, err
}

// nextStep returns the step that follows those that are done.
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

// secondStep asks a remembered device for its proof, or else the user for a second factor.
func secondStep(t *store.Tx, u *store.User, w *progress) (step, error) {
	device, err := needsDeviceProof(t, u, w)
	if err != nil {
		return step{}, err
	}
	if device {
		// From here on the device answers. Once it has proven itself, the sign-in is complete.
		return step{challenge: "DEVICE_SRP_AUTH"}, nil
	}
	return secondFactor(t, u, w)
}
