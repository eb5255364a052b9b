package cognito

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/cognito/srp"
	"authgraph/internal/apierr"
)

// ForgotPassword implements [Accounts].
func (a accounts) ForgotPassword(ctx context.Context, in SendCodeInput) (*CodeDelivery, error) {
	account, triggers, err := a.resolve(in.Identifier, in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	out, err := invoke(ctx, a.Client, opForgotPassword, a.api.ForgotPassword, &sdk.ForgotPasswordInput{
		ClientId:        &a.options.ClientID,
		Username:        &account,
		ClientMetadata:  triggers,
		UserContextData: a.userContext(ctx),
	})
	if err != nil {
		return nil, in.Identifier.locate(err)
	}
	return newCodeDelivery(out.CodeDeliveryDetails), nil
}

// ConfirmForgotPasswordInput is a new password and the code that allows it. See the schema.
type ConfirmForgotPasswordInput struct {
	Identifier
	ConfirmationCode string
	NewPassword      string
	ClientMetadata   []*MetadataEntry
}

// ConfirmForgotPassword implements [Accounts].
func (a accounts) ConfirmForgotPassword(ctx context.Context, in ConfirmForgotPasswordInput) error {
	account, triggers, err := a.resolve(in.Identifier, in.ClientMetadata)
	if err != nil {
		return err
	}
	_, err = invoke(ctx, a.Client, opConfirmForgotPassword, a.api.ConfirmForgotPassword, &sdk.ConfirmForgotPasswordInput{
		ClientId:         &a.options.ClientID,
		Username:         &account,
		ConfirmationCode: &in.ConfirmationCode,
		Password:         &in.NewPassword,
		ClientMetadata:   triggers,
		UserContextData:  a.userContext(ctx),
	})
	if err != nil {
		return in.Identifier.locate(err)
	}
	return a.passwordReset(ctx, account, in.NewPassword)
}

// PasswordChange is a new password of a user.
type PasswordChange struct {
	// Username is Cognito's name of the user, the claim username.
	Username string
	// Subject is the claim sub, or empty if it is not known.
	Subject string
	// OriginJTI is the claim origin_jti of the session that set the password. It is empty
	// if there is none, or if token revocation is turned off.
	OriginJTI string
	// AuthenticatedAt is when the session began that started with the new password. It is
	// zero if there is none.
	AuthenticatedAt time.Time
	// Reset reports whether a code or an administrator allowed the change, and not the
	// previous password.
	Reset bool
}

// passwordReset reports a password that was set with a code.
func (c *Client) passwordReset(ctx context.Context, account, newPassword string) error {
	if c.options.PasswordChanged == nil && !c.hasUntrusted(ctx) {
		return nil
	}
	username, err := c.usernameOf(ctx, account, &newPassword)
	if isTemporary(err) && pause(ctx) {
		username, err = c.usernameOf(ctx, account, &newPassword)
	}
	if err != nil && c.options.PasswordChanged == nil {
		return nil // at worst, the password has to be reset again
	}
	if err != nil {
		// The code is used up, so that the same request would fail.
		return apierr.New(apierr.ServiceUnavailable,
			"The password was set, but other sessions could not be ended. Sign in and use logout to end them. "+
				"If signing in asks for a reset, request another code.").WithCause(err)
	}
	if err := c.trustPassword(ctx, username, account); err != nil {
		return err
	}
	return c.passwordChanged(ctx, PasswordChange{Username: username, Reset: true})
}

func (c *Client) passwordChanged(ctx context.Context, change PasswordChange) error {
	if c.options.PasswordChanged == nil {
		return nil
	}
	return c.options.PasswordChanged(ctx, change)
}

// usernameOf returns Cognito's name of a user. Only a sign-in reveals it without AWS
// credentials. The flows by SRP do so in their first step, which no session follows. If
// password is nil, only these are tried.
func (c *Client) usernameOf(ctx context.Context, account string, password *string) (string, error) {
	run, err := srp.New()
	if err != nil {
		return "", err
	}
	type attempt struct {
		flow       types.AuthFlowType
		parameters map[string]string
	}
	attempts := []attempt{
		{types.AuthFlowTypeUserSrpAuth, map[string]string{"SRP_A": run.A()}},
		{types.AuthFlowTypeUserAuth, map[string]string{"SRP_A": run.A(), "PREFERRED_CHALLENGE": "PASSWORD_SRP"}},
	}
	if password != nil {
		attempts = append(attempts, attempt{types.AuthFlowTypeUserPasswordAuth, map[string]string{"PASSWORD": *password}})
	}
	for _, attempt := range attempts {
		out, err := invoke(ctx, c, opInitiateAuth, c.api.InitiateAuth, &sdk.InitiateAuthInput{
			AuthFlow:        attempt.flow,
			ClientId:        &c.options.ClientID,
			AuthParameters:  c.authParameters(account, attempt.parameters),
			UserContextData: c.userContext(ctx),
		})
		if isFlowDisabled(err) || isUnsupported(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if result := out.AuthenticationResult; result != nil {
			if result.RefreshToken != nil {
				_ = c.revokeToken(ctx, *result.RefreshToken) // no one else has it
			}
			if name := text(unverifiedClaims(aws.ToString(result.AccessToken))["username"]); name != "" {
				return name, nil
			}
			continue
		}
		if name := usernameIn(out.ChallengeParameters); name != "" {
			return name, nil
		}
	}
	return "", errors.New("no sign-in flow of the app client reveals the user name")
}

// isUnsupported reports whether an emulator does not implement a flow.
func isUnsupported(err error) bool {
	var fault *Fault
	return errors.As(err, &fault) && isUnknownOperation(fault.Err)
}

// ChangePassword sets a new password. currentPassword is nil for a user without one.
func (c *Caller) ChangePassword(ctx context.Context, currentPassword *string, newPassword string) error {
	_, err := invoke(ctx, c.client, opChangePassword, c.client.api.ChangePassword, &sdk.ChangePasswordInput{
		AccessToken:      &c.accessToken,
		PreviousPassword: currentPassword,
		ProposedPassword: &newPassword,
	})
	if err != nil {
		return err
	}
	return c.client.passwordChanged(ctx, PasswordChange{
		Username: c.Claims.Username, Subject: c.Claims.Subject, OriginJTI: c.Claims.OriginJTI,
	})
}

// newPasswordSet reports a password that was set during a sign-in.
func (c *Client) newPasswordSet(ctx context.Context, state challengeState, result SigninResult) error {
	change := PasswordChange{Username: state.Username, Reset: true}
	if tokens, ok := result.(*AuthTokens); ok {
		claims := accessClaimsOf(tokens)
		change.Username, change.Subject, change.OriginJTI = claims.Username, claims.Subject, claims.OriginJTI
		change.AuthenticatedAt = claims.AuthenticatedAt
	}
	if err := c.trustPassword(ctx, change.Username, state.Account); err != nil {
		return err
	}
	return c.passwordChanged(ctx, change)
}
