package userpool

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Passkeys: Web Authentication Level 3 (https://www.w3.org/TR/webauthn-3/) with the pool as relying party. The ceremonies are
// in webauthnregister.go and webauthnsignin.go.

// webAuthnConfig is Cognito's WebAuthnConfigurationType.
type webAuthnConfig struct {
	RelyingPartyID      string `json:"RelyingPartyId,omitempty" is:"relyingParty"`
	UserVerification    string `json:"UserVerification,omitempty" is:"userVerification"`
	FactorConfiguration string `json:"FactorConfiguration,omitempty" is:"passkeyFactor"`
}

// passkeyRecord is one credential of a user.
type passkeyRecord struct {
	ID             []byte   `json:"id"`
	PublicKey      []byte   `json:"publicKey"` // COSE_Key (RFC 9052, section 7)
	Counter        uint32   `json:"counter"`   // of signatures, as last seen; 0 where the authenticator does not count
	Synced         bool     `json:"synced"`    // it can be on several devices (flag BE), which never changes
	Name           string   `json:"name"`
	RelyingPartyID string   `json:"rp"`
	Attachment     string   `json:"attachment,omitempty"`
	Transports     []string `json:"transports"`
	Created        moment   `json:"created"`
}

const passkeysMost = 20 // of a user

// passkeys tells whether the pool lets users sign in with one.
func (p *poolRecord) passkeys() bool {
	return slices.Contains(p.Policies.SignInPolicy.AllowedFirstAuthFactors, "WEB_AUTHN")
}

// relyingParty is who the pool's passkeys belong to; its ID is empty if the pool has none.
func (p *poolRecord) relyingParty() relyingParty {
	if p.WebAuthn == nil {
		return relyingParty{}
	}
	return relyingParty{ID: p.WebAuthn.RelyingPartyID, VerifyUser: p.WebAuthn.UserVerification == "required"}
}

// checkPasskeys refuses where passkeys are not in use.
func (p *poolRecord) checkPasskeys() error {
	switch {
	case !p.passkeys():
		return fault("WebAuthnNotEnabledException", "WebAuthn is not enabled for the user pool.")
	case p.relyingParty().ID == "":
		return fault("WebAuthnConfigurationMissingException", "The user pool has no relying party id.")
	}
	return nil
}

// passkeyAsMFA tells whether a passkey that verified its user is as good as two factors.
func (p *poolRecord) passkeyAsMFA() bool {
	return p.WebAuthn != nil && p.WebAuthn.FactorConfiguration == "MULTI_FACTOR_WITH_USER_VERIFICATION"
}

// relyingParty is the site that credentials are made for, and what it asks of them.
type relyingParty struct {
	ID         string // a domain
	VerifyUser bool   // by PIN or biometrics; otherwise it is enough that the user is present
}

func (rp relyingParty) userVerification() protocol.UserVerificationRequirement {
	if rp.VerifyUser {
		return protocol.VerificationRequired
	}
	return protocol.VerificationPreferred
}

// requestOptions ask a browser for an assertion of one of the credentials.
func (rp relyingParty) requestOptions(credentials []*passkeyRecord, challenge []byte, timeout time.Duration) protocol.PublicKeyCredentialRequestOptions {
	return protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, Timeout: int(timeout.Milliseconds()), RelyingPartyID: rp.ID,
		AllowedCredentials: descriptors(credentials), UserVerification: rp.userVerification(),
	}
}

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

// passkeyAlgorithms are the signatures that are asked for and accepted, the preferred first.
func passkeyAlgorithms() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
	}
}

