package cognito_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"authgraph/cognito"
	"authgraph/cognito/token"
	"authgraph/internal/apierr"
)

// upstream is a stand-in for Cognito. It responds to every call with one status and body,
// and records the last request.
type upstream struct {
	*httptest.Server
	status      int
	body        string
	calls       atomic.Int64
	connections atomic.Int64

	mu      sync.Mutex
	target  string
	request map[string]any
}

func newUpstream(t *testing.T, status int, body string) *upstream {
	t.Helper()
	u := &upstream{status: status, body: body}
	u.Server = httptest.NewUnstartedServer(u)
	u.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			u.connections.Add(1)
		}
	}
	u.Start()
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.calls.Add(1)
	var request map[string]any
	_ = json.NewDecoder(r.Body).Decode(&request)
	u.mu.Lock()
	u.target, u.request = r.Header.Get("X-Amz-Target"), request
	u.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("x-amzn-RequestId", "the-request-id")
	w.WriteHeader(u.status)
	_, _ = io.WriteString(w, u.body)
}

// last returns the operation and the body of the last call.
func (u *upstream) last() (operation string, request map[string]any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, operation, _ = strings.Cut(u.target, ".")
	return operation, u.request
}

func newClient(t *testing.T, endpoint string, change func(*cognito.Options)) *cognito.Client {
	t.Helper()
	o := cognito.Options{
		Region: "us-east-1", UserPoolID: "us-east-1_Pool", ClientID: "the-client", Endpoint: endpoint, UsernameAttribute: "preferred_username", ModeAttribute: "custom:mode",
	}
	if change != nil {
		change(&o)
	}
	client, err := cognito.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// operations are the operations of the client, each with a valid input.
var operations = map[string]func(context.Context, *cognito.Client) error{
	"SignUp": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.SignUp(ctx, cognito.SignUpInput{Identifier: cognito.Identifier{Email: new("ada@example.com"), Username: new("ada")}, Password: new("Secret-Passw0rd"), Mode: new("user")})
		return err
	},
	"ConfirmSignUp": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.ConfirmSignUp(ctx, cognito.VerifyAccountInput{Identifier: cognito.ByEmail("ada@example.com"), ConfirmationCode: "123456"})
		return err
	},
	"ResendConfirmationCode": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.ResendConfirmationCode(ctx, cognito.SendCodeInput{Identifier: cognito.ByEmail("ada@example.com")})
		return err
	},
	"InitiateAuth": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.SignIn(ctx, cognito.SigninInput{Identifier: cognito.ByEmail("ada@example.com"), Password: "Secret-Passw0rd"})
		return err
	},
	"GetTokensFromRefreshToken": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.RefreshTokens(ctx, "refresh", nil, nil)
		return err
	},
	"RevokeToken": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.RevokeToken(ctx, "refresh")
		return err
	},
	"GlobalSignOut": func(ctx context.Context, c *cognito.Client) error {
		return c.GlobalSignOut(ctx, caller(c))
	},
	"GetUser": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).User().Email(ctx)
		return err
	},
	"RespondToAuthChallenge": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.Respond(ctx, cognito.RespondToChallengeInput{Session: c.SessionOf(ctx, "SMS_MFA"), Answer: cognito.Answer{Code: new("123456")}})
		return err
	},
	"ForgotPassword": func(ctx context.Context, c *cognito.Client) error {
		_, err := c.ForgotPassword(ctx, cognito.SendCodeInput{Identifier: cognito.ByEmail("ada@example.com")})
		return err
	},
	"ConfirmForgotPassword": func(ctx context.Context, c *cognito.Client) error {
		return c.ConfirmForgotPassword(ctx, cognito.ConfirmForgotPasswordInput{Identifier: cognito.ByEmail("ada@example.com"), ConfirmationCode: "123456", NewPassword: "New-Passw0rd"})
	},
	"ChangePassword": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).ChangePassword(ctx, new("Secret-Passw0rd"), "New-Passw0rd")
	},
	"UpdateUserAttributes": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).UpdateAttributes(ctx, []*cognito.Attribute{{Name: "name", Value: "Ada"}}, nil)
		return err
	},
	"DeleteUserAttributes": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).DeleteAttributes(ctx, []string{"name"})
	},
	"GetUserAttributeVerificationCode": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).RequestAttributeCode(ctx, "email", nil)
		return err
	},
	"VerifyUserAttribute": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).VerifyAttribute(ctx, "email", "123456")
	},
	"DeleteUser": func(ctx context.Context, c *cognito.Client) error { return caller(c).DeleteAccount(ctx) },
	"AssociateSoftwareToken": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).SetUpTOTP(ctx)
		return err
	},
	"VerifySoftwareToken": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).VerifyTOTP(ctx, "123456", new("phone"))
	},
	"SetUserMFAPreference": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).SetMFAPreference(ctx, cognito.MFAPreference{TOTP: &cognito.FactorPreference{Enabled: true, Preferred: true}})
	},
	"GetUserAuthFactors": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).User().AuthFactors(ctx)
		return err
	},
	"StartWebAuthnRegistration": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).StartPasskeyRegistration(ctx)
		return err
	},
	"CompleteWebAuthnRegistration": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).CompletePasskeyRegistration(ctx, `{"id":"x"}`)
	},
	"ListWebAuthnCredentials": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).User().Passkeys(ctx)
		return err
	},
	"DeleteWebAuthnCredential": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).DeletePasskey(ctx, "x")
	},
	"ConfirmDevice": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).ConfirmDevice(ctx, "key", new("phone"), "verifier", "salt")
		return err
	},
	"UpdateDeviceStatus": func(ctx context.Context, c *cognito.Client) error {
		return caller(c).UpdateDevice(ctx, "key", true)
	},
	"ForgetDevice": func(ctx context.Context, c *cognito.Client) error { return caller(c).ForgetDevice(ctx, "key") },
	"GetDevice": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).User().Device(ctx, "key")
		return err
	},
	"ListDevices": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).User().Devices(ctx, 60, new("next"))
		return err
	},
	"ListUserSessions": func(ctx context.Context, c *cognito.Client) error {
		_, err := caller(c).User().Sessions(ctx, 20, nil)
		return err
	},
	"RevokeUserSession": func(ctx context.Context, c *cognito.Client) error { return c.RevokeListedSession(ctx, "tknid") },
	"UpdateAuthEventFeedback": func(ctx context.Context, c *cognito.Client) error {
		return c.SendAuthEventFeedback(ctx, "ada", "event", "token", true)
	},
}

