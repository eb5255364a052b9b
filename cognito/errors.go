package cognito

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"authgraph/cognito/admission"
	"authgraph/internal/apierr"
)

// badCredentials is the meaning of a rejected signature.
func badCredentials() meaning {
	return meaning{apierr.ServiceMisconfigured, "The server's AWS credentials do not allow looking up other users."}
}

// readOnlyRegion is the meaning of a change that a replica of the pool rejects.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-multi-region.html
func readOnlyRegion() meaning {
	return meaning{apierr.ReadOnlyRegion, "The user pool is a read-only replica in this Region. Try again once its primary Region is back."}
}

// meaning is the error for a client that an exception stands for.
type meaning struct {
	code    apierr.Code
	message string
}

// errorTable is the only table from Cognito's exceptions to ours. It looks up exceptions by
// name, since the service's model leaves some out for some operations. It looks at texts
// only where an exception has several meanings (rule).
type errorTable struct {
	exceptions map[string]meaning
	rules      []rule
	inputs     inputFaults
}

// rule distinguishes the meanings of an exception by text, by operation, or by both.
type rule struct {
	exception string
	text      string // part of the message in lower case; empty for any
	// operations are those that the rule applies to; empty for all.
	operations []operation
	meaning    meaning
	status     int // 0 for that of the code
}

// Fault describes a failed call for the log. It has no text of Cognito, which may quote
// user input.
type Fault struct {
	Operation string
	Exception string // Cognito's name of the exception; "none" without one
	Status    int    // HTTP status; 0 without a response
	RequestID string // Cognito's id of the request
	Detail    string // more that is safe to log
	Err       error
}

// Error implements error.
func (f *Fault) Error() string {
	text := fmt.Sprintf("cognito %s: %s (status %d, request %q)", f.Operation, f.Exception, f.Status, f.RequestID)
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	return text
}

// Unwrap returns the SDK's error for errors.As. Do not log its text.
func (f *Fault) Unwrap() error { return f.Err }

// errIncomplete is the error of a 200 response that lacks a required member.
var errIncomplete = errors.New("the response lacks a required member")

// isIncomplete reports whether a response lacks a required member, so that an empty one is
// never treated as a session.
func isIncomplete(response any) bool {
	switch out := response.(type) {
	case *sdk.SignUpOutput:
		return aws.ToString(out.UserSub) == ""
	case *sdk.ResendConfirmationCodeOutput:
		return out.CodeDeliveryDetails == nil
	case *sdk.ForgotPasswordOutput:
		return out.CodeDeliveryDetails == nil
	case *sdk.GetUserAttributeVerificationCodeOutput:
		return out.CodeDeliveryDetails == nil
	case *sdk.InitiateAuthOutput:
		return out.ChallengeName == "" && lacksToken(out.AuthenticationResult)
	case *sdk.RespondToAuthChallengeOutput:
		return out.ChallengeName == "" && lacksToken(out.AuthenticationResult)
	case *sdk.GetTokensFromRefreshTokenOutput:
		return lacksToken(out.AuthenticationResult)
	case *sdk.GetUserOutput:
		return aws.ToString(out.Username) == ""
	case *sdk.AdminGetUserOutput:
		return aws.ToString(out.Username) == ""
	case *sdk.GetDeviceOutput:
		return out.Device == nil
	case *sdk.AssociateSoftwareTokenOutput:
		return aws.ToString(out.SecretCode) == ""
	case *sdk.StartWebAuthnRegistrationOutput:
		return out.CredentialCreationOptions == nil
	default:
		return false
	}
}

func lacksToken(r *types.AuthenticationResultType) bool {
	return r == nil || aws.ToString(r.AccessToken) == ""
}

// translate turns an error of the SDK into an API error.
func (t errorTable) translate(op operation, err error) *apierr.Error {
	fault := &Fault{Operation: string(op), Err: err}
	if rejected, ok := errors.AsType[*admission.Rejection](err); ok {
		return rejection(fault, rejected)
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		fault.Status = response.HTTPStatusCode()
		if response.Response != nil {
			fault.RequestID = response.Response.Header.Get("x-amzn-RequestId")
		}
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return unreachable(fault)
	}
	fault.Exception = exceptionName(api.ErrorCode())
	return t.explain(op, fault, api.ErrorMessage())
}

