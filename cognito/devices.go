package cognito

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Device is a device of a user.
type Device struct {
	Key                 string
	Name                *string
	Remembered          bool
	LastIPAddress       *string
	CreatedAt           time.Time
	LastModifiedAt      time.Time
	LastAuthenticatedAt *time.Time
}

// Names of device attributes.
const (
	deviceName       = "device_name"
	deviceStatus     = "device_remembered_status"
	deviceIP         = "last_ip_used"
	deviceRemembered = "remembered"
)

func newDevice(d *types.DeviceType) *Device {
	attributes := map[string]string{}
	for _, a := range d.DeviceAttributes {
		// Some names have a prefix.
		attributes[strings.TrimPrefix(aws.ToString(a.Name), "dev:")] = aws.ToString(a.Value)
	}
	return &Device{
		Key:                 aws.ToString(d.DeviceKey),
		Name:                optional(attributes[deviceName]),
		Remembered:          attributes[deviceStatus] == deviceRemembered,
		LastIPAddress:       optional(attributes[deviceIP]),
		CreatedAt:           aws.ToTime(d.DeviceCreateDate),
		LastModifiedAt:      aws.ToTime(d.DeviceLastModifiedDate),
		LastAuthenticatedAt: d.DeviceLastAuthenticatedDate,
	}
}

// DevicePage is one page of a user's devices.
type DevicePage struct {
	Nodes     []*Device
	NextToken *string // nil on the last page
}

// ConfirmDevice registers a new device. verifier and salt, both base64, are the SRP verifier
// of a password that the device generated. It returns whether the user must consent before
// the device is remembered.
func (c *Caller) ConfirmDevice(ctx context.Context, key string, name *string, verifier, salt string) (bool, error) {
	out, err := invoke(ctx, c.client, opConfirmDevice, c.client.api.ConfirmDevice, &sdk.ConfirmDeviceInput{
		AccessToken: &c.accessToken,
		DeviceKey:   &key,
		DeviceName:  name,
		DeviceSecretVerifierConfig: &types.DeviceSecretVerifierConfigType{
			PasswordVerifier: &verifier,
			Salt:             &salt,
		},
	})
	if err != nil {
		return false, err
	}
	return out.UserConfirmationNecessary, nil
}

// UpdateDevice sets whether a device is remembered.
func (c *Caller) UpdateDevice(ctx context.Context, key string, remembered bool) error {
	status := types.DeviceRememberedStatusTypeNotRemembered
	if remembered {
		status = types.DeviceRememberedStatusTypeRemembered
	}
	_, err := invoke(ctx, c.client, opUpdateDeviceStatus, c.client.api.UpdateDeviceStatus,
		&sdk.UpdateDeviceStatusInput{AccessToken: &c.accessToken, DeviceKey: &key, DeviceRememberedStatus: status})
	return err
}

// ForgetDevice removes a device. Its sessions can no longer be refreshed.
func (c *Caller) ForgetDevice(ctx context.Context, key string) error {
	_, err := invoke(ctx, c.client, opForgetDevice, c.client.api.ForgetDevice,
		&sdk.ForgetDeviceInput{AccessToken: &c.accessToken, DeviceKey: &key})
	return err
}

func (c *Client) device(ctx context.Context, accessToken, key string) (*Device, error) {
	out, err := invoke(ctx, c, opGetDevice, c.api.GetDevice,
		&sdk.GetDeviceInput{AccessToken: &accessToken, DeviceKey: &key})
	if err != nil {
		return nil, err
	}
	return newDevice(out.Device), nil
}

func (c *Client) devices(ctx context.Context, accessToken string, first int32, after *string) (*DevicePage, error) {
	out, err := invoke(ctx, c, opListDevices, c.api.ListDevices,
		&sdk.ListDevicesInput{AccessToken: &accessToken, Limit: &first, PaginationToken: after})
	if err != nil {
		return nil, err
	}
	page := &DevicePage{Nodes: make([]*Device, len(out.Devices)), NextToken: out.PaginationToken}
	for i := range out.Devices {
		page.Nodes[i] = newDevice(&out.Devices[i])
	}
	return page, nil
}

// SendAuthEventFeedback tells Cognito's threat protection whether a sign-in was legitimate.
// feedbackToken comes from the message that Cognito sent to the user.
func (c *Client) SendAuthEventFeedback(ctx context.Context, username, eventID, feedbackToken string, valid bool) error {
	value := types.FeedbackValueTypeInvalid
	if valid {
		value = types.FeedbackValueTypeValid
	}
	_, err := invoke(ctx, c, opUpdateAuthEventFeedback, c.api.UpdateAuthEventFeedback, &sdk.UpdateAuthEventFeedbackInput{
		UserPoolId: &c.options.UserPoolID, Username: &username, EventId: &eventID,
		FeedbackToken: &feedbackToken, FeedbackValue: value,
	})
	return err
}
