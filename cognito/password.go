package cognito

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// ForgotPassword implements [Accounts].
func (a accounts) ForgotPassword(ctx context.Context, email string) (*CodeDelivery, error) {
	out, err := invoke(ctx, a.Client, opForgotPassword, a.api.ForgotPassword, &sdk.ForgotPasswordInput{
		ClientId:        &a.options.ClientID,
		SecretHash:      a.secretHash(email),
		Username:        &email,
		UserContextData: a.userContext(ctx),
	})
	if err != nil {
		return nil, err
	}
	return newCodeDelivery(out.CodeDeliveryDetails), nil
}

// ConfirmForgotPassword implements [Accounts].
func (a accounts) ConfirmForgotPassword(ctx context.Context, email, code, newPassword string) error {
	_, err := invoke(ctx, a.Client, opConfirmForgotPassword, a.api.ConfirmForgotPassword, &sdk.ConfirmForgotPasswordInput{
		ClientId:         &a.options.ClientID,
		SecretHash:       a.secretHash(email),
		Username:         &email,
		ConfirmationCode: &code,
		Password:         &newPassword,
		UserContextData:  a.userContext(ctx),
	})
	return err
}

// ChangePassword sets a new password. currentPassword is nil for a user without one.
func (c *Caller) ChangePassword(ctx context.Context, currentPassword *string, newPassword string) error {
	_, err := invoke(ctx, c.client, opChangePassword, c.client.api.ChangePassword, &sdk.ChangePasswordInput{
		AccessToken:      &c.accessToken,
		PreviousPassword: currentPassword,
		ProposedPassword: &newPassword,
	})
	return err
}
