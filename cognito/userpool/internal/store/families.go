package store

import (
	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
)

// Family is one sign-in and all tokens that come of it, known to the tokens as origin_jti. A family that is revoked is
// removed, so what is kept is only what still works.
type Family struct {
	ID       string     `json:"id"`
	Sub      string     `json:"sub"`
	ClientID string     `json:"client"`
	AuthTime epoch.Time `json:"authTime"`
	Expires  epoch.Time `json:"expires"` // of its refresh tokens, rotated ones included
	Until    epoch.Time `json:"until"`   // no token of the family is valid after this

	// Hashes of whole refresh tokens: the sign-in's own, the one that refreshes now, and the one before it.
	Original []byte     `json:"original"`
	Current  []byte     `json:"current"`
	Previous []byte     `json:"previous,omitempty"`
	Rotated  epoch.Time `json:"rotated,omitempty"`

	Device string `json:"device,omitempty"` // key of the device that the sign-in is bound to
}

// NewRefreshToken makes a refresh token for a family; it is unguessable by its nonce and unforgeable by its seal.
func NewRefreshToken(ring *tokens.KeyRing, f *Family) (string, error) {
	return ring.SealRefresh(tokens.RefreshPayload{
		Family: f.ID, Sub: f.Sub, Client: f.ClientID, Expires: f.Expires, Nonce: uuid.NewString() + uuid.NewString(),
	})
}

// NewFamily begins a sign-in. It only makes the record; AddFamily stores it.
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

func (t *Tx) Family(id string) (*Family, error) {
	return db.Load[Family](t.bucket(familiesBucket), db.Key(id))
}

func (t *Tx) AddFamily(f *Family) error {
	if err := t.bucket(sessionsOfBucket).Put(db.Key(f.Sub, f.ID), nil); err != nil {
		return err
	}
	if err := t.noteExpiry(familiesBucket, db.Key(f.ID), f.Until); err != nil {
		return err
	}
	return t.SaveFamily(f)
}

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

// deleteFamiliesOf revokes every sign-in of a user. What is signed in afterwards, be it in the same second, is not touched;
// the real service compares whole seconds and can hit a new session.
func (t *Tx) deleteFamiliesOf(sub string) error {
	for _, id := range db.Suffixes(t.bucket(sessionsOfBucket), db.Key(sub, "")) {
		if err := t.DeleteFamily(id); err != nil {
			return err
		}
	}
	return nil
}

// SignOut revokes all that a user holds: the families, and by SignedOut the access tokens of clients without token
// revocation, which name no family.
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
