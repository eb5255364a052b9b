package cognito

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// ForgotPassword sends a code with which the password can be set anew.
func (c *Client) ForgotPassword(ctx context.Context, email string) (*CodeDelivery, error) {
	if c.options.HideUserExistence {
		return c.sendInSilence(ctx, email, c.forgotPassword)
	}
	return c.forgotPassword(ctx, email)
}

func (c *Client) forgotPassword(ctx context.Context, email string) (*CodeDelivery, error) {
	out, err := invoke(ctx, c, opForgotPassword, c.api.ForgotPassword, &sdk.ForgotPasswordInput{
		ClientId:        &c.options.ClientID,
		SecretHash:      c.secretHash(email),
		Username:        &email,
		UserContextData: c.userContext(ctx),
	})
	if err != nil {
		return nil, err
	}
	return newCodeDelivery(out.CodeDeliveryDetails), nil
}

// ConfirmForgotPassword sets a new password by the code of [Client.ForgotPassword].
func (c *Client) ConfirmForgotPassword(ctx context.Context, email, code, newPassword string) error {
	if c.options.HideUserExistence {
		_, err := atSafeTime(ctx, func() (struct{}, error) {
			return struct{}{}, hideInCode(c.confirmForgotPassword(ctx, email, code, newPassword))
		})
		return err
	}
	return c.confirmForgotPassword(ctx, email, code, newPassword)
}

func (c *Client) confirmForgotPassword(ctx context.Context, email, code, newPassword string) error {
	_, err := invoke(ctx, c, opConfirmForgotPassword, c.api.ConfirmForgotPassword, &sdk.ConfirmForgotPasswordInput{
		ClientId:         &c.options.ClientID,
		SecretHash:       c.secretHash(email),
		Username:         &email,
		ConfirmationCode: &code,
		Password:         &newPassword,
		UserContextData:  c.userContext(ctx),
	})
	return err
}

// ChangePassword sets a new password. currentPassword is nil for a user who has
// none yet.
func (c *Caller) ChangePassword(ctx context.Context, currentPassword *string, newPassword string) error {
	_, err := invoke(ctx, c.client, opChangePassword, c.client.api.ChangePassword, &sdk.ChangePasswordInput{
		AccessToken:      &c.accessToken,
		PreviousPassword: currentPassword,
		ProposedPassword: &newPassword,
	})
	return err
}
