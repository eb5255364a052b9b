package cognito

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"authgraph/internal/apierr"
)

// With Options.HideUserExistence, nobody learns from an answer or its time whether
// an address is registered. Cognito's own setting for that
// (PreventUserExistenceErrors) leaves sign-up out, tells unconfirmed and disabled
// users apart, and is off by default; so the answers are made alike here, whatever
// the app client is set to. What Cognito really said goes to the log.
//
// Three things remain that only Cognito could hide.
//
// Which first factors there are to choose from is each user's own, a passkey above
// all. Cognito must judge the password of a sign-up before it looks whether the
// address is taken, as the embedded pool does and Cognito appears to (its PreSignUp
// trigger runs before that too). And only an app client that is ENABLED judges the
// new password of a reset for users who do not exist; a LEGACY one does not, so that
// there a password against the policy tells. Passing PASSWORD_POLICY on is worth
// that: without it, a user with the right code would be told that the code is wrong.
const (
	// existenceSafeTime is after which time, or which multiple of it, answers go out
	// that would tell by their time. It is longer than what Cognito takes as a rule.
	existenceSafeTime = time.Second
	// concurrentNotices bounds the messages that are being sent to owners of
	// accounts, and noticeTime each of them.
	concurrentNotices = 4
	noticeTime        = 4 * time.Second
)

const wrongOrOldCode = "The code is wrong or no longer good. Ask for another."

// atSafeTime returns what do does, at a time that does not depend on it.
func atSafeTime[T any](ctx context.Context, do func() (T, error)) (T, error) {
	began := time.Now()
	value, err := do()
	if !isOverload(err) {
		awaitSafeTime(ctx, began)
	}
	return value, err
}

func awaitSafeTime(ctx context.Context, began time.Time) {
	took := time.Since(began)
	next := max(1, (took+existenceSafeTime-1)/existenceSafeTime)
	sleep(ctx, next*existenceSafeTime-took)
}

// isOverload tells whether an operation failed for the state that Cognito or this
// process is in. That says nothing of a user, and holding its callers back would
// only make it worse.
func isOverload(err error) bool {
	e := apierr.From(err)
	return e != nil && (e.Code == apierr.RateLimited || e.Code == apierr.ServiceUnavailable)
}

// tellsOfUser tells whether an error lets on that the user exists, or does not.
func tellsOfUser(err *apierr.Error) bool {
	switch err.Code {
	case apierr.UserNotFound, apierr.UserNotConfirmed, apierr.UserAlreadyConfirmed, apierr.UserDisabled,
		apierr.PasswordResetRequired, apierr.TemporaryPasswordExpired,
		// Cognito counts the attempts of users that it has.
		apierr.TooManyAttempts,
		// A pool's own triggers are asked about users that it has.
		apierr.RejectedByPolicy,
		// "There is no such device": for a user that exists.
		apierr.NotFound:
		return true
	default:
		return false
	}
}

// instead returns an error that says no more than the code, with the cause of the
// real one.
func instead(err *apierr.Error, code apierr.Code, message string) *apierr.Error {
	return &apierr.Error{Code: code, Message: message, Cause: err.Cause}
}

// hideInCredentials makes every refusal that tells of a user one of the password,
// and lets all of them go at the same time. Success needs no such care: it is for
// who knows the password.
func hideInCredentials(ctx context.Context, began time.Time, err error) error {
	if err == nil {
		return nil
	}
	e := apierr.From(err)
	if e.Code != apierr.InvalidCredentials && !tellsOfUser(e) {
		return err
	}
	awaitSafeTime(ctx, began)
	return instead(e, apierr.InvalidCredentials, wrongCredentials)
}

// hideInCode makes every refusal that tells of a user, or of the code, one of the
// code.
func hideInCode(err error) error {
	if err == nil {
		return nil
	}
	e := apierr.From(err)
	switch e.Code {
	case apierr.CodeMismatch, apierr.CodeExpired, apierr.InvalidCredentials:
	default:
		if !tellsOfUser(e) {
			return err
		}
	}
	return instead(e, apierr.CodeMismatch, wrongOrOldCode)
}

// sendInSilence answers a request for a code as if it had been sent.
func (c *Client) sendInSilence(
	ctx context.Context, email string, send func(context.Context, string) (*CodeDelivery, error),
) (*CodeDelivery, error) {
	return atSafeTime(ctx, func() (*CodeDelivery, error) {
		_, err := send(ctx, email)
		if err != nil && !hidesInSending(apierr.From(err)) {
			return nil, err
		}
		return presumedDelivery(email), nil
	})
}

// hidesInSending tells whether the error of sending a code depends on whom it is
// sent to.
func hidesInSending(err *apierr.Error) bool {
	switch err.Code {
	case apierr.NotEnabled, apierr.CodeDeliveryFailed, apierr.InvalidCredentials:
		return true
	case apierr.BadUserInput:
		// Of users who do not exist, Cognito may say that a parameter is invalid; of
		// a name that can be nobody's, it says which.
		return err.Field == ""
	default:
		return tellsOfUser(err)
	}
}

// signUpInSilence registers a user, or tells the owner of the address that somebody
// tried to; the answer is the same.
func (c *Client) signUpInSilence(ctx context.Context, in SignUpInput) (*SignUpResult, error) {
	return atSafeTime(ctx, func() (*SignUpResult, error) {
		_, err := c.signUp(ctx, in)
		if err != nil {
			switch apierr.From(err).Code {
			case apierr.EmailAlreadyRegistered, apierr.AliasAlreadyRegistered:
				c.tellOwner(ctx, in.Email)
			case apierr.CodeDeliveryFailed, apierr.TooManyAttempts:
				// The user is registered, and can ask for another code.
			default:
				return nil, err
			}
		}
		return &SignUpResult{CodeDelivery: presumedDelivery(in.Email)}, nil
	})
}

// tellOwner sends the owner of an account what leads into it: the code that
// confirms it, or else one to set the password anew. Nobody waits for it, and when
// too many are being sent it is left out.
func (c *Client) tellOwner(ctx context.Context, email string) {
	select {
	case c.notices <- struct{}{}:
	default:
		return
	}
	// The answer to the sign-up ends its context.
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer func() { <-c.notices }()
		ctx, cancel := context.WithTimeout(ctx, noticeTime)
		defer cancel()
		if !c.options.MayNotify(ctx, email) {
			return
		}
		if _, err := c.resendConfirmationCode(ctx, email); err != nil && !isTemporary(err) {
			_, _ = c.forgotPassword(ctx, email)
		}
	}()
}

// presumedDelivery is where a code to the address would go, as Cognito writes it.
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