func caller(c *cognito.Client) *cognito.Caller {
	return c.NewCaller(&token.AccessClaims{Username: "the-sub"}, "access")
}

// readsOnly are the operations that are retried.
var readsOnly = map[string]bool{
	"GetUser": true, "GetUserAuthFactors": true, "ListWebAuthnCredentials": true, "GetDevice": true, "ListDevices": true,
	"ListUserSessions": true,
}

// Cognito's exceptions and the resulting errors. The rows of the documented contract come
// first.
func TestErrors(t *testing.T) {
	const (
		notAuthorized = "NotAuthorizedException"
		invalidParam  = "InvalidParameterException"
	)
	tests := []struct {
		operation, exception, text string
		code                       apierr.Code
		status                     int
	}{
		{"SignUp", "UsernameExistsException", "User already exists", apierr.EmailAlreadyRegistered, 409},
		{"ConfirmSignUp", "CodeMismatchException", "Invalid verification code provided, please try again.", apierr.CodeMismatch, 400},
		{"ConfirmSignUp", "ExpiredCodeException", "Invalid code provided, please request a code again.", apierr.CodeExpired, 400},
		{"ConfirmSignUp", "UserNotFoundException", "Username/client id combination not found.", apierr.UserNotFound, 404},
		{"ConfirmSignUp", notAuthorized, "User cannot be confirmed. Current status is CONFIRMED", "", 0},
		{"ConfirmSignUp", notAuthorized, "User cannot be confirmed. Current status is RESET_REQUIRED", "", 0},
		{"ConfirmSignUp", notAuthorized, "User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD", "", 0},
		{"ConfirmSignUp", notAuthorized, "User cannot be confirmed. Current status is EXTERNAL_PROVIDER", "", 0},
		{"ConfirmSignUp", notAuthorized, "User cannot confirm because user status is not UNCONFIRMED.", "", 0},
		{"InitiateAuth", "UserNotFoundException", "User does not exist.", apierr.UserNotFound, 404},
		{"InitiateAuth", "UserNotConfirmedException", "User is not confirmed.", apierr.UserNotConfirmed, 403},
		{"InitiateAuth", notAuthorized, "Incorrect username or password.", apierr.InvalidCredentials, 401},
		{"GetTokensFromRefreshToken", invalidParam, "1 validation error detected", apierr.InvalidToken, 400},
		{"GetTokensFromRefreshToken", notAuthorized, "Invalid Refresh Token.", apierr.InvalidToken, 401},
		{"GetTokensFromRefreshToken", notAuthorized, "Refresh Token has been revoked", apierr.InvalidToken, 401},
		{"GetTokensFromRefreshToken", "LimitExceededException", "Attempt limit exceeded", apierr.TooManyAttempts, 429},
		{"GlobalSignOut", invalidParam, "1 validation error detected", apierr.InvalidToken, 400},
		{"GlobalSignOut", notAuthorized, "Access Token has been revoked", apierr.InvalidToken, 401},
		{"RevokeToken", invalidParam, "1 validation error detected", apierr.InvalidToken, 400},
		{"RevokeToken", notAuthorized, "Invalid Refresh Token", apierr.InvalidToken, 401},
		{"SignUp", "TooManyRequestsException", "Rate exceeded", apierr.RateLimited, 429},
		{"InitiateAuth", "TooManyRequestsException", "Rate exceeded", apierr.RateLimited, 429},
		{"InitiateAuth", "InternalErrorException", "host 10.0.0.1", apierr.Internal, 500},
		{"InitiateAuth", "NeverHeardOfException", "arn:aws:x", apierr.Internal, 500},

		{"ListUserSessions", "OperationNotEnabledException", "Session tracking is not enabled", apierr.NotEnabled, 400},
		{"ListUserSessions", invalidParam, "1 validation error detected: Value at 'accessToken' failed to satisfy constraint", apierr.InvalidToken, 400},
		{"ListUserSessions", notAuthorized, "Access Token has been revoked", apierr.TokenRevoked, 401},
		{"ListUserSessions", "UnknownOperationException", "x", apierr.NotEnabled, 400},
		{"RevokeUserSession", "OperationNotEnabledException", "Session tracking is not enabled", apierr.NotEnabled, 400},
		{"RevokeUserSession", "ResourceNotFoundException", "Session does not exist.", apierr.NotFound, 404},
		{"RevokeUserSession", "ForbiddenException", "x", apierr.BlockedByWAF, 403},
		{"RevokeUserSession", "TooManyRequestsException", "Rate exceeded", apierr.RateLimited, 429},
		{"RevokeUserSession", "UserNotFoundException", "x", apierr.UserNotFound, 404},
		{"RevokeUserSession", "PasswordResetRequiredException", "x", apierr.PasswordResetRequired, 403},
		{"RevokeUserSession", "NeverHeardOfException", "arn:aws:x", apierr.Internal, 500},

		// NotAuthorizedException has many meanings.
		{"ConfirmSignUp", notAuthorized, "User is disabled.", apierr.UserDisabled, 403},
		{"ConfirmSignUp", notAuthorized, "Unable to verify secret hash for client x", apierr.ServiceMisconfigured, 500},
		{"ConfirmSignUp", notAuthorized, "something new", apierr.InvalidCredentials, 401},
		{"SignUp", notAuthorized, "SignUp is not permitted for this user pool", apierr.SignupDisabled, 403},
		{"SignUp", notAuthorized, "A client attempted to write unauthorized attribute", apierr.BadUserInput, 400},
		{"InitiateAuth", notAuthorized, "Password attempts exceeded", apierr.TooManyAttempts, 429},
		{"InitiateAuth", notAuthorized, "User is disabled.", apierr.UserDisabled, 403},
		{"InitiateAuth", notAuthorized, "Client x is configured with secret but SECRET_HASH was not received", apierr.ServiceMisconfigured, 500},
		{"InitiateAuth", notAuthorized, "Temporary password has expired and must be reset by an administrator.", apierr.TemporaryPasswordExpired, 403},
		{"InitiateAuth", notAuthorized, "Invalid session for the user, session is expired.", apierr.SessionExpired, 401},
		{"InitiateAuth", notAuthorized, "something new", apierr.InvalidCredentials, 401},
		{"GetTokensFromRefreshToken", notAuthorized, "User is disabled.", apierr.UserDisabled, 403},
		{"GetTokensFromRefreshToken", notAuthorized, "Client secret is wrong", apierr.ServiceMisconfigured, 500},
		{"GetUser", notAuthorized, "Access Token has been revoked", apierr.TokenRevoked, 401},
		{"GetUser", notAuthorized, "Access Token has expired", apierr.TokenExpired, 401},
		{"GetUser", notAuthorized, "Invalid Access Token", apierr.InvalidToken, 401},
		{"GetUser", notAuthorized, "Access Token does not have required scopes", apierr.InvalidToken, 401},

		// So has InvalidParameterException.
		{"ResendConfirmationCode", invalidParam, "User is already confirmed.", apierr.UserAlreadyConfirmed, 409},
		{"ResendConfirmationCode", invalidParam, "Auto verification not turned on.", apierr.NotEnabled, 400},
		{"SignUp", invalidParam, "Invalid email address format.", apierr.BadUserInput, 400},
		{"SignUp", invalidParam, "Attributes did not conform to the schema: shoe_size: Attribute does not exist in the schema.\n", apierr.BadUserInput, 400},
		{"SignUp", invalidParam, "Attributes did not conform to the schema: custom:mode: Attribute does not exist in the schema.\n", apierr.ServiceMisconfigured, 500},
		{"SignUp", invalidParam, "Attributes did not conform to the schema: preferred_username: Attribute does not exist in the schema.\n", apierr.ServiceMisconfigured, 500},

		{"SignUp", "InvalidPasswordException", "Password did not conform with policy: Password not long enough", apierr.PasswordPolicy, 400},
		{"SignUp", "UserLambdaValidationException", "PreSignUp failed with error Only for members", apierr.RejectedByPolicy, 400},
		{"SignUp", "CodeDeliveryFailureException", "x", apierr.CodeDeliveryFailed, 502},
		{"SignUp", "InvalidSmsRoleAccessPolicyException", "arn:aws:iam::1:role/x", apierr.ServiceMisconfigured, 500},
		{"SignUp", "ResourceNotFoundException", "User pool client x does not exist.", apierr.ServiceMisconfigured, 500},
		{"SignUp", "ForbiddenException", "x", apierr.BlockedByWAF, 403},
		{"ConfirmSignUp", "AliasExistsException", "An account with the email already exists.", apierr.AliasAlreadyRegistered, 409},
		{"ConfirmSignUp", "TooManyFailedAttemptsException", "x", apierr.TooManyAttempts, 429},
		{"InitiateAuth", "PasswordResetRequiredException", "x", apierr.PasswordResetRequired, 403},
		{"GetTokensFromRefreshToken", "RefreshTokenReuseException", "Refresh token reuse detected", apierr.RefreshTokenReused, 401},
		{"RevokeToken", "UnsupportedTokenTypeException", "x", apierr.InvalidToken, 400},
		{"RevokeToken", "UnauthorizedException", "x", apierr.InvalidToken, 401},
		{"RevokeToken", "UnsupportedOperationException", "x", apierr.NotEnabled, 400},
	}
	for _, tt := range tests {
		t.Run(tt.operation+"/"+tt.exception+"/"+tt.text, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]string{"__type": tt.exception, "message": tt.text})
			if err != nil {
				t.Fatal(err)
			}
			u := newUpstream(t, 400, string(body))
			err = operations[tt.operation](t.Context(), newClient(t, u.URL, nil))
			want := int64(1)
			if tt.operation == "RevokeToken" {
				want = 2 // after a refresh, which is refused too
			}
			if u.calls.Load() != want {
				t.Errorf("%d calls, want %d: exceptions are not retried", u.calls.Load(), want)
			}
			if tt.code == "" {
				if err != nil {
					t.Fatalf("error %v, want none", err)
				}
				return
			}
			var got *apierr.Error
			if !errors.As(err, &got) {
				t.Fatalf("error %v is not an *apierr.Error", err)
			}
			if got.Code != tt.code || got.HTTPStatus() != tt.status {
				t.Errorf("%s %d, want %s %d", got.Code, got.HTTPStatus(), tt.code, tt.status)
			}
			// The log has the exception's name and not its text.
			if cause := got.Cause.Error(); !strings.Contains(cause, tt.exception) || !strings.Contains(cause, "the-request-id") {
				t.Errorf("cause %q lacks exception or request id", cause)
			}
			if tt.exception == notAuthorized && strings.Contains(got.Cause.Error(), tt.text) {
				t.Errorf("cause %q quotes Cognito", got.Cause)
			}
		})
	}
}

