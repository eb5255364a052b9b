package userpool

import (
	"encoding/base64"
	"math/big"
	"net"

	"github.com/google/uuid"
)

// Devices, in a pool with a DeviceConfiguration. A sign-in without a device key is given a new one, and its refresh token
// works only for the device that has confirmed that key. A device that is remembered can prove itself in place of a second
// factor, see devicesrp.go.

// deviceRecord is a device that has been confirmed.
type deviceRecord struct {
	Key           string `json:"key"`
	Name          string `json:"name,omitempty"`
	Remembered    bool   `json:"remembered"`
	Salt          []byte `json:"salt"`
	Verifier      []byte `json:"verifier"`
	IP            string `json:"ip,omitempty"`
	Created       moment `json:"created"`
	Modified      moment `json:"modified"`
	Authenticated moment `json:"authenticated"`
}

// newDeviceRecord is a key that a sign-in was given. It can be confirmed as long as that sign-in lasts.
type newDeviceRecord struct {
	Until moment `json:"until"`
}

// newDevice is Cognito's NewDeviceMetadataType.
type newDevice struct {
	DeviceKey      string `json:"DeviceKey"`
	DeviceGroupKey string `json:"DeviceGroupKey"`
}

func deviceDoesNotExist() *apiError { return notFound("Device does not exist.") }

// deviceGroup stands in the place of the pool's name when a device proves itself. It is the same for all devices of a user,
// so it needs no storing.
func deviceGroup(ring *keyRing, sub string) string {
	text := []byte("-")
	for _, b := range ring.derived("deviceGroup", sub)[:8] {
		text = append(text, alphanumeric[int(b)%len(alphanumeric)])
	}
	return string(text)
}

func (t *poolTx) device(sub, deviceKey string) (*deviceRecord, error) {
	return load[deviceRecord](t.bucket(devicesBucket), key(sub, deviceKey))
}

func (t *poolTx) mustDevice(sub, deviceKey string) (*deviceRecord, error) {
	d, err := t.device(sub, deviceKey)
	if err == nil && d == nil {
		err = deviceDoesNotExist()
	}
	return d, err
}

func (t *poolTx) saveDevice(sub string, d *deviceRecord) error {
	return save(t.bucket(devicesBucket), key(sub, d.Key), d)
}

func (p *poolRecord) tracksDevices() bool { return p.DeviceConfiguration != nil }

// track binds a sign-in to the device whose key the client gave, or to a new one, whose key it returns.
func (t *poolTx) track(f *familyRecord, given, ip string) (deviceKey string, err error) {
	f.Device = ""
	if !t.pool.tracksDevices() {
		return "", nil
	}
	if given != "" {
		d, err := t.mustDevice(f.Sub, given)
		if err != nil {
			return "", err
		}
		f.Device, d.Authenticated, d.IP = d.Key, t.now, ip
		return "", t.saveDevice(f.Sub, d)
	}
	f.Device = regionOf(t.pool.ID) + "_" + uuid.NewString()
	k := key(f.Sub, f.Device)
	if err := t.expire(newDevicesBucket, k, f.Expires); err != nil {
		return "", err
	}
	return f.Device, save(t.bucket(newDevicesBucket), k, newDeviceRecord{Until: f.Expires})
}

// deviceFits tells whether a refresh token may be used: from a device that has been confirmed, by the key of that device.
func (t *poolTx) deviceFits(f *familyRecord, given string) bool {
	if f.Device == "" || !t.pool.tracksDevices() {
		return true
	}
	return given == f.Device && t.bucket(devicesBucket).Get(key(f.Sub, f.Device)) != nil
}

// dropDevice forgets a device. Its refresh tokens stop working with it, and its key cannot be confirmed again.
func (t *poolTx) dropDevice(sub, deviceKey string) error {
	if _, err := t.mustDevice(sub, deviceKey); err != nil {
		return err
	}
	return t.bucket(devicesBucket).Delete(key(sub, deviceKey))
}

// dropDevicesOf is for a user who is deleted.
func (t *poolTx) dropDevicesOf(sub string) error {
	for _, bucket := range []string{devicesBucket, newDevicesBucket} {
		for _, deviceKey := range restOf(t.bucket(bucket), key(sub, "")) {
			if err := t.bucket(bucket).Delete(key(sub, deviceKey)); err != nil {
				return err
			}
		}
	}
	return nil
}

