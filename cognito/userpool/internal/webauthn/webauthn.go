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

// Credential is one credential of a user.
type Credential struct {
	ID             []byte     `json:"id"`
	PublicKey      []byte     `json:"publicKey"` // COSE_Key (RFC 9052, section 7)
	Counter        uint32     `json:"counter"`   // of signatures, as last seen; 0 where the authenticator does not count
	Synced         bool       `json:"synced"`    // it can be on several devices (flag BE), which never changes
	Name           string     `json:"name"`
	RelyingPartyID string     `json:"rp"`
	Attachment     string     `json:"attachment,omitempty"`
	Transports     []string   `json:"transports"`
	Created        epoch.Time `json:"created"`
}

// EncodeID is how a credential's id is written in JSON and in keys.
func EncodeID(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// allowedOrigin tells whether a page may use passkeys of a relying party: it must be on that domain or one below it, over
// https. As browsers do, it takes http from localhost for secure, and does not look at the port.
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

// algorithms are the signatures that are asked for and accepted, the preferred first.
func algorithms() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
	}
}

// descriptors name credentials to a browser.
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

// RelyingParty is the site that credentials are made for, and what it asks of them.
type RelyingParty struct {
	ID         string // a domain
	VerifyUser bool   // by PIN or biometrics; otherwise it is enough that the user is present
}

func (rp RelyingParty) userVerification() protocol.UserVerificationRequirement {
	if rp.VerifyUser {
		return protocol.VerificationRequired
	}
	return protocol.VerificationPreferred
}

// checkFlags holds what the library does not look at: a credential that is on several devices now must be one that can be
// (section 6.1.3).
func checkFlags(data protocol.AuthenticatorData) bool {
	return data.Flags.HasBackupEligible() || !data.Flags.HasBackupState()
}

// rpIDHashMatches compares the hash of the relying party's id in authenticator data.
func rpIDHashMatches(data protocol.AuthenticatorData, sum [32]byte) bool {
	return bytes.Equal(data.RPIDHash, sum[:])
}