// Users of an identity provider, with the status EXTERNAL_PROVIDER, have no password. The
// embedded pool has no such users. docs/errors.md has the same table.
func TestErrorsForExternalProvider(t *testing.T) {
	const notAuthorized = "NotAuthorizedException"
	startSignIn := func(ctx context.Context, c *cognito.Client) error {
		_, err := c.StartSignIn(ctx, cognito.StartSigninInput{Identifier: cognito.ByEmail("ada@example.com"), SrpA: new("1")})
		return err
	}
	tests := []struct {
		name            string
		call            func(context.Context, *cognito.Client) error
		exception, text string
		code            apierr.Code // "" for a success
	}{
		{"signin", operations["InitiateAuth"], notAuthorized, "Incorrect username or password.", apierr.InvalidCredentials},
		{"startSignin", startSignIn, notAuthorized, "Incorrect username or password.", apierr.InvalidCredentials},
		{"verifyAccount", operations["ConfirmSignUp"], notAuthorized, "User cannot be confirmed. Current status is EXTERNAL_PROVIDER", ""},
		{"resendConfirmationCode", operations["ResendConfirmationCode"], "InvalidParameterException", "User is already confirmed.", apierr.UserAlreadyConfirmed},
		{"forgotPassword", operations["ForgotPassword"], notAuthorized, "User password cannot be reset in the current state.", apierr.PasswordResetUnavailable},
		{"confirmForgotPassword", operations["ConfirmForgotPassword"], "ExpiredCodeException", "Invalid code provided, please request a code again.", apierr.CodeExpired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, _ := json.Marshal(map[string]string{"__type": tt.exception, "message": tt.text})
			err := tt.call(t.Context(), newClient(t, newUpstream(t, 400, string(body)).URL, nil))
			switch got := apierr.From(err); {
			case tt.code == "" && err != nil, tt.code != "" && (got == nil || got.Code != tt.code):
				t.Errorf("got %v, want %q", err, tt.code)
			}
		})
	}
}