type confirmDeviceInput struct {
	AccessToken string        `json:"AccessToken" is:"required,token"`
	DeviceKey   string        `json:"DeviceKey" is:"required,deviceKey"`
	DeviceName  string        `json:"DeviceName" is:"deviceName"`
	Secret      *deviceSecret `json:"DeviceSecretVerifierConfig"`
}

type deviceSecret struct {
	PasswordVerifier string `json:"PasswordVerifier"`
	Salt             string `json:"Salt"`
}

type confirmDeviceOutput struct {
	UserConfirmationNecessary bool `json:"UserConfirmationNecessary"`
}

func (p *Pool) confirmDevice(c *call, in *confirmDeviceInput) (*confirmDeviceOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	d := &deviceRecord{
		Key: in.DeviceKey, Name: in.DeviceName, IP: c.ip, Created: c.now, Modified: c.now, Authenticated: c.now,
	}
	if d.Salt, d.Verifier, err = p.srp.deviceSecret(in.Secret); err != nil {
		return nil, err
	}
	out := &confirmDeviceOutput{}
	err = p.update(who.poolID, c.now, func(t *poolTx) error {
		if _, err := t.holderOf(who.claims); err != nil {
			return err
		}
		if !t.pool.tracksDevices() {
			return fault("InvalidUserPoolConfigurationException", "The user pool does not track devices.")
		}
		out.UserConfirmationNecessary = t.pool.DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt
		d.Remembered = !out.UserConfirmationNecessary
		return t.addDevice(who.user.Sub, d)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// deviceSecret reads what a device's proofs are checked against, made by the device: a client sends both in base64, with the
// zero byte in front of large numbers that Cognito's padding has.
func (s *srpGroup) deviceSecret(given *deviceSecret) (salt, verifier []byte, err error) {
	if given == nil {
		return nil, nil, invalidParameter("Missing required parameter DeviceSecretVerifierConfig")
	}
	salt, err = base64.StdEncoding.DecodeString(given.Salt)
	if err != nil || len(salt) == 0 || len(salt) > 64 {
		return nil, nil, invalidParameter("The salt of the device is not valid.")
	}
	verifier, err = base64.StdEncoding.DecodeString(given.PasswordVerifier)
	v := new(big.Int).SetBytes(verifier)
	// With 0 or 1 anybody could prove to be the device.
	if err != nil || v.Cmp(big.NewInt(1)) <= 0 || v.Cmp(s.n) >= 0 {
		return nil, nil, invalidParameter("The password verifier of the device is not valid.")
	}
	return salt, v.FillBytes(make([]byte, srpBytes)), nil
}

// addDevice stores a device whose key was given to a sign-in of the user.
func (t *poolTx) addDevice(sub string, d *deviceRecord) error {
	had, err := t.device(sub, d.Key)
	k := key(sub, d.Key)
	switch {
	case err != nil:
		return err
	case had != nil:
		return fault("DeviceKeyExistsException", "Device already exists.")
	case t.bucket(newDevicesBucket).Get(k) == nil:
		return deviceDoesNotExist()
	}
	if err := t.bucket(newDevicesBucket).Delete(k); err != nil {
		return err
	}
	return t.saveDevice(sub, d)
}

type deviceInput struct {
	AccessToken string `json:"AccessToken" is:"token"`
	DeviceKey   string `json:"DeviceKey" is:"required,deviceKey"`
}

type deviceOutput struct {
	Device deviceDescription `json:"Device"`
}

// deviceDescription is Cognito's DeviceType.
type deviceDescription struct {
	DeviceKey                   string      `json:"DeviceKey"`
	DeviceAttributes            []attribute `json:"DeviceAttributes"`
	DeviceCreateDate            moment      `json:"DeviceCreateDate"`
	DeviceLastModifiedDate      moment      `json:"DeviceLastModifiedDate"`
	DeviceLastAuthenticatedDate moment      `json:"DeviceLastAuthenticatedDate"`
}

func (d *deviceRecord) description() deviceDescription {
	out := deviceDescription{
		DeviceKey: d.Key, DeviceCreateDate: d.Created, DeviceLastModifiedDate: d.Modified,
		DeviceLastAuthenticatedDate: d.Authenticated,
		DeviceAttributes:            []attribute{{Name: "device_status", Value: "valid"}},
	}
	remembered := "not_remembered"
	if d.Remembered {
		remembered = "remembered"
	}
	for _, a := range []attribute{
		{Name: "device_name", Value: d.Name},
		{Name: "dev:device_remembered_status", Value: remembered},
		{Name: "last_ip_used", Value: d.IP},
	} {
		if a.Value != "" {
			out.DeviceAttributes = append(out.DeviceAttributes, a)
		}
	}
	return out
}

func (p *Pool) getDevice(c *call, in *deviceInput) (*deviceOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	out := &deviceOutput{}
	err = p.view(who.poolID, c.now, func(t *poolTx) error {
		d, err := t.mustDevice(who.user.Sub, in.DeviceKey)
		if err != nil {
			return err
		}
		out.Device = d.description()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type listDevicesInput struct {
	AccessToken     string `json:"AccessToken" is:"required,token"`
	Limit           int    `json:"Limit" is:"limit60"`
	PaginationToken string `json:"PaginationToken" is:"page"`
}

type listDevicesOutput struct {
	Devices         []deviceDescription `json:"Devices"`
	PaginationToken string              `json:"PaginationToken,omitempty"`
}

func (p *Pool) listDevices(c *call, in *listDevicesInput) (*listDevicesOutput, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return p.devicesOf(c, who.poolID, who.user.Sub, in.Limit, in.PaginationToken)
}

// devicesOf lists a page of a user's devices, by key.
func (p *Pool) devicesOf(c *call, poolID, sub string, limit int, token string) (*listDevicesOutput, error) {
	ring, of := p.keys.of(poolID), "devices "+sub
	at, err := openPage(ring, token, of, c.now)
	if err != nil {
		return nil, err
	}
	out := &listDevicesOutput{Devices: []deviceDescription{}}
	last := ""
	err = p.view(poolID, c.now, func(t *poolTx) error {
		for _, deviceKey := range t.deviceKeys(sub) {
			if deviceKey <= at.Last {
				continue
			}
			if len(out.Devices) == pageSize(limit) {
				last = out.Devices[len(out.Devices)-1].DeviceKey
				return nil
			}
			d, err := t.mustDevice(sub, deviceKey)
			if err != nil {
				return err
			}
			out.Devices = append(out.Devices, d.description())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if last != "" {
		out.PaginationToken, err = newPage(ring, last, of, c.now)
	}
	return out, err
}

type updateDeviceInput struct {
	AccessToken            string `json:"AccessToken" is:"required,token"`
	DeviceKey              string `json:"DeviceKey" is:"required,deviceKey"`
	DeviceRememberedStatus string `json:"DeviceRememberedStatus" is:"deviceStatus"`
}

func (p *Pool) updateDeviceStatus(c *call, in *updateDeviceInput) (*empty, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	err = p.update(who.poolID, c.now, func(t *poolTx) error {
		if _, err := t.holderOf(who.claims); err != nil {
			return err
		}
		return t.setRemembered(who.user.Sub, in.DeviceKey, in.DeviceRememberedStatus)
	})
	if err != nil {
		return nil, err
	}
	return &empty{}, nil
}

// setRemembered changes a device's status; without one, which the protocol permits, there is nothing to change.
func (t *poolTx) setRemembered(sub, deviceKey, status string) error {
	d, err := t.mustDevice(sub, deviceKey)
	if err != nil || status == "" {
		return err
	}
	d.Remembered, d.Modified = status == "remembered", t.now
	return t.saveDevice(sub, d)
}

func (p *Pool) forgetDevice(c *call, in *deviceInput) (*noBody, error) {
	who, err := p.authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, p.update(who.poolID, c.now, func(t *poolTx) error {
		if _, err := t.holderOf(who.claims); err != nil {
			return err
		}
		return t.dropDevice(who.user.Sub, in.DeviceKey)
	})
}

// hostOf is the address that a call came from, without the port.
func hostOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return ""
	}
	return host
}

// deviceKeys returns the keys of a user's confirmed devices in order.
func (t *poolTx) deviceKeys(sub string) []string {
	return restOf(t.bucket(devicesBucket), key(sub, ""))
}
