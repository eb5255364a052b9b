package signin

import (
	"encoding/base64"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/random"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
	"authgraph/cognito/userpool/internal/tokens"
)

// A remembered device proves itself as a user does with USER_SRP_AUTH, with other names in the formula: the device group
// in place of the pool, the device key in place of the user, and a random password that only the device knows.

const devicePurpose = "device"

// needsDeviceProof reports whether the client named a device that proves itself in place of a second factor. An
// unknown key is rejected, so that the client forgets it and starts again.
func needsDeviceProof(t *store.Tx, u *store.User, w *progress) (bool, error) {
	if w.device == "" || !t.Pool.TracksDevices() {
		return false, nil
	}
	d, err := t.MustDevice(u.Sub, w.device)
	return err == nil && isTrusted(t, d), err
}

// isTrusted reports whether a device may take the place of a second factor.
func isTrusted(t *store.Tx, d *store.Device) bool {
	return t.Pool.TracksDevices() && t.Pool.DeviceConfiguration.ChallengeRequiredOnNewDevice && d.Remembered
}

// answerDevice responds to a device's A with DEVICE_PASSWORD_VERIFIER.
func (o *Operations) answerDevice(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	if err := requireParameters(answers, "DEVICE_KEY", "SRP_A"); err != nil {
		return nil, err
	}
	a, ok := o.SRP.ParsePublic(answers["SRP_A"])
	if !ok {
		return nil, exception.InvalidParameter("SRP_A is not a valid public value.")
	}
	if answers["DEVICE_KEY"] != s.Device {
		return nil, exception.DeviceDoesNotExist()
	}
	u, d, err := o.consumeDeviceSession(c, client, s, answers["USERNAME"])
	if err != nil {
		return nil, err
	}
	state := srpState{
		ID: uuid.NewString(), ClientID: client.ClientID, Sub: u.Sub, UserID: d.Key, A: a.Bytes(), Verifier: d.Verifier,
		Expires: c.Now.Add(srpLife),
	}
	ring := o.Keys.ForPool(client.UserPoolID)
	parameters, err := o.sealSRP(ring, devicePurpose, &state, d.Salt)
	if err != nil {
		return nil, err
	}
	parameters["DEVICE_KEY"], parameters["USERNAME"] = d.Key, u.Username
	s.Code = state.ID
	return challengeOutput(ring, client, step{challenge: "DEVICE_PASSWORD_VERIFIER", session: s, parameters: parameters}, c.Now)
}

// consumeDeviceSession consumes a session of DEVICE_SRP_AUTH and returns its user and device.
func (o *Operations) consumeDeviceSession(c *service.Call, client *settings.Client, s store.Session, name string) (u *store.User, d *store.Device, err error) {
	err = o.Update(client.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		if u, err = t.SessionUser(s, name); err != nil {
			return err
		}
		if d, err = t.MustDevice(u.Sub, s.Device); err != nil {
			return err
		}
		return t.UseSession(s.ID, s.Expires)
	})
	return u, d, err
}

// answerDeviceVerifier checks a device's proof, which completes the sign-in.
func (o *Operations) answerDeviceVerifier(c *service.Call, client *settings.Client, s store.Session, answers map[string]string) (*authOutput, error) {
	if err := requireParameters(answers, "DEVICE_KEY", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"); err != nil {
		return nil, err
	}
	if err := checkTimestamp(answers["TIMESTAMP"], c.Now); err != nil {
		return nil, err
	}
	if answers["DEVICE_KEY"] != s.Device {
		return nil, exception.DeviceDoesNotExist()
	}
	ring := o.Keys.ForPool(client.UserPoolID)
	block, err := base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, exception.IncorrectPassword()
	}
	var state srpState
	if ring.Unseal(devicePurpose, block, &state) != nil || state.ID != s.Code {
		return nil, exception.IncorrectPassword()
	}
	fits := c.Now <= state.Expires && o.proofMatches(&state, deviceGroup(ring, s.Sub), block, answers)
	w := &progress{client: client, sub: s.Sub, device: s.Device, done: true}
	return o.advance(c, w, func(t *store.Tx) (*store.User, error, error) {
		return checkDeviceProof(t, s, answers["USERNAME"], fits)
	})
}

// checkDeviceProof consumes the session, whether or not the proof is correct. The device must still exist and be
// remembered. A wrong proof counts as a wrong second factor, which a correct password does not reset.
func checkDeviceProof(t *store.Tx, s store.Session, name string, fits bool) (u *store.User, refusal, err error) {
	if u, err = t.SessionUser(s, name); err != nil {
		return nil, nil, err
	}
	if err := t.CheckGuessLock(u.Sub); err != nil {
		return nil, nil, err
	}
	if err := t.UseSession(s.ID, s.Expires); err != nil {
		return nil, nil, err
	}
	d, err := t.MustDevice(u.Sub, s.Device)
	switch {
	case err != nil:
		return nil, nil, err
	case !fits:
		return nil, exception.IncorrectPassword(), t.CountGuess(s, u.Sub)
	case !isTrusted(t, d):
		return nil, exception.InvalidSession(), nil
	}
	return u, nil, t.ForgetGuesses(u.Sub)
}

// deviceGroup takes the place of the pool's name in a device's proof. It is the same for all devices of a user, so it
// is derived rather than stored.
func deviceGroup(ring *tokens.KeyRing, sub string) string {
	text := []byte("-")
	for _, b := range ring.Derive("deviceGroup", sub)[:8] {
		text = append(text, random.Alphanumeric[int(b)%len(random.Alphanumeric)])
	}
	return string(text)
}
