package cognito

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"authgraph/internal/apierr"
)

// Accounts are the operations that anyone can call, and whose results can reveal whether
// an account exists.
type Accounts interface {
	// SignUp registers a user.
	SignUp(ctx context.Context, in SignUpInput) (*SignUpResult, error)
	// ConfirmSignUp confirms an account with the code that was sent.
	ConfirmSignUp(ctx context.Context, email, code string) (*Verification, error)
	// ResendConfirmationCode sends a new code for an account that is not confirmed.
	ResendConfirmationCode(ctx context.Context, email string) (*CodeDelivery, error)
	// SignIn signs in with e-mail address and password. deviceKey is nil if the pool does
	// not track devices or the device is new.
	SignIn(ctx context.Context, email, password string, deviceKey *string) (SigninResult, error)
	// StartSignIn starts a sign-in by SRP (SrpA alone), by custom authentication (Custom),
	// or with a first factor that is preferred or yet to be chosen.
	StartSignIn(ctx context.Context, in StartSigninInput) (SigninResult, error)
	// Respond answers a challenge. It returns tokens or the next challenge.
	Respond(ctx context.Context, session string, answer Answer) (SigninResult, error)
	// ForgotPassword sends a code for resetting the password.
	ForgotPassword(ctx context.Context, email string) (*CodeDelivery, error)
	// ConfirmForgotPassword sets a new password with the code of ForgotPassword.
	ConfirmForgotPassword(ctx context.Context, email, code, newPassword string) error
}

var (
	_ Accounts = accounts{}
	_ Accounts = (*accountsHidingExistence)(nil)
)

// accountsHidingExistence wraps Accounts so that neither results nor timing reveal whether
// an address is registered. Cognito's own setting for that (PreventUserExistenceErrors) is
// off by default, does not cover sign-up, and tells unconfirmed from disabled users. What
// Cognito really said goes to the log as the error's cause.
//
// Three things remain visible, which only Cognito could hide:
//
//   - The first factors that a user can choose from, above all a passkey.
//   - Whether Cognito checks the password of a sign-up before it checks whether the
//     address is taken. The embedded pool does, and Cognito appears to.
//   - Whether the new password of a reset violates the policy. An app client with LEGACY
//     errors checks that only for users who exist. PASSWORD_POLICY is passed on all the
//     same, since the alternative is to call a correct code wrong.
type accountsHidingExistence struct {
	accounts  Accounts
	decoys    *decoyFactory
	states    *challengeStates
	mayNotify func(ctx context.Context, email string) bool
	notices   chan struct{} // bounds concurrent messages to account owners
	panicked  func(cause any)
}

const (
	// responseInterval is the padded duration of operations whose timing would reveal
	// something. Slower ones take a multiple of it. Cognito usually takes less.
	responseInterval = time.Second
	// maxNotices bounds concurrent messages to account owners, and noticeTimeout each one.
	maxNotices    = 4
	noticeTimeout = 4 * time.Second
)

const wrongOrExpiredCode = "The code is wrong or has expired. Request a new one."

func newAccountsHidingExistence(next Accounts, o Options, states *challengeStates) *accountsHidingExistence {
	return &accountsHidingExistence{
		accounts:  next,
		decoys:    newDecoyFactory(o, states),
		states:    states,
		mayNotify: o.MayNotify,
		notices:   make(chan struct{}, maxNotices),
		panicked:  o.Panicked,
	}
}

// SignUp registers a user. If the address is taken, it notifies the owner instead and
// returns the same result.
func (h *accountsHidingExistence) SignUp(ctx context.Context, in SignUpInput) (*SignUpResult, error) {
	return withConstantTime(ctx, func() (*SignUpResult, error) {
		_, err := h.accounts.SignUp(ctx, in)
		if err != nil {
			switch apierr.From(err).Code {
			case apierr.EmailAlreadyRegistered, apierr.AliasAlreadyRegistered, apierr.CodeDeliveryFailed, apierr.TooManyAttempts:
				// In the last two cases the user is registered, and can request another code.
			default:
				return nil, err
			}
		}
		// A new account got a message too, and so many fewer can be requested.
		mayNotify := h.mayNotify(ctx, in.Email)
		if e := apierr.From(err); mayNotify && e != nil && (e.Code == apierr.EmailAlreadyRegistered || e.Code == apierr.AliasAlreadyRegistered) {
			h.notifyOwner(ctx, in.Email)
		}
		return &SignUpResult{CodeDelivery: presumedDelivery(in.Email)}, nil
	})
}

// notifyOwner sends the owner of an account a code: the one that confirms the account, or
// else one for resetting the password. It does not block, and does nothing when too many
// messages are being sent.
func (h *accountsHidingExistence) notifyOwner(ctx context.Context, email string) {
	select {
	case h.notices <- struct{}{}:
	default:
		return
	}
	// The request's context ends before the message is sent.
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer func() { <-h.notices }()
		defer func() { // nothing else recovers in this goroutine, and it would end the process
			if cause := recover(); cause != nil {
				h.panicked(cause)
			}
		}()
		ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
		defer cancel()
		if _, err := h.accounts.ResendConfirmationCode(ctx, email); err != nil && !isTemporary(err) {
			_, _ = h.accounts.ForgotPassword(ctx, email)
		}
	}()
}