// An app client that allows no flow with a password is misconfigured.
func TestNoFlowAllowed(t *testing.T) {
	u := newUpstream(t, 400, `{"__type":"InvalidParameterException","message":"USER_PASSWORD_AUTH flow not enabled for this client"}`)
	got := apierr.From(operations["InitiateAuth"](t.Context(), newClient(t, u.URL, nil)))
	if got.Code != apierr.ServiceMisconfigured || u.calls.Load() != 3 {
		t.Errorf("%s after %d calls, want SERVICE_MISCONFIGURED after a try of each way", got.Code, u.calls.Load())
	}
	_, request := u.last()
	if request["AuthFlow"] != "USER_AUTH" {
		t.Errorf("the last try was %v", request["AuthFlow"])
	}
}

// Errors of the steps of a sign-in and of the operations of signed-in users.
func TestErrorsOfSteps(t *testing.T) {
	const notAuthorized, invalidParam = "NotAuthorizedException", "InvalidParameterException"
	tests := []struct {
		operation, exception, text string
		code                       apierr.Code
		status                     int
	}{
		{"RespondToAuthChallenge", notAuthorized, "Invalid session for the user, session is expired.", apierr.SessionExpired, 401},
		{"RespondToAuthChallenge", notAuthorized, "Invalid session for the user, session can only be used once.", apierr.SessionExpired, 401},
		{"RespondToAuthChallenge", notAuthorized, "Incorrect username or password.", apierr.InvalidCredentials, 401},
		{"RespondToAuthChallenge", "CodeMismatchException", "Invalid code received for user", apierr.CodeMismatch, 400},
		{"RespondToAuthChallenge", "ExpiredCodeException", "Your software token has already been used once.", apierr.CodeExpired, 400},
		{"RespondToAuthChallenge", "ResourceNotFoundException", "Device does not exist.", apierr.NotFound, 404},
		{"RespondToAuthChallenge", "ResourceNotFoundException", "User pool client x does not exist.", apierr.ServiceMisconfigured, 500},
		{"RespondToAuthChallenge", "SoftwareTokenMFANotFoundException", "x", apierr.MFANotEnrolled, 400},
		{"RespondToAuthChallenge", "InvalidPasswordException", "Password does not conform to policy: Password not long enough", apierr.PasswordPolicy, 400},
		{"ForgotPassword", "UserNotFoundException", "x", apierr.UserNotFound, 404},
		{"ForgotPassword", invalidParam, "Cannot reset password for the user as there is no registered/verified email or phone_number", apierr.NoVerifiedAddress, 400},
		{"ForgotPassword", notAuthorized, "User password cannot be reset in the current state.", apierr.PasswordResetUnavailable, 403},
		{"ForgotPassword", "LimitExceededException", "x", apierr.TooManyAttempts, 429},
		{"ConfirmForgotPassword", "CodeMismatchException", "x", apierr.CodeMismatch, 400},
		{"ConfirmForgotPassword", "PasswordHistoryPolicyViolationException", "x", apierr.PasswordReused, 400},
		{"ChangePassword", notAuthorized, "Incorrect username or password.", apierr.InvalidCredentials, 401},
		{"ChangePassword", notAuthorized, "Access Token has been revoked", apierr.TokenRevoked, 401},
		{"ChangePassword", notAuthorized, "Access Token has expired", apierr.TokenExpired, 401},
		{"ChangePassword", notAuthorized, "Invalid Access Token", apierr.InvalidToken, 401},
		{"UpdateUserAttributes", notAuthorized, "A client attempted to write unauthorized attribute", apierr.BadUserInput, 400},
		{"UpdateUserAttributes", invalidParam, "user.custom:foo: Attribute does not exist in the schema.\n", apierr.BadUserInput, 400},
		{"UpdateUserAttributes", "AliasExistsException", "x", apierr.AliasAlreadyRegistered, 409},
		{"VerifyUserAttribute", "CodeMismatchException", "x", apierr.CodeMismatch, 400},
		{"AssociateSoftwareToken", "SoftwareTokenMFANotFoundException", "x", apierr.MFANotEnrolled, 400},
		{"VerifySoftwareToken", "EnableSoftwareTokenMFAException", "x", apierr.CodeMismatch, 400},
		{"SetUserMFAPreference", invalidParam, "User has not set up software token mfa", apierr.MFANotEnrolled, 400},
		{"CompleteWebAuthnRegistration", "WebAuthnOriginNotAllowedException", "x", apierr.PasskeyOrigin, 400},
		{"CompleteWebAuthnRegistration", "WebAuthnChallengeNotFoundException", "x", apierr.PasskeyChallengeExpired, 400},
		{"StartWebAuthnRegistration", "WebAuthnNotEnabledException", "x", apierr.NotEnabled, 400},
		{"DeleteWebAuthnCredential", "ResourceNotFoundException", "x", apierr.NotFound, 404},
		{"GetDevice", "ResourceNotFoundException", "Device does not exist.", apierr.NotFound, 404},
		{"ConfirmDevice", "DeviceKeyExistsException", "x", apierr.DeviceExists, 409},
		{"UpdateAuthEventFeedback", "UserPoolAddOnNotEnabledException", "x", apierr.ServiceMisconfigured, 500},
	}
	for _, tt := range tests {
		t.Run(tt.operation+"/"+tt.exception+"/"+tt.text, func(t *testing.T) {
			t.Parallel()
			body, _ := json.Marshal(map[string]string{"__type": tt.exception, "message": tt.text})
			u := newUpstream(t, 400, string(body))
			got := apierr.From(operations[tt.operation](t.Context(), newClient(t, u.URL, nil)))
			if got == nil || got.Code != tt.code || got.HTTPStatus() != tt.status {
				t.Errorf("got %v, want %s %d", got, tt.code, tt.status)
			}
		})
	}
}

