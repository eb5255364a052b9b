package cognito

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/apierr"
)

// Anyone can sign up with someone else's address. A code that the owner gets later then
// confirms the stranger's account, with the stranger's password. So the password of an
// account that was signed up again before it was confirmed is not trusted until it is
// reset with a code.

// Flag is a property of an account that Cognito does not store.
type Flag string

const (
	// SignedUpAgain means that a later sign-up had the same address. The account may have
	// been confirmed before that, so it proves nothing by itself.
	SignedUpAgain Flag = "signed-up-again"
	// PasswordUntrusted means that the account was confirmed after it was signed up again,
	// and that its password was not reset with a code since.
	PasswordUntrusted Flag = "password-untrusted"
)

const (
	// signedUpAgainFor is how long a second sign-up is remembered.
	signedUpAgainFor = 30 * 24 * time.Hour
	// passwordUntrustedFor is how long an untrusted password is rejected: practically for
	// ever, but the store requires a time.
	passwordUntrustedFor = 10 * 365 * 24 * time.Hour
)

// Flags stores flags of accounts. account is the name that users enter, in any spelling.
type Flags struct {
	// Set sets a flag for a time, which replaces that of an earlier call.
	Set func(ctx context.Context, flag Flag, account string, lifetime time.Duration) error
	// Clear clears flags.
	Clear func(ctx context.Context, account string, flags ...Flag) error
	// Has reports whether a flag is set.
	Has func(ctx context.Context, flag Flag, account string) (bool, error)
}

// has is Flags.Has. Without flags it returns false.
func (f Flags) has(ctx context.Context, flag Flag, account string) (bool, error) {
	if f.Has == nil {
		return false, nil
	}
	set, err := f.Has(ctx, flag, account)
	if err != nil {
		return false, flagsUnavailable(err)
	}
	return set, nil
}

// set is Flags.Set. Without flags it does nothing. The event has happened
// already, so it is set even if ctx is canceled.
func (f Flags) set(ctx context.Context, flag Flag, account string, lifetime time.Duration) error {
	if f.Set == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if err := f.Set(ctx, flag, account, lifetime); err != nil {
		return flagsUnavailable(err)
	}
	return nil
}

// clear clears all flags of an account. If that fails, the user has to reset the password
// again.
func (f Flags) clear(ctx context.Context, account string) {
	if f.Clear != nil {
		_ = f.Clear(context.WithoutCancel(ctx), account, SignedUpAgain, PasswordUntrusted)
	}
}

func flagsUnavailable(err error) error {
	return apierr.New(apierr.ServiceUnavailable, "The state of the account is temporarily unavailable. Try again.").WithCause(err)
}

// errPasswordUntrusted is the cause of PASSWORD_RESET_REQUIRED for a password that is right
// but not trusted. As after a success, it reveals nothing to clients that do not know the
// password.
var errPasswordUntrusted = errors.New("the account was signed up again before it was confirmed, and its password was not reset since")

const resetRequired = "The password must be reset before signing in."

// checkPassword rejects a step of a sign-in if the password of the account is not trusted.
// Call it after each step that proves a password. err is the error of the step, returned
// unchanged if the password is trusted, and result has the tokens, if there are any already.
func (c *Client) checkPassword(ctx context.Context, account string, result *types.AuthenticationResultType, err error) error {
	if err != nil && apierr.From(err).Code != apierr.InvalidCredentials {
		return err
	}
	untrusted, flagErr := c.options.Flags.has(ctx, PasswordUntrusted, account)
	if flagErr == nil && !untrusted {
		return err
	}
	if result != nil && aws.ToString(result.RefreshToken) != "" {
		_ = c.revokeToken(ctx, *result.RefreshToken) // no one else has it
	}
	switch {
	case flagErr != nil:
		return flagErr
	case err != nil:
		// The owner may try the password of the second sign-up.
		return replaceError(apierr.From(err), apierr.PasswordResetRequired, resetRequired)
	}
	return apierr.New(apierr.PasswordResetRequired, resetRequired).WithCause(errPasswordUntrusted)
}

// distrustPassword marks the password of a newly confirmed account as untrusted, and
// ends the sessions that began in the meantime.
func (c *Client) distrustPassword(ctx context.Context, account string) error {
	if err := c.options.Flags.set(ctx, PasswordUntrusted, account, passwordUntrustedFor); err != nil {
		return err
	}
	if c.options.PasswordChanged == nil {
		return nil
	}
	username, err := c.usernameOf(ctx, account, nil)
	if err != nil {
		// Only a sign-in at this very moment could have started a session.
		return nil
	}
	return c.passwordChanged(ctx, PasswordChange{Username: username, Reset: true})
}
