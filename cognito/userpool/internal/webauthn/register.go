package webauthn

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
)

// User is the account that a passkey is created for.
type User struct {
	Sub         string
	Name        string // the sign-in name
	DisplayName string
}

// CreationOptions is PublicKeyCredentialCreationOptionsJSON, including an empty list of credentials.
type CreationOptions struct {
	protocol.PublicKeyCredentialCreationOptions
	Exclude []protocol.CredentialDescriptor `json:"excludeCredentials"`
}

// CreationOptions returns the options with which a browser creates a passkey, on an authenticator that has none of
// the existing ones.
func (rp RelyingParty) CreationOptions(u User, existing []*Credential, challenge []byte, timeout time.Duration) CreationOptions {
	named := func(name string) protocol.CredentialEntity { return protocol.CredentialEntity{Name: name} }
	return CreationOptions{
		PublicKeyCredentialCreationOptions: protocol.PublicKeyCredentialCreationOptions{
			RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: named(rp.ID), ID: rp.ID},
			User: protocol.UserEntity{
				CredentialEntity: named(u.Name), DisplayName: u.DisplayName, ID: protocol.URLEncodedBase64(u.Sub),
			},
			Challenge:  challenge,
			Parameters: algorithms(),
			Timeout:    int(timeout.Milliseconds()),
			AuthenticatorSelection: protocol.AuthenticatorSelection{
				RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired,
				UserVerification: rp.userVerification(),
			},
		},
		Exclude: descriptors(existing),
	}
}

// ParseRegistration parses a RegistrationResponseJSON. It verifies nothing yet.
func ParseRegistration(raw []byte) (*protocol.ParsedCredentialCreationData, error) {
	given, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return nil, exception.InvalidParameter("Credential is not a valid registration response.")
	}
	return given, nil
}

func unsupportedCredential(why string) *exception.Error {
	return exception.New("WebAuthnCredentialNotSupportedException", "The passkey cannot be used: %s", why)
}

// VerifyRegistration verifies a response to creation options (section 7.1) whose challenge has been checked. Errors
// that have exceptions of their own come first.
func (rp RelyingParty) VerifyRegistration(given *protocol.ParsedCredentialCreationData, now epoch.Time) (*Credential, error) {
	client, attested := given.Response.CollectedClientData, given.Response.AttestationObject
	switch {
	case client.Type != protocol.CreateCeremony:
		return nil, exception.InvalidParameter("Credential is not a response to a registration.")
	case !allowedOrigin(rp.ID, client.Origin) || client.CrossOrigin:
		return nil, exception.New("WebAuthnOriginNotAllowedException", "The origin %s is not allowed.", exception.Shorten(client.Origin))
	case !rpIDHashMatches(attested.AuthData, sha256.Sum256([]byte(rp.ID))):
		return nil, exception.New("WebAuthnRelyingPartyMismatchException", "The passkey belongs to another relying party than %s.", rp.ID)
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
		protocol.TopOriginExplicitVerificationMode, false, rp.VerifyUser, true, nil, algorithms(),
		protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return nil, unsupportedCredential("its attestation does not verify.")
	}
	return newCredential(rp.ID, given, now)
}

// newCredential returns the record of a verified credential. Without an attestation, the key has not been checked
// yet.
func newCredential(relyingParty string, given *protocol.ParsedCredentialCreationData, now epoch.Time) (*Credential, error) {
	data := given.Response.AttestationObject.AuthData
	if _, err := webauthncose.ParsePublicKey(data.AttData.CredentialPublicKey); err != nil {
		return nil, unsupportedCredential("its key is not valid.")
	}
	rec := &Credential{
		ID: given.RawID, PublicKey: data.AttData.CredentialPublicKey, Counter: data.Counter, Synced: data.Flags.HasBackupEligible(),
		RelyingPartyID: relyingParty, Attachment: string(given.AuthenticatorAttachment), Transports: transportsOf(given), Created: now,
	}
	rec.Name = friendlyName(data.AttData.AAGUID, rec.Attachment)
	return rec, nil
}

// transportsOf returns the transports that the standard defines (section 5.8.4). A client could send anything.
func transportsOf(given *protocol.ParsedCredentialCreationData) []string {
	out := []string{}
	for _, transport := range []string{"ble", "hybrid", "internal", "nfc", "smart-card", "usb"} {
		if slices.Contains(given.Response.Transports, protocol.AuthenticatorTransport(transport)) {
			out = append(out, transport)
		}
	}
	return out
}

// friendlyName names a passkey after its provider, if the authenticator says which that is.
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
