package admin

import (
	"authgraph/cognito/userpool/internal/account"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/store"
)

type adminDeviceInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	Username   string `json:"Username" is:"required,username"`
	DeviceKey  string `json:"DeviceKey" is:"required,deviceKey"`
}

// AdminGetDevice returns a device of a user.
func (o *Operations) AdminGetDevice(c *service.Call, in *adminDeviceInput) (*account.DeviceOutput, error) {
	out := &account.DeviceOutput{}
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) error {
		u, err := t.MustFind(in.Username)
		if err != nil {
			return err
		}
		d, err := t.MustDevice(u.Sub, in.DeviceKey)
		if err != nil {
			return err
		}
		out.Device = account.DescribeDevice(d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type adminListDevicesInput struct {
	UserPoolID      string `json:"UserPoolId" is:"required,poolId"`
	Username        string `json:"Username" is:"required,username"`
	Limit           int    `json:"Limit" is:"limit60"`
	PaginationToken string `json:"PaginationToken" is:"page"`
}

// AdminListDevices returns a page of a user's devices.
func (o *Operations) AdminListDevices(c *service.Call, in *adminListDevicesInput) (*account.ListDevicesOutput, error) {
	var u *store.User
	err := o.View(in.UserPoolID, c.Now, func(t *store.Tx) (err error) {
		u, err = t.MustFind(in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	return account.DevicesOf(o.Service, c, in.UserPoolID, u.Sub, in.Limit, in.PaginationToken)
}

// AdminForgetDevice deletes a device of a user.
func (o *Operations) AdminForgetDevice(c *service.Call, in *adminDeviceInput) (*service.NoBody, error) {
	_, err := o.updateUser(c, &adminUserInput{UserPoolID: in.UserPoolID, Username: in.Username}, func(t *store.Tx, u *store.User) error {
		return t.DeleteDevice(u.Sub, in.DeviceKey)
	})
	return nil, err
}

type adminUpdateDeviceInput struct {
	UserPoolID             string `json:"UserPoolId" is:"required,poolId"`
	Username               string `json:"Username" is:"required,username"`
	DeviceKey              string `json:"DeviceKey" is:"required,deviceKey"`
	DeviceRememberedStatus string `json:"DeviceRememberedStatus" is:"deviceStatus"`
}

// AdminUpdateDeviceStatus changes whether a device is remembered.
func (o *Operations) AdminUpdateDeviceStatus(c *service.Call, in *adminUpdateDeviceInput) (*service.Empty, error) {
	return o.updateUser(c, &adminUserInput{UserPoolID: in.UserPoolID, Username: in.Username}, func(t *store.Tx, u *store.User) error {
		return t.SetRemembered(u.Sub, in.DeviceKey, in.DeviceRememberedStatus)
	})
}
