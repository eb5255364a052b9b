package signin

import (
	"crypto/subtle"
	"encoding/json"
	"maps"
	"slices"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

// secondFactor asks for a second factor, for a choice of one, or for one to be set up. It returns no challenge if
// none is needed.
func secondFactor(t *store.Tx, u *store.User, w *progress) (step, error) {
	all := u.SecondFactors(t.Pool)
	factors := slices.DeleteFunc(slices.Clone(all), func(f string) bool { return !u.CanAnswer(t.Pool, f) })
	switch {
	case len(all) == 0 && t.Pool.MfaConfiguration == "ON":
		return setupStep(t, u)
	case len(all) == 0:
		return step{}, nil
	case len(factors) == 0:
		return step{}, exception.New("MFAMethodNotFoundException", "The user has no %s to send the code of %s to.", settings.CodeAttribute(all[0]), all[0])
	case len(factors) == 1:
		return mfaStep(t, u, w, factors[0])
	case slices.Contains(factors, u.MFA.Preferred):
		return mfaStep(t, u, w, u.MFA.Preferred)
	}
	list, err := json.Marshal(factors)
	return step{
		challenge: "SELECT_MFA_TYPE", session: store.Session{Choices: factors},
		parameters: map[string]string{"MFAS_CAN_CHOOSE": string(list), "USER_ID_FOR_SRP": u.Username},
	}, err
}

// setupStep asks a user without a second factor to set one up, in a pool that requires it.
func setupStep(t *store.Tx, u *store.User) (step, error) {
	can := []string{}
	for _, f := range []string{settings.FactorSMS, settings.FactorTOTP, settings.FactorEmail} {
		if t.Pool.Supports(f) {
			can = append(can, f)
		}
	}
	list, err := json.Marshal(can)
	return step{
		challenge: "MFA_SETUP", session: store.Session{Choices: can},
		parameters: map[string]string{"MFAS_CAN_SETUP": string(list), "USER_ID_FOR_SRP": u.Username},
	}, err
}

// mfaStep asks for a second factor and sends its code, if it has one.
func mfaStep(t *store.Tx, u *store.User, w *progress, factor string) (step, error) {
	if factor == settings.FactorTOTP {
		parameters := map[string]string{"USER_ID_FOR_SRP": u.Username}
		if u.TOTP.Name != "" {
			parameters["FRIENDLY_DEVICE_NAME"] = u.TOTP.Name
		}
		return step{challenge: factor, parameters: parameters}, nil
	}
	return codeStep(t, u, w, factor, u.Attributes[settings.CodeAttribute(factor)])
}

func codeStep(t *store.Tx, u *store.User, w *progress, factor, address string) (step, error) {
	name := settings.CodeAttribute(factor)
	parameters := deliveryParameters(settings.NewDelivery(name, address))
	parameters["USER_ID_FOR_SRP"] = u.Username
	next := step{challenge: factor, parameters: parameters, session: store.Session{Code: w.code, AddressFingerprint: store.AddressFingerprint(address)}}
	return next, t.Deliver(inbox.Message{
		To: address, Kind: inbox.KindMFA, Medium: settings.Medium(name), Code: w.code, SentAt: t.Now.Time(),
	})
}

// answerSecondFactor handles the code of a second factor. A wrong one can be retried in the same session.
func (o *Operations) answerSecondFactor(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	code, err := givenCode(s.Challenge, answers)
	if err != nil {
		return nil, err
	}
	w := &progress{client: client, sub: s.Sub, device: s.Device, done: true}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		u, err := t.SessionUser(s, answers["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		return checkSecondFactor(t, u, s, code)
	})
}

func checkSecondFactor(t *store.Tx, u *store.User, s store.Session, code string) (_ *store.User, refusal, err error) {
	if err := t.CheckGuessLock(u.Sub); err != nil {
		return nil, nil, err
	}
	if s.Challenge == settings.FactorTOTP {
		u, refusal, err = useTOTP(t, u, code)
	} else {
		u, refusal, err = checkSentCode(t, u, s, code)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case refusal != nil:
		return nil, refusal, t.CountGuess(s, u.Sub)
	}
	if err := t.UseSession(s.ID, s.Expires); err != nil {
		return nil, nil, err
	}
	return u, nil, t.ForgetGuesses(u.Sub)
}

// checkSentCode compares an answer with the code in the session. The first code of a factor that is being set up
// makes its address the user's.
func checkSentCode(t *store.Tx, u *store.User, s store.Session, code string) (_ *store.User, refusal, err error) {
	switch {
	case s.Address == "" && s.CodeMatches(u, settings.CodeAttribute(s.Challenge), code):
		u, err = verifyAddress(t, u, settings.CodeAttribute(s.Challenge))
		return u, nil, err
	case s.Address == "" || subtle.ConstantTimeCompare([]byte(s.Code), []byte(code)) != 1:
		return u, wrongCode(), nil
	}
	if len(u.SecondFactors(t.Pool)) > 0 {
		return nil, nil, exception.InvalidSession()
	}
	u, err = t.EditUser(u.Sub, func(u *store.User) error {
		u.Attributes["email"], u.Attributes["email_verified"] = s.Address, "true"
		u.MFA.Enable(settings.FactorEmail, true)
		return t.CheckAliases(u)
	})
	return u, nil, err
}

// verifyAddress marks the address that a code was sent to as verified, unless another user signs in with it.
func verifyAddress(t *store.Tx, u *store.User, attribute string) (*store.User, error) {
	if u.Verified(attribute) {
		return u, nil
	}
	verified := *u
	verified.Attributes = maps.Clone(u.Attributes)
	verified.Attributes[attribute+"_verified"] = "true"
	if refusal, err := exception.AsRefusal(t.CheckAliases(&verified)); refusal != nil || err != nil {
		return u, err
	}
	return t.EditUser(u.Sub, func(u *store.User) error {
		u.Attributes[attribute+"_verified"] = "true"
		return nil
	})
}

// answerMFAType handles the choice among several second factors.
func (o *Operations) answerMFAType(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	choice := answers["ANSWER"]
	switch choice {
	case "":
		return nil, exception.InvalidParameter("Missing required parameter ANSWER")
	case "EMAIL_MFA":
		choice = settings.FactorEmail
	}
	w := &progress{client: client, sub: s.Sub, device: s.Device, mfa: choice}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		u, err := t.SessionUser(s, answers["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(s.Choices, choice) || !slices.Contains(u.SecondFactors(t.Pool), choice) || !u.CanAnswer(t.Pool, choice) {
			return nil, nil, exception.New("MFAMethodNotFoundException", "The user has no MFA method %s.", exception.Shorten(choice))
		}
		return u, nil, t.UseSession(s.ID, s.Expires)
	})
}

