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
	ConfirmSignUp(ctx context.Context, in VerifyAccountInput) (*Verification, error)
	// ResendConfirmationCode sends a new code for an account that is not confirmed.
	ResendConfirmationCode(ctx context.Context, in SendCodeInput) (*CodeDelivery, error)
	// SignIn signs in with a password.
	SignIn(ctx context.Context, in SigninInput) (SigninResult, error)
	// StartSignIn starts a sign-in by SRP (SrpA alone), by custom authentication (Custom),
	// or with a first factor that is preferred or yet to be chosen.
	StartSignIn(ctx context.Context, in StartSigninInput) (SigninResult, error)
	// Respond answers a challenge. It returns tokens or the next challenge.
	Respond(ctx context.Context, in RespondToChallengeInput) (SigninResult, error)
	// ForgotPassword sends a code for resetting the password.
	ForgotPassword(ctx context.Context, in SendCodeInput) (*CodeDelivery, error)
	// ConfirmForgotPassword sets a new password with the code of ForgotPassword.
	ConfirmForgotPassword(ctx context.Context, in ConfirmForgotPasswordInput) error
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
	accounts         Accounts
	decoys           *decoyFactory
	states           *challengeStates
	mayNotify        func(ctx context.Context, account string) bool
	signUpName       func(Identifier) *member
	notices          chan struct{} // bounds concurrent messages to account owners
	panicked         func(cause any)
	wrongCredentials string
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
		accounts:         next,
		decoys:           newDecoyFactory(o, states),
		states:           states,
		mayNotify:        o.MayNotify,
		signUpName:       o.signUpName,
		notices:          make(chan struct{}, maxNotices),
		panicked:         o.Panicked,
		wrongCredentials: wrongCredentials(o),
	}
}

// SignUp registers a user. If the address is taken, it notifies the owner instead and
// returns the same result.
func (h *accountsHidingExistence) SignUp(ctx context.Context, in SignUpInput) (*SignUpResult, error) {
	return withConstantTime(ctx, func() (*SignUpResult, error) {
		_, err := h.accounts.SignUp(ctx, in)
		if err != nil {
			switch code := apierr.From(err).Code; {
			case isTaken(code), code == apierr.CodeDeliveryFailed, code == apierr.TooManyAttempts:
				// In the last two cases the user is registered, and can request another code.
			default:
				return nil, err
			}
		}
		name := h.signUpName(in.Identifier)
		// A new account got a message too, and so many fewer can be requested.
		mayNotify := h.mayNotify(ctx, *name.value)
		if err != nil && mayNotify && isTaken(apierr.From(err).Code) {
			h.notifyOwner(ctx, SendCodeInput{Identifier: name.identifier(), ClientMetadata: in.ClientMetadata})
		}
		return &SignUpResult{CodeDelivery: presumedDelivery(in.Identifier)}, nil
	})
}

// notifyOwner sends the owner of an account a code: the one that confirms the account, or
// else one for resetting the password. It does not block, and does nothing when too many
// messages are being sent.
func (h *accountsHidingExistence) notifyOwner(ctx context.Context, in SendCodeInput) {
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
		if _, err := h.accounts.ResendConfirmationCode(ctx, in); err != nil && !isTemporary(err) {
			_, _ = h.accounts.ForgotPassword(ctx, in)
		}
	}()
}

// ConfirmSignUp implements [Accounts].
func (h *accountsHidingExistence) ConfirmSignUp(ctx context.Context, in VerifyAccountInput) (*Verification, error) {
	return withConstantTime(ctx, func() (*Verification, error) {
		verification, err := h.accounts.ConfirmSignUp(ctx, in)
		if err == nil && verification.Status == AlreadyVerified {
			verification, err = nil, verification.cause
		}
		return verification, hideInCode(err)
	})
}

