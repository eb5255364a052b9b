package cognito

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/cognito/srp"
	"authgraph/cognito/userpool"
	"authgraph/internal/apierr"
	"authgraph/internal/sealed"
)

// states are the states of an address in the pool, with how to reach them.
var states = []struct {
	name string
	make func(p *pool, email string)
}{
	{"unknown", func(*pool, string) {}},
	{"confirmed", (*pool).member},
	{"unconfirmed", (*pool).signUp},
	{"disabled", func(p *pool, email string) {
		p.member(email)
		_, err := p.admin.AdminDisableUser(p.Context(), &sdk.AdminDisableUserInput{UserPoolId: new(p.ID()), Username: &email})
		p.must(err)
	}},
	{"disabled before it was confirmed", func(p *pool, email string) {
		p.signUp(email)
		_, err := p.admin.AdminDisableUser(p.Context(), &sdk.AdminDisableUserInput{UserPoolId: new(p.ID()), Username: &email})
		p.must(err)
	}},
	{"reset required", func(p *pool, email string) {
		p.member(email)
		p.verifyEmail(email)
		_, err := p.admin.AdminResetUserPassword(p.Context(), &sdk.AdminResetUserPasswordInput{UserPoolId: new(p.ID()), Username: &email})
		p.must(err)
	}},
	{"temporary password expired", func(p *pool, email string) {
		_, err := p.admin.AdminCreateUser(p.Context(), &sdk.AdminCreateUserInput{
			UserPoolId: new(p.ID()), Username: &email, TemporaryPassword: new(goodPassword),
		})
		p.must(err)
		time.Sleep(30 * 24 * time.Hour)
	}},
	{"verified", func(p *pool, email string) {
		p.member(email)
		p.verifyEmail(email)
	}},
	{"locked", func(p *pool, email string) {
		p.member(email)
		for failure := range 8 {
			_, err := p.admin.InitiateAuth(p.Context(), &sdk.InitiateAuthInput{
				AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: new(p.ClientID()),
				AuthParameters: map[string]string{"USERNAME": email, "PASSWORD": "wrong"},
			})
			if err == nil {
				p.Fatal("a wrong password is taken")
			}
			if failure < 7 {
				time.Sleep(lockAfter(failure))
			}
		}
	}},
	{"worn out", func(p *pool, email string) {
		p.signUp(email)
		p.wearOut(email)
	}},
	{"verified and worn out", func(p *pool, email string) {
		p.member(email)
		p.verifyEmail(email)
		p.wearOut(email)
	}},
}

// lockAfter returns how long the embedded pool locks an account after this many failures.
func lockAfter(failures int) time.Duration {
	if failures < 4 {
		return 0
	}
	return time.Second << (failures - 4)
}

func (p *pool) verifyEmail(email string) {
	p.Helper()
	_, err := p.admin.AdminUpdateUserAttributes(p.Context(), &sdk.AdminUpdateUserAttributesInput{
		UserPoolId: new(p.ID()), Username: &email,
		UserAttributes: []types.AttributeType{{Name: new("email_verified"), Value: new("true")}},
	})
	p.must(err)
}

// wearOut uses up the hourly limits of an account.
func (p *pool) wearOut(email string) {
	p.Helper()
	client, wrong := new(p.ClientID()), new("000000")
	calls := []func() error{
		func() error {
			_, err := p.admin.ResendConfirmationCode(p.Context(), &sdk.ResendConfirmationCodeInput{ClientId: client, Username: &email})
			return err
		},
		func() error {
			_, err := p.admin.ForgotPassword(p.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: &email})
			return err
		},
		func() error {
			_, err := p.admin.ConfirmSignUp(p.Context(), &sdk.ConfirmSignUpInput{ClientId: client, Username: &email, ConfirmationCode: wrong})
			return err
		},
		func() error {
			_, err := p.admin.ConfirmForgotPassword(p.Context(), &sdk.ConfirmForgotPasswordInput{
				ClientId: client, Username: &email, ConfirmationCode: wrong, Password: new(goodPassword),
			})
			return err
		},
	}
	worn := 0
	for _, call := range calls {
		for range 16 {
			err := call()
			var limit *types.LimitExceededException
			if errors.As(err, &limit) {
				worn++
				break
			}
			var invalid *types.InvalidParameterException
			var refused *types.NotAuthorizedException
			if errors.As(err, &invalid) || errors.As(err, &refused) {
				break
			}
		}
	}
	if worn < 2 {
		p.Fatalf("%d limits are used up", worn)
	}
}

