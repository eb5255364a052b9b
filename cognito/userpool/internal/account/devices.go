package account

import (
	"encoding/base64"
	"math/big"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/srp"
	"authgraph/cognito/userpool/internal/store"
)

// Devices are tracked in pools with a DeviceConfiguration. A sign-in without a device key is issued a new one, and its
// refresh token works only for the device that has confirmed this key. A remembered device can prove itself in place of a
// second factor; that is part of signing in.

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

// ConfirmDevice stores a device whose key was issued at sign-in.
func (o *Operations) ConfirmDevice(c *service.Call, in *confirmDeviceInput) (*confirmDeviceOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	d := &store.Device{
		Key: in.DeviceKey, Name: in.DeviceName, IP: c.IP, Created: c.Now, Modified: c.Now, Authenticated: c.Now,
	}
	if d.Salt, d.Verifier, err = readDeviceSecret(o.SRP, in.Secret); err != nil {
		return nil, err
	}
	out := &confirmDeviceOutput{}
	err = o.update(c, caller, func(t *store.Tx, u *store.User) error {
		if !t.Pool.TracksDevices() {
			return exception.New("InvalidUserPoolConfigurationException", "The user pool does not track devices.")
		}
		out.UserConfirmationNecessary = t.Pool.DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt
		d.Remembered = !out.UserConfirmationNecessary
		return t.AddDevice(u.Sub, d)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// readDeviceSecret reads the salt and verifier that a device has generated. Both are in base64, and large numbers
// have the leading zero byte of Cognito's padding.
func readDeviceSecret(s *srp.Group, given *deviceSecret) (salt, verifier []byte, err error) {
	if given == nil {
		return nil, nil, exception.InvalidParameter("Missing required parameter DeviceSecretVerifierConfig")
	}
	salt, err = base64.StdEncoding.DecodeString(given.Salt)
	if err != nil || len(salt) == 0 || len(salt) > 64 {
		return nil, nil, exception.InvalidParameter("The salt of the device is not valid.")
	}
	verifier, err = base64.StdEncoding.DecodeString(given.PasswordVerifier)
	v := new(big.Int).SetBytes(verifier)
	// With 0 or 1 anyone could pass as the device.
	if err != nil || v.Cmp(big.NewInt(1)) <= 0 || v.Cmp(s.N) >= 0 {
		return nil, nil, exception.InvalidParameter("The password verifier of the device is not valid.")
	}
	return salt, v.FillBytes(make([]byte, srp.Size)), nil
}

type deviceInput struct {
	AccessToken string `json:"AccessToken" is:"token"`
	DeviceKey   string `json:"DeviceKey" is:"required,deviceKey"`
}

// DeviceOutput is the output of GetDevice and AdminGetDevice.
type DeviceOutput struct {
	Device deviceDescription `json:"Device"`
}

// deviceDescription is Cognito's DeviceType.
type deviceDescription struct {
	DeviceKey                   string               `json:"DeviceKey"`
	DeviceAttributes            []settings.Attribute `json:"DeviceAttributes"`
	DeviceCreateDate            epoch.Time           `json:"DeviceCreateDate"`
	DeviceLastModifiedDate      epoch.Time           `json:"DeviceLastModifiedDate"`
	DeviceLastAuthenticatedDate epoch.Time           `json:"DeviceLastAuthenticatedDate"`
}

// DescribeDevice returns a device as the API shows it.
func DescribeDevice(d *store.Device) deviceDescription {
	out := deviceDescription{
		DeviceKey: d.Key, DeviceCreateDate: d.Created, DeviceLastModifiedDate: d.Modified,
		DeviceLastAuthenticatedDate: d.Authenticated,
		DeviceAttributes:            []settings.Attribute{{Name: "device_status", Value: "valid"}},
	}
	remembered := "not_remembered"
	if d.Remembered {
		remembered = "remembered"
	}
	for _, a := range []settings.Attribute{
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

// GetDevice returns a device of the caller.
func (o *Operations) GetDevice(c *service.Call, in *deviceInput) (*DeviceOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	out := &DeviceOutput{}
	err = o.View(caller.PoolID, c.Now, func(t *store.Tx) error {
		d, err := t.MustDevice(caller.User.Sub, in.DeviceKey)
		if err != nil {
			return err
		}
		out.Device = DescribeDevice(d)
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

// ListDevicesOutput is a page of devices.
type ListDevicesOutput struct {
	Devices         []deviceDescription `json:"Devices"`
	PaginationToken string              `json:"PaginationToken,omitempty"`
}

// ListDevices returns a page of the caller's devices.
func (o *Operations) ListDevices(c *service.Call, in *listDevicesInput) (*ListDevicesOutput, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return DevicesOf(o.Service, c, caller.PoolID, caller.User.Sub, in.Limit, in.PaginationToken)
}

// DevicesOf returns a page of a user's devices, ordered by key.
func DevicesOf(s *service.Service, c *service.Call, poolID, sub string, limit int, token string) (*ListDevicesOutput, error) {
	page, err := service.OpenPage(s.Keys.ForPool(poolID), token, "devices "+sub, c.Now)
	if err != nil {
		return nil, err
	}
	out := &ListDevicesOutput{Devices: []deviceDescription{}}
	err = s.View(poolID, c.Now, func(t *store.Tx) error {
		keys, next, err := service.Cut(page, t.DeviceKeys(sub), service.PageSize(limit), func(key string) string { return key })
		if err != nil {
			return err
		}
		out.PaginationToken = next
		for _, key := range keys {
			d, err := t.MustDevice(sub, key)
			if err != nil {
				return err
			}
			out.Devices = append(out.Devices, DescribeDevice(d))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type updateDeviceInput struct {
	AccessToken            string `json:"AccessToken" is:"required,token"`
	DeviceKey              string `json:"DeviceKey" is:"required,deviceKey"`
	DeviceRememberedStatus string `json:"DeviceRememberedStatus" is:"deviceStatus"`
}

// UpdateDeviceStatus changes whether a device is remembered.
func (o *Operations) UpdateDeviceStatus(c *service.Call, in *updateDeviceInput) (*service.Empty, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		return t.SetRemembered(u.Sub, in.DeviceKey, in.DeviceRememberedStatus)
	})
}

// ForgetDevice deletes a device of the caller.
func (o *Operations) ForgetDevice(c *service.Call, in *deviceInput) (*service.NoBody, error) {
	caller, err := o.Authorize(c, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, o.update(c, caller, func(t *store.Tx, u *store.User) error {
		return t.DeleteDevice(u.Sub, in.DeviceKey)
	})
}
