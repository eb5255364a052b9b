package signin

import (
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// One-time codes as a first factor, by e-mail (EMAIL_OTP) or SMS (SMS_OTP). The code is sealed into the session and expires
// with it.

const firstFactorDigits = 8 // as measured; a code for a second factor has six

func (o *Operations) startEmailOTP(c *service.Call, client *settings.Client, a *attempt, _ map[string]string) (*authOutput, error) {
	return o.startOTP(c, client, a, "EMAIL_OTP")
}

func (o *Operations) startSMSOTP(c *service.Call, client *settings.Client, a *attempt, _ map[string]string) (*authOutput, error) {
	return o.startOTP(c, client, a, "SMS_OTP")
}

// startOTP sends a code. For a user who does not exist it does the same work, including the write to disk, but sends
// nothing; no code is correct in that session.
func (o *Operations) startOTP(c *service.Call, client *settings.Client, a *attempt, name string) (*authOutput, error) {
	code, err := random.Digits(firstFactorDigits)
	if err != nil {
		return nil, err
	}
	ring := o.Keys.ForPool(a.pool.ID)
	next := step{challenge: name, session: a.newSession(ring)}
	next.session.Code, next.session.AddressFingerprint = code, store.AddressFingerprint(a.name)
	err = o.Update(a.pool.ID, c.Now, func(t *store.Tx) error {
		if a.session != nil {
			if err := t.ConsumeSession(*a.session); err != nil {
				return err
			}
		}
		if err := t.CheckGuessLock(a.account); err != nil {
			return err
		}
		if a.user == nil {
			next.parameters = deliveryParameters(a.decoy)
			return nil
		}
		return sendOTP(t, a, settings.CodeAttribute(name), &next)
	})
	if err != nil {
		return nil, err
	}
	return challengeOutput(ring, client, next, c.Now)
}

func sendOTP(t *store.Tx, a *attempt, attribute string, next *step) error {
	u, err := t.User(a.user.Sub)
	if err != nil {
		return err
	}
	if u == nil || u.Disabled || u.Attributes[attribute] == "" {
		return exception.IncorrectPassword() // changed since the attempt began
	}
	address := u.Attributes[attribute]
	next.parameters, next.session.AddressFingerprint = deliveryParameters(settings.NewDelivery(attribute, address)), store.AddressFingerprint(address)
	return t.Deliver(inbox.Message{
		To: address, Kind: inbox.KindSignIn, Medium: settings.Medium(attribute), Code: next.session.Code, SentAt: t.Now.Time(),
	})
}

// deliveryParameters tells the client where a code was sent.
func deliveryParameters(d *settings.CodeDelivery) map[string]string {
	return map[string]string{
		"CODE_DELIVERY_DELIVERY_MEDIUM": d.DeliveryMedium, "CODE_DELIVERY_DESTINATION": d.Destination,
	}
}

// answerOTP handles the code of a first factor. No second factor follows it.
func (o *Operations) answerOTP(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	code, err := givenCode(s.Challenge, answers)
	if err != nil {
		return nil, err
	}
	w := &progress{client: client, sub: s.Sub, device: s.Device, done: true}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) { return checkOTP(t, s, answers["USERNAME"], code) })
}

func checkOTP(t *store.Tx, s store.Session, name, code string) (u *store.User, refusal, err error) {
	if err := checkOpenSession(t, s, name); err != nil {
		return nil, nil, err
	}
	if u, err = t.User(s.Sub); err != nil {
		return nil, nil, err
	}
	account := t.AccountKey(u, s.Name)
	if err := t.CheckGuessLock(account); err != nil {
		return nil, nil, err
	}
	if address := settings.CodeAttribute(s.Challenge); u == nil || !u.Verified(address) || !s.CodeMatches(u, address, code) {
		return nil, wrongCode(), t.CountGuess(s, account)
	}
	switch {
	case u.Disabled:
		return nil, nil, exception.UserDisabled()
	case u.Status != store.StatusConfirmed:
		return nil, nil, exception.InvalidSession()
	}
	if err := t.UseSession(s.ID, s.Expires); err != nil {
		return nil, nil, err
	}
	return u, nil, t.ForgetGuesses(account)
}

func wrongCode() *exception.Error {
	return exception.New("CodeMismatchException", "Invalid code or auth state for the user.")
}

// givenCode returns the code in an answer. Parts of Cognito's documentation call EMAIL_OTP EMAIL_MFA.
func givenCode(challenge string, answers map[string]string) (string, error) {
	code := answers[challenge+"_CODE"]
	if code == "" && challenge == "EMAIL_OTP" {
		code = answers["EMAIL_MFA_CODE"]
	}
	if code == "" {
		return "", exception.InvalidParameter("Missing required parameter %s_CODE", challenge)
	}
	return code, nil
}