func TestErrorDetails(t *testing.T) {
	const (
		weak, invalid, trigger = "InvalidPasswordException", "InvalidParameterException", "UserLambdaValidationException"

		at       = "1 validation error detected: Value at "
		spaces   = ` failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`
		pattern  = ` failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+`
		tooShort = " failed to satisfy constraint: Member must have length greater than or equal to 6"
		schema   = "Attributes did not conform to the schema: "

		rejected = "The user pool rejected a value of the input."
		phone    = "Phone numbers need a plus sign, the country code and the number, for example +14325551212."
	)
	tests := []struct {
		operation, exception, text string
		field, message             string
	}{
		// Passwords.
		{"SignUp", weak, "Password did not conform with policy: Password must have uppercase characters", "input.password", "The password needs an upper-case letter."},
		{"SignUp", weak, "Password did not conform with policy: Password must have numeric characters", "input.password", "The password needs a digit."},
		{"SignUp", weak, "words never seen", "input.password", "The password does not conform to the pool's policy."},
		{"ChangePassword", weak, "words never seen", "input.newPassword", "The password does not conform to the pool's policy."},
		{"ConfirmForgotPassword", weak, "words never seen", "input.newPassword", "The password does not conform to the pool's policy."},
		{"ConfirmForgotPassword", "PasswordHistoryPolicyViolationException", "x", "input.newPassword", "The password was used before. Choose a different one."},
		{"RespondToAuthChallenge", weak, "words never seen", "input.answer.newPassword.password", "The password does not conform to the pool's policy."},

		// Values of parameters.
		{"SignUp", invalid, "1 validation error detected: Value at 'password' failed to satisfy constraint", "input.password", rejected},
		{"SignUp", invalid, at + "'password'" + spaces, "input.password", "input.password must not begin or end with a space."},
		{"ConfirmForgotPassword", invalid, at + "'password'" + spaces, "input.newPassword", "input.newPassword must not begin or end with a space."},
		{"ChangePassword", invalid, at + "'proposedPassword'" + spaces, "input.newPassword", "input.newPassword must not begin or end with a space."},
		{"ChangePassword", invalid, at + "'previousPassword'" + spaces, "input.currentPassword", "input.currentPassword must not begin or end with a space."},
		{"SignUp", invalid, at + "'password'" + tooShort, "input.password", "input.password must have at least 6 characters."},
		{"ConfirmForgotPassword", invalid, at + "'confirmationCode'" + pattern, "input.confirmationCode", "input.confirmationCode has characters that the user pool does not accept."},
		{"VerifyUserAttribute", invalid, at + "'attributeName'" + pattern, "input.attribute", "input.attribute has characters that the user pool does not accept."},
		{"DeleteUserAttributes", invalid, at + "'userAttributeNames'" + pattern, "input.names", "input.names has characters that the user pool does not accept."},
		{"VerifySoftwareToken", invalid, at + "'userCode'" + pattern, "input.code", "input.code has characters that the user pool does not accept."},
		{"VerifySoftwareToken", invalid, at + "'friendlyDeviceName'" + tooShort, "input.deviceName", "input.deviceName must have at least 6 characters."},
		{"ConfirmDevice", invalid, at + "'deviceKey'" + pattern, "input.deviceKey", "input.deviceKey has characters that the user pool does not accept."},
		{"UpdateUserAttributes", invalid, at + "'userAttributes.1.member.name'" + pattern, "input.attributes", "input.attributes has characters that the user pool does not accept."},
		{"SignUp", invalid, at + "'clientId'" + pattern, "", rejected},
		{"SignUp", invalid, "Username should be an email.", "input.email", "The user pool does not accept the e-mail address."},
		{"SignUp", invalid, "Invalid email address format.", "input.email", "The user pool does not accept the e-mail address."},
		{"UpdateUserAttributes", invalid, "Invalid email address format.", "input.attributes", "The user pool does not accept the e-mail address."},
		{"UpdateUserAttributes", invalid, "Invalid phone number format.", "input.attributes", phone},

		// Attributes.
		{"SignUp", invalid, schema + "email: The attribute is required\n", "input.email", "The user pool requires the attribute email."},
		{"SignUp", invalid, schema + "phone_number: The attribute is required\n", "input.phoneNumber", "The user pool requires the attribute phone_number."},
		{"SignUp", invalid, schema + "custom:plan: Attribute does not exist in the schema.\n", "input.attributes", "The user pool has no attribute custom:plan."},
		{"SignUp", invalid, schema + "custom:mode: Attribute does not exist in the schema.\n", "", "The pool's schema lacks an attribute that this server sets: custom:mode."},
		{"SignUp", invalid, schema + "custom:mode: Attribute value is too long\n", "input.mode", "The user pool does not accept this value of the attribute custom:mode."},
		{"SignUp", invalid, schema + "preferred_username: Attribute value is too long\n", "input.username", "The user pool does not accept this value of the attribute preferred_username."},
		{"UpdateUserAttributes", invalid, "user.custom:mode: Attribute does not exist in the schema.\n", "input.attributes", "The user pool has no attribute custom:mode."},
		{"UpdateUserAttributes", invalid, "user.email: Attribute cannot be updated.\n", "input.attributes", "The user pool does not allow changing the attribute email."},
		{"UpdateUserAttributes", "NotAuthorizedException", "A client attempted to write unauthorized attribute", "input.attributes", "The app client may not write one of these attributes."},
		{"DeleteUserAttributes", invalid, "Invalid user attributes: user.custom:foo: Attribute does not exist in the schema.\n", "input.names", "The user pool has no attribute custom:foo."},
		{"RespondToAuthChallenge", invalid, "Invalid attributes given, given_name is missing", "input.answer.newPassword.attributes", "The user pool requires the attribute given_name."},

		{"SignUp", trigger, "PreSignUp failed with error Only for members.", "", "Only for members."},
		{"SignUp", trigger, "PreSignUp failed with error " + strings.Repeat("x", 500), "", strings.Repeat("x", 200)},
		{"SignUp", trigger, "words never seen", "", "A rule of the pool's owner rejected the request."},
	}
	for _, tt := range tests {
		t.Run(tt.operation+"/"+tt.text, func(t *testing.T) {
			t.Parallel()
			body, _ := json.Marshal(map[string]string{"__type": tt.exception, "message": tt.text})
			u := newUpstream(t, 400, string(body))
			got := apierr.From(operations[tt.operation](t.Context(), newClient(t, u.URL, nil)))
			if got.Field != tt.field || got.Message != tt.message {
				t.Errorf("field %q message %q, want %q %q", got.Field, got.Message, tt.field, tt.message)
			}
		})
	}
}