// operationsByEmail are the operations that take an address. Each returns everything
// that a client sees, except values that are always random.
var operationsByEmail = map[string]func(context.Context, *Client, string) (any, error){
	"SignUp": func(ctx context.Context, c *Client, email string) (any, error) {
		return c.SignUp(ctx, SignUpInput{Identifier: Identifier{Email: new(email), Username: new("ada")}, Password: new(goodPassword), Mode: new("user")})
	},
	"SignUp with a weak password": func(ctx context.Context, c *Client, email string) (any, error) {
		return c.SignUp(ctx, SignUpInput{Identifier: Identifier{Email: new(email), Username: new("ada")}, Password: new("weak"), Mode: new("user")})
	},
	"ConfirmSignUp": func(ctx context.Context, c *Client, email string) (any, error) {
		return c.ConfirmSignUp(ctx, VerifyAccountInput{Identifier: ByEmail(email), ConfirmationCode: "000000"})
	},
	"ResendConfirmationCode": func(ctx context.Context, c *Client, email string) (any, error) {
		return c.ResendConfirmationCode(ctx, SendCodeInput{Identifier: ByEmail(email)})
	},
	"ForgotPassword": func(ctx context.Context, c *Client, email string) (any, error) {
		return c.ForgotPassword(ctx, SendCodeInput{Identifier: ByEmail(email)})
	},
	"ConfirmForgotPassword": func(ctx context.Context, c *Client, email string) (any, error) {
		return nil, c.ConfirmForgotPassword(ctx, ConfirmForgotPasswordInput{Identifier: ByEmail(email), ConfirmationCode: "000000", NewPassword: goodPassword})
	},
	"SignIn": func(ctx context.Context, c *Client, email string) (any, error) {
		return c.SignIn(ctx, SigninInput{Identifier: ByEmail(email), Password: "wrong"})
	},
	"SignIn with SRP": func(ctx context.Context, c *Client, email string) (any, error) {
		result, err := c.StartSignIn(ctx, StartSigninInput{Identifier: ByEmail(email), SrpA: new(srp.WithSecret(fixed).A())})
		return continueSignIn(ctx, c, result, err, Answer{Srp: &SRPAnswer{Signature: "AAAA", SecretBlock: "AAAA", Timestamp: time.Now().UTC().Format(srp.TimestampFormat)}})
	},
	"SignIn with SRP by choice": func(ctx context.Context, c *Client, email string) (any, error) {
		result, err := c.StartSignIn(ctx, StartSigninInput{Identifier: ByEmail(email), PreferredFactor: new(FirstFactor("PASSWORD_SRP")), SrpA: new(srp.WithSecret(fixed).A())})
		return continueSignIn(ctx, c, result, err, Answer{Srp: &SRPAnswer{Signature: "AAAA", SecretBlock: "AAAA", Timestamp: time.Now().UTC().Format(srp.TimestampFormat)}})
	},
	"SignIn by the choice of a password": func(ctx context.Context, c *Client, email string) (any, error) {
		result, err := c.StartSignIn(ctx, StartSigninInput{Identifier: ByEmail(email)})
		return continueSignIn(ctx, c, result, err, Answer{Factor: &FactorAnswer{Factor: "PASSWORD", Password: new("wrong")}})
	},
	"SignIn by the choice of SRP": func(ctx context.Context, c *Client, email string) (any, error) {
		result, err := c.StartSignIn(ctx, StartSigninInput{Identifier: ByEmail(email)})
		return continueSignIn(ctx, c, result, err, Answer{Factor: &FactorAnswer{Factor: "PASSWORD_SRP", SrpA: new(srp.WithSecret(fixed).A())}})
	},
	"SignIn of a device": func(ctx context.Context, c *Client, email string) (any, error) {
		return c.SignIn(ctx, SigninInput{Identifier: ByEmail(email), Password: "wrong", DeviceKey: new("us-east-1_00000000-0000-4000-8000-000000000000")})
	},
	"a stale session of SMS_MFA":       stale("SMS_MFA", Answer{Code: new("123456")}),
	"a stale session of EMAIL_OTP":     stale("EMAIL_OTP", Answer{Code: new("12345678")}),
	"a stale session of the password":  stale("PASSWORD", Answer{Password: new("wrong")}),
	"a stale session of a new one":     stale("NEW_PASSWORD_REQUIRED", Answer{NewPassword: &NewPasswordAnswer{Password: goodPassword}}),
	"a stale session of a choice":      stale("SELECT_CHALLENGE", Answer{Factor: &FactorAnswer{Factor: "PASSWORD", Password: new("wrong")}}),
	"a stale session of a custom one":  stale("CUSTOM_CHALLENGE", Answer{Custom: new("x")}),
	"a stale session of a proof":       stale("PASSWORD_VERIFIER", Answer{Srp: &SRPAnswer{Signature: "AAAA", SecretBlock: "AAAA", Timestamp: "Thu Jan 1 00:00:00 UTC 1970"}}),
	"a stale session of another proof": stale("DEVICE_SRP_AUTH", Answer{DeviceSrp: &DeviceSRPAnswer{DeviceKey: "k", SrpA: srp.WithSecret(fixed).A()}}),
}

