package userpool

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/google/uuid"
)

// session is what the Session string between a challenge and its answer holds. It is sealed, so that only answering it
// leaves a mark in the file, and one that is made up for a user who does not exist looks like any other.
type session struct {
	ID        string `json:"i"`
	Challenge string `json:"c"`
	ClientID  string `json:"a"`
	Sub       string `json:"s,omitempty"` // made up, or empty, for a user who does not exist
	Name      string `json:"n,omitempty"` // as typed, where the user is looked up later
	Expires   moment `json:"e"`

	Choices  []string `json:"o,omitempty"` // what SELECT_CHALLENGE, SELECT_MFA_TYPE and MFA_SETUP offered
	Code     string   `json:"k,omitempty"` // that was sent for this session
	Second   bool     `json:"2,omitempty"` // a first factor is proven
	Mark     []byte   `json:"p,omitempty"` // of the password that the user had then; see passwordMark
	Device   string   `json:"d,omitempty"` // DEVICE_KEY that the client gave
	To       []byte   `json:"t,omitempty"` // of the address that the code went to; see addressMark
	Address  string   `json:"m,omitempty"` // where EMAIL_OTP is set up with its first code: the address it went to
	Verified bool     `json:"v,omitempty"` // of MFA_SETUP: VerifySoftwareToken has succeeded
}

const (
	sessionPurpose = "session"
	// guessesPerSession is how many wrong codes a session bears. Cognito is not known to have a limit below it: six wrong
	// answers bring no lock-out there.
	guessesPerSession = 10
)

func newSession(ring *keyRing, client *clientRecord, s session, now moment) (string, error) {
	s.ID, s.ClientID, s.Expires = uuid.NewString(), client.ClientID, now.add(client.sessionLife())
	return ring.sealText(sessionPurpose, s)
}

// openSession reads a session that answers the given challenge with this client.
func openSession(ring *keyRing, client *clientRecord, challenge, text string) (session, error) {
	var s session
	err := ring.unsealText(sessionPurpose, text, &s)
	if err != nil || s.ClientID != client.ClientID || s.Challenge != challenge {
		return s, invalidSession()
	}
	return s, nil
}

// findSession reads a session that comes without the client that it belongs to, and gives the keys of its pool.
func findSession(keys *rings, challenge, text string) (s session, ring *keyRing, err error) {
	for _, ring := range keys.all() {
		if ring.unsealText(sessionPurpose, text, &s) == nil && s.Challenge == challenge {
			return s, ring, nil
		}
	}
	return s, nil, invalidSession()
}

// spentRecord marks a session that has been answered or, while it is open, counts the wrong answers to it.
type spentRecord struct {
	Until moment `json:"until"`
	Open  bool   `json:"open,omitempty"`
	Wrong int    `json:"wrong,omitempty"`
}

// checkSession refuses a session that is too old, answered already, or guessed at too often.
func (t *poolTx) checkSession(id string, expires moment) error {
	if t.now > expires {
		return notAuthorized("Invalid session for the user, session is expired.")
	}
	rec, err := load[spentRecord](t.bucket(spentBucket), key(id))
	switch {
	case err != nil || rec == nil:
		return err
	case !rec.Open:
		return notAuthorized("Invalid session for the user, session can only be used once.")
	case rec.Wrong >= guessesPerSession:
		return invalidSession()
	}
	return nil
}

func (t *poolTx) useSession(id string, expires moment) error {
	return t.putSpent(id, spentRecord{Until: expires})
}

// spendSession is checkSession and useSession in one.
func (t *poolTx) spendSession(s session) error {
	if err := t.checkSession(s.ID, s.Expires); err != nil {
		return err
	}
	return t.useSession(s.ID, s.Expires)
}

// countGuess notes a wrong answer to a session, which can be answered again. Guesses are also counted by account, so that
// one who knows a password cannot have a new session for each few guesses at the second factor.
func (t *poolTx) countGuess(s session, account string) error {
	rec, err := load[spentRecord](t.bucket(spentBucket), key(s.ID))
	if err != nil {
		return err
	}
	if rec == nil {
		rec = &spentRecord{Until: s.Expires, Open: true}
	}
	rec.Wrong++
	if err := t.putSpent(s.ID, *rec); err != nil {
		return err
	}
	return t.countFailureOf(countGuesses, account, freeGuesses)
}

func (t *poolTx) putSpent(id string, rec spentRecord) error {
	if err := t.expire(spentBucket, key(id), rec.Until); err != nil {
		return err
	}
	return save(t.bucket(spentBucket), key(id), rec)
}

// addressMark stands for an address that a code was sent to. The code is worth nothing once the user has another one.
func addressMark(address string) []byte {
	sum := sha256.Sum256([]byte(address))
	return sum[:9]
}

// codeFits holds a code against the one that was sent in a session, to an address that must still be the user's.
func (s *session) codeFits(u *userRecord, attribute, code string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Code), []byte(code)) == 1 && subtle.ConstantTimeCompare(s.To, addressMark(u.Attributes[attribute])) == 1 && u.verified(attribute)
}

// sessionUser reads the user of a session, who must be the one that the answer names, by whichever name.
func (t *poolTx) sessionUser(s session, name string) (*userRecord, error) {
	if err := t.checkSession(s.ID, s.Expires); err != nil {
		return nil, err
	}
	u, err := t.find(name)
	switch {
	case err != nil:
		return nil, err
	case u == nil || u.Sub != s.Sub:
		return nil, invalidSession()
	case s.Second && subtle.ConstantTimeCompare(s.Mark, passwordMark(u)) != 1:
		return nil, invalidSession()
	case u.Disabled:
		return nil, userDisabled()
	}
	return u, nil
}

// spent reports whether an id has been marked as used, or a wrong answer to it has been counted.
func (t *poolTx) spent(id string) bool { return t.bucket(spentBucket).Get(key(id)) != nil }

// The names of these sessions, which are no challenges and so cannot be answered as such.
const (
	sessionSignUp    = "SIGN_UP"
	sessionConfirmed = "CONFIRMED"
)
