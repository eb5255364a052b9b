package userpool

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/google/uuid"
)

// passkeyStart is what the server has to know when a registration is completed. It travels sealed as the challenge itself:
// sealing gives that the randomness a challenge needs, and nothing has to be stored until the browser comes back.
type passkeyStart struct {
	ID       string `json:"i"`
	Sub      string `json:"s"`
	ClientID string `json:"c"`
	Expires  moment `json:"e"`
}

const (
	passkeyPurpose = "passkey"
	passkeyLife    = 5 * time.Minute
)

type startPasskeyOutput struct {
	CredentialCreationOptions creationOptions `json:"CredentialCreationOptions"`
}

// creationOptions is PublicKeyCredentialCreationOptionsJSON, with the list of credentials also where that is empty.
type creationOptions struct {
	protocol.PublicKeyCredentialCreationOptions
	Exclude []protocol.CredentialDescriptor `json:"excludeCredentials"`
}

func (p *Pool) startWebAuthnRegistration(c *call, in *accessTokenInput) (*startPasskeyOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	challenge, err := p.keys.of(who.poolID).seal(passkeyPurpose, passkeyStart{
		ID: uuid.NewString(), Sub: who.user.Sub, ClientID: who.claims.ClientID, Expires: c.now.add(passkeyLife),
	})
	if err != nil {
		return nil, err
	}
	out := &startPasskeyOutput{}
	err = p.view(who.poolID, c.now, func(t *poolTx) error {
		if err := t.pool.checkPasskeys(); err != nil {
			return err
		}
		have, err := t.passkeysOf(who.user.Sub)
		if err != nil {
			return err
		}
		if len(have) >= passkeysMost {
			return tooManyPasskeys()
		}
		name := signInName(t.pool, who.user)
		u := passkeyUser{Sub: who.user.Sub, Name: name, DisplayName: cmp.Or(who.user.Attributes["name"], name)}
		out.CredentialCreationOptions = t.pool.relyingParty().creationOptions(u, have, challenge, passkeyLife)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// passkeyUser is the account that a credential is made for.
type passkeyUser struct {
	Sub         string
	Name        string // that people know the account by
	DisplayName string
}

// creationOptions ask a browser for a new credential, on an authenticator that has none of the existing ones.
func (rp relyingParty) creationOptions(u passkeyUser, existing []*passkeyRecord, challenge []byte, timeout time.Duration) creationOptions {
	named := func(name string) protocol.CredentialEntity { return protocol.CredentialEntity{Name: name} }
	return creationOptions{
		PublicKeyCredentialCreationOptions: protocol.PublicKeyCredentialCreationOptions{
			RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: named(rp.ID), ID: rp.ID},
			User: protocol.UserEntity{
				CredentialEntity: named(u.Name), DisplayName: u.DisplayName, ID: protocol.URLEncodedBase64(u.Sub),
			},
			Challenge:  challenge,
			Parameters: passkeyAlgorithms(),
			Timeout:    int(timeout.Milliseconds()),
			AuthenticatorSelection: protocol.AuthenticatorSelection{
				RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired,
				UserVerification: rp.userVerification(),
			},
		},
		Exclude: descriptors(existing),
	}
}

// signInName is the name that people know a user by; where an address is the user name, the stored one is a sub.
func signInName(pool *poolRecord, u *userRecord) string {
	for _, name := range pool.UsernameAttributes {
		if u.Attributes[name] != "" {
			return u.Attributes[name]
		}
	}
	return u.Username
}

type completePasskeyInput struct {
	AccessToken string          `json:"AccessToken" is:"required,token"`
	Credential  json.RawMessage `json:"Credential" is:"required"`
}

func (p *Pool) completeWebAuthnRegistration(c *call, in *completePasskeyInput) (*empty, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	given, err := parseRegistration(in.Credential)
	if err != nil {
		return nil, err
	}
	start, err := p.registrationStart(who, given)
	if err != nil {
		return nil, err
	}
	err = p.decide(who.poolID, c.now, func(t *poolTx) (refusal, err error) {
		if _, err := t.holderOf(who.claims); err != nil {
			return nil, err
		}
		if err := t.useStart(start); err != nil {
			return nil, err
		}
		if err := t.pool.checkPasskeys(); err != nil {
			return refusalOf(err)
		}
		rec, err := t.pool.relyingParty().checkRegistration(given, t.now)
		if err != nil {
			return refusalOf(err)
		}
		return refusalOf(t.addPasskey(who.user.Sub, rec))
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

// parseRegistration reads a RegistrationResponseJSON down to the authenticator data. It checks nothing yet.
func parseRegistration(raw []byte) (*protocol.ParsedCredentialCreationData, error) {
	given, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return nil, invalidParameter("Credential is not a valid registration response.")
	}
	return given, nil
}

func challengeNotFound() *apiError {
	return fault("WebAuthnChallengeNotFoundException", "The registration challenge was not found or has expired.")
}

// registrationStart finds out which registration a response completes, by the challenge that it answers.
func (p *Pool) registrationStart(who *caller, given *protocol.ParsedCredentialCreationData) (passkeyStart, error) {
	var start passkeyStart
	err := p.keys.of(who.poolID).unsealText(passkeyPurpose, given.Response.CollectedClientData.Challenge, &start)
	switch {
	case err != nil || start.Sub != who.user.Sub:
		return start, challengeNotFound()
	case start.ClientID != who.claims.ClientID:
		return start, fault("WebAuthnClientMismatchException", "The registration was started with another client.")
	}
	return start, nil
}

// useStart uses a challenge up, whatever comes of it.
func (t *poolTx) useStart(start passkeyStart) error {
	if t.now > start.Expires || t.spent(start.ID) {
		return challengeNotFound()
	}
	return t.useSession(start.ID, start.Expires)
}

func unsupportedCredential(why string) *apiError {
	return fault("WebAuthnCredentialNotSupportedException", "The passkey cannot be used: %s", why)
}

// checkRegistration verifies a response to creation options (section 7.1), whose challenge is known to be good. The refusals
// that have names of their own come first.
func (rp relyingParty) checkRegistration(given *protocol.ParsedCredentialCreationData, now moment) (*passkeyRecord, error) {
	client, attested := given.Response.CollectedClientData, given.Response.AttestationObject
	switch {
	case client.Type != protocol.CreateCeremony:
		return nil, invalidParameter("Credential is not a response to a registration.")
	case !allowedOrigin(rp.ID, client.Origin) || client.CrossOrigin:
		return nil, fault("WebAuthnOriginNotAllowedException", "The origin %s is not allowed.", shortened(client.Origin))
	case !hashFits(attested.AuthData, sha256.Sum256([]byte(rp.ID))):
		return nil, fault("WebAuthnRelyingPartyMismatchException", "The passkey belongs to another relying party than %s.", rp.ID)
	case attested.Format != string(protocol.AttestationFormatNone) && attested.Format != string(protocol.AttestationFormatPacked):
		return nil, unsupportedCredential("its attestation has an unknown form.")
	case !attested.AuthData.Flags.UserPresent():
		return nil, unsupportedCredential("the user was not present.")
	case rp.VerifyUser && !attested.AuthData.Flags.UserVerified():
		return nil, unsupportedCredential("it did not verify the user.")
	case !checkFlags(attested.AuthData):
		return nil, unsupportedCredential("its flags contradict each other.")
	}
	_, err := given.Verify(client.Challenge, rp.ID, []string{client.Origin}, nil, nil,
		protocol.TopOriginExplicitVerificationMode, false, rp.VerifyUser, true, nil, passkeyAlgorithms(),
		protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return nil, unsupportedCredential("its attestation does not verify.")
	}
	return newPasskey(rp.ID, given, now)
}

// newPasskey is the record of a credential that is verified. Without an attestation nothing has looked at the key yet.
func newPasskey(relyingParty string, given *protocol.ParsedCredentialCreationData, now moment) (*passkeyRecord, error) {
	data := given.Response.AttestationObject.AuthData
	if _, err := webauthncose.ParsePublicKey(data.AttData.CredentialPublicKey); err != nil {
		return nil, unsupportedCredential("its key is not valid.")
	}
	rec := &passkeyRecord{
		ID: given.RawID, PublicKey: data.AttData.CredentialPublicKey, Counter: data.Counter, Synced: data.Flags.HasBackupEligible(),
		RelyingPartyID: relyingParty, Attachment: string(given.AuthenticatorAttachment), Transports: transportsOf(given), Created: now,
	}
	rec.Name = friendlyName(data.AttData.AAGUID, rec.Attachment)
	return rec, nil
}

// transportsOf keeps the transports that the standard knows (section 5.8.4); a client could send anything.
func transportsOf(given *protocol.ParsedCredentialCreationData) []string {
	out := []string{}
	for _, transport := range []string{"ble", "hybrid", "internal", "nfc", "smart-card", "usb"} {
		if slices.Contains(given.Response.Transports, protocol.AuthenticatorTransport(transport)) {
			out = append(out, transport)
		}
	}
	return out
}

// friendlyName names a passkey after its provider where the authenticator says which that is.
func friendlyName(aaguid []byte, attachment string) string {
	switch hex.EncodeToString(aaguid) {
	case "fbfc3007154e4ecc8c0b6e020557d7bd":
		return "iCloud Keychain"
	case "ea9b8d664d011d213ce4b6b48cb575d4":
		return "Google Password Manager"
	case "adce000235bcc60a648b0b25f1f05503":
		return "Chrome on Mac"
	case "08987058cadc4b81b6e130de50dcbe96", "9ddd1817af5a4672a2b93e3dd95000a9", "6028b017b1d44c02b4b3afcdafc96bb2":
		return "Windows Hello"
	case "bada5566a7aa401fbd9645619a55120d":
		return "1Password"
	case "d548826e79b4db40a3d811116f7e8349":
		return "Bitwarden"
	}
	if attachment == string(protocol.CrossPlatform) {
		return "Security key"
	}
	return "Passkey"
}
