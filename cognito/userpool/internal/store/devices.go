package store

import (
	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
)

// Device is a confirmed device.
type Device struct {
	Key           string     `json:"key"`
	Name          string     `json:"name,omitempty"`
	Remembered    bool       `json:"remembered"`
	Salt          []byte     `json:"salt"`
	Verifier      []byte     `json:"verifier"`
	IP            string     `json:"ip,omitempty"`
	Created       epoch.Time `json:"created"`
	Modified      epoch.Time `json:"modified"`
	Authenticated epoch.Time `json:"authenticated"`
}

// newDeviceRecord is a device key that was issued to a sign-in. It can be confirmed as long as the sign-in lasts.
type newDeviceRecord struct {
	Until epoch.Time `json:"until"`
}

func (t *Tx) device(sub, deviceKey string) (*Device, error) {
	return db.Load[Device](t.bucket(devicesBucket), db.Key(sub, deviceKey))
}

// MustDevice returns a confirmed device of a user. It fails if there is none.
func (t *Tx) MustDevice(sub, deviceKey string) (*Device, error) {
	d, err := t.device(sub, deviceKey)
	if err == nil && d == nil {
		err = exception.DeviceDoesNotExist()
	}
	return d, err
}

func (t *Tx) saveDevice(sub string, d *Device) error {
	return db.Save(t.bucket(devicesBucket), db.Key(sub, d.Key), d)
}

// TrackDevice binds a sign-in to the device with the given key or, without one, to a new device, whose key it
// returns.
func (t *Tx) TrackDevice(f *Family, given, ip string) (deviceKey string, err error) {
	f.Device = ""
	if !t.Pool.TracksDevices() {
		return "", nil
	}
	if given != "" {
		d, err := t.MustDevice(f.Sub, given)
		if err != nil {
			return "", err
		}
		f.Device, d.Authenticated, d.IP = d.Key, t.Now, ip
		return "", t.saveDevice(f.Sub, d)
	}
	f.Device = settings.RegionOf(t.Pool.ID) + "_" + uuid.NewString()
	k := db.Key(f.Sub, f.Device)
	if err := t.noteExpiry(newDevicesBucket, k, f.Expires); err != nil {
		return "", err
	}
	return f.Device, db.Save(t.bucket(newDevicesBucket), k, newDeviceRecord{Until: f.Expires})
}

// DeviceMatches reports whether a refresh token may be used from a device: it must be the one the sign-in is bound
// to, and confirmed.
func (t *Tx) DeviceMatches(f *Family, given string) bool {
	if f.Device == "" || !t.Pool.TracksDevices() {
		return true
	}
	return given == f.Device && t.bucket(devicesBucket).Get(db.Key(f.Sub, f.Device)) != nil
}

// DeleteDevice forgets a device. Its refresh tokens stop working, and its key cannot be confirmed again.
func (t *Tx) DeleteDevice(sub, deviceKey string) error {
	if _, err := t.MustDevice(sub, deviceKey); err != nil {
		return err
	}
	return t.bucket(devicesBucket).Delete(db.Key(sub, deviceKey))
}

// deleteDevicesOf deletes all devices of a user.
func (t *Tx) deleteDevicesOf(sub string) error {
	for _, bucket := range []string{devicesBucket, newDevicesBucket} {
		for _, deviceKey := range db.Suffixes(t.bucket(bucket), db.Key(sub, "")) {
			if err := t.bucket(bucket).Delete(db.Key(sub, deviceKey)); err != nil {
				return err
			}
		}
	}
	return nil
}

// AddDevice stores a device whose key was issued to a sign-in of the user.
func (t *Tx) AddDevice(sub string, d *Device) error {
	had, err := t.device(sub, d.Key)
	k := db.Key(sub, d.Key)
	switch {
	case err != nil:
		return err
	case had != nil:
		return exception.New("DeviceKeyExistsException", "Device already exists.")
	case t.bucket(newDevicesBucket).Get(k) == nil:
		return exception.DeviceDoesNotExist()
	}
	if err := t.bucket(newDevicesBucket).Delete(k); err != nil {
		return err
	}
	return t.saveDevice(sub, d)
}

// SetRemembered changes the status of a device. The protocol permits an empty status, which changes nothing.
func (t *Tx) SetRemembered(sub, deviceKey, status string) error {
	d, err := t.MustDevice(sub, deviceKey)
	if err != nil || status == "" {
		return err
	}
	d.Remembered, d.Modified = status == "remembered", t.Now
	return t.saveDevice(sub, d)
}

// DeviceKeys returns the keys of a user's confirmed devices in order.
func (t *Tx) DeviceKeys(sub string) []string {
	return db.Suffixes(t.bucket(devicesBucket), db.Key(sub, ""))
}