// exceptionName returns an exception's name for the log. A response that is none of
// Cognito's can have anything in its place, even what the request contained.
func exceptionName(code string) string {
	if code == "" || len(code) > 64 || strings.ContainsFunc(code, func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' }) {
		return "malformed"
	}
	return code
}

// rejection is the error of a call that was not made.
func rejection(fault *Fault, r *admission.Rejection) *apierr.Error {
	fault.Exception, fault.Detail = "none", r.Error()
	e := &apierr.Error{RetryAfter: r.RetryAfter, Cause: fault}
	switch r.Reason {
	case admission.QuotaExceeded, admission.Paused:
		e.Code, e.Message = apierr.RateLimited, rateLimitedMessage
	default:
		e.Code, e.Message = apierr.ServiceUnavailable, unreachableMessage
	}
	return e
}

const rateLimitedMessage = "Too many requests. Try again shortly."

const unreachableMessage = "The user directory cannot be reached or takes too long. Try again."

// unreachable is the error of a call without an exception of Cognito.
func unreachable(fault *Fault) *apierr.Error {
	fault.Exception, fault.Detail = "none", transportFault(fault.Err)
	if isThrottling(fault.Err) {
		return rateLimited(fault)
	}
	return &apierr.Error{Code: apierr.ServiceUnavailable, Message: unreachableMessage, Cause: fault}
}

// rateLimited is the error of a call that Cognito or a proxy throttled.
func rateLimited(fault *Fault) *apierr.Error {
	return &apierr.Error{
		Code: apierr.RateLimited, Message: rateLimitedMessage, RetryAfter: time.Second, Cause: fault,
	}
}

// transportFault describes a failed call, from a closed set.
func transportFault(err error) string {
	var decode *smithy.DeserializationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case errors.Is(err, context.Canceled):
		return "canceled by the caller"
	case errors.Is(err, errIncomplete), errors.As(err, &decode):
		return "malformed response"
	case errors.Is(err, errNoCredentials):
		return "no AWS credentials"
	default:
		return "no response"
	}
}

func (t errorTable) explain(op operation, fault *Fault, text string) *apierr.Error {
	lower := strings.ToLower(text)
	for _, r := range t.rules {
		if r.matches(op, fault.Exception, lower) {
			e := &apierr.Error{Code: r.meaning.code, Message: r.meaning.message, Status: r.status, Cause: fault}
			fault.Detail = r.text
			return t.complete(e, fault, text)
		}
	}
	if m, ok := t.exceptions[fault.Exception]; ok {
		return t.complete(&apierr.Error{Code: m.code, Message: m.message, Cause: fault}, fault, text)
	}
	if isUnknownOperation(fault.Err) {
		return &apierr.Error{
			Code:    apierr.NotEnabled,
			Message: "The user directory does not support this operation.",
			Cause:   fault,
		}
	}
	if isThrottling(fault.Err) {
		return rateLimited(fault)
	}
	if op.isSigned() && fault.Status < http.StatusInternalServerError {
		// AWS checks signatures before Cognito, with exceptions of its own.
		fault.Detail = "AWS credentials rejected"
		return &apierr.Error{Code: badCredentials().code, Message: badCredentials().message, Cause: fault}
	}
	if fault.Status >= http.StatusInternalServerError {
		return &apierr.Error{
			Code:    apierr.ServiceUnavailable,
			Message: "The user directory failed. Try again.",
			Cause:   fault,
		}
	}
	fault.Detail = "unknown exception"
	return &apierr.Error{Code: apierr.Internal, Message: "Internal server error", Cause: fault}
}

func (r rule) matches(op operation, exception, lowerText string) bool {
	if r.exception != exception || !strings.Contains(lowerText, r.text) {
		return false
	}
	if len(r.operations) == 0 {
		return true
	}
	for _, o := range r.operations {
		if o == op {
			return true
		}
	}
	return false
}

// complete adds details from the exception's text.
func (t errorTable) complete(e *apierr.Error, fault *Fault, text string) *apierr.Error {
	switch e.Code {
	case apierr.BadUserInput:
		return t.inputs.describe(e, fault, text)
	case apierr.PasswordPolicy:
		e.Field = inputPaths(operation(fault.Operation))["password"]
		e.Message = passwordRule(text)
	case apierr.PasswordReused:
		e.Field = inputPaths(operation(fault.Operation))["password"]
	case apierr.RejectedByPolicy:
		if own := triggerMessage(text); own != "" {
			e.Message = own
		}
	case apierr.RateLimited:
		// Cognito's quotas are per second.
		e.RetryAfter = time.Second
	}
	return e
}

