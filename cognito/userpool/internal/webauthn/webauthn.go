// Package webauthn verifies passkeys: Web Authentication Level 3 (https://www.w3.org/TR/webauthn-3/) with the pool as
// relying party. Section and step numbers refer to that document.
package webauthn

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"authgraph/cognito/userpool/internal/epoch"
)

// Credential is one passkey of a user.
type Credential struct {
	ID             []byte     `json:"id"`
	PublicKey      []byte     `json:"publicKey"` // COSE_Key (RFC 9052, section 7)
	Counter        uint32     `json:"counter"`   // last signature counter; 0 if the authenticator does not count
	Synced         bool       `json:"synced"`    // can be on several devices (flag BE); never changes
	Name           string     `json:"name"`
	RelyingPartyID string     `json:"rp"`
	Attachment     string     `json:"attachment,omitempty"`
	Transports     []string   `json:"transports"`
	Created        epoch.Time `json:"created"`
}

// EncodeID returns a credential's id in base64url, its form in JSON and in the database.
func EncodeID(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// allowedOrigin reports whether a page may use passkeys of a relying party: it must be on that domain or below, over
// https. Like browsers, it treats http on localhost as secure and ignores the port.
func allowedOrigin(relyingParty, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin {
		return false
	}
	switch host := u.Hostname(); u.Scheme {
	case "https":
		return host == relyingParty || strings.HasSuffix(host, "."+relyingParty)
	case "http":
		return host == "localhost" && relyingParty == "localhost"
	}
	return false
}

// algorithms returns the supported signature algorithms, the preferred one first.
func algorithms() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
	}
}

// descriptors returns credentials in the form that browsers take.
func descriptors(list []*Credential) []protocol.CredentialDescriptor {
	out := []protocol.CredentialDescriptor{}
	for _, rec := range list {
		d := protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: rec.ID}
		for _, transport := range rec.Transports {
			d.Transport = append(d.Transport, protocol.AuthenticatorTransport(transport))
		}
		out = append(out, d)
	}
	return out
}

// RelyingParty is the site that passkeys are for, and its requirements.
type RelyingParty struct {
	ID         string // a domain
	VerifyUser bool   // by PIN or biometrics; otherwise presence is enough
}

func (rp RelyingParty) userVerification() protocol.UserVerificationRequirement {
	if rp.VerifyUser {
		return protocol.VerificationRequired
	}
	return protocol.VerificationPreferred
}

// checkFlags makes a check that the library does not: a credential that is backed up now must be one that can be
// (section 6.1.3).
func checkFlags(data protocol.AuthenticatorData) bool {
	return data.Flags.HasBackupEligible() || !data.Flags.HasBackupState()
}

// rpIDHashMatches compares the hash of the relying party's id in authenticator data.
func rpIDHashMatches(data protocol.AuthenticatorData, sum [32]byte) bool {
	return bytes.Equal(data.RPIDHash, sum[:])
}
