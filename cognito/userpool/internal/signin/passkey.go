package signin

import (
	"cmp"
	"crypto/rand"
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/webauthn"
)

// hasPasskey reports whether the user can sign in with a passkey. If the pool requires MFA, the passkey must count as
// both factors.
func hasPasskey(t *store.Tx, a *attempt) bool {
	switch {
	case t.Pool.CheckPasskeys() != nil:
		return false
	case a.user == nil:
		return a.passkey != nil
	case a.user.Status != store.StatusConfirmed:
		return false
	case t.Pool.MfaConfiguration == "ON" && !a.user.PasskeyCountsAsMFA(t.Pool):
		return false
	}
	list, err := t.UsablePasskeys(a.user.Sub)
	return err == nil && len(list) > 0
}

const passkeyChallengeBytes = 32

// startPasskey returns WEB_AUTHN. The challenge is kept in the session, which only one assertion can answer.
func (o *Operations) startPasskey(c *service.Call, client *settings.Client, a *attempt, _ map[string]string) (*authOutput, error) {
	challenge := make([]byte, passkeyChallengeBytes)
	if _, err := rand.Read(challenge); err != nil {
		return nil, err
	}
	list := []*webauthn.Credential{a.passkey}
	err := o.View(a.pool.ID, c.Now, func(t *store.Tx) (err error) {
		if a.user != nil {
			list, err = t.UsablePasskeys(a.user.Sub)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	party := a.pool.RelyingParty()
	party.VerifyUser = party.VerifyUser || a.user != nil && a.user.PasskeyCountsAsMFA(a.pool)
	options := party.RequestOptions(list, challenge, client.SessionLifetime())
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	return o.askFirstFactor(c, client, a, step{
		challenge: "WEB_AUTHN", parameters: map[string]string{"CREDENTIAL_REQUEST_OPTIONS": string(text)},
		session: store.Session{Code: webauthn.EncodeID(challenge)},
	})
}

// answerPasskey handles the assertion of a passkey.
func (o *Operations) answerPasskey(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	if answers["CREDENTIAL"] == "" {
		return nil, exception.InvalidParameter("Missing required parameter CREDENTIAL")
	}
	given, err := webauthn.ParseAssertion(answers["CREDENTIAL"])
	if err != nil {
		return nil, err
	}
	w := &progress{client: client, sub: s.Sub, device: cmp.Or(deviceKeyIn(answers), s.Device)}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		u, both, refusal, err := checkAssertion(t, s, answers["USERNAME"], given)
		w.done = both
		return u, refusal, err
	})
}

// checkAssertion consumes the session, whether or not the assertion verifies. both reports that the passkey counts as
// both factors. Failures are not counted: a signature cannot be guessed, and a lock would hit the user.
func checkAssertion(t *store.Tx, s store.Session, name string, given *protocol.ParsedCredentialAssertionData) (u *store.User, both bool, refusal, err error) {
	if err := checkOpenSession(t, s, name); err != nil {
		return nil, false, nil, err
	}
	if err := t.UseSession(s.ID, s.Expires); err != nil {
		return nil, false, nil, err
	}
	if u, err = t.User(s.Sub); err != nil {
		return nil, false, nil, err
	}
	if u == nil {
		return nil, false, exception.IncorrectPassword(), nil
	}
	rec, err := t.Passkey(u.Sub, webauthn.EncodeID(given.RawID))
	switch {
	case err != nil:
		return nil, false, nil, err
	case rec == nil || !assertionMatches(t, u, s, rec, given):
		return nil, false, exception.IncorrectPassword(), nil
	case u.Disabled:
		return nil, false, exception.UserDisabled(), nil
	case u.Status != store.StatusConfirmed:
		return nil, false, exception.InvalidSession(), nil
	}
	rec.Counter = given.Response.AuthenticatorData.Counter
	return u, u.PasskeyCountsAsMFA(t.Pool), nil, t.SavePasskey(u.Sub, rec)
}

// assertionMatches verifies an assertion for a session against the credential that it names.
func assertionMatches(t *store.Tx, u *store.User, s store.Session, rec *webauthn.Credential, given *protocol.ParsedCredentialAssertionData) bool {
	if t.Pool.CheckPasskeys() != nil {
		return false
	}
	party := t.Pool.RelyingParty()
	party.VerifyUser = party.VerifyUser || u.PasskeyCountsAsMFA(t.Pool)
	return party.VerifyAssertion(given, rec, u.Sub, s.Code)
}
