package userpool

// One-time codes as a first factor, by mail (EMAIL_OTP) or text (SMS_OTP). The code is sealed into the session, and lives as
// long as that.

const firstFactorDigits = 8 // as measured; a code for a second factor has six

func (p *Pool) startEmailOTP(c *call, client *clientRecord, a *candidate, _ map[string]string) (*authOutput, error) {
	return p.startOTP(c, client, a, "EMAIL_OTP")
}

func (p *Pool) startSMSOTP(c *call, client *clientRecord, a *candidate, _ map[string]string) (*authOutput, error) {
	return p.startOTP(c, client, a, "SMS_OTP")
}

// otpAttribute is the attribute that the code of a first factor goes to.
func otpAttribute(challenge string) string {
	return map[string]string{"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}[challenge]
}

// startOTP sends a code. For a user who does not exist it does the same work, up to writing to the disk, but sends nothing;
// the code in that session is right for nobody.
func (p *Pool) startOTP(c *call, client *clientRecord, a *candidate, name string) (*authOutput, error) {
	code, err := newCode(firstFactorDigits)
	if err != nil {
		return nil, err
	}
	ring := p.keys.of(a.pool.ID)
	next := step{challenge: name, session: a.begun(ring)}
	next.session.Code, next.session.To = code, addressMark(a.name)
	err = p.update(a.pool.ID, c.now, func(t *poolTx) error {
		if a.session != nil {
			if err := t.spendSession(*a.session); err != nil {
				return err
			}
		}
		if err := t.checkLockOf(countGuesses, a.account); err != nil {
			return err
		}
		if a.user == nil {
			next.parameters = deliveryParameters(a.simulated)
			return nil
		}
		return t.sendOTP(a, otpAttribute(name), &next)
	})
	if err != nil {
		return nil, err
	}
	return challenge(ring, client, next, c.now)
}

func (t *poolTx) sendOTP(a *candidate, attribute string, next *step) error {
	u, err := t.user(a.user.Sub)
	if err != nil {
		return err
	}
	if u == nil || u.Disabled || u.Attributes[attribute] == "" {
		return incorrectPassword() // it was otherwise a moment ago
	}
	address := u.Attributes[attribute]
	next.parameters, next.session.To = deliveryParameters(delivery(attribute, address)), addressMark(address)
	return t.deliver(inboxRecord{
		To: address, Kind: kindSignIn, Medium: medium(attribute), Code: next.session.Code, SentAt: t.now.time(),
	})
}

// deliveryParameters tell the client where a code went.
func deliveryParameters(d *codeDelivery) map[string]string {
	return map[string]string{
		"CODE_DELIVERY_DELIVERY_MEDIUM": d.DeliveryMedium, "CODE_DELIVERY_DESTINATION": d.Destination,
	}
}

// answerOTP takes the code of a first factor. A code is a factor that no second one follows.
func (p *Pool) answerOTP(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	code, err := givenCode(s.Challenge, answers)
	if err != nil {
		return nil, err
	}
	w := &passage{client: client, sub: s.Sub, device: s.Device, done: true}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) { return t.checkOTP(s, answers["USERNAME"], code) })
}

func (t *poolTx) checkOTP(s session, name, code string) (u *userRecord, refusal, err error) {
	if err := t.checkBegun(s, name); err != nil {
		return nil, nil, err
	}
	if u, err = t.user(s.Sub); err != nil {
		return nil, nil, err
	}
	account := t.account(u, s.Name)
	if err := t.checkLockOf(countGuesses, account); err != nil {
		return nil, nil, err
	}
	if u == nil || !s.codeFits(u, otpAttribute(s.Challenge), code) {
		return nil, wrongCode(), t.countGuess(s, account)
	}
	switch {
	case u.Disabled:
		return nil, nil, userDisabled()
	case u.Status != statusConfirmed:
		return nil, nil, invalidSession()
	}
	if err := t.useSession(s.ID, s.Expires); err != nil {
		return nil, nil, err
	}
	return u, nil, t.forgetGuesses(account)
}

func wrongCode() *apiError {
	return fault("CodeMismatchException", "Invalid code or auth state for the user.")
}

// givenCode reads the code out of an answer. EMAIL_OTP is named EMAIL_MFA in parts of Cognito's documentation.
func givenCode(challenge string, answers map[string]string) (string, error) {
	code := answers[challenge+"_CODE"]
	if code == "" && challenge == "EMAIL_OTP" {
		code = answers["EMAIL_MFA_CODE"]
	}
	if code == "" {
		return "", invalidParameter("Missing required parameter %s_CODE", challenge)
	}
	return code, nil
}
