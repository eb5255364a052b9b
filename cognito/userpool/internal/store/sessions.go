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

// Session is the content of the Session string between a challenge and its answer. It travels sealed, so that nothing
// is stored until it is answered, and a decoy for a user who does not exist looks like any other.
type Session struct {
	ID        string     `json:"i"`
	Challenge string     `json:"c"`
	ClientID  string     `json:"a"`
	Sub       string     `json:"s,omitempty"` // a decoy, or empty, for a user who does not exist
	Name      string     `json:"n,omitempty"` // as typed, if the user is looked up later
	Expires   epoch.Time `json:"e"`

	Choices             []string `json:"o,omitempty"` // offered by SELECT_CHALLENGE, SELECT_MFA_TYPE and MFA_SETUP
	Code                string   `json:"k,omitempty"` // sent for this session
	FirstFactorDone     bool     `json:"2,omitempty"`
	PasswordFingerprint []byte   `json:"p,omitempty"` // of the user's password at that time
	Device              string   `json:"d,omitempty"` // DEVICE_KEY from the client
	AddressFingerprint  []byte   `json:"t,omitempty"` // of the address that the code was sent to
	Address             string   `json:"m,omitempty"` // new e-mail address that the code confirms, if EMAIL_OTP is being set up
	Verified            bool     `json:"v,omitempty"` // for MFA_SETUP: VerifySoftwareToken has succeeded
}

const (
	sessionPurpose = "session"
	// guessesPerSession is how many wrong codes a session accepts. Cognito is not known to have a lower limit: six wrong
	// answers do not lock the session there.
	guessesPerSession = 10
)

// NewSession seals a session with a new id and its expiry.
func NewSession(ring *tokens.KeyRing, client *settings.Client, s Session, now epoch.Time) (string, error) {
	s.ID, s.ClientID, s.Expires = uuid.NewString(), client.ClientID, now.Add(client.SessionLifetime())
	return ring.SealText(sessionPurpose, s)
}

// OpenSession reads a session of a client and a challenge.
func OpenSession(ring *tokens.KeyRing, client *settings.Client, challenge, text string) (Session, error) {
	var s Session
	err := ring.UnsealText(sessionPurpose, text, &s)
	if err != nil || s.ClientID != client.ClientID || s.Challenge != challenge {
		return s, exception.InvalidSession()
	}
	return s, nil
}

// FindSession reads a session whose client is not known yet, and returns the keys of its pool too.
func FindSession(keys *tokens.KeyRings, challenge, text string) (s Session, ring *tokens.KeyRing, err error) {
	for _, ring := range keys.All() {
		if ring.UnsealText(sessionPurpose, text, &s) == nil && s.Challenge == challenge {
			return s, ring, nil
		}
	}
	return s, nil, exception.InvalidSession()
}

// sessionRecord marks a session as used or, while it is open, counts its wrong answers.
type sessionRecord struct {
	Until epoch.Time `json:"until"`
	Open  bool       `json:"open,omitempty"`
	Wrong int        `json:"wrong,omitempty"`
}

// CheckSession rejects a session that has expired, has been used, or has too many wrong answers.
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

// UseSession marks a session as used.
func (t *Tx) UseSession(id string, expires epoch.Time) error {
	return t.putSessionRecord(id, sessionRecord{Until: expires})
}

// ConsumeSession is CheckSession followed by UseSession.
func (t *Tx) ConsumeSession(s Session) error {
	if err := t.CheckSession(s.ID, s.Expires); err != nil {
		return err
	}
	return t.UseSession(s.ID, s.Expires)
}

// CountGuess counts a wrong answer to a session, which stays open. Guesses also count per account, so that someone
// who knows the password cannot start a new session for every few guesses at the second factor.
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

// AddressFingerprint identifies an address that a code was sent to. The code is void once the user has another
// address.
func AddressFingerprint(address string) []byte {
	sum := sha256.Sum256([]byte(address))
	return sum[:9]
}

// CodeMatches reports whether a code is the session's, and the address that it was sent to is still the user's.
func (s *Session) CodeMatches(u *User, attribute, code string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Code), []byte(code)) == 1 && subtle.ConstantTimeCompare(s.AddressFingerprint, AddressFingerprint(u.Attributes[attribute])) == 1
}

// SessionUser returns the user of a session. The answer must name the same user, by any name.
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

// SessionUsed reports whether a session has been used or has a wrong answer.
func (t *Tx) SessionUsed(id string) bool { return t.bucket(usedSessionsBucket).Get(db.Key(id)) != nil }

// Names of the sessions of a sign-up. They are not names of challenges, so they cannot be answered as such.
const (
	SessionSignUp    = "SIGN_UP"
	SessionConfirmed = "CONFIRMED"
)
