package userpool

import (
	"crypto/subtle"
	"encoding/base64"
	"math/big"
	"time"

	"github.com/google/uuid"
)

// srpState is what the server has to remember between SRP_A and the proof. It travels sealed as SECRET_BLOCK, as Cognito's
// own does, and is good for one answer.
type srpState struct {
	ID       string `json:"i"`
	ClientID string `json:"c"`
	Sub      string `json:"s,omitempty"` // empty for a user who does not exist
	Name     string `json:"n"`           // as typed
	UserID   string `json:"u"`           // USER_ID_FOR_SRP
	A        []byte `json:"A"`
	B        []byte `json:"B"`
	Secret   []byte `json:"b"`
	Verifier []byte `json:"v"`
	Expires  moment `json:"e"`
	Chosen   bool   `json:"C,omitempty"` // by USER_AUTH, where a session goes with the block
}

const (
	srpPurpose   = "srp"
	srpLife      = time.Minute
	srpClockSkew = 5 * time.Minute
	// srpTimeLayout is EEE MMM d HH:mm:ss z yyyy: the day has no leading zero.
	srpTimeLayout = "Mon Jan 2 15:04:05 MST 2006"
)

// startSRP answers a client's A with PASSWORD_VERIFIER. For a user who does not exist the salt and the id are made up, the
// same ones every time.
func (p *Pool) startSRP(c *call, client *clientRecord, who *candidate, srpA string) (*authOutput, error) {
	a, ok := p.srp.parsePublic(srpA)
	if !ok {
		return nil, invalidParameter("SRP_A is not a valid public value.")
	}
	ring := p.keys.of(client.UserPoolID)
	state := srpState{
		ID: uuid.NewString(), ClientID: client.ClientID, Name: who.name, A: a.Bytes(), Expires: c.now.add(srpLife),
		Chosen: who.chooses,
	}
	salt := state.of(who, ring)
	secret, public, err := p.srp.public(state.Verifier)
	if err != nil {
		return nil, err
	}
	state.Secret, state.B = secret.Bytes(), public.Bytes()
	block, err := ring.seal(srpPurpose, state)
	if err != nil {
		return nil, err
	}
	out := &authOutput{ChallengeName: "PASSWORD_VERIFIER", ChallengeParameters: map[string]string{
		"SALT":            new(big.Int).SetBytes(salt).Text(16),
		"SRP_B":           public.Text(16),
		"SECRET_BLOCK":    base64.StdEncoding.EncodeToString(block),
		"USERNAME":        state.UserID,
		"USER_ID_FOR_SRP": state.UserID,
	}}
	if who.chooses {
		s := who.begun(ring)
		s.Challenge, s.Code = "PASSWORD_VERIFIER", state.ID
		out.Session, err = newSession(ring, client, s, c.now)
	}
	return out, err
}

// of fills in whose verifier the state is about and gives the salt that goes with it.
func (s *srpState) of(who *candidate, ring *keyRing) (salt []byte) {
	if who.user != nil && who.user.Password != nil {
		s.Sub, s.UserID, s.Verifier = who.user.Sub, who.user.Username, who.user.Password.Verifier
		return who.user.Password.Salt
	}
	seed := ring.derived("srp", who.account)
	s.Verifier = append(seed, make([]byte, srpBytes-len(seed))...)
	s.UserID = simulatedSub(ring, who.account)
	if who.user != nil {
		s.UserID = who.user.Username
	} else if !who.pool.namedByAttribute() {
		s.UserID = who.name
	}
	return ring.derived("salt", who.account)[:16]
}

// answerVerifier checks a client's proof that it knows the password.
func (p *Pool) answerVerifier(c *call, client *clientRecord, text string, answers map[string]string) (*authOutput, error) {
	for _, name := range []string{"PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"} {
		if answers[name] == "" {
			return nil, invalidParameter("Missing required parameter %s", name)
		}
	}
	if err := checkTimestamp(answers["TIMESTAMP"], c.now); err != nil {
		return nil, err
	}
	block, err := base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, incorrectPassword()
	}
	var state srpState
	err = p.keys.of(client.UserPoolID).unseal(srpPurpose, block, &state)
	if err != nil || state.ClientID != client.ClientID {
		return nil, incorrectPassword()
	}
	device, err := p.verifierSession(c, client, &state, text)
	if err != nil {
		return nil, err
	}
	if err := p.useBlock(c, client, &state, answers["USERNAME"]); err != nil {
		return nil, err
	}
	who, err := p.candidate(c, client, state.Name)
	if err != nil {
		return nil, err
	}
	if !p.proofFits(&state, poolName(client.UserPoolID), block, answers) || who.user == nil || who.user.Sub != state.Sub {
		return nil, p.failedSignIn(c, who)
	}
	if who.user.Password == nil || subtle.ConstantTimeCompare(who.user.Password.Verifier, state.Verifier) != 1 {
		return nil, p.failedSignIn(c, who)
	}
	if who.device = deviceKeyIn(answers); who.device == "" {
		who.device = device
	}
	return p.passwordProven(c, client, who)
}

// verifierSession checks the session that goes with the block of a sign-in with USER_AUTH, and gives the device key that
// the sign-in began with. The block is what is good for one answer. Sign-ins without choice have no session.
func (p *Pool) verifierSession(c *call, client *clientRecord, state *srpState, text string) (device string, err error) {
	if !state.Chosen {
		return "", nil
	}
	s, err := openSession(p.keys.of(client.UserPoolID), client, "PASSWORD_VERIFIER", text)
	if err != nil {
		return "", err
	}
	if s.Code != state.ID {
		return "", invalidSession()
	}
	return s.Device, p.view(client.UserPoolID, c.now, func(t *poolTx) error { return t.checkSession(s.ID, s.Expires) })
}

// checkTimestamp holds TIMESTAMP against its form and the clock.
func checkTimestamp(text string, now moment) error {
	at, err := time.Parse(srpTimeLayout, text)
	if err != nil {
		return invalidParameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	}
	if momentOf(at).sub(now).Abs() > srpClockSkew {
		return notAuthorized("Incorrect username or password.")
	}
	return nil
}

// useBlock marks a secret block as used, whatever comes of it, so that a proof cannot be tried twice or replayed.
func (p *Pool) useBlock(c *call, client *clientRecord, state *srpState, name string) error {
	return p.update(client.UserPoolID, c.now, func(t *poolTx) error {
		if t.now > state.Expires || t.spent(state.ID) {
			return incorrectPassword()
		}
		u, err := t.find(name)
		if err != nil {
			return err
		}
		if name != state.UserID && name != state.Name && (u == nil || u.Sub != state.Sub) {
			return incorrectPassword()
		}
		return t.useSession(state.ID, state.Expires)
	})
}

func (p *Pool) proofFits(state *srpState, poolName string, block []byte, answers map[string]string) bool {
	integer := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	sessionKey := p.srp.sessionKey(integer(state.A), integer(state.Secret), integer(state.B), state.Verifier)
	proof := srpProof(sessionKey, poolName, state.UserID, block, answers["TIMESTAMP"])
	given, err := base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SIGNATURE"])
	return err == nil && subtle.ConstantTimeCompare(proof, given) == 1
}