// ConfirmSignUp implements [Accounts].
func (h *accountsHidingExistence) ConfirmSignUp(ctx context.Context, email, code string) (*Verification, error) {
	return withConstantTime(ctx, func() (*Verification, error) {
		verification, err := h.accounts.ConfirmSignUp(ctx, email, code)
		if err == nil && verification.Status == AlreadyVerified {
			verification, err = nil, verification.cause
		}
		return verification, hideInCode(err)
	})
}

// ResendConfirmationCode implements [Accounts].
func (h *accountsHidingExistence) ResendConfirmationCode(ctx context.Context, email string) (*CodeDelivery, error) {
	return sendHidingExistence(ctx, email, h.accounts.ResendConfirmationCode)
}

// ForgotPassword implements [Accounts].
func (h *accountsHidingExistence) ForgotPassword(ctx context.Context, email string) (*CodeDelivery, error) {
	return sendHidingExistence(ctx, email, h.accounts.ForgotPassword)
}

// ConfirmForgotPassword implements [Accounts].
func (h *accountsHidingExistence) ConfirmForgotPassword(ctx context.Context, email, code, newPassword string) error {
	_, err := withConstantTime(ctx, func() (struct{}, error) {
		return struct{}{}, hideInCode(h.accounts.ConfirmForgotPassword(ctx, email, code, newPassword))
	})
	return err
}

// SignIn implements [Accounts].
func (h *accountsHidingExistence) SignIn(ctx context.Context, email, password string, deviceKey *string) (SigninResult, error) {
	start := time.Now()
	result, err := h.accounts.SignIn(ctx, email, password, deviceKey)
	return result, hideInCredentials(ctx, start, err)
}

// StartSignIn starts a sign-in. It returns a decoy challenge for users who do not exist or
// may not sign in.
func (h *accountsHidingExistence) StartSignIn(ctx context.Context, in StartSigninInput) (SigninResult, error) {
	return withConstantTime(ctx, func() (SigninResult, error) {
		result, err := h.accounts.StartSignIn(ctx, in)
		if err == nil {
			h.decoys.learn(ctx, result)
			return result, nil
		}
		e := apierr.From(err)
		if !revealsUser(e) && e.Code != apierr.InvalidCredentials && e.Code != apierr.CodeDeliveryFailed {
			return nil, err
		}
		factor, custom := "", in.Custom != nil && *in.Custom
		switch {
		case in.PreferredFactor != nil:
			factor = string(*in.PreferredFactor)
		case in.SrpA != nil:
			factor = "PASSWORD_SRP"
		case custom:
			// Only the pool's own triggers know what a custom challenge looks like.
			return nil, replaceError(e, apierr.InvalidCredentials, wrongCredentials)
		}
		hasChoice := !custom && (in.SrpA == nil || in.PreferredFactor != nil)
		return h.decoys.challenge(ctx, factor, in.Email, aws.ToString(in.DeviceKey), hasChoice), nil
	})
}

// Respond answers a challenge, which may be a decoy.
func (h *accountsHidingExistence) Respond(ctx context.Context, session string, answer Answer) (SigninResult, error) {
	start := time.Now()
	result, err := h.accounts.Respond(ctx, session, answer)
	state, openErr := h.states.open(ctx, session)
	if openErr != nil || isOverload(err) {
		return result, err
	}
	switch state.Challenge {
	case "PASSWORD_VERIFIER", "PASSWORD", "PASSWORD_SRP", "WEB_AUTHN", "CUSTOM_CHALLENGE":
		return result, hideInCredentials(ctx, start, expiredAsInvalid(err))
	case "SELECT_CHALLENGE":
		return h.chooseFactor(ctx, start, state, answer, result, err)
	case "EMAIL_OTP", "SMS_OTP":
		if err != nil {
			padTime(ctx, start)
			err = hideInCode(expiredAsInvalid(err))
		}
		return result, err
	default:
		// These challenges follow the password. A forged session gets the same error as
		// any other bad session.
		if e := apierr.From(err); e != nil && (revealsUser(e) || e.Code == apierr.SessionExpired || e.Code == apierr.InvalidCredentials) {
			padTime(ctx, start)
			err = replaceError(e, apierr.SessionExpired, sessionExpired)
		}
		return result, err
	}
}

// chooseFactor returns the result of choosing the first factor. A choice that proves
// nothing is always followed by the next challenge.
func (h *accountsHidingExistence) chooseFactor(
	ctx context.Context, start time.Time, state challengeState, answer Answer, result SigninResult, err error,
) (SigninResult, error) {
	hasProof := answer.Factor == nil || answer.Factor.Password != nil || answer.Factor.Passkey != nil
	if hasProof {
		return result, hideInCredentials(ctx, start, expiredAsInvalid(err))
	}
	e := apierr.From(expiredAsInvalid(err))
	if e != nil && (revealsUser(e) || e.Code == apierr.InvalidCredentials || e.Code == apierr.CodeDeliveryFailed) {
		result, err = h.decoys.challenge(ctx, answer.Factor.Factor, state.Account, state.DeviceKey, true), nil
	}
	padTime(ctx, start)
	return result, err
}

