package userpool

import "crypto/rand"

type associateInput struct {
	AccessToken string `json:"AccessToken" is:"token"`
	Session     string `json:"Session" is:"session"`
}

type associateOutput struct {
	SecretCode string `json:"SecretCode"`
	Session    string `json:"Session,omitempty"`
}

// associateSoftwareToken gives a new secret. One that was not verified yet is replaced; one that was goes on working until
// the new one is verified.
func (p *Pool) associateSoftwareToken(c *call, in *associateInput) (*associateOutput, error) {
	secret := make([]byte, totpSecret)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	out := &associateOutput{SecretCode: totpEncoding().EncodeToString(secret)}
	e, err := p.enrolment(c, in.AccessToken, in.Session)
	if err != nil {
		return nil, err
	}
	err = p.update(e.poolID, c.now, func(t *poolTx) error {
		u, err := e.user(t)
		if err != nil {
			return err
		}
		u.TOTP.Pending = secret
		if err := t.putUser(u, u); err != nil {
			return err
		}
		return e.leave(t)
	})
	if err != nil {
		return nil, err
	}
	out.Session, err = e.goOn(p, c, false)
	return out, err
}

type verifyTokenInput struct {
	AccessToken        string `json:"AccessToken" is:"token"`
	Session            string `json:"Session" is:"session"`
	UserCode           string `json:"UserCode" is:"required,userCode"`
	FriendlyDeviceName string `json:"FriendlyDeviceName" is:"deviceName"`
}

type verifyTokenOutput struct {
	Status  string `json:"Status"`
	Session string `json:"Session,omitempty"`
}

// verifySoftwareToken sets a secret up by its first code, which is thereby used.
func (p *Pool) verifySoftwareToken(c *call, in *verifyTokenInput) (*verifyTokenOutput, error) {
	e, err := p.enrolment(c, in.AccessToken, in.Session)
	if err != nil {
		return nil, err
	}
	err = p.decide(e.poolID, c.now, func(t *poolTx) (error, error) {
		u, err := e.user(t)
		if err != nil {
			return nil, err
		}
		if err := t.checkLockOf(countGuesses, u.Sub); err != nil {
			return nil, err
		}
		if refusal, err := t.setUpTOTP(u, in.UserCode, in.FriendlyDeviceName); refusal != nil || err != nil {
			return e.refuse(t, u, refusal, err)
		}
		return nil, e.leave(t)
	})
	if err != nil {
		return nil, err
	}
	out := &verifyTokenOutput{Status: "SUCCESS"}
	out.Session, err = e.goOn(p, c, true)
	return out, err
}

func (t *poolTx) setUpTOTP(u *userRecord, code, name string) (refusal, err error) {
	mismatch := fault("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
	switch {
	case len(u.TOTP.Pending) == 0 && u.TOTP.verified():
		return mismatch, nil // this is not the place to try codes of the secret that is in use
	case len(u.TOTP.Pending) == 0:
		return nil, fault("SoftwareTokenMFANotFoundException", "Software token has not been associated for the user")
	}
	next := totpRecord{Secret: u.TOTP.Pending, Name: name}
	if _, taken := next.take(next.Secret, code, t.now); !taken {
		return mismatch, nil
	}
	u.TOTP, u.Modified = next, t.now
	return nil, t.putUser(u, u)
}

// enrolment is who sets up an authenticator: the holder of an access token, or a user in the middle of a sign-in that ended
// at MFA_SETUP. Each call of the latter uses its session up and gives the next one.
type enrolment struct {
	poolID  string
	client  *clientRecord
	claims  accessClaims
	session *session
}

func (p *Pool) enrolment(c *call, accessToken, sessionText string) (*enrolment, error) {
	switch {
	case accessToken != "":
		who, err := p.authorize(c, accessToken)
		if err != nil {
			return nil, err
		}
		return &enrolment{poolID: who.poolID, client: who.client, claims: who.claims}, nil
	case sessionText == "":
		return nil, invalidParameter("Either an AccessToken or a Session is required.")
	}
	s, ring, err := findSession(&p.keys, "MFA_SETUP", sessionText)
	if err != nil {
		return nil, err
	}
	client, err := p.clientOf(s.ClientID)
	if err != nil {
		return nil, err
	}
	return &enrolment{poolID: ring.poolID, client: client, session: &s}, nil
}

// user reads the user anew and makes sure that the pool has TOTP switched on.
func (e *enrolment) user(t *poolTx) (u *userRecord, err error) {
	if e.session == nil {
		u, err = t.holderOf(e.claims)
	} else {
		u, err = t.sessionUser(*e.session, e.session.Sub)
		if err == nil && len(u.factorsAsked(t.pool)) > 0 {
			err = invalidSession() // the user has set up a factor meanwhile, which this must not replace
		}
	}
	if err == nil && !t.pool.supports(factorTOTP) {
		err = fault("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
	}
	return u, err
}

// refuse counts a wrong code.
func (e *enrolment) refuse(t *poolTx, u *userRecord, refusal, err error) (error, error) {
	switch {
	case err != nil:
		return nil, err
	case e.session != nil:
		return refusal, t.countGuess(*e.session, u.Sub)
	}
	return refusal, nil
}

func (e *enrolment) leave(t *poolTx) error {
	if e.session == nil {
		return nil
	}
	return t.useSession(e.session.ID, e.session.Expires)
}

// goOn gives the session for the next call; without a session none is needed.
func (e *enrolment) goOn(p *Pool, c *call, verified bool) (string, error) {
	if e.session == nil {
		return "", nil
	}
	next := *e.session
	next.Verified = verified
	return newSession(p.keys.of(e.poolID), e.client, next, c.now)
}
