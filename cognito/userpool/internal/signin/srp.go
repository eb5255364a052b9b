package signin

import (
	"crypto/subtle"
	"encoding/base64"
	"math/big"
	"time"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/srp"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// srpState is the state that the server needs between SRP_A and the proof. It travels sealed as SECRET_BLOCK, as Cognito's
// does, and can be answered once.
type srpState struct {
	ID       string     `json:"i"`
	ClientID string     `json:"c"`
	Sub      string     `json:"s,omitempty"` // empty for a user who does not exist
	Name     string     `json:"n"`           // as typed
	UserID   string     `json:"u"`           // USER_ID_FOR_SRP
	A        []byte     `json:"A"`
	B        []byte     `json:"B"`
	Secret   []byte     `json:"b"`
	Verifier []byte     `json:"v"`
	Expires  epoch.Time `json:"e"`
	Chosen   bool       `json:"C,omitempty"` // in USER_AUTH, where a session accompanies the block
}

const (
	srpPurpose   = "srp"
	srpLife      = time.Minute
	srpClockSkew = 5 * time.Minute
	// srpTimeLayout is EEE MMM d HH:mm:ss z yyyy. The day has no leading zero.
	srpTimeLayout = "Mon Jan 2 15:04:05 MST 2006"
)

// startSRP responds to a client's A with PASSWORD_VERIFIER. For a user who does not exist, salt and id are decoys
// that are the same every time.
func (o *Operations) startSRP(c *service.Call, client *settings.Client, a *attempt, srpA string) (*authOutput, error) {
	clientA, ok := o.SRP.ParsePublic(srpA)
	if !ok {
		return nil, exception.InvalidParameter("SRP_A is not a valid public value.")
	}
	ring := o.Keys.ForPool(client.UserPoolID)
	state := srpState{
		ID: uuid.NewString(), ClientID: client.ClientID, Name: a.name, A: clientA.Bytes(), Expires: c.Now.Add(srpLife),
		Chosen: a.chooses,
	}
	salt := state.of(a, ring)
	parameters, err := o.sealSRP(ring, srpPurpose, &state, salt)
	if err != nil {
		return nil, err
	}
	parameters["USERNAME"], parameters["USER_ID_FOR_SRP"] = state.UserID, state.UserID
	out := &authOutput{ChallengeName: "PASSWORD_VERIFIER", ChallengeParameters: parameters}
	if a.chooses {
		s := a.newSession(ring)
		s.Challenge, s.Code = "PASSWORD_VERIFIER", state.ID
		out.Session, err = store.NewSession(ring, client, s, c.Now)
	}
	return out, err
}

// sealSRP generates the server's part of the exchange and returns the challenge parameters, with the state sealed in
// SECRET_BLOCK.
func (o *Operations) sealSRP(ring *tokens.KeyRing, purpose string, state *srpState, salt []byte) (map[string]string, error) {
	secret, public, err := o.SRP.Public(state.Verifier)
	if err != nil {
		return nil, err
	}
	state.Secret, state.B = secret.Bytes(), public.Bytes()
	block, err := ring.Seal(purpose, state)
	return map[string]string{
		"SALT":         new(big.Int).SetBytes(salt).Text(16),
		"SRP_B":        public.Text(16),
		"SECRET_BLOCK": base64.StdEncoding.EncodeToString(block),
	}, err
}

// of fills in the user and the verifier, and returns the salt.
func (s *srpState) of(a *attempt, ring *tokens.KeyRing) (salt []byte) {
	if a.user != nil && a.user.Password != nil {
		s.Sub, s.UserID, s.Verifier = a.user.Sub, a.user.Username, a.user.Password.Verifier
		return a.user.Password.Salt
	}
	seed := ring.Derive("srp", a.account)
	s.Verifier = append(seed, make([]byte, srp.Size-len(seed))...)
	s.UserID = service.DecoySub(ring, a.account)
	if a.user != nil {
		s.UserID = a.user.Username
	} else if !a.pool.NamedByAttribute() {
		s.UserID = a.name
	}
	return ring.Derive("salt", a.account)[:16]
}

// answerVerifier checks a client's proof that it knows the password.
func (o *Operations) answerVerifier(c *service.Call, client *settings.Client, text string, answers map[string]string) (*authOutput, error) {
	if err := requireParameters(answers, "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"); err != nil {
		return nil, err
	}
	if err := checkTimestamp(answers["TIMESTAMP"], c.Now); err != nil {
		return nil, err
	}
	block, err := base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, exception.IncorrectPassword()
	}
	var state srpState
	err = o.Keys.ForPool(client.UserPoolID).Unseal(srpPurpose, block, &state)
	if err != nil || state.ClientID != client.ClientID {
		return nil, exception.IncorrectPassword()
	}
	device, err := o.verifierSession(c, client, &state, text)
	if err != nil {
		return nil, err
	}
	if err := o.consumeBlock(c, client, &state, answers["USERNAME"]); err != nil {
		return nil, err
	}
	a, err := o.newAttempt(c, client, state.Name)
	if err != nil {
		return nil, err
	}
	if !o.proofMatches(&state, settings.PoolName(client.UserPoolID), block, answers) || a.user == nil || a.user.Sub != state.Sub {
		return nil, o.failedSignIn(c, a)
	}
	if a.user.Password == nil || subtle.ConstantTimeCompare(a.user.Password.Verifier, state.Verifier) != 1 {
		return nil, o.failedSignIn(c, a)
	}
	if a.device = deviceKeyIn(answers); a.device == "" {
		a.device = device
	}
	return o.passwordVerified(c, client, a)
}