// ResendConfirmationCode implements [Accounts].
func (h *accountsHidingExistence) ResendConfirmationCode(ctx context.Context, in SendCodeInput) (*CodeDelivery, error) {
	return sendHidingExistence(ctx, in, h.accounts.ResendConfirmationCode)
}

// ForgotPassword implements [Accounts].
func (h *accountsHidingExistence) ForgotPassword(ctx context.Context, in SendCodeInput) (*CodeDelivery, error) {
	return sendHidingExistence(ctx, in, h.accounts.ForgotPassword)
}

// ConfirmForgotPassword implements [Accounts].
func (h *accountsHidingExistence) ConfirmForgotPassword(ctx context.Context, in ConfirmForgotPasswordInput) error {
	_, err := withConstantTime(ctx, func() (struct{}, error) {
		return struct{}{}, hideInCode(h.accounts.ConfirmForgotPassword(ctx, in))
	})
	return err
}

// SignIn implements [Accounts].
func (h *accountsHidingExistence) SignIn(ctx context.Context, in SigninInput) (SigninResult, error) {
	start := time.Now()
	result, err := h.accounts.SignIn(ctx, in)
	return result, h.hideInCredentials(ctx, start, err)
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
			return nil, replaceError(e, apierr.InvalidCredentials, h.wrongCredentials)
		}
		hasChoice := !custom && (in.SrpA == nil || in.PreferredFactor != nil)
		return h.decoys.challenge(ctx, factor, in.Identifier.name(), aws.ToString(in.DeviceKey), hasChoice), nil
	})
}

// Respond answers a challenge, which may be a decoy.
func (h *accountsHidingExistence) Respond(ctx context.Context, in RespondToChallengeInput) (SigninResult, error) {
	start := time.Now()
	result, err := h.accounts.Respond(ctx, in)
	state, openErr := h.states.open(ctx, in.Session)
	if openErr != nil || isOverload(err) {
		return result, err
	}
	switch state.Challenge {
	case "PASSWORD_VERIFIER", "PASSWORD", "PASSWORD_SRP", "WEB_AUTHN", "CUSTOM_CHALLENGE":
		return result, h.hideInCredentials(ctx, start, h.expiredAsInvalid(err))
	case "SELECT_CHALLENGE":
		return h.chooseFactor(ctx, start, state, in.Answer, result, err)
	case "EMAIL_OTP", "SMS_OTP":
		if err != nil {
			padTime(ctx, start)
			err = hideInCode(h.expiredAsInvalid(err))
		}
		return result, err
	default:
		// These challenges follow the password. Every failure that reveals the user looks
		// like an expired session.
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
		return result, h.hideInCredentials(ctx, start, h.expiredAsInvalid(err))
	}
	e := apierr.From(h.expiredAsInvalid(err))
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
func (h *accountsHidingExistence) hideInCredentials(ctx context.Context, start time.Time, err error) error {
	if err == nil {
		return nil
	}
	e := apierr.From(err)
	if e.Code != apierr.InvalidCredentials && !revealsUser(e) {
		return err
	}
	padTime(ctx, start)
	return replaceError(e, apierr.InvalidCredentials, h.wrongCredentials)
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
func (h *accountsHidingExistence) expiredAsInvalid(err error) error {
	if e := apierr.From(err); e != nil && e.Code == apierr.SessionExpired {
		return replaceError(e, apierr.InvalidCredentials, h.wrongCredentials)
	}
	return err
}

// sendHidingExistence sends a code, and responds as if that had succeeded.
func sendHidingExistence(
	ctx context.Context, in SendCodeInput, send func(context.Context, SendCodeInput) (*CodeDelivery, error),
) (*CodeDelivery, error) {
	return withConstantTime(ctx, func() (*CodeDelivery, error) {
		_, err := send(ctx, in)
		if err != nil && !dependsOnRecipient(apierr.From(err)) {
			return nil, err
		}
		return presumedDelivery(in.Identifier), nil
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
