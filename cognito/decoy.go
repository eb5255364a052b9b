package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"authgraph/cognito/srp"
	"authgraph/internal/apierr"
)

// mimic makes up the challenges that users who do not exist would get, so that a
// sign-in which begins with an address alone tells nothing. An app client that is
// ENABLED does that by itself for unknown users; this does it for LEGACY ones too,
// and for users who may not sign in. Answers to such challenges go to Cognito, which
// refuses them; the refusals are made alike.
type mimic struct {
	key []byte
	// What real challenges look like here, learnt from the last one of its kind.
	secretBlockSize atomic.Int64
	sessionSize     atomic.Int64
	factors         atomic.Pointer[[]string]
}

// Until a real challenge was seen: about what Cognito sends.
const (
	usualSecretBlockSize = 1200
	usualSessionSize     = 1500
)

func newMimic(o Options) *mimic {
	m := &mimic{key: o.HidingKey}
	if len(m.key) == 0 {
		m.key = []byte(o.ClientSecret)
	}
	if len(m.key) == 0 {
		m.key = random(32)
	}
	m.secretBlockSize.Store(usualSecretBlockSize)
	m.sessionSize.Store(usualSessionSize)
	m.factors.Store(&[]string{"PASSWORD", "PASSWORD_SRP"})
	return m
}

// learn takes the measure of a real challenge.
func (m *mimic) learn(result SigninResult) {
	challenge, ok := result.(Challenge)
	if !ok {
		return
	}
	if sealed, err := openSession(challenge.GetSession()); err == nil && sealed.Session != "" {
		m.sessionSize.Store(int64(len(sealed.Session)))
	}
	switch c := challenge.(type) {
	case *SRPChallenge:
		m.secretBlockSize.Store(int64(len(c.SecretBlock)))
	case *SelectFactorChallenge:
		// That somebody has a passkey is not what everybody looks like.
		factors := slices.DeleteFunc(slices.Clone(c.Available), func(f string) bool { return f == "WEB_AUTHN" })
		m.factors.Store(&factors)
	}
}

// challenge returns what somebody of that name would be asked by the first factor,
// which is empty when there is yet to be chosen one. inChoice tells whether the
// flow is the one with a choice.
func (m *mimic) challenge(factor, email, deviceKey string, inChoice bool) Challenge {
	sealed := sealedSession{Challenge: factor, Username: email, DeviceKey: deviceKey}
	if inChoice {
		sealed.Session = m.text(m.sessionSize.Load())
	}
	switch factor {
	case "PASSWORD_SRP":
		sealed.Challenge, sealed.Username = "PASSWORD_VERIFIER", m.userID(email)
		return &SRPChallenge{
			challengeBase: challengeBase{sealed.String()},
			// The same every time, as a real one's.
			Salt:         new(big.Int).SetBytes(m.derived("salt", email)[:16]).Text(16),
			SrpB:         srp.RandomB(),
			SecretBlock:  base64.StdEncoding.EncodeToString(random(int(m.secretBlockSize.Load()) / 4 * 3)),
			UserIDForSrp: sealed.Username,
		}
	case "EMAIL_OTP":
		return &EmailOTPChallenge{challengeBase{sealed.String()}, &CodeDelivery{
			Destination: maskEmail(email), Medium: new(DeliveryMediumEmail),
		}}
	case "SMS_OTP":
		digits := m.derived("phone", email)
		return &SMSOTPChallenge{challengeBase{sealed.String()}, &CodeDelivery{
			Destination: fmt.Sprintf("+*******%04d", (int(digits[0])<<8|int(digits[1]))%10_000), Medium: new(DeliveryMediumSMS),
		}}
	case "PASSWORD":
		return &PasswordChallenge{challengeBase{sealed.String()}, false}
	default:
		sealed.Challenge = "SELECT_CHALLENGE"
		return &SelectFactorChallenge{challengeBase{sealed.String()}, slices.Clone(*m.factors.Load())}
	}
}

