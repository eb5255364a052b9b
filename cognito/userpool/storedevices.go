package userpool

import "github.com/google/uuid"

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

// setRemembered changes a device's status; without one, which the protocol permits, there is nothing to change.
func (t *poolTx) setRemembered(sub, deviceKey, status string) error {
	d, err := t.mustDevice(sub, deviceKey)
	if err != nil || status == "" {
		return err
	}
	d.Remembered, d.Modified = status == "remembered", t.now
	return t.saveDevice(sub, d)
}

// deviceKeys returns the keys of a user's confirmed devices in order.
func (t *poolTx) deviceKeys(sub string) []string {
	return restOf(t.bucket(devicesBucket), key(sub, ""))
}