// Only reads are retried, once, and only after a network or server error.
func TestRetries(t *testing.T) {
	for name, call := range operations {
		for status, want := range map[int]int64{500: 1, 503: 1, 429: 1, 400: 1} {
			if readsOnly[name] && status >= 500 {
				want = 2
			}
			t.Run(fmt.Sprintf("%s/%d", name, status), func(t *testing.T) {
				t.Parallel()
				u := newUpstream(t, status, "no exception")
				if err := call(t.Context(), newClient(t, u.URL, nil)); err == nil {
					t.Fatal("no error")
				}
				if u.calls.Load() != want {
					t.Errorf("%d calls, want %d", u.calls.Load(), want)
				}
			})
		}
	}
}

// Every operation times out when Cognito hangs, and its call ends when the caller goes
// away.
func TestHangingUpstream(t *testing.T) {
	for name, call := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{}, 2)
			hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
				ended <- struct{}{}
			}))
			t.Cleanup(hang.Close)
			client := newClient(t, hang.URL, func(o *cognito.Options) { o.Timeout = 300 * time.Millisecond })
			if got := apierr.From(call(t.Context(), client)); got.Code != apierr.ServiceUnavailable {
				t.Errorf("code %s, want SERVICE_UNAVAILABLE", got.Code)
			}
			<-ended

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if got := apierr.From(call(ctx, client)); got == nil || got.Code != apierr.ServiceUnavailable {
				t.Errorf("error %v for a canceled call", got)
			}
		})
	}
}