func stale(challenge string, answer Answer) func(context.Context, *Client, string) (any, error) {
	return func(ctx context.Context, c *Client, email string) (any, error) {
		return c.Respond(ctx, RespondToChallengeInput{Session: c.states.seal(ctx, challengeState{Challenge: challenge, Username: email, Session: strings.Repeat("x", 200)}), Answer: answer})
	}
}

// continueSignIn answers a challenge incorrectly, and returns the shape of the challenge
// and the outcome.
func continueSignIn(ctx context.Context, c *Client, result SigninResult, err error, answer Answer) (any, error) {
	if err != nil {
		return nil, err
	}
	seen := []any{withoutRandomParts(result)}
	next, err := c.Respond(ctx, RespondToChallengeInput{Session: result.(Challenge).GetSession(), Answer: answer})
	return append(seen, withoutRandomParts(next)), err
}

// withoutRandomParts returns a challenge without its random parts.
func withoutRandomParts(result SigninResult) any {
	switch r := result.(type) {
	case *SRPChallenge:
		// Leading zeros are not written. The embedded pool's secret blocks for unknown
		// users are a few characters shorter.
		return fmt.Sprintf("%T %d %d %d %d", r, (len(r.Salt)+7)/8, (len(r.SrpB)+31)/32, len(r.SecretBlock)/1000, len(r.UserIDForSrp))
	case *EmailOTPChallenge:
		return fmt.Sprintf("%T %s %s", r, r.CodeDelivery.Destination, *r.CodeDelivery.Medium)
	default:
		return fmt.Sprintf("%T", r)
	}
}

// fixed is a constant secret.
var fixed = newFixed()

// observation is everything that a client can learn from one response.
func observation(value any, err error, took time.Duration) string {
	text, _ := json.Marshal(value)
	if v := reflect.ValueOf(value); v.Kind() == reflect.Pointer && v.IsNil() {
		text = nil
	}
	if e := apierr.From(err); e != nil {
		return fmt.Sprintf("%s %s %q %d field %q after %s: refused after %s", text, e.Code, e.Message, e.HTTPStatus(), e.Field, e.RetryAfter, took)
	}
	return fmt.Sprintf("%s after %s", text, took)
}

// For every operation and every state of an address, result and timing are those for an
// unknown address.
func TestExistenceIsHidden(t *testing.T) {
	flows := []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
	for _, prevention := range []string{"LEGACY", "ENABLED"} {
		unknown := map[string]string{} // by operation
		for _, state := range states {
			t.Run(prevention+"/"+state.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPool(t, userpool.Shape{UserExistenceErrors: prevention, AuthFlows: flows, CustomAttributes: []string{"mode"}},
						func(o *Options) { o.HideUserExistence = true })
					// The shape of decoys is learned from real challenges.
					p.member("somebody@example.com")
					_, _ = p.client.StartSignIn(t.Context(), StartSigninInput{Identifier: ByEmail("somebody@example.com"), SrpA: new(srp.WithSecret(fixed).A())})
					_, _ = p.client.StartSignIn(t.Context(), StartSigninInput{Identifier: ByEmail("somebody@example.com")})
					for i, name := range slices.Sorted(maps.Keys(operationsByEmail)) {
						email := fmt.Sprintf("jane%02d@example.com", i)
						state.make(p, email)
						began := time.Now()
						value, err := operationsByEmail[name](t.Context(), p.client, email)
						got := observation(value, err, time.Since(began))
						synctest.Wait()
						if state.name == "unknown" {
							unknown[name] = got
							t.Logf("%s: %s", name, got)
						} else if got != unknown[name] {
							t.Errorf("%s:\n%s\nwant, as for an unknown address:\n%s\ncause: %v", name, got, unknown[name], causeOf(err))
						}
					}
				})
			})
		}
	}
}

func causeOf(err error) error {
	if e := apierr.From(err); e != nil {
		return e.Cause
	}
	return nil
}

