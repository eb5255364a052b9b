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

// doubles tells whether a user's passkeys count as both factors, and so must verify the user.
func (u *userRecord) doubles(p *poolRecord) bool { return p.passkeyAsMFA() && u.MFA.Passkey }

// usablePasskeys leaves out those that were made for another domain than the pool has now.
func (t *poolTx) usablePasskeys(sub string) ([]*passkeyRecord, error) {
	all, err := t.passkeysOf(sub)
	list := []*passkeyRecord{}
	for _, rec := range all {
		if rec.RelyingPartyID == t.pool.relyingParty().ID {
			list = append(list, rec)
		}
	}
	return list, err
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

// simulatedPasskey is what a user who does not exist is shown with. Of the names that nobody has, half have one, always the
// same half and the same one: so neither having a passkey nor having none tells whether somebody exists.
func simulatedPasskey(ring *keyRing, account string) *passkeyRecord {
	seed := ring.derived("passkey", account)
	if seed[0]&1 == 0 {
		return nil
	}
	return &passkeyRecord{ID: seed[1:21], Transports: []string{"hybrid", "internal"}}
}

// parseAssertion reads an AuthenticationResponseJSON down to the authenticator data. It checks nothing yet.
func parseAssertion(text string) (*protocol.ParsedCredentialAssertionData, error) {
	given, err := protocol.ParseCredentialRequestResponseBytes([]byte(text))
	if err != nil {
		return nil, invalidParameter("CREDENTIAL is not a valid authentication response.")
	}
	return given, nil
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

// checkAssertion verifies an assertion (section 7.2) of a credential of the user sub, made for a challenge.
func (rp relyingParty) checkAssertion(given *protocol.ParsedCredentialAssertionData, rec *passkeyRecord, sub, challenge string) bool {
	origin, data := given.Response.CollectedClientData.Origin, given.Response.AuthenticatorData
	switch {
	case !allowedOrigin(rp.ID, origin):
		return false
	case len(given.Response.UserHandle) > 0 && string(given.Response.UserHandle) != sub:
		return false
	case !checkFlags(data) || data.Flags.HasBackupEligible() != rec.Synced:
		return false
	// A counter that does not go up is that of a copy (step 22).
	case (data.Counter != 0 || rec.Counter != 0) && data.Counter <= rec.Counter:
		return false
	}
	err := given.Verify(challenge, rp.ID, "", []string{origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false,
		rp.VerifyUser, true, rec.PublicKey, protocol.SignaturePolicy{})
	return err == nil
}
