package userpool

import "github.com/google/uuid"

// session is what the Session string between a challenge and its answer holds. It is sealed, so that only answering it
// leaves a mark in the file.
type session struct {
	ID        string `json:"i"`
	Challenge string `json:"c"`
	ClientID  string `json:"a"`
	Sub       string `json:"s,omitempty"` // empty for a user who does not exist
	Name      string `json:"n,omitempty"` // as typed, where the user is looked up later
	Expires   moment `json:"e"`
}

const sessionPurpose = "session"

func newSession(ring *keyRing, client *clientRecord, s session, now moment) (string, error) {
	s.ID, s.ClientID, s.Expires = uuid.NewString(), client.ClientID, now.add(client.sessionLife())
	return ring.sealText(sessionPurpose, s)
}

// openSession reads a session that answers one of the given challenges with this client.
func openSession(ring *keyRing, client *clientRecord, challenge, text string) (session, error) {
	var s session
	err := ring.unsealText(sessionPurpose, text, &s)
	if err != nil || s.ClientID != client.ClientID || s.Challenge != challenge {
		return s, notAuthorized("Invalid session for the user.")
	}
	return s, nil
}

// spentRecord marks a session that has been answered.
type spentRecord struct {
	Until moment `json:"until"`
}

// checkSession refuses a session that is too old or answered already.
func (t *poolTx) checkSession(id string, expires moment) error {
	if t.now > expires {
		return notAuthorized("Invalid session for the user, session is expired.")
	}
	if t.bucket(spentBucket).Get(key(id)) != nil {
		return notAuthorized("Invalid session for the user, session can only be used once.")
	}
	return nil
}

func (t *poolTx) useSession(id string, expires moment) error {
	if err := t.expire(spentBucket, key(id), expires); err != nil {
		return err
	}
	return save(t.bucket(spentBucket), key(id), spentRecord{Until: expires})
}
