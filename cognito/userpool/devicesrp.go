package userpool

import (
	"encoding/base64"
	"math/big"

	"github.com/google/uuid"
)

// A remembered device proves itself as a user does with USER_SRP_AUTH, with other names in the formula: the device group for
// the pool, the device key for the user, and for the password a random one that only the device has.

const devicePurpose = "device"

// needsDeviceProof tells whether the client named a device that proves itself in place of a second factor. A key that is
// not known is refused, so that the client forgets it and begins anew.
func (t *poolTx) needsDeviceProof(u *userRecord, w *passage) (bool, error) {
	if w.device == "" || !t.pool.tracksDevices() {
		return false, nil
	}
	d, err := t.mustDevice(u.Sub, w.device)
	return err == nil && t.trusts(d), err
}

// trusts tells whether a device may take the place of a second factor.
func (t *poolTx) trusts(d *deviceRecord) bool {
	return t.pool.tracksDevices() && t.pool.DeviceConfiguration.ChallengeRequiredOnNewDevice && d.Remembered
}

// answerDevice answers a device's A, with DEVICE_PASSWORD_VERIFIER.
func (p *Pool) answerDevice(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	for _, name := range []string{"DEVICE_KEY", "SRP_A"} {
		if answers[name] == "" {
			return nil, invalidParameter("Missing required parameter %s", name)
		}
	}
	a, ok := p.srp.parsePublic(answers["SRP_A"])
	if !ok {
		return nil, invalidParameter("SRP_A is not a valid public value.")
	}
	if answers["DEVICE_KEY"] != s.Device {
		return nil, deviceDoesNotExist()
	}
	u, d, err := p.useDeviceSession(c, client, s, answers["USERNAME"])
	if err != nil {
		return nil, err
	}
	state := srpState{
		ID: uuid.NewString(), ClientID: client.ClientID, Sub: u.Sub, UserID: d.Key, A: a.Bytes(), Verifier: d.Verifier,
		Expires: c.now.add(srpLife),
	}
	return p.deviceChallenge(c, client, s, state, u, d)
}

// useDeviceSession uses up a session of DEVICE_SRP_AUTH and reads whom it is about.
func (p *Pool) useDeviceSession(c *call, client *clientRecord, s session, name string) (u *userRecord, d *deviceRecord, err error) {
	err = p.update(client.UserPoolID, c.now, func(t *poolTx) (err error) {
		if u, err = t.sessionUser(s, name); err != nil {
			return err
		}
		if d, err = t.mustDevice(u.Sub, s.Device); err != nil {
			return err
		}
		return t.useSession(s.ID, s.Expires)
	})
	return u, d, err
}

func (p *Pool) deviceChallenge(c *call, client *clientRecord, s session, state srpState, u *userRecord, d *deviceRecord) (*authOutput, error) {
	ring := p.keys.of(client.UserPoolID)
	secret, public, err := p.srp.public(state.Verifier)
	if err != nil {
		return nil, err
	}
	state.Secret, state.B = secret.Bytes(), public.Bytes()
	block, err := ring.seal(devicePurpose, state)
	if err != nil {
		return nil, err
	}
	s.Code = state.ID
	return challenge(ring, client, step{
		challenge: "DEVICE_PASSWORD_VERIFIER", session: s,
		parameters: map[string]string{
			"SALT":         new(big.Int).SetBytes(d.Salt).Text(16),
			"SRP_B":        public.Text(16),
			"SECRET_BLOCK": base64.StdEncoding.EncodeToString(block),
			"DEVICE_KEY":   d.Key,
			"USERNAME":     u.Username,
		},
	}, c.now)
}

// answerDeviceVerifier checks a device's proof, which ends the sign-in.
func (p *Pool) answerDeviceVerifier(c *call, client *clientRecord, s session, answers map[string]string) (*authOutput, error) {
	for _, name := range []string{"DEVICE_KEY", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"} {
		if answers[name] == "" {
			return nil, invalidParameter("Missing required parameter %s", name)
		}
	}
	if err := checkTimestamp(answers["TIMESTAMP"], c.now); err != nil {
		return nil, err
	}
	if answers["DEVICE_KEY"] != s.Device {
		return nil, deviceDoesNotExist()
	}
	ring := p.keys.of(client.UserPoolID)
	block, err := base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, incorrectPassword()
	}
	var state srpState
	if ring.unseal(devicePurpose, block, &state) != nil || state.ID != s.Code {
		return nil, incorrectPassword()
	}
	fits := c.now <= state.Expires && p.proofFits(&state, deviceGroup(ring, s.Sub), block, answers)
	w := &passage{client: client, sub: s.Sub, device: s.Device, done: true}
	return p.pass(c, w, func(t *poolTx) (*userRecord, error, error) {
		return t.checkDeviceProof(s, answers["USERNAME"], fits)
	})
}

// checkDeviceProof uses the session up, whatever comes of it. The device must still be there and be remembered. A wrong proof
// counts as a wrong second factor, which a right password does not make forgotten.
func (t *poolTx) checkDeviceProof(s session, name string, fits bool) (u *userRecord, refusal, err error) {
	if u, err = t.sessionUser(s, name); err != nil {
		return nil, nil, err
	}
	if err := t.checkLockOf(countGuesses, u.Sub); err != nil {
		return nil, nil, err
	}
	if err := t.useSession(s.ID, s.Expires); err != nil {
		return nil, nil, err
	}
	d, err := t.mustDevice(u.Sub, s.Device)
	switch {
	case err != nil:
		return nil, nil, err
	case !fits:
		return nil, incorrectPassword(), t.countGuess(s, u.Sub)
	case !t.trusts(d):
		return nil, invalidSession(), nil
	}
	return u, nil, t.forgetGuesses(u.Sub)
}

// deviceGroup stands in the place of the pool's name when a device proves itself. It is the same for all devices of a user,
// so it needs no storing.
func deviceGroup(ring *keyRing, sub string) string {
	text := []byte("-")
	for _, b := range ring.derived("deviceGroup", sub)[:8] {
		text = append(text, alphanumeric[int(b)%len(alphanumeric)])
	}
	return string(text)
}