// passwordRule returns a message for the violated rule of the password policy.
func passwordRule(text string) string {
	for _, r := range []struct{ theirs, ours string }{
		{"long enough", "The password is too short for the pool's policy."},
		{"uppercase", "The password needs an upper-case letter."},
		{"lowercase", "The password needs a lower-case letter."},
		{"numeric", "The password needs a digit."},
		{"symbol", "The password needs a symbol."},
	} {
		if strings.Contains(text, r.theirs) {
			return r.ours
		}
	}
	return "The password does not conform to the pool's policy."
}

// triggerMessage returns the message of a Lambda trigger, which is meant for the user.
// Cognito prefixes it with "<Trigger> failed with error ".
func triggerMessage(text string) string {
	_, own, found := strings.Cut(text, "failed with error ")
	if !found {
		return ""
	}
	const maxRunes = 200
	runes := []rune(strings.ToValidUTF8(own, ""))
	return string(runes[:min(len(runes), maxRunes)])
}

// outcome returns the result of a call for metrics, from a closed set.
func (t errorTable) outcome(err error) string {
	if err == nil {
		return "OK"
	}
	if rejected, ok := errors.AsType[*admission.Rejection](err); ok {
		return string(rejected.Reason)
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		if _, ok := t.exceptions[api.ErrorCode()]; ok {
			return api.ErrorCode()
		}
		return "UnknownException"
	}
	switch {
	case errors.Is(err, errIncomplete):
		return "Incomplete"
	case errors.Is(err, errNoCredentials):
		return "NoCredentials"
	case errors.Is(err, context.DeadlineExceeded):
		return "Timeout"
	case errors.Is(err, context.Canceled):
		return "Canceled"
	default:
		return "Unreachable"
	}
}

// isTransient reports whether a retry may succeed: after a network or server error, but not
// after throttling, which more calls would make worse.
func isTransient(err error) bool {
	if _, rejected := errors.AsType[*admission.Rejection](err); rejected || errors.Is(err, errIncomplete) || errors.Is(err, errNoCredentials) {
		return false
	}
	if status := statusOf(err); status != 0 {
		return status >= http.StatusInternalServerError
	}
	return !errors.Is(err, context.Canceled)
}

// admissionOutcome returns what the error of a call says about the state of Cognito.
func (t errorTable) admissionOutcome(err error) admission.Outcome {
	var api smithy.APIError
	isException := errors.As(err, &api)
	status := statusOf(err)
	switch {
	case err == nil:
		return admission.Responded
	case errors.Is(err, errNoCredentials):
		return admission.Inconclusive
	case isThrottling(err):
		return admission.Throttled
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return admission.Failed
	case isException, errors.Is(err, errIncomplete):
		// This includes internal errors. Otherwise a client that can provoke one could open
		// the circuit for everyone.
		return admission.Responded
	case status != 0:
		// A proxy rejected or garbled this request.
		return admission.Inconclusive
	default:
		return admission.Failed
	}
}

// isThrottling reports whether Cognito or a proxy throttled the call. It is false for
// LimitExceededException, which is about a single user.
func isThrottling(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return statusOf(err) == http.StatusTooManyRequests
	}
	switch api.ErrorCode() {
	case "TooManyRequestsException", "ThrottlingException", "Throttling", "ThrottledException",
		"RequestThrottled", "RequestThrottledException", "SlowDown":
		return true
	case "LimitExceededException", "TooManyFailedAttemptsException":
		return false
	default:
		return statusOf(err) == http.StatusTooManyRequests
	}
}