// Users who may sign in can, without delay, also with flows that start with an address.
func TestHidingExistenceAllowsSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, userpool.Shape{UserExistenceErrors: "LEGACY"}, func(o *Options) { o.HideUserExistence = true })
		p.member("jane@example.com")
		began := time.Now()
		_ = p.tokens("jane@example.com")
		if took := time.Since(began); took != 0 {
			t.Errorf("a success took %s", took)
		}

		run := srp.WithSecret(fixed)
		result, err := p.client.StartSignIn(t.Context(), StartSigninInput{Identifier: ByEmail("jane@example.com"), SrpA: new(run.A())})
		p.must(err)
		_, poolName, _ := strings.Cut(p.ID(), "_")
		question := result.(*SRPChallenge)
		signature, timestamp, err := run.Proof(question.srp(poolName), goodPassword, time.Now())
		p.must(err)
		began = time.Now()
		result, err = p.client.Respond(t.Context(), RespondToChallengeInput{Session: question.Session, Answer: Answer{Srp: &SRPAnswer{
			Signature: signature, SecretBlock: question.SecretBlock, Timestamp: timestamp,
		}}})
		p.must(err)
		if _, ok := result.(*AuthTokens); !ok || time.Since(began) != 0 {
			t.Errorf("%T after %s", result, time.Since(began))
		}
	})
}

// Correct codes work.
func TestHidingExistenceAcceptsCorrectCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &standIn{answer: func(operation string, _ *http.Request) (int, string) {
			if operation == "SignUp" {
				return 200, `{"UserSub":"the-sub","UserConfirmed":true}`
			}
			return 200, `{"Session":"next"}`
		}}
		client := newInProcess(t, up, func(o *Options) { o.HideUserExistence = true })
		verification, err := client.ConfirmSignUp(t.Context(), VerifyAccountInput{Identifier: ByEmail("jane@example.com"), ConfirmationCode: "123456"})
		if err != nil || verification.Status != Verified || verification.session != "next" {
			t.Errorf("%+v %v", verification, err)
		}
		if err := client.ConfirmForgotPassword(t.Context(), ConfirmForgotPasswordInput{Identifier: ByEmail("jane@example.com"), ConfirmationCode: "123456", NewPassword: goodPassword}); err != nil {
			t.Error(err)
		}
		// Cognito's data about the user is not passed on.
		result, err := client.SignUp(t.Context(), SignUpInput{Identifier: ByEmail("jane@gmail.com"), Password: new(goodPassword)})
		if err != nil || result.UserID != nil || result.Confirmed || result.CodeDelivery.Destination != "j***@g***" ||
			*result.CodeDelivery.Medium != DeliveryMediumEmail || *result.CodeDelivery.Attribute != "email" {
			t.Errorf("%+v %v", result, err)
		}
	})
}

