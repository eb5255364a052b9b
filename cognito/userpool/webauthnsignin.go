package userpool

import (
	"cmp"
	"crypto/rand"
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"
)

// hasPasskey tells whether the user can sign in with a passkey. Where MFA is required that takes one that counts as both
// factors.
func (t *poolTx) hasPasskey(a *candidate) bool {
	switch {
	case t.pool.checkPasskeys() != nil:
		return false
	case a.user == nil:
		return a.passkey != nil
	case a.user.Status != statusConfirmed:
		return false
	case t.pool.MfaConfiguration == "ON" && !a.user.doubles(t.pool):
		return false
	}
	list, err := t.usablePasskeys(a.user.Sub)
	return err == nil && len(list) > 0
}

const passkeyChallengeBytes = 32

// startPasskey answers with WEB_AUTHN. The challenge is kept in the session, which only one assertion can answer.
func (p *Pool) startPasskey(c *call, client *clientRecord, a *candidate, _ map[string]string) (*authOutput, error) {
	challenge := make([]byte, passkeyChallengeBytes)
	if _, err := rand.Read(challenge); err != nil {
		return nil, err
	}
	list := []*passkeyRecord{a.passkey}
	err := p.view(a.pool.ID, c.now, func(t *poolTx) (err error) {
		if a.user != nil {
			list, err = t.usablePasskeys(a.user.Sub)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	party := a.pool.relyingParty()
	party.VerifyUser = party.VerifyUser || a.user != nil && a.user.doubles(a.pool)
	options := party.requestOptions(list, challenge, client.sessionLife())
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	return p.ask(c, client, a, step{
		challenge: "WEB_AUTHN", parameters: map[string]string{"CREDENTIAL_REQUEST_OPTIONS": string(text)},
		session: session{Code: credentialText(challenge)},
	})
}

// answerPasskey takes the assertion of a passkey.
func (p *Pool) answerPasskey(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	if answers["CREDENTIAL"] == "" {
		return nil, invalidParameter("Missing required parameter CREDENTIAL")
	}
	given, err := parseAssertion(answers["CREDENTIAL"])
	if err != nil {
		return nil, err
	}
	w := &passage{client: client, sub: s.Sub, device: cmp.Or(deviceKeyIn(answers), s.Device)}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		u, both, refusal, err := t.checkAssertion(s, answers["USERNAME"], given)
		w.done = both
		return u, refusal, err
	})
}

// checkAssertion uses the session up, whatever comes of it, and verifies an assertion. both tells that it counts as both
// factors. A refusal is not counted: a signature cannot be guessed, and the lock would hit the user.
func (t *poolTx) checkAssertion(s session, name string, given *protocol.ParsedCredentialAssertionData) (u *userRecord, both bool, refusal, err error) {
	if err := t.checkBegun(s, name); err != nil {
		return nil, false, nil, err
	}
	if err := t.useSession(s.ID, s.Expires); err != nil {
		return nil, false, nil, err
	}
	if u, err = t.user(s.Sub); err != nil {
		return nil, false, nil, err
	}
	if u == nil {
		return nil, false, incorrectPassword(), nil
	}
	rec, err := t.passkey(u.Sub, credentialText(given.RawID))
	switch {
	case err != nil:
		return nil, false, nil, err
	case rec == nil || !t.assertionFits(u, s, rec, given):
		return nil, false, incorrectPassword(), nil
	case u.Disabled:
		return nil, false, userDisabled(), nil
	case u.Status != statusConfirmed:
		return nil, false, invalidSession(), nil
	}
	rec.Counter = given.Response.AuthenticatorData.Counter
	return u, u.doubles(t.pool), nil, t.savePasskey(u.Sub, rec)
}

// assertionFits verifies an assertion for a session against the credential that it names.
func (t *poolTx) assertionFits(u *userRecord, s session, rec *passkeyRecord, given *protocol.ParsedCredentialAssertionData) bool {
	if t.pool.checkPasskeys() != nil {
		return false
	}
	party := t.pool.relyingParty()
	party.VerifyUser = party.VerifyUser || u.doubles(t.pool)
	return party.checkAssertion(given, rec, u.Sub, s.Code)
}
