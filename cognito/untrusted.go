package cognito

import (
	"cmp"
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
	// SignedUpAgain marks an address that was signed up again. Its account may have been
	// confirmed before that, so it proves nothing by itself. It is never cleared: only
	// Cognito knows which spellings of an address are equal.
	SignedUpAgain Flag = "signed-up-again"
	// PasswordUntrusted marks the user name of an account that was confirmed after its
	// address was signed up again.
	PasswordUntrusted Flag = "password-untrusted"
	// AddressUntrusted marks the address of such an account, if Cognito's user name is not
	// known.
	AddressUntrusted Flag = "address-untrusted"
	// PasswordReset marks a user name, and overrides the other two.
	PasswordReset Flag = "password-reset"
	// AnyUntrusted is set without a name once there was an untrusted password in the pool.
	AnyUntrusted Flag = "any-untrusted"
	// ResetAdvised marks an address, and only determines the error for a wrong password.
	ResetAdvised Flag = "reset-advised"
)

const (
	// signedUpAgainFor is how long a second sign-up is remembered.
	signedUpAgainFor = 30 * 24 * time.Hour
	// decidedFor is the lifetime of the other flags: effectively forever, but the store
	// requires one.
	decidedFor = 10 * 365 * 24 * time.Hour
	// untilNameIsKnown is longer than it takes to find out the user name of an account.
	untilNameIsKnown = time.Minute
)

// OfUser reports whether a flag is for Cognito's user name, as opposed to an address, which
// has many spellings.
func (f Flag) OfUser() bool { return f == PasswordUntrusted || f == PasswordReset }

// Flagged is a flag of a user or an address.
type Flagged struct {
	Flag Flag
	Name string
}

// Flags stores flags. The functions are all set, or none.
type Flags struct {
	// Set sets a flag for a time, which replaces that of an earlier call.
	Set func(ctx context.Context, f Flagged, lifetime time.Duration) error
	// Clear clears a flag.
	Clear func(ctx context.Context, f Flagged) error
	// Has reports which of the flags are set.
	Has func(ctx context.Context, flags ...Flagged) ([]bool, error)
}

// has is Flags.Has. Without a store no flag is set.
func (f Flags) has(ctx context.Context, flags ...Flagged) ([]bool, error) {
	if f.Has == nil {
		return make([]bool, len(flags)), nil
	}
	set, err := f.Has(ctx, flags...)
	if err != nil {
		return nil, flagsUnavailable(err)
	}
	return set, nil
}

// set is Flags.Set. Without a store it does nothing. The event has happened already, so the
// flag is set even if ctx is canceled.
func (f Flags) set(ctx context.Context, flag Flag, name string, lifetime time.Duration) error {
	if f.Set == nil {
		return nil
	}
	if err := f.Set(context.WithoutCancel(ctx), Flagged{flag, name}, lifetime); err != nil {
		return flagsUnavailable(err)
	}
	return nil
}

// clear is Flags.Clear. It ignores errors, since it is only used where they do no harm.
func (f Flags) clear(ctx context.Context, flag Flag, name string) {
	if f.Clear != nil {
		_ = f.Clear(context.WithoutCancel(ctx), Flagged{flag, name})
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

// passwordStep is the outcome of a step of a sign-in in which a password was proven.
type passwordStep struct {
	account    string // the name that was entered
	username   string // Cognito's name of the user, as far as it is known
	challenge  types.ChallengeNameType
	parameters map[string]string
	result     *types.AuthenticationResultType
}

// checkPassword rejects a sign-in if the password of the user is not trusted. Call it after
// the step that proves the password and after each one that follows. err is the error of
// the step, returned unchanged if the password is trusted.
func (c *Client) checkPassword(ctx context.Context, step passwordStep, err error) error {
	switch {
	case err != nil && apierr.From(err).Code == apierr.InvalidCredentials:
		// The owner may try the password of the second sign-up.
		advised, flagErr := c.options.Flags.has(ctx, Flagged{ResetAdvised, step.account})
		if flagErr != nil || !advised[0] {
			return cmp.Or(flagErr, err)
		}
		return replaceError(apierr.From(err), apierr.PasswordResetRequired, resetRequired)
	case err != nil:
		return err
	case step.challenge == types.ChallengeNameTypeNewPasswordRequired:
		return nil // an administrator set the password
	}
	username := cmp.Or(usernameIn(step.parameters), step.username)
	if step.result != nil {
		username = text(unverifiedClaims(aws.ToString(step.result.AccessToken))["username"])
	}
	flags, err := c.options.Flags.has(ctx,
		Flagged{PasswordUntrusted, username}, Flagged{AddressUntrusted, step.account}, Flagged{PasswordReset, username})
	if err == nil && (flags[2] || !flags[0] && !flags[1]) {
		return nil
	}
	if step.result != nil && aws.ToString(step.result.RefreshToken) != "" {
		_ = c.revokeToken(ctx, *step.result.RefreshToken) // no one else has it
	}
	if err != nil {
		return err
	}
	return apierr.New(apierr.PasswordResetRequired, resetRequired).WithCause(errPasswordUntrusted)
}

// distrustPassword marks the password of a newly confirmed account as untrusted, and
// ends the sessions that began in the meantime.
func (c *Client) distrustPassword(ctx context.Context, account string) error {
	if c.options.Flags.Set == nil {
		return nil
	}
	// At once, so that no one signs in before the user name is known.
	for flag, lifetime := range map[Flag]time.Duration{AddressUntrusted: untilNameIsKnown, ResetAdvised: decidedFor} {
		if err := c.options.Flags.set(ctx, flag, account, lifetime); err != nil {
			return err
		}
	}
	username, err := c.usernameOf(ctx, account, nil)
	if isTemporary(err) && pause(ctx) {
		username, err = c.usernameOf(ctx, account, nil)
	}
	if err != nil {
		// Cognito's user name is unknown, so only the address can be marked.
		return c.options.Flags.set(ctx, AddressUntrusted, account, decidedFor)
	}
	// Of an earlier account with the same user name.
	c.options.Flags.clear(ctx, PasswordReset, username)
	if err := c.options.Flags.set(ctx, PasswordUntrusted, username, decidedFor); err != nil {
		return err
	}
	c.options.Flags.clear(ctx, AddressUntrusted, account)
	return c.passwordChanged(ctx, PasswordChange{Username: username, Reset: true})
}

// hasUntrusted reports whether there may be untrusted passwords in the pool.
func (c *Client) hasUntrusted(ctx context.Context) bool {
	set, err := c.options.Flags.has(ctx, Flagged{Flag: AnyUntrusted})
	return err != nil || set[0]
}

// trustPassword ends the effect of distrustPassword after the password was reset. account
// is the address that was entered, if any.
func (c *Client) trustPassword(ctx context.Context, username, account string) error {
	flags, err := c.options.Flags.has(ctx, Flagged{PasswordUntrusted, username}, Flagged{AddressUntrusted, account})
	if err != nil {
		return err
	}
	if flags[0] || flags[1] {
		if err := c.options.Flags.set(ctx, PasswordReset, username, decidedFor); err != nil {
			return err
		}
		c.options.Flags.clear(ctx, PasswordUntrusted, username)
	}
	c.options.Flags.clear(ctx, ResetAdvised, account)
	return nil
}