// withConstantTime runs fn and pads its duration, so that timing does not reveal the
// result.
func withConstantTime[T any](ctx context.Context, fn func() (T, error)) (T, error) {
	start := time.Now()
	value, err := fn()
	if !isOverload(err) {
		padTime(ctx, start)
	}
	return value, err
}

// padTime waits until a multiple of responseInterval has passed since start.
func padTime(ctx context.Context, start time.Time) {
	took := time.Since(start)
	intervals := max(1, (took+responseInterval-1)/responseInterval)
	sleep(ctx, intervals*responseInterval-took)
}

// isOverload reports whether an operation failed because of the state of Cognito or of
// this process. That reveals nothing about a user, and delaying callers would make it
// worse.
func isOverload(err error) bool {
	e := apierr.From(err)
	return e != nil && (e.Code == apierr.RateLimited || e.Code == apierr.ServiceUnavailable)
}

// revealsUser reports whether an error reveals that a user exists or does not exist.
func revealsUser(err *apierr.Error) bool {
	if errors.Is(err.Cause, errPasswordUntrusted) {
		return false // the client knows the password
	}
	switch err.Code {
	case apierr.UserNotFound, apierr.UserNotConfirmed, apierr.UserAlreadyConfirmed, apierr.UserDisabled,
		apierr.PasswordResetRequired, apierr.PasswordResetUnavailable, apierr.NoVerifiedAddress,
		apierr.TemporaryPasswordExpired,
		apierr.TooManyAttempts,  // Cognito counts attempts of existing users
		apierr.RejectedByPolicy, // triggers run for existing users
		apierr.NotFound:         // no such device of an existing user
		return true
	default:
		return false
	}
}

// replaceError returns an error with the given code and message, and the cause of err.
func replaceError(err *apierr.Error, code apierr.Code, message string) *apierr.Error {
	return &apierr.Error{Code: code, Message: message, Cause: err.Cause}
}

// hideInCredentials turns every error that reveals a user into INVALID_CREDENTIALS, with
// constant time. Success needs no padding, since it requires the password.
func hideInCredentials(ctx context.Context, start time.Time, err error) error {
	if err == nil {
		return nil
	}
	e := apierr.From(err)
	if e.Code != apierr.InvalidCredentials && !revealsUser(e) {
		return err
	}
	padTime(ctx, start)
	return replaceError(e, apierr.InvalidCredentials, wrongCredentials)
}

// hideInCode turns every error that reveals a user or a code into CODE_MISMATCH.
func hideInCode(err error) error {
	if err == nil {
		return nil
	}
	e := apierr.From(err)
	switch e.Code {
	case apierr.CodeMismatch, apierr.CodeExpired, apierr.InvalidCredentials:
	default:
		if !revealsUser(e) {
			return err
		}
	}
	return replaceError(e, apierr.CodeMismatch, wrongOrExpiredCode)
}

// expiredAsInvalid turns SESSION_EXPIRED, which Cognito returns for the session of a
// decoy, into INVALID_CREDENTIALS.
func expiredAsInvalid(err error) error {
	if e := apierr.From(err); e != nil && e.Code == apierr.SessionExpired {
		return replaceError(e, apierr.InvalidCredentials, wrongCredentials)
	}
	return err
}

// sendHidingExistence sends a code, and responds as if that had succeeded.
func sendHidingExistence(
	ctx context.Context, email string, send func(context.Context, string) (*CodeDelivery, error),
) (*CodeDelivery, error) {
	return withConstantTime(ctx, func() (*CodeDelivery, error) {
		_, err := send(ctx, email)
		if err != nil && !dependsOnRecipient(apierr.From(err)) {
			return nil, err
		}
		return presumedDelivery(email), nil
	})
}

// dependsOnRecipient reports whether an error of sending a code depends on the recipient.
func dependsOnRecipient(err *apierr.Error) bool {
	switch err.Code {
	case apierr.NotEnabled, apierr.CodeDeliveryFailed, apierr.InvalidCredentials:
		return true
	case apierr.BadUserInput:
		// Cognito may call a parameter invalid for users who do not exist. It names the
		// parameter only if no user could have it.
		return err.Field == ""
	default:
		return revealsUser(err)
	}
}

// presumedDelivery returns where a code to the address would go, as Cognito reports it.
func presumedDelivery(email string) *CodeDelivery {
	return &CodeDelivery{
		Destination: maskEmail(email),
		Medium:      new(DeliveryMediumEmail),
		Attribute:   new(emailAttribute),
	}
}

// maskEmail masks an address as Cognito does: "jane@gmail.com" is "j***@g***".
func maskEmail(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return firstRune(email) + "***"
	}
	return firstRune(email[:at]) + "***@" + firstRune(email[at+1:]) + "***"
}

func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}