// userID returns an id for somebody who does not exist, always the same one, of the
// form of a real one: a UUID but for its version and variant.
func (m *mimic) userID(email string) string {
	id := m.derived("sub", email)
	id[6] = 0x70
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

func (m *mimic) derived(what, email string) []byte {
	mac := hmac.New(sha256.New, m.key)
	mac.Write([]byte(what + "\n" + strings.ToLower(email)))
	return mac.Sum(nil)
}

// text returns random text of the alphabet of a session.
func (m *mimic) text(size int64) string {
	return base64.RawURLEncoding.EncodeToString(random(int(size)))[:size]
}

func random(size int) []byte {
	b := make([]byte, size)
	// It never fails: crypto/rand.Read.
	_, _ = rand.Read(b)
	return b
}

// startInSilence begins a sign-in; for users who do not exist or may not sign in it
// seems to.
func (c *Client) startInSilence(ctx context.Context, in StartSigninInput) (SigninResult, error) {
	return atSafeTime(ctx, func() (SigninResult, error) {
		result, err := c.startSignIn(ctx, in)
		if err == nil {
			c.mimic.learn(result)
			return result, nil
		}
		e := apierr.From(err)
		if !tellsOfUser(e) && e.Code != apierr.InvalidCredentials && e.Code != apierr.CodeDeliveryFailed {
			return nil, err
		}
		factor, custom := "", in.Custom != nil && *in.Custom
		switch {
		case in.PreferredFactor != nil:
			factor = string(*in.PreferredFactor)
		case in.SrpA != nil:
			factor = "PASSWORD_SRP"
		case custom:
			// What a pool of its own making asks, only the pool knows.
			return nil, instead(e, apierr.InvalidCredentials, wrongCredentials)
		}
		inChoice := !custom && (in.SrpA == nil || in.PreferredFactor != nil)
		return c.mimic.challenge(factor, in.Email, aws.ToString(in.DeviceKey), inChoice), nil
	})
}

// answerInSilence answers a challenge, perhaps a made-up one.
func (c *Client) answerInSilence(ctx context.Context, session string, answer Answer) (SigninResult, error) {
	began := time.Now()
	result, err := c.answer(ctx, session, answer)
	sealed, openErr := openSession(session)
	if openErr != nil || isOverload(err) {
		return result, err
	}
	switch sealed.Challenge {
	case "PASSWORD_VERIFIER", "PASSWORD", "PASSWORD_SRP", "WEB_AUTHN", "CUSTOM_CHALLENGE":
		return result, hideInCredentials(ctx, began, expiredAsRefused(err))
	case "SELECT_CHALLENGE":
		return c.chooseInSilence(ctx, began, sealed, answer, result, err)
	case "EMAIL_OTP", "SMS_OTP":
		if err != nil {
			awaitSafeTime(ctx, began)
			err = hideInCode(expiredAsRefused(err))
		}
		return result, err
	default:
		// Who comes this far has proven the password; who forges the session of a
		// stranger is told what everybody with a bad session is.
		if e := apierr.From(err); e != nil && (tellsOfUser(e) || e.Code == apierr.SessionExpired || e.Code == apierr.InvalidCredentials) {
			awaitSafeTime(ctx, began)
			err = instead(e, apierr.SessionExpired, startAgainMessage)
		}
		return result, err
	}
}

// chooseInSilence is the answer to a choice of the first factor. Without proof in
// it, the next challenge follows for everybody.
func (c *Client) chooseInSilence(
	ctx context.Context, began time.Time, sealed sealedSession, answer Answer, result SigninResult, err error,
) (SigninResult, error) {
	proves := answer.Factor == nil || answer.Factor.Password != nil || answer.Factor.Passkey != nil
	if proves {
		return result, hideInCredentials(ctx, began, expiredAsRefused(err))
	}
	e := apierr.From(expiredAsRefused(err))
	if e != nil && (tellsOfUser(e) || e.Code == apierr.InvalidCredentials || e.Code == apierr.CodeDeliveryFailed) {
		result, err = c.mimic.challenge(answer.Factor.Factor, sealed.Username, sealed.DeviceKey, true), nil
	}
	awaitSafeTime(ctx, began)
	return result, err
}

// expiredAsRefused takes a session that Cognito does not know for a wrong answer:
// Cognito says so of one that was made up here.
func expiredAsRefused(err error) error {
	if e := apierr.From(err); e != nil && e.Code == apierr.SessionExpired {
		return instead(e, apierr.InvalidCredentials, wrongCredentials)
	}
	return err
}