// Each exception for an address and the resulting error. The pool cannot return all of
// them.
func TestHidingExistenceByException(t *testing.T) {
	const notAuthorized, invalid = "NotAuthorizedException", "InvalidParameterException"
	tests := []struct {
		operation, exception, text string
		code                       apierr.Code // empty: answered as a success
		delayed                    bool
	}{
		{"SignIn", "UserNotFoundException", "x", apierr.InvalidCredentials, true},
		{"SignIn", "UserNotConfirmedException", "x", apierr.InvalidCredentials, true},
		{"SignIn", "PasswordResetRequiredException", "x", apierr.InvalidCredentials, true},
		{"SignIn", notAuthorized, "User is disabled.", apierr.InvalidCredentials, true},
		{"SignIn", notAuthorized, "Password attempts exceeded", apierr.InvalidCredentials, true},
		{"SignIn", notAuthorized, "Temporary password has expired and must be reset by an administrator.", apierr.InvalidCredentials, true},
		{"SignIn", notAuthorized, "something new", apierr.InvalidCredentials, true},
		{"SignIn", "LimitExceededException", "x", apierr.InvalidCredentials, true},
		{"SignIn", "UserLambdaValidationException", "PreAuthentication failed with error no", apierr.InvalidCredentials, true},
		{"SignIn", "ResourceNotFoundException", "Device does not exist.", apierr.InvalidCredentials, true},
		{"SignIn", "TooManyRequestsException", "x", apierr.RateLimited, false},
		{"SignIn", "ForbiddenException", "x", apierr.BlockedByWAF, false},
		{"SignIn", "ResourceNotFoundException", "User pool client x does not exist.", apierr.ServiceMisconfigured, false},

		{"SignUp", "UsernameExistsException", "User already exists", "", true},
		{"SignUp", "AliasExistsException", "x", "", true},
		{"SignUp", "CodeDeliveryFailureException", "x", "", true},
		{"SignUp", "LimitExceededException", "x", "", true},
		{"SignUp", "InvalidPasswordException", "Password not long enough", apierr.PasswordPolicy, true},
		{"SignUp", "UserLambdaValidationException", "PreSignUp failed with error no", apierr.RejectedByPolicy, true},
		{"SignUp", notAuthorized, "SignUp is not permitted for this user pool", apierr.SignupDisabled, true},
		{"SignUp", "TooManyRequestsException", "x", apierr.RateLimited, false},

		{"ConfirmSignUp", "CodeMismatchException", "x", apierr.CodeMismatch, true},
		{"ConfirmSignUp", "ExpiredCodeException", "x", apierr.CodeMismatch, true},
		{"ConfirmSignUp", "UserNotFoundException", "x", apierr.CodeMismatch, true},
		{"ConfirmSignUp", "LimitExceededException", "x", apierr.CodeMismatch, true},
		{"ConfirmSignUp", "TooManyFailedAttemptsException", "x", apierr.CodeMismatch, true},
		{"ConfirmSignUp", notAuthorized, "User cannot be confirmed. Current status is CONFIRMED", apierr.CodeMismatch, true},
		{"ConfirmSignUp", notAuthorized, "User is disabled.", apierr.CodeMismatch, true},
		{"ConfirmSignUp", notAuthorized, "something new", apierr.CodeMismatch, true},
		{"ConfirmSignUp", "InternalErrorException", "x", apierr.Internal, true},
		{"ConfirmSignUp", "TooManyRequestsException", "x", apierr.RateLimited, false},

		{"ConfirmForgotPassword", "CodeMismatchException", "x", apierr.CodeMismatch, true},
		{"ConfirmForgotPassword", "ExpiredCodeException", "x", apierr.CodeMismatch, true},
		{"ConfirmForgotPassword", "UserNotFoundException", "x", apierr.CodeMismatch, true},
		{"ConfirmForgotPassword", "UserNotConfirmedException", "x", apierr.CodeMismatch, true},
		{"ConfirmForgotPassword", "LimitExceededException", "x", apierr.CodeMismatch, true},
		{"ConfirmForgotPassword", notAuthorized, "User is disabled.", apierr.CodeMismatch, true},
		{"ConfirmForgotPassword", "InvalidPasswordException", "x", apierr.PasswordPolicy, true},

		{"ForgotPassword", "UserNotFoundException", "x", "", true},
		{"ForgotPassword", "UserNotConfirmedException", "x", "", true},
		{"ForgotPassword", "LimitExceededException", "x", "", true},
		{"ForgotPassword", "CodeDeliveryFailureException", "x", "", true},
		{"ForgotPassword", "UserLambdaValidationException", "x", "", true},
		{"ForgotPassword", invalid, "Cannot reset password for the user as there is no registered/verified email or phone_number", "", true},
		{"ForgotPassword", invalid, "something new", "", true},
		{"ForgotPassword", invalid, "Value at 'username' failed", apierr.BadUserInput, true},
		{"ForgotPassword", notAuthorized, "User is disabled.", "", true},
		{"ForgotPassword", notAuthorized, "User password cannot be reset in the current state.", "", true},
		{"ForgotPassword", notAuthorized, "Contact administrator to reset password.", "", true},
		{"ForgotPassword", "TooManyRequestsException", "x", apierr.RateLimited, false},
		{"ResendConfirmationCode", invalid, "User is already confirmed.", "", true},
		{"ResendConfirmationCode", "UserNotFoundException", "x", "", true},
		{"ResendConfirmationCode", "LimitExceededException", "x", "", true},
	}
	messages := map[string]string{}
	for _, tt := range tests {
		t.Run(tt.operation+"/"+tt.exception+"/"+tt.text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newInProcess(t, &standIn{answer: always(400, exception(tt.exception, tt.text))}, func(o *Options) { o.HideUserExistence = true })
				began := time.Now()
				_, err := operationsByEmail[tt.operation](t.Context(), client, "jane@example.com")
				took := time.Since(began)
				synctest.Wait()
				if want := map[bool]time.Duration{true: responseInterval}[tt.delayed]; took != want {
					t.Errorf("took %s, want %s", took, want)
				}
				e := apierr.From(err)
				if (e == nil) != (tt.code == "") || e != nil && e.Code != tt.code {
					t.Fatalf("error %v, want %s", err, tt.code)
				}
				if tt.code != apierr.InvalidCredentials && tt.code != apierr.CodeMismatch {
					return
				}
				if first, ok := messages[tt.operation]; ok && first != observation(nil, err, 0) {
					t.Errorf("%s\nwant %s", observation(nil, err, 0), first)
				}
				messages[tt.operation] = observation(nil, err, 0)
				var fault *Fault
				if !errors.As(e.Cause, &fault) || fault.Exception != tt.exception || !strings.HasPrefix(e.Cause.Error(), "cognito ") {
					t.Errorf("the cause is %v", e.Cause)
				}
			})
		})
	}
}

