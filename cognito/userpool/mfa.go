package userpool

import (
	"crypto/subtle"
	"encoding/json"
	"maps"
	"slices"
)

// secondFactor asks for a second factor, or which one, or for one to be set up; it gives no challenge if none is needed.
func (t *poolTx) secondFactor(u *userRecord, w *passage) (step, error) {
	factors := u.factorsAsked(t.pool)
	switch {
	case len(factors) == 0 && t.pool.MfaConfiguration == "ON":
		return t.setupStep(u)
	case len(factors) == 0:
		return step{}, nil
	case len(factors) == 1:
		return t.mfaStep(u, w, factors[0])
	case slices.Contains(factors, u.MFA.Preferred):
		return t.mfaStep(u, w, u.MFA.Preferred)
	}
	list, err := json.Marshal(factors)
	return step{
		challenge: "SELECT_MFA_TYPE", session: session{Choices: factors},
		parameters: map[string]string{"MFAS_CAN_CHOOSE": string(list), "USER_ID_FOR_SRP": u.Username},
	}, err
}

// setupStep asks a user who has no second factor, in a pool that requires one, to set one up.
func (t *poolTx) setupStep(u *userRecord) (step, error) {
	can := []string{}
	for _, f := range []string{factorSMS, factorTOTP, factorEmail} {
		if t.pool.supports(f) {
			can = append(can, f)
		}
	}
	list, err := json.Marshal(can)
	return step{
		challenge: "MFA_SETUP", session: session{Choices: can},
		parameters: map[string]string{"MFAS_CAN_SETUP": string(list), "USER_ID_FOR_SRP": u.Username},
	}, err
}

// mfaStep asks for one second factor, and sends its code if it has one.
func (t *poolTx) mfaStep(u *userRecord, w *passage, factor string) (step, error) {
	if factor == factorTOTP {
		parameters := map[string]string{"USER_ID_FOR_SRP": u.Username}
		if u.TOTP.Name != "" {
			parameters["FRIENDLY_DEVICE_NAME"] = u.TOTP.Name
		}
		return step{challenge: factor, parameters: parameters}, nil
	}
	return t.codeStep(u, w, factor, u.Attributes[addressOf(factor)])
}

func (t *poolTx) codeStep(u *userRecord, w *passage, factor, address string) (step, error) {
	name := addressOf(factor)
	parameters := deliveryParameters(delivery(name, address))
	parameters["USER_ID_FOR_SRP"] = u.Username
	next := step{challenge: factor, parameters: parameters, session: session{Code: w.code, To: addressMark(address)}}
	return next, t.deliver(inboxRecord{
		To: address, Kind: kindMFA, Medium: medium(name), Code: w.code, SentAt: t.now.time(),
	})
}

// answerSecondFactor takes the code of a second factor. A wrong one can be tried again within the same session.
func (p *Pool) answerSecondFactor(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	code, err := givenCode(s.Challenge, answers)
	if err != nil {
		return nil, err
	}
	w := &passage{client: client, sub: s.Sub, device: s.Device, done: true}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		u, err := t.sessionUser(s, answers["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		return t.checkSecondFactor(u, s, code)
	})
}

func (t *poolTx) checkSecondFactor(u *userRecord, s session, code string) (_ *userRecord, refusal, err error) {
	if err := t.checkLockOf(countGuesses, u.Sub); err != nil {
		return nil, nil, err
	}
	if s.Challenge == factorTOTP {
		u, refusal, err = t.useTOTP(u, code)
	} else {
		u, refusal, err = t.checkSentCode(u, s, code)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case refusal != nil:
		return nil, refusal, t.countGuess(s, u.Sub)
	}
	if err := t.useSession(s.ID, s.Expires); err != nil {
		return nil, nil, err
	}
	return u, nil, t.forgetGuesses(u.Sub)
}

