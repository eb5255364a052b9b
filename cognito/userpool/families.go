package userpool

import (
	"github.com/google/uuid"
)

// familyRecord is one sign-in and all tokens that come of it, known to the tokens as origin_jti. A family that is revoked is
// removed, so what is kept is only what still works.
type familyRecord struct {
	ID       string `json:"id"`
	Sub      string `json:"sub"`
	ClientID string `json:"client"`
	AuthTime moment `json:"authTime"`
	Expires  moment `json:"expires"` // of its refresh tokens, rotated ones included
	Until    moment `json:"until"`   // no token of the family is valid after this

	// Hashes of whole refresh tokens: the sign-in's own, the one that refreshes now, and the one before it.
	Original []byte `json:"original"`
	Current  []byte `json:"current"`
	Previous []byte `json:"previous,omitempty"`
	Rotated  moment `json:"rotated,omitempty"`

	Device string `json:"device,omitempty"` // key of the device that the sign-in is bound to
}

// newRefreshToken makes a refresh token for a family; it is unguessable by its nonce and unforgeable by its seal.
func newRefreshToken(ring *keyRing, f *familyRecord) (string, error) {
	return ring.sealRefresh(refreshPayload{
		Family: f.ID, Sub: f.Sub, Client: f.ClientID, Expires: f.Expires, Nonce: uuid.NewString() + uuid.NewString(),
	})
}

// newFamily begins a sign-in. It only makes the record; putFamily stores it.
func newFamily(ring *keyRing, client *clientRecord, sub string, now moment) (*familyRecord, string, error) {
	f := &familyRecord{
		ID: uuid.NewString(), Sub: sub, ClientID: client.ClientID, AuthTime: now, Expires: now.add(client.refreshLife()),
	}
	f.Until = max(f.Expires, now.add(longestLife(client)))
	token, err := newRefreshToken(ring, f)
	if err != nil {
		return nil, "", err
	}
	f.Original = tokenHash(token)
	f.Current = f.Original
	return f, token, nil
}

func (t *poolTx) family(id string) (*familyRecord, error) {
	return load[familyRecord](t.bucket(familiesBucket), key(id))
}

func (t *poolTx) putFamily(f *familyRecord) error {
	if err := t.bucket(sessionsOfBucket).Put(key(f.Sub, f.ID), nil); err != nil {
		return err
	}
	if err := t.expire(familiesBucket, key(f.ID), f.Until); err != nil {
		return err
	}
	return t.saveFamily(f)
}

func (t *poolTx) saveFamily(f *familyRecord) error {
	return save(t.bucket(familiesBucket), key(f.ID), f)
}

// dropFamily revokes a sign-in.
func (t *poolTx) dropFamily(id string) error {
	f, err := t.family(id)
	if err != nil || f == nil {
		return err
	}
	if err := t.bucket(sessionsOfBucket).Delete(key(f.Sub, f.ID)); err != nil {
		return err
	}
	return t.bucket(familiesBucket).Delete(key(f.ID))
}

// dropFamiliesOf revokes every sign-in of a user. What is signed in afterwards, be it in the same second, is not touched;
// the real service compares whole seconds and can hit a new session.
func (t *poolTx) dropFamiliesOf(sub string) error {
	for _, id := range restOf(t.bucket(sessionsOfBucket), key(sub, "")) {
		if err := t.dropFamily(id); err != nil {
			return err
		}
	}
	return nil
}

// signOut revokes all that a user holds: the families, and by SignedOut the access tokens of clients without token
// revocation, which name no family.
func (t *poolTx) signOut(sub string) error {
	u, err := t.user(sub)
	if err != nil {
		return err
	}
	if u == nil {
		return userDoesNotExist()
	}
	u.SignedOut = t.now
	if err := t.putUser(u, u); err != nil {
		return err
	}
	return t.dropFamiliesOf(sub)
}
