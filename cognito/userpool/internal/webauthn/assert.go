package webauthn

import (
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"authgraph/cognito/userpool/internal/exception"
)

// RequestOptions returns the options with which a browser signs in with one of the credentials.
func (rp RelyingParty) RequestOptions(credentials []*Credential, challenge []byte, timeout time.Duration) protocol.PublicKeyCredentialRequestOptions {
	return protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, Timeout: int(timeout.Milliseconds()), RelyingPartyID: rp.ID,
		AllowedCredentials: descriptors(credentials), UserVerification: rp.userVerification(),
	}
}

// ParseAssertion parses an AuthenticationResponseJSON. It verifies nothing yet.
func ParseAssertion(text string) (*protocol.ParsedCredentialAssertionData, error) {
	given, err := protocol.ParseCredentialRequestResponseBytes([]byte(text))
	if err != nil {
		return nil, exception.InvalidParameter("CREDENTIAL is not a valid authentication response.")
	}
	return given, nil
}

// VerifyAssertion reports whether an assertion (section 7.2) was made for a challenge, by a credential of the user
// sub.
func (rp RelyingParty) VerifyAssertion(given *protocol.ParsedCredentialAssertionData, rec *Credential, sub, challenge string) bool {
	origin, data := given.Response.CollectedClientData.Origin, given.Response.AuthenticatorData
	switch {
	case !allowedOrigin(rp.ID, origin):
		return false
	case len(given.Response.UserHandle) > 0 && string(given.Response.UserHandle) != sub:
		return false
	case !checkFlags(data) || data.Flags.HasBackupEligible() != rec.Synced:
		return false
	// A counter that does not increase belongs to a copy (step 22).
	case (data.Counter != 0 || rec.Counter != 0) && data.Counter <= rec.Counter:
		return false
	}
	err := given.Verify(challenge, rp.ID, "", []string{origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false,
		rp.VerifyUser, true, rec.PublicKey, protocol.SignaturePolicy{})
	return err == nil
}
