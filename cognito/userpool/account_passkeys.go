package userpool

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
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
