package account

import (
	"crypto/rand"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
	"authgraph/cognito/userpool/internal/totp"
)

type associateInput struct {
	AccessToken string `json:"AccessToken" is:"token"`
	Session     string `json:"Session" is:"session"`
}

type associateOutput struct {
	SecretCode string `json:"SecretCode"`
	Session    string `json:"Session,omitempty"`
}

// AssociateSoftwareToken returns a new secret for an authenticator app. It replaces an unverified secret; a verified
// one keeps working until the new one is verified.
func (o *Operations) AssociateSoftwareToken(c *service.Call, in *associateInput) (*associateOutput, error) {
	secret := make([]byte, totp.SecretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	out := &associateOutput{SecretCode: totp.Encoding().EncodeToString(secret)}
	e, err := o.enrolment(c, in.AccessToken, in.Session)
	if err != nil {
		return nil, err
	}
	err = o.Update(e.poolID, c.Now, func(t *store.Tx) error {
		u, err := e.user(t)
		if err != nil {
			return err
		}
		u.TOTP.Pending = secret
		if err := t.PutUser(u, u); err != nil {
			return err
		}
		return e.finish(t)
	})
	if err != nil {
		return nil, err
	}
	out.Session, err = e.nextSession(o, c, false)
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

// VerifySoftwareToken sets up an authenticator app by its first code, which counts as used from then on.
func (o *Operations) VerifySoftwareToken(c *service.Call, in *verifyTokenInput) (*verifyTokenOutput, error) {
	e, err := o.enrolment(c, in.AccessToken, in.Session)
	if err != nil {
		return nil, err
	}
	err = o.Decide(e.poolID, c.Now, func(t *store.Tx) (error, error) {
		u, err := e.user(t)
		if err != nil {
			return nil, err
		}
		if err := t.CheckGuessLock(u.Sub); err != nil {
			return nil, err
		}
		if refusal, err := setUpTOTP(t, u, in.UserCode, in.FriendlyDeviceName); refusal != nil || err != nil {
			return e.refuse(t, u, refusal, err)
		}
		return nil, e.finish(t)
	})
	if err != nil {
		return nil, err
	}
	out := &verifyTokenOutput{Status: "SUCCESS"}
	out.Session, err = e.nextSession(o, c, true)
	return out, err
}

func setUpTOTP(t *store.Tx, u *store.User, code, name string) (refusal, err error) {
	mismatch := exception.New("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
	switch {
	case len(u.TOTP.Pending) == 0 && u.TOTP.Verified():
		return mismatch, nil // otherwise codes of the active secret could be guessed here
	case len(u.TOTP.Pending) == 0:
		return nil, exception.New("SoftwareTokenMFANotFoundException", "Software token has not been associated for the user")
	}
	next := totp.Authenticator{Secret: u.TOTP.Pending, Name: name}
	if _, taken := next.Use(next.Secret, code, t.Now); !taken {
		return mismatch, nil
	}
	u.TOTP, u.Modified = next, t.Now
	return nil, t.PutUser(u, u)
}

// enrolment is the setup of an authenticator app, by the holder of an access token or by a user whose sign-in has led
// to MFA_SETUP. In the latter case each call consumes its session and returns the next one.
type enrolment struct {
	poolID  string
	client  *settings.Client
	claims  tokens.AccessClaims
	session *store.Session
}

func (o *Operations) enrolment(c *service.Call, accessToken, sessionText string) (*enrolment, error) {
	switch {
	case accessToken != "":
		caller, err := o.Authorize(c, accessToken)
		if err != nil {
			return nil, err
		}
		return &enrolment{poolID: caller.PoolID, client: caller.Client, claims: caller.Claims}, nil
	case sessionText == "":
		return nil, exception.InvalidParameter("Either an AccessToken or a Session is required.")
	}
	s, ring, err := store.FindSession(&o.Keys, "MFA_SETUP", sessionText)
	if err != nil {
		return nil, err
	}
	client, err := o.Client(s.ClientID)
	if err != nil {
		return nil, err
	}
	return &enrolment{poolID: ring.PoolID, client: client, session: &s}, nil
}

// user returns the user, and fails if the pool does not support TOTP.
func (e *enrolment) user(t *store.Tx) (u *store.User, err error) {
	if e.session == nil {
		u, err = t.TokenOwner(e.claims)
	} else {
		u, err = t.SessionUser(*e.session, e.session.Sub)
		if err == nil && len(u.SecondFactors(t.Pool)) > 0 {
			err = exception.InvalidSession() // the user has since set up a factor, which must not be replaced
		}
	}
	if err == nil && !t.Pool.Supports(settings.FactorTOTP) {
		err = exception.New("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
	}
	return u, err
}

// refuse counts a wrong code.
func (e *enrolment) refuse(t *store.Tx, u *store.User, refusal, err error) (error, error) {
	switch {
	case err != nil:
		return nil, err
	case e.session != nil:
		return refusal, t.CountGuess(*e.session, u.Sub)
	}
	return refusal, nil
}

func (e *enrolment) finish(t *store.Tx) error {
	if e.session == nil {
		return nil
	}
	return t.UseSession(e.session.ID, e.session.Expires)
}

// nextSession returns the session for the next call, or "" if the caller has an access token.
func (e *enrolment) nextSession(p *Operations, c *service.Call, verified bool) (string, error) {
	if e.session == nil {
		return "", nil
	}
	next := *e.session
	next.Verified = verified
	return store.NewSession(p.Keys.ForPool(e.poolID), e.client, next, c.Now)
}