func TestUnreachableUpstream(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, call := range operations {
		got := apierr.From(call(t.Context(), newClient(t, closed.URL, nil)))
		if got.Code != apierr.ServiceUnavailable || !got.Code.Retryable() {
			t.Errorf("%s: %s, want SERVICE_UNAVAILABLE", name, got.Code)
		}
	}
}

func TestHugeResponse(t *testing.T) {
	u := newUpstream(t, 200, `{"AuthenticationResult":{"AccessToken":"`+strings.Repeat("x", 2<<20)+`"}}`)
	if got := apierr.From(operations["InitiateAuth"](t.Context(), newClient(t, u.URL, nil))); got.Code != apierr.ServiceUnavailable {
		t.Errorf("code %s: a response of 2 MiB was read", got.Code)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := newUpstream(t, 200, `{}`)
	redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer redirect.Close()
	if err := operations["InitiateAuth"](t.Context(), newClient(t, redirect.URL, nil)); err == nil {
		t.Error("no error")
	}
	if elsewhere.calls.Load() != 0 {
		t.Error("the password was sent to the redirect's target")
	}
}

// Connections are kept after a burst.
func TestConnectionsAreKept(t *testing.T) {
	const callers, rounds = 40, 5
	u := newUpstream(t, 200, `{"AuthenticationResult":{"AccessToken":"a.b.c","ExpiresIn":60}}`)
	client := newClient(t, u.URL, nil)
	for range rounds {
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				if err := operations["InitiateAuth"](t.Context(), client); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if n := u.connections.Load(); n > 2*callers {
		t.Errorf("%d connections for %d callers in %d rounds", n, callers, rounds)
	}
}

// The requests on the wire, with and without a client secret.
func TestRequests(t *testing.T) {
	// HMAC-SHA256 of "ada@example.com" + "the-client" under "the-secret", by
	// openssl dgst -sha256 -hmac the-secret -binary | base64.
	const hash = "1+fxcmoYtFfviwfi1glWwwKsr8l96fNeTmdH0POoldc="
	tests := []struct {
		operation string
		secret    bool
		want      string
	}{
		{"SignUp", false, `{"ClientId":"the-client","Password":"Secret-Passw0rd","UserAttributes":[{"Name":"email","Value":"ada@example.com"},{"Name":"preferred_username","Value":"ada"},{"Name":"custom:mode","Value":"user"}],"Username":"ada@example.com"}`},
		{"SignUp", true, `{"ClientId":"the-client","Password":"Secret-Passw0rd","SecretHash":"` + hash + `","UserAttributes":[{"Name":"email","Value":"ada@example.com"},{"Name":"preferred_username","Value":"ada"},{"Name":"custom:mode","Value":"user"}],"Username":"ada@example.com"}`},
		{"ConfirmSignUp", true, `{"ClientId":"the-client","ConfirmationCode":"123456","SecretHash":"` + hash + `","Username":"ada@example.com"}`},
		{"ResendConfirmationCode", true, `{"ClientId":"the-client","SecretHash":"` + hash + `","Username":"ada@example.com"}`},
		{"InitiateAuth", false, `{"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"PASSWORD":"Secret-Passw0rd","USERNAME":"ada@example.com"},"ClientId":"the-client"}`},
		{"InitiateAuth", true, `{"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"PASSWORD":"Secret-Passw0rd","SECRET_HASH":"` + hash + `","USERNAME":"ada@example.com"},"ClientId":"the-client"}`},
		{"GetTokensFromRefreshToken", true, `{"ClientId":"the-client","ClientSecret":"the-secret","RefreshToken":"refresh"}`},
		{"RevokeToken", true, `{"ClientId":"the-client","ClientSecret":"the-secret","Token":"refresh"}`},
		{"GlobalSignOut", true, `{"AccessToken":"access"}`},
		{"GetUser", true, `{"AccessToken":"access"}`},
		{"RespondToAuthChallenge", false, `{"ChallengeName":"SMS_MFA","ChallengeResponses":{"SMS_MFA_CODE":"123456","USERNAME":"the-sub"},"ClientId":"the-client","Session":"the-session"}`},
		{"ForgotPassword", true, `{"ClientId":"the-client","SecretHash":"` + hash + `","Username":"ada@example.com"}`},
		{"ConfirmForgotPassword", true, `{"ClientId":"the-client","ConfirmationCode":"123456","Password":"New-Passw0rd","SecretHash":"` + hash + `","Username":"ada@example.com"}`},
		{"ChangePassword", false, `{"AccessToken":"access","PreviousPassword":"Secret-Passw0rd","ProposedPassword":"New-Passw0rd"}`},
		{"UpdateUserAttributes", false, `{"AccessToken":"access","UserAttributes":[{"Name":"name","Value":"Ada"}]}`},
		{"DeleteUserAttributes", false, `{"AccessToken":"access","UserAttributeNames":["name"]}`},
		{"GetUserAttributeVerificationCode", false, `{"AccessToken":"access","AttributeName":"email"}`},
		{"VerifyUserAttribute", false, `{"AccessToken":"access","AttributeName":"email","Code":"123456"}`},
		{"DeleteUser", false, `{"AccessToken":"access"}`},
		{"AssociateSoftwareToken", false, `{"AccessToken":"access"}`},
		{"VerifySoftwareToken", false, `{"AccessToken":"access","FriendlyDeviceName":"phone","UserCode":"123456"}`},
		{"SetUserMFAPreference", false, `{"AccessToken":"access","SoftwareTokenMfaSettings":{"Enabled":true,"PreferredMfa":true}}`},
		{"StartWebAuthnRegistration", false, `{"AccessToken":"access"}`},
		{"CompleteWebAuthnRegistration", false, `{"AccessToken":"access","Credential":{"id":"x"}}`},
		{"ListWebAuthnCredentials", false, `{"AccessToken":"access","MaxResults":20}`},
		{"DeleteWebAuthnCredential", false, `{"AccessToken":"access","CredentialId":"x"}`},
		{"ConfirmDevice", false, `{"AccessToken":"access","DeviceKey":"key","DeviceName":"phone","DeviceSecretVerifierConfig":{"PasswordVerifier":"verifier","Salt":"salt"}}`},
		{"UpdateDeviceStatus", false, `{"AccessToken":"access","DeviceKey":"key","DeviceRememberedStatus":"remembered"}`},
		{"ForgetDevice", false, `{"AccessToken":"access","DeviceKey":"key"}`},
		{"GetDevice", false, `{"AccessToken":"access","DeviceKey":"key"}`},
		{"ListDevices", false, `{"AccessToken":"access","Limit":60,"PaginationToken":"next"}`},
		{"UpdateAuthEventFeedback", false, `{"EventId":"event","FeedbackToken":"token","FeedbackValue":"Valid","UserPoolId":"us-east-1_Pool","Username":"ada"}`},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s/%t", tt.operation, tt.secret), func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t, 400, `{"__type":"ForbiddenException"}`)
			client := newClient(t, u.URL, func(o *cognito.Options) {
				if tt.secret {
					o.ClientSecrets = func() []string { return []string{"the-secret"} }
				}
			})
			if err := operations[tt.operation](t.Context(), client); err == nil {
				t.Fatal("no error")
			}
			operation, request := u.last()
			got, _ := json.Marshal(request)
			if operation != tt.operation || string(got) != tt.want {
				t.Errorf("%s\ngot  %s\nwant %s", operation, got, tt.want)
			}
		})
	}
}

