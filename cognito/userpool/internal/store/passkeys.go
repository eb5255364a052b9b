package store

import (
	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/webauthn"
)

// MaxPasskeys is the limit per user.
const MaxPasskeys = 20

// Passkey returns a passkey of a user, or nil.
func (t *Tx) Passkey(sub, id string) (*webauthn.Credential, error) {
	return db.Load[webauthn.Credential](t.bucket(passkeysBucket), db.Key(sub, id))
}

// PasskeysOf returns the passkeys of a user, ordered by id.
func (t *Tx) PasskeysOf(sub string) ([]*webauthn.Credential, error) {
	list := []*webauthn.Credential{}
	for _, id := range db.Suffixes(t.bucket(passkeysBucket), db.Key(sub, "")) {
		rec, err := t.Passkey(sub, id)
		if err != nil {
			return nil, err
		}
		list = append(list, rec)
	}
	return list, nil
}

// UsablePasskeys returns the passkeys of a user that were created for the pool's current domain.
func (t *Tx) UsablePasskeys(sub string) ([]*webauthn.Credential, error) {
	all, err := t.PasskeysOf(sub)
	list := []*webauthn.Credential{}
	for _, rec := range all {
		if rec.RelyingPartyID == t.Pool.RelyingParty().ID {
			list = append(list, rec)
		}
	}
	return list, err
}

// AddPasskey stores a new passkey. No two users can have the same one (Web Authentication section 7.1, step 26).
func (t *Tx) AddPasskey(sub string, rec *webauthn.Credential) error {
	id := webauthn.EncodeID(rec.ID)
	if t.bucket(passkeyOfBucket).Get(db.Key(id)) != nil {
		return exception.New("WebAuthnCredentialNotSupportedException", "The passkey is registered already.")
	}
	if len(db.Suffixes(t.bucket(passkeysBucket), db.Key(sub, ""))) >= MaxPasskeys {
		return TooManyPasskeys()
	}
	if err := t.bucket(passkeyOfBucket).Put(db.Key(id), []byte(sub)); err != nil {
		return err
	}
	return t.SavePasskey(sub, rec)
}

// SavePasskey stores a changed passkey.
func (t *Tx) SavePasskey(sub string, rec *webauthn.Credential) error {
	return db.Save(t.bucket(passkeysBucket), db.Key(sub, webauthn.EncodeID(rec.ID)), rec)
}

// TooManyPasskeys rejects a passkey beyond the limit.
func TooManyPasskeys() *exception.Error {
	return exception.New("LimitExceededException", "A user can have %d passkeys.", MaxPasskeys)
}

// DeletePasskey deletes a passkey.
func (t *Tx) DeletePasskey(sub, id string) error {
	if err := t.bucket(passkeyOfBucket).Delete(db.Key(id)); err != nil {
		return err
	}
	return t.bucket(passkeysBucket).Delete(db.Key(sub, id))
}

// deletePasskeysOf deletes all passkeys of a user.
func (t *Tx) deletePasskeysOf(sub string) error {
	for _, id := range db.Suffixes(t.bucket(passkeysBucket), db.Key(sub, "")) {
		if err := t.DeletePasskey(sub, id); err != nil {
			return err
		}
	}
	return nil
}