// checkSentCode holds an answer against the code in the session. The first code of a factor that is being set up makes its
// address the user's.
func (t *poolTx) checkSentCode(u *userRecord, s session, code string) (_ *userRecord, refusal, err error) {
	switch {
	case s.Address == "" && s.codeFits(u, addressOf(s.Challenge), code):
		return u, nil, nil
	case s.Address == "" || subtle.ConstantTimeCompare([]byte(s.Code), []byte(code)) != 1:
		return u, wrongCode(), nil
	}
	if len(u.factorsAsked(t.pool)) > 0 {
		return nil, nil, invalidSession()
	}
	u, err = t.change(u.Sub, func(u *userRecord) error {
		u.Attributes["email"], u.Attributes["email_verified"] = s.Address, "true"
		u.MFA.enable(factorEmail, true)
		return t.checkAliases(u)
	})
	return u, nil, err
}

// answerMFAType takes the choice among several second factors.
func (p *Pool) answerMFAType(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	choice := answers["ANSWER"]
	switch choice {
	case "":
		return nil, invalidParameter("Missing required parameter ANSWER")
	case "EMAIL_MFA":
		choice = factorEmail
	}
	w := &passage{client: client, sub: s.Sub, device: s.Device, mfa: choice}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		u, err := t.sessionUser(s, answers["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(s.Choices, choice) || !slices.Contains(u.factorsAsked(t.pool), choice) {
			return nil, nil, fault("MFAMethodNotFoundException", "The user has no MFA method %s.", shortened(choice))
		}
		return u, nil, t.useSession(s.ID, s.Expires)
	})
}

// answerMFASetup goes on once a second factor is set up: an authenticator by the session that VerifySoftwareToken gave, or
// mail to the address EMAIL, which the code that is sent there has to confirm.
func (p *Pool) answerMFASetup(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	w := &passage{client: client, sub: s.Sub, device: s.Device, done: s.Verified}
	if !s.Verified {
		if answers["EMAIL"] == "" || !slices.Contains(s.Choices, factorEmail) {
			return nil, invalidParameter("No MFA method has been set up in this session.")
		}
		w.email = answers["EMAIL"]
	}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		u, err := t.sessionUser(s, answers["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		if !s.Verified {
			if err := t.checkNewEmail(client, *u, w.email); err != nil {
				return nil, nil, err
			}
		}
		return u, nil, t.useSession(s.ID, s.Expires)
	})
}

// checkNewEmail refuses an address that cannot become the user's.
func (t *poolTx) checkNewEmail(client *clientRecord, u userRecord, address string) error {
	if len(u.factorsAsked(t.pool)) > 0 {
		return invalidSession() // the user has set up a factor meanwhile, which this must not pass by
	}
	if err := checkWritable(client, []string{"email"}); err != nil {
		return err
	}
	if err := t.pool.checkEdit(map[string]string{"email": address}); err != nil {
		return err
	}
	u.Attributes = maps.Clone(u.Attributes)
	u.Attributes["email"], u.Attributes["email_verified"] = address, "true"
	return t.checkAliases(&u)
}

// emailStep sends the first code to an address at which EMAIL_OTP is set up.
func (t *poolTx) emailStep(u *userRecord, w *passage) (step, error) {
	next, err := t.codeStep(u, w, factorEmail, w.email)
	next.session.Address = w.email
	return next, err
}

// useTOTP takes a code at sign-in, each only once.
func (t *poolTx) useTOTP(u *userRecord, code string) (_ *userRecord, refusal, err error) {
	if !u.TOTP.verified() {
		return nil, nil, fault("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the user")
	}
	switch known, taken := u.TOTP.take(u.TOTP.Secret, code, t.now); {
	case taken:
		return u, nil, t.putUser(u, u)
	case known:
		return u, fault("ExpiredCodeException", "Your software token has already been used once."), nil
	}
	return u, fault("CodeMismatchException", "Invalid code received for user"), nil
}