// answerMFASetup continues once a second factor is set up: an authenticator app, by the session of
// VerifySoftwareToken, or the address EMAIL, which the code sent to it has to confirm.
func (o *Operations) answerMFASetup(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	w := &progress{client: client, sub: s.Sub, device: s.Device, done: s.Verified}
	if !s.Verified {
		if answers["EMAIL"] == "" || !slices.Contains(s.Choices, settings.FactorEmail) {
			return nil, exception.InvalidParameter("No MFA method has been set up in this session.")
		}
		w.email = answers["EMAIL"]
	}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		u, err := t.SessionUser(s, answers["USERNAME"])
		if err != nil {
			return nil, nil, err
		}
		if !s.Verified {
			if err := checkNewEmail(t, client, *u, w.email); err != nil {
				return nil, nil, err
			}
		}
		return u, nil, t.UseSession(s.ID, s.Expires)
	})
}

// checkNewEmail rejects an address that cannot become the user's.
func checkNewEmail(t *store.Tx, client *settings.Client, u store.User, address string) error {
	if len(u.SecondFactors(t.Pool)) > 0 {
		return exception.InvalidSession() // the user has since set up a factor, which must not be bypassed
	}
	if err := settings.CheckWritable(client, []string{"email"}); err != nil {
		return err
	}
	if err := t.Pool.CheckEdit(map[string]string{"email": address}); err != nil {
		return err
	}
	u.Attributes = maps.Clone(u.Attributes)
	u.Attributes["email"], u.Attributes["email_verified"] = address, "true"
	return t.CheckAliases(&u)
}

// emailStep sends the first code to an address for which EMAIL_OTP is set up.
func emailStep(t *store.Tx, u *store.User, w *progress) (step, error) {
	next, err := codeStep(t, u, w, settings.FactorEmail, w.email)
	next.session.Address = w.email
	return next, err
}

// useTOTP checks a code of an authenticator app. Each code works once.
func useTOTP(t *store.Tx, u *store.User, code string) (_ *store.User, refusal, err error) {
	if !u.TOTP.Verified() {
		return nil, nil, exception.New("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the user")
	}
	switch known, taken := u.TOTP.Use(u.TOTP.Secret, code, t.Now); {
	case taken:
		return u, nil, t.PutUser(u, u)
	case known:
		return u, exception.New("ExpiredCodeException", "Your software token has already been used once."), nil
	}
	return u, exception.New("CodeMismatchException", "Invalid code received for user"), nil
}
