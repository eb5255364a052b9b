package store

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
)

// Session is what the Session string between a challenge and its answer holds. It is sealed, so that only answering it
// leaves a mark in the file, and one that is made up for a user who does not exist looks like any other.
type Session struct {
	ID        string     `json:"i"`
	Challenge string     `json:"c"`
	ClientID  string     `json:"a"`
	Sub       string     `json:"s,omitempty"` // made up, or empty, for a user who does not exist
	Name      string     `json:"n,omitempty"` // as typed, where the user is looked up later
	Expires   epoch.Time `json:"e"`

	Choices             []string `json:"o,omitempty"` // what SELECT_CHALLENGE, SELECT_MFA_TYPE and MFA_SETUP offered
	Code                string   `json:"k,omitempty"` // that was sent for this session
	FirstFactorDone     bool     `json:"2,omitempty"` // a first factor is proven
	PasswordFingerprint []byte   `json:"p,omitempty"` // of the password that the user had then; see PasswordFingerprint
	Device              string   `json:"d,omitempty"` // DEVICE_KEY that the client gave
	AddressFingerprint  []byte   `json:"t,omitempty"` // of the address that the code went to; see AddressFingerprint
	Address             string   `json:"m,omitempty"` // where EMAIL_OTP is set up with its first code: the address it went to
	Verified            bool     `json:"v,omitempty"` // of MFA_SETUP: VerifySoftwareToken has succeeded
}

const (
	sessionPurpose = "session"
	// guessesPerSession is how many wrong codes a session bears. Cognito is not known to have a limit below it: six wrong
	// answers bring no lock-out there.
	guessesPerSession = 10
)

func NewSession(ring *tokens.KeyRing, client *settings.Client, s Session, now epoch.Time) (string, error) {
	s.ID, s.ClientID, s.Expires = uuid.NewString(), client.ClientID, now.Add(client.SessionLifetime())
	return ring.SealText(sessionPurpose, s)
}

// OpenSession reads a session that answers the given challenge with this client.
func OpenSession(ring *tokens.KeyRing, client *settings.Client, challenge, text string) (Session, error) {
	var s Session
	err := ring.UnsealText(sessionPurpose, text, &s)
	if err != nil || s.ClientID != client.ClientID || s.Challenge != challenge {
		return s, exception.InvalidSession()
	}
	return s, nil
}

// FindSession reads a session that comes without the client that it belongs to, and gives the keys of its pool.
func FindSession(keys *tokens.KeyRings, challenge, text string) (s Session, ring *tokens.KeyRing, err error) {
	for _, ring := range keys.All() {
		if ring.UnsealText(sessionPurpose, text, &s) == nil && s.Challenge == challenge {
			return s, ring, nil
		}
	}
	return s, nil, exception.InvalidSession()
}

// sessionRecord marks a session that has been answered or, while it is open, counts the wrong answers to it.
type sessionRecord struct {
	Until epoch.Time `json:"until"`
	Open  bool       `json:"open,omitempty"`
	Wrong int        `json:"wrong,omitempty"`
}

// CheckSession refuses a session that is too old, answered already, or guessed at too often.
func (t *Tx) CheckSession(id string, expires epoch.Time) error {
	if t.Now > expires {
		return exception.NotAuthorized("Invalid session for the user, session is expired.")
	}
	rec, err := db.Load[sessionRecord](t.bucket(usedSessionsBucket), db.Key(id))
	switch {
	case err != nil || rec == nil:
		return err
	case !rec.Open:
		return exception.NotAuthorized("Invalid session for the user, session can only be used once.")
	case rec.Wrong >= guessesPerSession:
		return exception.InvalidSession()
	}
	return nil
}

func (t *Tx) UseSession(id string, expires epoch.Time) error {
	return t.putSessionRecord(id, sessionRecord{Until: expires})
}

// ConsumeSession is CheckSession and UseSession in one.
func (t *Tx) ConsumeSession(s Session) error {
	if err := t.CheckSession(s.ID, s.Expires); err != nil {
		return err
	}
	return t.UseSession(s.ID, s.Expires)
}

// CountGuess notes a wrong answer to a session, which can be answered again. Guesses are also counted by account, so that
// one who knows a password cannot have a new session for each few guesses at the second factor.
func (t *Tx) CountGuess(s Session, account string) error {
	rec, err := db.Load[sessionRecord](t.bucket(usedSessionsBucket), db.Key(s.ID))
	if err != nil {
		return err
	}
	if rec == nil {
		rec = &sessionRecord{Until: s.Expires, Open: true}
	}
	rec.Wrong++
	if err := t.putSessionRecord(s.ID, *rec); err != nil {
		return err
	}
	return t.countFailure(countGuesses, account, guessesBeforeLock)
}

func (t *Tx) putSessionRecord(id string, rec sessionRecord) error {
	if err := t.noteExpiry(usedSessionsBucket, db.Key(id), rec.Until); err != nil {
		return err
	}
	return db.Save(t.bucket(usedSessionsBucket), db.Key(id), rec)
}

// AddressFingerprint stands for an address that a code was sent to. The code is worth nothing once the user has another one.
func AddressFingerprint(address string) []byte {
	sum := sha256.Sum256([]byte(address))
	return sum[:9]
}

// CodeMatches holds a code against the one that was sent in a session, to an address that must still be the user's.
func (s *Session) CodeMatches(u *User, attribute, code string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Code), []byte(code)) == 1 && subtle.ConstantTimeCompare(s.AddressFingerprint, AddressFingerprint(u.Attributes[attribute])) == 1 && u.Verified(attribute)
}

// SessionUser reads the user of a session, who must be the one that the answer names, by whichever name.
func (t *Tx) SessionUser(s Session, name string) (*User, error) {
	if err := t.CheckSession(s.ID, s.Expires); err != nil {
		return nil, err
	}
	u, err := t.Find(name)
	switch {
	case err != nil:
		return nil, err
	case u == nil || u.Sub != s.Sub:
		return nil, exception.InvalidSession()
	case s.FirstFactorDone && subtle.ConstantTimeCompare(s.PasswordFingerprint, PasswordFingerprint(u)) != 1:
		return nil, exception.InvalidSession()
	case u.Disabled:
		return nil, exception.UserDisabled()
	}
	return u, nil
}

// SessionUsed reports whether an id has been marked as used, or a wrong answer to it has been counted.
func (t *Tx) SessionUsed(id string) bool { return t.bucket(usedSessionsBucket).Get(db.Key(id)) != nil }

// The names of these sessions, which are no challenges and so cannot be answered as such.
const (
	SessionSignUp    = "SIGN_UP"
	SessionConfirmed = "CONFIRMED"
)
