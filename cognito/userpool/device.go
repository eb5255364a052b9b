package userpool

import (
	"encoding/base64"
	"math/big"
)

// Devices, in a pool with a DeviceConfiguration. A sign-in without a device key is given a new one, and its refresh token
// works only for the device that has confirmed that key. A device that is remembered can prove itself in place of a second
// factor, see devicesrp.go.

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
	return devicesOf(p, c, who.poolID, who.user.Sub, in.Limit, in.PaginationToken)
}

// devicesOf lists a page of a user's devices, by key.
func devicesOf(p *Pool, c *call, poolID, sub string, limit int, token string) (*listDevicesOutput, error) {
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