// Each exception for an answer to a challenge and the resulting error. A client that
// knows only an address must not be able to tell a decoy from a real challenge.
func TestHidingExistenceInAnswers(t *testing.T) {
	const notAuthorized = "NotAuthorizedException"
	proof := Answer{Srp: &SRPAnswer{Signature: "AAAA", SecretBlock: "AAAA", Timestamp: "x"}}
	code := Answer{Code: new("12345678")}
	tests := []struct {
		challenge       string
		answer          Answer
		exception, text string
		code            apierr.Code // empty: the next challenge
		delayed         bool
	}{
		{"PASSWORD_VERIFIER", proof, notAuthorized, "Incorrect username or password.", apierr.InvalidCredentials, true},
		{"PASSWORD_VERIFIER", proof, notAuthorized, "Invalid session for the user.", apierr.InvalidCredentials, true},
		{"PASSWORD_VERIFIER", proof, "UserNotFoundException", "x", apierr.InvalidCredentials, true},
		{"PASSWORD_VERIFIER", proof, "UserNotConfirmedException", "x", apierr.InvalidCredentials, true},
		{"PASSWORD_VERIFIER", proof, "TooManyRequestsException", "x", apierr.RateLimited, false},
		{"EMAIL_OTP", code, "CodeMismatchException", "x", apierr.CodeMismatch, true},
		{"EMAIL_OTP", code, "ExpiredCodeException", "x", apierr.CodeMismatch, true},
		{"EMAIL_OTP", code, notAuthorized, "Invalid session for the user.", apierr.CodeMismatch, true},
		{"EMAIL_OTP", code, notAuthorized, "User is disabled.", apierr.CodeMismatch, true},
		{"SMS_OTP", code, "UserNotFoundException", "x", apierr.CodeMismatch, true},
		{"SELECT_CHALLENGE", Answer{Factor: &FactorAnswer{Factor: "PASSWORD", Password: new("x")}}, notAuthorized, "Invalid session for the user.", apierr.InvalidCredentials, true},
		{"SELECT_CHALLENGE", Answer{Factor: &FactorAnswer{Factor: "EMAIL_OTP"}}, notAuthorized, "Invalid session for the user.", "", true},
		{"SELECT_CHALLENGE", Answer{Factor: &FactorAnswer{Factor: "EMAIL_OTP"}}, "CodeDeliveryFailureException", "x", "", true},
		{"SELECT_CHALLENGE", Answer{Factor: &FactorAnswer{Factor: "PASSWORD_SRP", SrpA: new("ab")}}, "UserNotFoundException", "x", "", true},
		// The second factor follows the first.
		{"SOFTWARE_TOKEN_MFA", code, "CodeMismatchException", "x", apierr.CodeMismatch, false},
		{"SOFTWARE_TOKEN_MFA", code, notAuthorized, "Invalid session for the user.", apierr.SessionExpired, true},
		{"SOFTWARE_TOKEN_MFA", code, "UserNotFoundException", "x", apierr.SessionExpired, true},
	}
	for _, tt := range tests {
		t.Run(tt.challenge+"/"+tt.exception+"/"+tt.text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newInProcess(t, &standIn{answer: always(400, exception(tt.exception, tt.text))}, func(o *Options) { o.HideUserExistence = true })
				began := time.Now()
				result, err := stale(tt.challenge, tt.answer)(t.Context(), client, "jane@example.com")
				if took := time.Since(began); took != map[bool]time.Duration{true: responseInterval}[tt.delayed] {
					t.Errorf("took %s", took)
				}
				if e := apierr.From(err); (e == nil) != (tt.code == "") || e != nil && e.Code != tt.code {
					t.Errorf("error %v, want %s", err, tt.code)
				}
				if _, ok := result.(Challenge); ok != (tt.code == "") {
					t.Errorf("result %T", result)
				}
			})
		})
	}
}