// verifierSession checks the session that accompanies the block in USER_AUTH, and returns the device key that the
// sign-in began with. Only the block is consumed. Other flows have no session.
func (o *Operations) verifierSession(c *service.Call, client *settings.Client, state *srpState, text string) (device string, err error) {
	if !state.Chosen {
		return "", nil
	}
	s, err := store.OpenSession(o.Keys.ForPool(client.UserPoolID), client, "PASSWORD_VERIFIER", text)
	if err != nil {
		return "", err
	}
	if s.Code != state.ID {
		return "", exception.InvalidSession()
	}
	return s.Device, o.View(client.UserPoolID, c.Now, func(t *store.Tx) error { return t.CheckSession(s.ID, s.Expires) })
}

// checkTimestamp checks the form of TIMESTAMP and compares it with the clock.
func checkTimestamp(text string, now epoch.Time) error {
	at, err := time.Parse(srpTimeLayout, text)
	if err != nil {
		return exception.InvalidParameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	}
	if epoch.Of(at).Sub(now).Abs() > srpClockSkew {
		return exception.NotAuthorized("Incorrect username or password.")
	}
	return nil
}

// consumeBlock marks a secret block as used, whether or not the proof is correct, so that it cannot be retried or
// replayed.
func (o *Operations) consumeBlock(c *service.Call, client *settings.Client, state *srpState, name string) error {
	return o.Update(client.UserPoolID, c.Now, func(t *store.Tx) error {
		if t.Now > state.Expires || t.SessionUsed(state.ID) {
			return exception.IncorrectPassword()
		}
		u, err := t.Find(name)
		if err != nil {
			return err
		}
		if name != state.UserID && name != state.Name && (u == nil || u.Sub != state.Sub) {
			return exception.IncorrectPassword()
		}
		return t.UseSession(state.ID, state.Expires)
	})
}

func (o *Operations) proofMatches(state *srpState, poolName string, block []byte, answers map[string]string) bool {
	integer := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	sessionKey := o.SRP.SessionKey(integer(state.A), integer(state.Secret), integer(state.B), state.Verifier)
	proof := srp.Proof(sessionKey, poolName, state.UserID, block, answers["TIMESTAMP"])
	given, err := base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SIGNATURE"])
	return err == nil && subtle.ConstantTimeCompare(proof, given) == 1
}
