package userpool

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
)

// totpRecord is a user's authenticator app: time-based one-time passwords of RFC 6238 with SHA-1, six digits and steps of
// thirty seconds. A new secret takes the place of the former once a code of it has been seen.
type totpRecord struct {
	Secret  []byte  `json:"secret,omitempty"`
	Pending []byte  `json:"pending,omitempty"` // associated, and not verified yet
	Used    []int64 `json:"used,omitempty"`    // the steps of late whose code has been used
	Name    string  `json:"name,omitempty"`    // FriendlyDeviceName
}

const (
	totpSeconds = 30
	totpSecret  = 32 // bytes, which base32 writes with 52 characters
)

func (r totpRecord) verified() bool { return len(r.Secret) > 0 }

func totpEncoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// totpCode is the code of one step (RFC 4226, 5.3).
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

func totpStep(now moment) int64 { return now.seconds() / totpSeconds }

// totpSteps gives the steps that a code is right for: the present one, the one before and the one after.
func totpSteps(secret []byte, code string, now moment) []int64 {
	var steps []int64
	for step := totpStep(now) - 1; step <= totpStep(now)+1; step++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 {
			steps = append(steps, step)
		}
	}
	return steps
}

// take finds a step that the code is right for and that has not been used, and marks it as used. known tells whether the
// code was right at all.
func (r *totpRecord) take(secret []byte, code string, now moment) (known, taken bool) {
	oldest := totpStep(now) - 1
	r.Used = slices.DeleteFunc(r.Used, func(step int64) bool { return step < oldest })
	for _, step := range totpSteps(secret, code, now) {
		if !slices.Contains(r.Used, step) {
			r.Used = append(r.Used, step)
			return true, true
		}
		known = true
	}
	return known, false
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