// Responses are sent at multiples of responseInterval, however long Cognito took. The
// wait ends with the request.
func TestConstantTime(t *testing.T) {
	tests := []struct{ took, answered time.Duration }{
		{0, time.Second},
		{10 * time.Millisecond, time.Second},
		{999 * time.Millisecond, time.Second},
		{time.Second, time.Second},
		{1001 * time.Millisecond, 2 * time.Second},
		{3500 * time.Millisecond, 4 * time.Second},
	}
	for _, tt := range tests {
		for _, operation := range []string{"SignIn", "ForgotPassword", "ConfirmSignUp"} {
			t.Run(fmt.Sprint(operation, tt.took), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					up := &standIn{answer: func(string, *http.Request) (int, string) {
						time.Sleep(tt.took)
						return 400, exception("UserNotFoundException", "x")
					}}
					client := newInProcess(t, up, func(o *Options) { o.HideUserExistence = true })
					began := time.Now()
					_, _ = operationsByEmail[operation](t.Context(), client, "jane@example.com")
					if took := time.Since(began); took != tt.answered {
						t.Errorf("took %s, want %s", took, tt.answered)
					}

					ctx, cancel := context.WithTimeout(t.Context(), tt.took+time.Millisecond)
					defer cancel()
					began = time.Now()
					_, _ = operationsByEmail[operation](ctx, client, "jane@example.com")
					if took := time.Since(began); took > tt.took+time.Millisecond {
						t.Errorf("a failed response took %s", took)
					}
				})
			})
		}
	}
}

// The owner of an account is notified when someone signs up with its address.
func TestOwnerNotification(t *testing.T) {
	tests := []struct {
		name    string
		answers answers
		calls   string
	}{
		{"unconfirmed", answers{"ResendConfirmationCode": always(200, `{"CodeDeliveryDetails":{}}`)}, "SignUp ResendConfirmationCode"},
		{"confirmed", answers{
			// After the response to the sign-up.
			"ResendConfirmationCode": func(string, *http.Request) (int, string) {
				time.Sleep(2 * responseInterval)
				return 400, exception("InvalidParameterException", "User is already confirmed.")
			},
			"ForgotPassword": always(200, `{"CodeDeliveryDetails":{}}`),
		}, "SignUp ResendConfirmationCode ForgotPassword"},
		{"no codes", answers{
			"ResendConfirmationCode": always(400, exception("InvalidParameterException", "Auto verification not turned on.")),
			"ForgotPassword":         always(400, exception("InvalidParameterException", "x")),
		}, "SignUp ResendConfirmationCode ForgotPassword"},
		{"too often", answers{"ResendConfirmationCode": always(400, exception("LimitExceededException", "x"))}, "SignUp ResendConfirmationCode"},
		{"hanging", answers{"ResendConfirmationCode": neverAnswer}, "SignUp ResendConfirmationCode"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &standIn{answer: func(operation string, r *http.Request) (int, string) {
					if operation == "SignUp" {
						return 400, exception("UsernameExistsException", "x")
					}
					return tt.answers[operation](operation, r)
				}}
				client := newInProcess(t, up, func(o *Options) { o.HideUserExistence = true })
				ctx, cancel := context.WithCancel(t.Context())
				began := time.Now()
				if _, err := client.SignUp(ctx, SignUpInput{Identifier: ByEmail("jane@example.com"), Password: new(goodPassword)}); err != nil {
					t.Fatal(err)
				}
				cancel()
				if took := time.Since(began); took != responseInterval {
					t.Errorf("the response took %s", took)
				}
				time.Sleep(noticeTimeout)
				synctest.Wait()
				operations, _ := up.log()
				if got := strings.Join(operations, " "); got != tt.calls {
					t.Errorf("called %s, want %s", got, tt.calls)
				}
			})
		})
	}
}

// Concurrent messages to owners are limited, and the rest are dropped.
func TestConcurrentNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &standIn{answer: func(operation string, r *http.Request) (int, string) {
			if operation == "SignUp" {
				return 400, exception("UsernameExistsException", "x")
			}
			return neverAnswer(operation, r)
		}}
		client := newInProcess(t, up, func(o *Options) { o.HideUserExistence = true })
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := client.SignUp(t.Context(), SignUpInput{Identifier: ByEmail("jane@example.com"), Password: new(goodPassword)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		time.Sleep(noticeTimeout)
		synctest.Wait()
		operations, _ := up.log()
		told := len(slices.DeleteFunc(operations, func(operation string) bool { return operation == "SignUp" }))
		if told != maxNotices {
			t.Errorf("%d messages, want %d", told, maxNotices)
		}
	})
}

