package store

import (
	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
)

// Family is a token family: one sign-in and all tokens that are issued for it. Tokens name it as origin_jti. A
// revoked family is deleted, so every stored family is valid.
type Family struct {
	ID       string     `json:"id"`
	Sub      string     `json:"sub"`
	ClientID string     `json:"client"`
	AuthTime epoch.Time `json:"authTime"`
	Expires  epoch.Time `json:"expires"` // of its refresh tokens, including rotated ones
	Until    epoch.Time `json:"until"`   // no token of the family is valid after this

	// Hashes of refresh tokens: the first one, the current one, and the one before that.
	Original []byte     `json:"original"`
	Current  []byte     `json:"current"`
	Previous []byte     `json:"previous,omitempty"`
	Rotated  epoch.Time `json:"rotated,omitempty"`

	Device string `json:"device,omitempty"` // key of the device that the sign-in is bound to

	// Activity is what ListUserSessions shows. It is nil if the pool did not track sessions at the sign-in.
	Activity *Activity `json:"activity,omitempty"`
}

// NewRefreshToken returns a refresh token of a family. Its nonce makes it unguessable, its seal unforgeable.
func NewRefreshToken(ring *tokens.KeyRing, f *Family) (string, error) {
	return ring.SealRefresh(tokens.RefreshPayload{
		Family: f.ID, Sub: f.Sub, Client: f.ClientID, Expires: f.Expires, Nonce: uuid.NewString() + uuid.NewString(),
	})
}

// NewFamily returns a new sign-in and its refresh token. AddFamily stores it.
func NewFamily(ring *tokens.KeyRing, client *settings.Client, sub string, now epoch.Time) (*Family, string, error) {
	f := &Family{
		ID: uuid.NewString(), Sub: sub, ClientID: client.ClientID, AuthTime: now, Expires: now.Add(client.RefreshTokenLifetime()),
	}
	f.Until = max(f.Expires, now.Add(settings.LongestTokenLifetime(client)))
	token, err := NewRefreshToken(ring, f)
	if err != nil {
		return nil, "", err
	}
	f.Original = tokens.Hash(token)
	f.Current = f.Original
	return f, token, nil
}

// Family returns a token family, or nil.
func (t *Tx) Family(id string) (*Family, error) {
	return db.Load[Family](t.bucket(familiesBucket), db.Key(id))
}

// AddFamily stores a new family.
func (t *Tx) AddFamily(f *Family) error {
	if err := t.bucket(sessionsOfBucket).Put(db.Key(f.Sub, f.ID), nil); err != nil {
		return err
	}
	if err := t.noteExpiry(familiesBucket, db.Key(f.ID), f.Until); err != nil {
		return err
	}
	return t.SaveFamily(f)
}

// SaveFamily stores a changed family.
func (t *Tx) SaveFamily(f *Family) error {
	return db.Save(t.bucket(familiesBucket), db.Key(f.ID), f)
}

// DeleteFamily revokes a sign-in.
func (t *Tx) DeleteFamily(id string) error {
	f, err := t.Family(id)
	if err != nil || f == nil {
		return err
	}
	if err := t.bucket(sessionsOfBucket).Delete(db.Key(f.Sub, f.ID)); err != nil {
		return err
	}
	return t.bucket(familiesBucket).Delete(db.Key(f.ID))
}

// deleteFamiliesOf revokes every sign-in of a user. Later sign-ins are not affected, even in the same second; the
// real service compares whole seconds and can revoke a new session.
func (t *Tx) deleteFamiliesOf(sub string) error {
	for _, id := range db.Suffixes(t.bucket(sessionsOfBucket), db.Key(sub, "")) {
		if err := t.DeleteFamily(id); err != nil {
			return err
		}
	}
	return nil
}

// SignOut revokes everything that a user holds: token families and, through SignedOut, access tokens of clients
// without token revocation, which name no family.
func (t *Tx) SignOut(sub string) error {
	u, err := t.User(sub)
	if err != nil {
		return err
	}
	if u == nil {
		return exception.UserDoesNotExist()
	}
	u.SignedOut = t.Now
	if err := t.PutUser(u, u); err != nil {
		return err
	}
	return t.deleteFamiliesOf(sub)
}
