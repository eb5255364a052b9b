package account

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/webauthn"
)

// passkeyStart is the state that the server needs to complete a registration. It travels sealed as the challenge itself:
// sealing adds the randomness that a challenge needs, and nothing is stored until the browser comes back.
type passkeyStart struct {
	ID       string     `json:"i"`
	Sub      string     `json:"s"`
	ClientID string     `json:"c"`
	Expires  epoch.Time `json:"e"`
}

const (
	passkeyPurpose = "passkey"
	passkeyLife    = 5 * time.Minute
)

type startPasskeyOutput struct {
	CredentialCreationOptions webauthn.CreationOptions `json:"CredentialCreationOptions"`
}

// StartWebAuthnRegistration returns the options with which a browser creates a passkey.
func (o *Operations) StartWebAuthnRegistration(c *service.Call, in *service.AccessTokenInput) (*startPasskeyOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	challenge, err := o.Keys.ForPool(caller.PoolID).Seal(passkeyPurpose, passkeyStart{
		ID: uuid.NewString(), Sub: caller.User.Sub, ClientID: caller.Claims.ClientID, Expires: c.Now.Add(passkeyLife),
	})
	if err != nil {
		return nil, err
	}
	out := &startPasskeyOutput{}
	err = o.View(caller.PoolID, c.Now, func(t *store.Tx) error {
		if err := t.Pool.CheckPasskeys(); err != nil {
			return err
		}
		have, err := t.PasskeysOf(caller.User.Sub)
		if err != nil {
			return err
		}
		if len(have) >= store.MaxPasskeys {
			return store.TooManyPasskeys()
		}
		name := signInName(t.Pool, caller.User)
		u := webauthn.User{Sub: caller.User.Sub, Name: name, DisplayName: cmp.Or(caller.User.Attributes["name"], name)}
		out.CredentialCreationOptions = t.Pool.RelyingParty().CreationOptions(u, have, challenge, passkeyLife)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// signInName returns the name that the user signs in with. If an address is the user name, the stored user name is a
// sub.
func signInName(pool *settings.Pool, u *store.User) string {
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

// CompleteWebAuthnRegistration verifies and stores a new passkey.
func (o *Operations) CompleteWebAuthnRegistration(c *service.Call, in *completePasskeyInput) (*service.Empty, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	given, err := webauthn.ParseRegistration(in.Credential)
	if err != nil {
		return nil, err
	}
	start, err := o.registrationStart(caller, given)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.Decide(caller.PoolID, c.Now, func(t *store.Tx) (refusal, err error) {
		if _, err := t.TokenOwner(caller.Claims); err != nil {
			return nil, err
		}
		if err := consumeChallenge(t, start); err != nil {
			return nil, err
		}
		if err := t.Pool.CheckPasskeys(); err != nil {
			return exception.AsRefusal(err)
		}
		rec, err := t.Pool.RelyingParty().VerifyRegistration(given, t.Now)
		if err != nil {
			return exception.AsRefusal(err)
		}
		return exception.AsRefusal(t.AddPasskey(caller.User.Sub, rec))
	})
}

func challengeNotFound() *exception.Error {
	return exception.New("WebAuthnChallengeNotFoundException", "The registration challenge was not found or has expired.")
}

// registrationStart returns the registration that a response completes, from the challenge in it.
func (o *Operations) registrationStart(caller *service.Caller, given *protocol.ParsedCredentialCreationData) (passkeyStart, error) {
	var start passkeyStart
	err := o.Keys.ForPool(caller.PoolID).UnsealText(passkeyPurpose, given.Response.CollectedClientData.Challenge, &start)
	switch {
	case err != nil || start.Sub != caller.User.Sub:
		return start, challengeNotFound()
	case start.ClientID != caller.Claims.ClientID:
		return start, exception.New("WebAuthnClientMismatchException", "The registration was started with another client.")
	}
	return start, nil
}

// consumeChallenge marks a challenge as used, whether or not the registration succeeds.
func consumeChallenge(t *store.Tx, start passkeyStart) error {
	if t.Now > start.Expires || t.SessionUsed(start.ID) {
		return challengeNotFound()
	}
	return t.UseSession(start.ID, start.Expires)
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
	CredentialID            string     `json:"CredentialId"`
	FriendlyCredentialName  string     `json:"FriendlyCredentialName"`
	RelyingPartyID          string     `json:"RelyingPartyId"`
	AuthenticatorAttachment string     `json:"AuthenticatorAttachment,omitempty"`
	AuthenticatorTransports []string   `json:"AuthenticatorTransports"`
	CreatedAt               epoch.Time `json:"CreatedAt"`
}

func describePasskey(rec *webauthn.Credential) passkeyDescription {
	return passkeyDescription{
		CredentialID: webauthn.EncodeID(rec.ID), FriendlyCredentialName: rec.Name, RelyingPartyID: rec.RelyingPartyID,
		AuthenticatorAttachment: rec.Attachment, AuthenticatorTransports: rec.Transports, CreatedAt: rec.Created,
	}
}

// ListWebAuthnCredentials returns a page of the caller's passkeys.
func (o *Operations) ListWebAuthnCredentials(c *service.Call, in *listPasskeysInput) (*listPasskeysOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	page, err := service.OpenPage(o.Keys.ForPool(caller.PoolID), in.NextToken, "passkeys "+caller.User.Sub, c.Now)
	if err != nil {
		return nil, err
	}
	var list []*webauthn.Credential
	err = o.View(caller.PoolID, c.Now, func(t *store.Tx) (err error) {
		list, err = t.PasskeysOf(caller.User.Sub)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &listPasskeysOutput{Credentials: []passkeyDescription{}}
	limit := cmp.Or(in.MaxResults, store.MaxPasskeys)
	list, out.NextToken, err = service.Cut(page, list, limit, func(rec *webauthn.Credential) string { return webauthn.EncodeID(rec.ID) })
	for _, rec := range list {
		out.Credentials = append(out.Credentials, describePasskey(rec))
	}
	return out, err
}

type deletePasskeyInput struct {
	AccessToken  string `json:"AccessToken" is:"required,token"`
	CredentialID string `json:"CredentialId" is:"required,credentialId"`
}

// DeleteWebAuthnCredential deletes a passkey of the caller.
func (o *Operations) DeleteWebAuthnCredential(c *service.Call, in *deletePasskeyInput) (*service.Empty, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		rec, err := t.Passkey(u.Sub, in.CredentialID)
		if err != nil {
			return err
		}
		if rec == nil {
			return exception.NotFound("The WebAuthn credential does not exist.")
		}
		return t.DeletePasskey(u.Sub, in.CredentialID)
	})
}