func TestObserve(t *testing.T) {
	tests := []struct {
		status  int
		body    string
		outcome string
	}{
		{200, `{"UserSub":"x"}`, "OK"},
		{400, `{"__type":"UsernameExistsException"}`, "UsernameExistsException"},
		{400, `{"__type":"NeverHeardOf"}`, "UnknownException"},
		{502, "<html>", "Unreachable"},
	}
	for _, tt := range tests {
		u := newUpstream(t, tt.status, tt.body)
		var got []string
		client := newClient(t, u.URL, func(o *cognito.Options) {
			o.Observe = func(operation, _, outcome string, _ time.Duration) { got = append(got, operation+" "+outcome) }
		})
		_ = operations["SignUp"](t.Context(), client)
		if want := "SignUp " + tt.outcome; len(got) != 1 || got[0] != want {
			t.Errorf("observed %q, want %q", got, want)
		}
	}
}

// An endpoint without GetTokensFromRefreshToken gets REFRESH_TOKEN_AUTH from then on.
func TestRefreshFallsBack(t *testing.T) {
	var called []string
	stand := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		called = append(called, operation)
		if operation != "InitiateAuth" {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `{"__type":"Local#Unsupported","message":"Local does not support it"}`)
			return
		}
		_, _ = io.WriteString(w, `{"AuthenticationResult":{"AccessToken":"a.b.c"}}`)
	}))
	defer stand.Close()
	client := newClient(t, stand.URL, nil)
	for range 2 {
		tokens, err := client.RefreshTokens(t.Context(), "refresh", nil, nil)
		if err != nil || tokens.AccessToken != "a.b.c" || tokens.TokenType != "Bearer" {
			t.Fatal(tokens, err)
		}
	}
	if got := strings.Join(called, " "); got != "GetTokensFromRefreshToken InitiateAuth InitiateAuth" {
		t.Errorf("called %s", got)
	}
}

func TestNewRequiredOptions(t *testing.T) {
	for _, o := range []cognito.Options{
		{ClientID: "c", UsernameAttribute: "u", ModeAttribute: "custom:mode"},
		{Region: "r", UsernameAttribute: "u", ModeAttribute: "custom:mode"},
		{Region: "r", ClientID: "c"},
		{Region: "r", ClientID: "c", UsernameAttribute: "u", ModeAttribute: "custom:mode", MaxConcurrentCalls: -1},
	} {
		if _, err := cognito.New(o); err == nil {
			t.Errorf("no error for %+v", o)
		}
	}
}

// A response that is none of Cognito's may repeat the request. The SDK takes a member "Code"
// for the name of an exception, which must not reach the log.
func TestEchoedCodeIsNotLogged(t *testing.T) {
	u := newUpstream(t, 400, `{"AccessToken":"a","AttributeName":"email","Code":"Secret123"}`)
	err := operations["VerifyUserAttribute"](t.Context(), newClient(t, u.URL, nil))
	if got := apierr.From(err); got.Code != apierr.Internal || strings.Contains(got.Cause.Error(), "Secret123") {
		t.Errorf("%s: %v", got.Code, got.Cause)
	}
}