// statusOf returns the HTTP status of the response, 0 without one.
func statusOf(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func newErrorTable(o Options) errorTable {
	return errorTable{
		exceptions: exceptionMeanings(wrongCredentials(o)),
		rules:      exceptionRules(),
		inputs:     newInputFaults(o),
	}
}

// sessionExpired is the message of SESSION_EXPIRED.
const sessionExpired = "The sign-in session has expired or was already used. Start again."

// wrongCredentials returns the message of INVALID_CREDENTIALS.
func wrongCredentials(o Options) string {
	name := "Name"
	if len(o.SignInWith) == 1 {
		name = map[string]string{
			SignInWithEmail: "E-mail address", SignInWithPhoneNumber: "Phone number", SignInWithUsername: "User name",
		}[o.SignInWith[0]]
	}
	return name + " or password is wrong."
}

// Parts of Cognito's messages for a flow that the app client does not allow.
const (
	flowNotEnabled          = "flow not enabled"
	flowNotEnabledForClient = "is not enabled for the client"
)

// exceptionRules returns the rules for exceptions with several meanings. The first match
// applies.
func exceptionRules() []rule {
	var (
		invalidToken = meaning{apierr.InvalidToken, "The token is malformed, revoked, expired, or belongs to another application."}
		badSecret    = meaning{apierr.ServiceMisconfigured, "The server's app client secret is missing or wrong."}
		flowIsOff    = meaning{apierr.ServiceMisconfigured, "The app client does not allow this way to sign in."}
		revoked      = meaning{apierr.TokenRevoked, "The session has ended, by a sign-out or a new password. Sign in again."}
		confirmed    = meaning{apierr.UserAlreadyConfirmed, "The account is already confirmed."}
		startAgain   = meaning{apierr.SessionExpired, sessionExpired}
		disabled     = meaning{apierr.UserDisabled, "An administrator has disabled the account."}
		tooMany      = meaning{apierr.TooManyAttempts, "Too many failed attempts for this account. Try again later."}
		notEnrolled  = meaning{apierr.MFANotEnrolled, "The user has not set up this second factor."}
	)
	const notAuthorized, invalidParameter, notEnabled = "NotAuthorizedException", "InvalidParameterException", "OperationNotEnabledException"
	presentRefreshToken := []operation{opRefreshTokenAuth, opGetTokensFromRefreshToken, opRevokeToken}
	return []rule{
		// A wrong client secret is a misconfiguration for every operation.
		{exception: notAuthorized, text: "secret", meaning: badSecret},
		{exception: "UnauthorizedException", text: "secret", meaning: badSecret},
		{exception: "InvalidParameterException", text: flowNotEnabled, meaning: flowIsOff},
		{exception: "InvalidParameterException", text: flowNotEnabledForClient, meaning: flowIsOff},

		// So are wrong AWS credentials.
		{exception: notAuthorized, operations: signed(), meaning: badCredentials()},

		// Replicas of a pool in other Regions reject what changes it. Session operations have
		// the same exception if the pool does not track sessions.
		{exception: notEnabled, text: "region", meaning: readOnlyRegion()},
		{exception: notEnabled, text: "replica", meaning: readOnlyRegion()},
		{exception: notEnabled, text: "session", meaning: meaning{apierr.NotEnabled, "The user pool does not track sessions."}},

		// Operations with a token fail because of the token. A malformed one has status 400.
		{exception: invalidParameter, operations: append(presentRefreshToken, opGlobalSignOut, opGetUser), meaning: invalidToken, status: http.StatusBadRequest},
		{exception: invalidParameter, text: "at 'accesstoken'", meaning: invalidToken, status: http.StatusBadRequest},
		{exception: "UnsupportedTokenTypeException", operations: presentRefreshToken, meaning: invalidToken, status: http.StatusBadRequest},
		{exception: notAuthorized, text: "user is disabled", meaning: disabled},
		{exception: notAuthorized, operations: append(presentRefreshToken, opGlobalSignOut), meaning: invalidToken},
		{exception: notAuthorized, text: "token has been revoked", operations: withAccessToken(), meaning: revoked},
		{exception: notAuthorized, text: "token has expired", operations: withAccessToken(), meaning: meaning{apierr.TokenExpired, "The access token has expired. Refresh it."}},
		{exception: notAuthorized, text: "access token", operations: withAccessToken(), meaning: invalidToken},
		{exception: notAuthorized, operations: []operation{opGetUser}, meaning: invalidToken},

		{exception: notAuthorized, text: "user cannot be confirmed. current status is", operations: []operation{opConfirmSignUp}, meaning: confirmed},
		{exception: notAuthorized, text: "user cannot confirm because user status is not unconfirmed", operations: []operation{opConfirmSignUp}, meaning: confirmed},
		{exception: invalidParameter, text: "already confirmed", operations: []operation{opResendConfirmationCode}, meaning: confirmed},
		{exception: invalidParameter, text: "auto verification", operations: []operation{opResendConfirmationCode}, meaning: meaning{apierr.NotEnabled, "The pool does not verify addresses with a code."}},

		{exception: notAuthorized, text: "signup is not permitted", operations: []operation{opSignUp}, meaning: meaning{apierr.SignupDisabled, "Self-service sign-up is disabled in this pool."}},
		{exception: notAuthorized, text: "unauthorized attribute", operations: []operation{opSignUp}, meaning: meaning{apierr.BadUserInput, "The app client may not write one of these attributes."}},

		{exception: notAuthorized, text: "attempts exceeded", meaning: tooMany},
		{exception: notAuthorized, text: "temporary password has expired", meaning: meaning{apierr.TemporaryPasswordExpired, "The temporary password has expired. An administrator must set a new one."}},
		{exception: notAuthorized, text: "session", operations: []operation{opInitiateAuth, opRespondToAuthChallenge, opAssociateSoftwareToken, opVerifySoftwareToken}, meaning: startAgain},
		{exception: notAuthorized, text: "unauthorized attribute", operations: []operation{opUpdateUserAttributes, opDeleteUserAttributes}, meaning: meaning{apierr.BadUserInput, "The app client may not write one of these attributes."}},
		{exception: notAuthorized, text: "already provided", operations: []operation{opRespondToAuthChallenge}, meaning: meaning{apierr.BadUserInput, "An attribute that already has a value cannot be changed here."}},
		{exception: notAuthorized, text: "cannot be reset in the current state", meaning: meaning{apierr.PasswordResetUnavailable, "This password cannot be reset with a code. Sign in with the temporary password of the invitation, or with the account's identity provider."}},
		{exception: notAuthorized, text: "contact administrator", meaning: meaning{apierr.NotEnabled, "Only an administrator can reset passwords in this pool."}},
		{exception: notAuthorized, text: "feedback", operations: []operation{opUpdateAuthEventFeedback}, meaning: invalidToken},
		{exception: invalidParameter, text: "no registered/verified", meaning: meaning{apierr.NoVerifiedAddress, "The account has no verified address to send a code to. If it is not confirmed, use resendConfirmationCode and verifyAccount. Otherwise an administrator has to reset the password."}},
		{exception: invalidParameter, text: "has not set up software token", meaning: notEnrolled},
		{exception: invalidParameter, text: "has not verified software token", meaning: notEnrolled},
		{exception: invalidParameter, text: "delivery config", meaning: notEnrolled},
		{exception: invalidParameter, text: "custom auth lambda trigger is not configured", meaning: flowIsOff},
		{exception: "ExpiredCodeException", text: "already been used", meaning: meaning{apierr.CodeExpired, "The code was already used. Wait for the next one."}},
		// The pool does not track sessions.
		{exception: "OperationNotEnabledException", operations: []operation{opListUserSessions, opRevokeUserSession}, meaning: meaning{apierr.NotEnabled, "The user pool does not track sessions."}},
		{exception: "ResourceNotFoundException", operations: []operation{opRevokeUserSession}, meaning: meaning{apierr.NotFound, "The session does not exist, or has ended."}},
		{exception: "ResourceNotFoundException", text: "device", meaning: meaning{apierr.NotFound, "The device does not exist."}},
		{exception: "ResourceNotFoundException", operations: []operation{opDeleteWebAuthnCredential}, meaning: meaning{apierr.NotFound, "The passkey does not exist."}},
	}
}

// exceptionMeanings returns the meaning of every exception type of the SDK. A test compares
// the list with the SDK.
func exceptionMeanings(wrongCredentials string) map[string]meaning {
	var (
		misconfigured = meaning{apierr.ServiceMisconfigured, "The user pool is misconfigured. See the server's log."}
		notEnabled    = meaning{apierr.NotEnabled, "This is disabled in the user pool or its app client."}
		wrongCode     = meaning{apierr.CodeMismatch, "The code is wrong."}
		tooMany       = meaning{apierr.TooManyAttempts, "Too many attempts for this account. Try again later."}
		notEnrolled   = meaning{apierr.MFANotEnrolled, "The user has not set up this second factor."}
		invalidToken  = meaning{apierr.InvalidToken, "The token is malformed, revoked, expired, or belongs to another application."}
		conflict      = meaning{apierr.Conflict, "The record was changed by another request. Try again."}
		internal      = meaning{apierr.Internal, "Internal server error"}
	)
	return map[string]meaning{
		"UsernameExistsException":                 {apierr.EmailAlreadyRegistered, "An account with this e-mail address already exists."},
		"AliasExistsException":                    {apierr.AliasAlreadyRegistered, "Another account has this e-mail address, phone number or preferred user name."},
		"UserNotFoundException":                   {apierr.UserNotFound, "The user does not exist."},
		"UserNotConfirmedException":               {apierr.UserNotConfirmed, "The account is not confirmed. Enter the code that was sent."},
		"PasswordResetRequiredException":          {apierr.PasswordResetRequired, "The password must be reset before signing in."},
		"NotAuthorizedException":                  {apierr.InvalidCredentials, wrongCredentials},
		"UnauthorizedException":                   invalidToken,
		"UnsupportedTokenTypeException":           invalidToken,
		"RefreshTokenReuseException":              {apierr.RefreshTokenReused, "This refresh token was replaced by a newer one. Sign in again."},
		"CodeMismatchException":                   wrongCode,
		"EnableSoftwareTokenMFAException":         wrongCode,
		"ExpiredCodeException":                    {apierr.CodeExpired, "The code has expired or was already used. Request a new one."},
		"InvalidPasswordException":                {apierr.PasswordPolicy, "The password does not conform to the pool's policy."},
		"PasswordHistoryPolicyViolationException": {apierr.PasswordReused, "The password was used before. Choose a different one."},
		"InvalidParameterException":               {apierr.BadUserInput, "The user pool rejected a value of the input."},
		"CodeDeliveryFailureException":            {apierr.CodeDeliveryFailed, "The code could not be sent. Request a new one."},

		"TooManyRequestsException":       {apierr.RateLimited, rateLimitedMessage},
		"LimitExceededException":         tooMany,
		"TooManyFailedAttemptsException": tooMany,

		"ForbiddenException":              {apierr.BlockedByWAF, "The pool's firewall blocked the request."},
		"UserLambdaValidationException":   {apierr.RejectedByPolicy, "A rule of the pool's owner rejected the request."},
		"ConcurrentModificationException": conflict,
		"PreconditionNotMetException":     conflict,
		"UserImportInProgressException":   conflict,

		"SoftwareTokenMFANotFoundException": notEnrolled,
		"MFAMethodNotFoundException":        notEnrolled,
		"DeviceKeyExistsException":          {apierr.DeviceExists, "The device is already registered."},

		"WebAuthnChallengeNotFoundException":      {apierr.PasskeyChallengeExpired, "The passkey registration took too long. Start again."},
		"WebAuthnOriginNotAllowedException":       {apierr.PasskeyOrigin, "The pool does not allow passkeys from this origin."},
		"WebAuthnRelyingPartyMismatchException":   {apierr.PasskeyRPMismatch, "The passkey belongs to another relying party."},
		"WebAuthnCredentialNotSupportedException": {apierr.PasskeyUnsupported, "This kind of passkey is not supported."},
		"WebAuthnClientMismatchException":         invalidToken,
		"WebAuthnNotEnabledException":             notEnabled,

		"OperationNotEnabledException":      readOnlyRegion(),
		"UnsupportedOperationException":     notEnabled,
		"UnsupportedUserStateException":     {apierr.Conflict, "The account's state does not allow this."},
		"FeatureUnavailableInTierException": {apierr.NotEnabled, "The user pool's feature plan (tier) does not include this. Its owner can upgrade the plan."},

		"ResourceNotFoundException":                misconfigured,
		"InvalidLambdaResponseException":           misconfigured,
		"UnexpectedLambdaException":                misconfigured,
		"InvalidEmailRoleAccessPolicyException":    misconfigured,
		"InvalidSmsRoleAccessPolicyException":      misconfigured,
		"InvalidSmsRoleTrustRelationshipException": misconfigured,
		"InvalidUserPoolConfigurationException":    misconfigured,
		"InvalidOAuthFlowException":                misconfigured,
		"WebAuthnConfigurationMissingException":    misconfigured,
		"UserPoolAddOnNotEnabledException":         misconfigured,
		"AccessDeniedException":                    misconfigured,
		"UnsupportedIdentityProviderException":     misconfigured,
		"ScopeDoesNotExistException":               misconfigured,
		"TierChangeNotAllowedException":            misconfigured,
		"UserPoolTaggingException":                 misconfigured,

		// Exceptions of administrators' operations.
		"DuplicateProviderException":          {apierr.Conflict, "The name is already taken."},
		"GroupExistsException":                {apierr.Conflict, "The name is already taken."},
		"ManagedLoginBrandingExistsException": {apierr.Conflict, "The name is already taken."},
		"TermsExistsException":                {apierr.Conflict, "The name is already taken."},

		"InternalErrorException":  internal,
		"InternalServerException": internal,
	}
}