// credentialText is how a credential's id is written in JSON and in keys.
func credentialText(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

func (t *poolTx) passkey(sub, id string) (*passkeyRecord, error) {
	return load[passkeyRecord](t.bucket(passkeysBucket), key(sub, id))
}

// passkeysOf lists the passkeys of a user, by id.
func (t *poolTx) passkeysOf(sub string) ([]*passkeyRecord, error) {
	list := []*passkeyRecord{}
	for _, id := range restOf(t.bucket(passkeysBucket), key(sub, "")) {
		rec, err := t.passkey(sub, id)
		if err != nil {
			return nil, err
		}
		list = append(list, rec)
	}
	return list, nil
}

// addPasskey stores a new credential. No two users can have the same one (section 7.1, step 26).
func (t *poolTx) addPasskey(sub string, rec *passkeyRecord) error {
	id := credentialText(rec.ID)
	if t.bucket(passkeyOfBucket).Get(key(id)) != nil {
		return fault("WebAuthnCredentialNotSupportedException", "The passkey is registered already.")
	}
	if len(restOf(t.bucket(passkeysBucket), key(sub, ""))) >= passkeysMost {
		return tooManyPasskeys()
	}
	if err := t.bucket(passkeyOfBucket).Put(key(id), []byte(sub)); err != nil {
		return err
	}
	return t.savePasskey(sub, rec)
}

func (t *poolTx) savePasskey(sub string, rec *passkeyRecord) error {
	return save(t.bucket(passkeysBucket), key(sub, credentialText(rec.ID)), rec)
}

func tooManyPasskeys() *apiError {
	return fault("LimitExceededException", "A user can have %d passkeys.", passkeysMost)
}

func (t *poolTx) dropPasskey(sub, id string) error {
	if err := t.bucket(passkeyOfBucket).Delete(key(id)); err != nil {
		return err
	}
	return t.bucket(passkeysBucket).Delete(key(sub, id))
}

// dropPasskeysOf is for a user who is deleted.
func (t *poolTx) dropPasskeysOf(sub string) error {
	for _, id := range restOf(t.bucket(passkeysBucket), key(sub, "")) {
		if err := t.dropPasskey(sub, id); err != nil {
			return err
		}
	}
	return nil
}

// descriptors name credentials to a browser.
func descriptors(list []*passkeyRecord) []protocol.CredentialDescriptor {
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

type listPasskeysInput struct {
	AccessToken string `json:"AccessToken" is:"required,token"`
	MaxResults  int    `json:"MaxResults" is:"limit20"`
	NextToken   string `json:"NextToken" is:"page"`
}

type listPasskeysOutput struct {
	Credentials []passkeyDescription `json:"Credentials"`
	NextToken   string               `json:"NextToken,omitempty"`
}

// passkeyDescription is Cognito's WebAuthnCredentialDescription.
type passkeyDescription struct {
	CredentialID            string   `json:"CredentialId"`
	FriendlyCredentialName  string   `json:"FriendlyCredentialName"`
	RelyingPartyID          string   `json:"RelyingPartyId"`
	AuthenticatorAttachment string   `json:"AuthenticatorAttachment,omitempty"`
	AuthenticatorTransports []string `json:"AuthenticatorTransports"`
	CreatedAt               moment   `json:"CreatedAt"`
}

func (rec *passkeyRecord) description() passkeyDescription {
	return passkeyDescription{
		CredentialID: credentialText(rec.ID), FriendlyCredentialName: rec.Name, RelyingPartyID: rec.RelyingPartyID,
		AuthenticatorAttachment: rec.Attachment, AuthenticatorTransports: rec.Transports, CreatedAt: rec.Created,
	}
}

func (p *Pool) listWebAuthnCredentials(c *call, in *listPasskeysInput) (*listPasskeysOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	ring, of := p.keys.of(who.poolID), "passkeys "+who.user.Sub
	at, err := openPage(ring, in.NextToken, of, c.now)
	if err != nil {
		return nil, err
	}
	most := in.MaxResults
	if most == 0 {
		most = passkeysMost
	}
	var list []*passkeyRecord
	err = p.view(who.poolID, c.now, func(t *poolTx) (err error) {
		list, err = t.passkeysOf(who.user.Sub)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &listPasskeysOutput{Credentials: []passkeyDescription{}}
	for _, rec := range list {
		// Keys are ordered as bytes of text, and so are the pages.
		if at.Last != "" && credentialText(rec.ID) <= at.Last {
			continue
		}
		if len(out.Credentials) == most {
			out.NextToken, err = newPage(ring, out.Credentials[most-1].CredentialID, of, c.now)
			break
		}
		out.Credentials = append(out.Credentials, rec.description())
	}
	return out, err
}

type deletePasskeyInput struct {
	AccessToken  string `json:"AccessToken" is:"required,token"`
	CredentialID string `json:"CredentialId" is:"required,credentialId"`
}

func (p *Pool) deleteWebAuthnCredential(c *call, in *deletePasskeyInput) (*empty, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	err = p.update(who.poolID, c.now, func(t *poolTx) error {
		if _, err := t.holderOf(who.claims); err != nil {
			return err
		}
		rec, err := t.passkey(who.user.Sub, in.CredentialID)
		if err != nil {
			return err
		}
		if rec == nil {
			return notFound("The WebAuthn credential does not exist.")
		}
		return t.dropPasskey(who.user.Sub, in.CredentialID)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

// checkFlags holds what the library does not look at: a credential that is on several devices now must be one that can be
// (section 6.1.3).
func checkFlags(data protocol.AuthenticatorData) bool {
	return data.Flags.HasBackupEligible() || !data.Flags.HasBackupState()
}

// hashFits compares the hash of the relying party's id in authenticator data.
func hashFits(data protocol.AuthenticatorData, sum [32]byte) bool {
	return bytes.Equal(data.RPIDHash, sum[:])
}