// The embedded pool sends the owner a code.
func TestOwnerNotificationByThePool(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(*pool, string)
		kind string
	}{
		{"unconfirmed", (*pool).signUp, "resend"},
		{"confirmed", func(p *pool, email string) { p.member(email); p.verifyEmail(email) }, "forgot"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPool(t, userpool.Shape{CustomAttributes: []string{"mode"}}, func(o *Options) { o.HideUserExistence = true })
				tt.make(p, "jane@example.com")
				_, err := p.client.SignUp(t.Context(), SignUpInput{Identifier: Identifier{Email: new("jane@example.com"), Username: new("ada")}, Password: new(goodPassword), Mode: new("user")})
				p.must(err)
				synctest.Wait()
				if got := p.lastMessage("jane@example.com"); !strings.Contains(strings.ToLower(got), tt.kind) {
					t.Errorf("the last message is %q, want one of %s", got, tt.kind)
				}
			})
		})
	}
}

// Decoys are the same for the same user, and differ between users.
func TestDecoysAreStable(t *testing.T) {
	challenge := func(m *decoyFactory, factor, email string) Challenge {
		return m.challenge(t.Context(), factor, email, "", factor == "SMS_OTP")
	}
	options := Options{StateKeys: sealed.Secret([]byte("key"))}
	m := newDecoyFactory(options, newChallengeStates(options))
	one, again := challenge(m, "PASSWORD_SRP", "Jane@example.com").(*SRPChallenge), challenge(m, "PASSWORD_SRP", "jane@example.com").(*SRPChallenge)
	other := challenge(m, "PASSWORD_SRP", "john@example.com").(*SRPChallenge)
	options.StateKeys = sealed.Secret([]byte("other key"))
	elsewhere := challenge(newDecoyFactory(options, newChallengeStates(options)), "PASSWORD_SRP", "jane@example.com").(*SRPChallenge)
	if one.Salt != again.Salt || one.UserIDForSrp != again.UserIDForSrp || one.SrpB == again.SrpB || one.SecretBlock == again.SecretBlock {
		t.Errorf("%+v\n%+v", one, again)
	}
	if one.Salt == other.Salt || one.UserIDForSrp == other.UserIDForSrp || one.Salt == elsewhere.Salt {
		t.Error("two have the same salt or id")
	}
	options.CaseSensitive = true
	exact := newDecoyFactory(options, newChallengeStates(options))
	if challenge(exact, "PASSWORD_SRP", "Jane@example.com").(*SRPChallenge).Salt == challenge(exact, "PASSWORD_SRP", "jane@example.com").(*SRPChallenge).Salt {
		t.Error("two names in a case-sensitive pool have the same salt")
	}
	if _, _, err := srp.WithSecret(fixed).Proof(one.srp("Pool"), "password", time.Now()); err != nil {
		t.Errorf("no client can answer it: %v", err)
	}
	sms := challenge(m, "SMS_OTP", "jane@example.com").(*SMSOTPChallenge)
	if state, _ := m.states.open(t.Context(), sms.Session); len(state.Session) != defaultSessionSize || len(sms.CodeDelivery.Destination) != len("+*******1234") {
		t.Errorf("%+v", sms)
	}
}

func TestMaskEmail(t *testing.T) {
	for email, want := range map[string]string{
		"jane@gmail.com": "j***@g***", "j@g": "j***@g***", "öl@übel.de": "ö***@ü***", `"a@b"@c.de`: `"***@c***`, "nobody": "n***", "": "***",
	} {
		if got := maskEmail(email); got != want {
			t.Errorf("%s: %s, want %s", email, got, want)
		}
	}
}

// A panic while the owner of an address is notified ends that notice, and neither the
// process nor later notices.
func TestNoticePanics(t *testing.T) {
	t.Parallel() // each sign-up takes a second
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"UsernameExistsException","message":"User already exists"}`)
	}))
	t.Cleanup(server.Close)
	causes := make(chan any)
	client, err := New(Options{
		Region: "eu-west-1", UserPoolID: "eu-west-1_AbC123def", ClientID: "client", Endpoint: server.URL, UsernameAttribute: "nickname", ModeAttribute: "custom:mode", HideUserExistence: true,
		Observe: func(operation, _, _ string, _ time.Duration) {
			if operation == "ResendConfirmationCode" {
				panic("a bug")
			}
		},
		Panicked: func(cause any) { causes <- cause },
	})
	if err != nil {
		t.Fatal(err)
	}
	for range maxNotices + 1 {
		if _, err := client.SignUp(t.Context(), SignUpInput{Identifier: Identifier{Email: new("ada@example.com"), Username: new("Ada")}, Password: new(goodPassword)}); err != nil {
			t.Fatal(err)
		}
		if cause := <-causes; cause != "a bug" {
			t.Errorf("the cause is %v", cause)
		}
	}
}
