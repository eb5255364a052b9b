package userpool

// What an administrator can do with the devices of a user.

type adminDeviceInput struct {
	UserPoolID string `json:"UserPoolId" is:"required,poolId"`
	Username   string `json:"Username" is:"required,username"`
	DeviceKey  string `json:"DeviceKey" is:"required,deviceKey"`
}

func (p *Pool) adminGetDevice(c *call, in *adminDeviceInput) (*deviceOutput, error) {
	out := &deviceOutput{}
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		u, err := t.mustFind(in.Username)
		if err != nil {
			return err
		}
		d, err := t.mustDevice(u.Sub, in.DeviceKey)
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

type adminListDevicesInput struct {
	UserPoolID      string `json:"UserPoolId" is:"required,poolId"`
	Username        string `json:"Username" is:"required,username"`
	Limit           int    `json:"Limit" is:"limit60"`
	PaginationToken string `json:"PaginationToken" is:"page"`
}

func (p *Pool) adminListDevices(c *call, in *adminListDevicesInput) (*listDevicesOutput, error) {
	var u *userRecord
	err := p.view(in.UserPoolID, c.now, func(t *poolTx) (err error) {
		u, err = t.mustFind(in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	return devicesOf(p, c, in.UserPoolID, u.Sub, in.Limit, in.PaginationToken)
}

func (p *Pool) adminForgetDevice(c *call, in *adminDeviceInput) (*noBody, error) {
	_, err := p.onUser(c, &adminUserInput{UserPoolID: in.UserPoolID, Username: in.Username}, func(t *poolTx, u *userRecord) error {
		return t.dropDevice(u.Sub, in.DeviceKey)
	})
	return nil, err
}

type adminUpdateDeviceInput struct {
	UserPoolID             string `json:"UserPoolId" is:"required,poolId"`
	Username               string `json:"Username" is:"required,username"`
	DeviceKey              string `json:"DeviceKey" is:"required,deviceKey"`
	DeviceRememberedStatus string `json:"DeviceRememberedStatus" is:"deviceStatus"`
}

func (p *Pool) adminUpdateDeviceStatus(c *call, in *adminUpdateDeviceInput) (*empty, error) {
	return p.onUser(c, &adminUserInput{UserPoolID: in.UserPoolID, Username: in.Username}, func(t *poolTx, u *userRecord) error {
		return t.setRemembered(u.Sub, in.DeviceKey, in.DeviceRememberedStatus)
	})
}
