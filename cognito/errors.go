package cognito

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
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

// badCredentials is what is wrong when signed operations are refused.
func badCredentials() meaning {
	return meaning{apierr.ServiceMisconfigured, "The server's AWS credentials do not permit looking up other users."}
}

// meaning is what an exception tells the client.
type meaning struct {
	code    apierr.Code
	message string
}

// errorTable is THE table from Cognito's exceptions to ours. Exceptions are
// matched by their name, as the services' models leave some of them out for
// some operations; texts are looked at only where one exception stands for
// several things (rule).
type errorTable struct {
	exceptions map[string]meaning
	rules      []rule
	// attribute finds the name of the attribute that a message speaks of.
	attribute *regexp.Regexp
	// usernameAttribute is the one that sign-up fills in by itself.
	usernameAttribute string
}

// rule splits an exception by its text, by the operation, or by both.
type rule struct {
	exception string
	text      string // part of the message, lower case; empty: any
	// operations lists where the rule holds; empty: everywhere.
	operations []operation
	meaning    meaning
	status     int // 0: the code's own
}

// Fault says what went wrong with a call, for the log. It holds no text of
// Cognito's, which may quote what a user typed.
type Fault struct {
	Operation string
	Exception string // Cognito's name for it; empty when the call did not get that far
	Status    int    // HTTP status; 0 without an answer
	RequestID string // Cognito's id of the call
	Detail    string // what is known beyond that and safe to log
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

// Unwrap returns the SDK's error, for errors.As. Its text is not for the log.
func (f *Fault) Unwrap() error { return f.Err }

// errIncomplete stands for an answer that says 200 and lacks what it must hold.
var errIncomplete = errors.New("the answer lacks a required member")

// isIncomplete tells whether an answer lacks what it must hold, so that an empty
// one is never taken for a session.
func isIncomplete(answer any) bool {
	switch out := answer.(type) {
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

// translate turns an error of the SDK into one of ours.
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
	fault.Exception = api.ErrorCode()
	return t.explain(op, fault, api.ErrorMessage())
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

// unreachable is the error of a call that Cognito did not answer with one of
// its own exceptions.
func unreachable(fault *Fault) *apierr.Error {
	fault.Exception, fault.Detail = "none", transportFault(fault.Err)
	if isThrottling(fault.Err) {
		return rateLimited(fault)
	}
	return &apierr.Error{Code: apierr.ServiceUnavailable, Message: unreachableMessage, Cause: fault}
}

// rateLimited is the error of a call that Cognito, or what stands before it,
// throttled.
func rateLimited(fault *Fault) *apierr.Error {
	return &apierr.Error{
		Code: apierr.RateLimited, Message: rateLimitedMessage, RetryAfter: time.Second, Cause: fault,
	}
}

// transportFault describes a failed call in words of a closed set.
func transportFault(err error) string {
	var decode *smithy.DeserializationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case errors.Is(err, context.Canceled):
		return "the caller went away"
	case errors.Is(err, errIncomplete), errors.As(err, &decode):
		return "the answer is not what the API promises"
	case errors.Is(err, errNoCredentials):
		return "the AWS credentials cannot be had"
	default:
		return "no answer"
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
			Message: "The user directory does not have this operation.",
			Cause:   fault,
		}
	}
	if isThrottling(fault.Err) {
		return rateLimited(fault)
	}
	if op.isSigned() && fault.Status < http.StatusInternalServerError {
		// Signatures are verified before Cognito, which knows nothing of these exceptions.
		fault.Detail = "the AWS credentials were refused"
		return &apierr.Error{Code: badCredentials().code, Message: badCredentials().message, Cause: fault}
	}
	if fault.Status >= http.StatusInternalServerError {
		return &apierr.Error{
			Code:    apierr.ServiceUnavailable,
			Message: "The user directory is failing. Try again.",
			Cause:   fault,
		}
	}
	fault.Detail = "an exception that this version does not know"
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

// complete adds what only this exception's text can tell.
func (t errorTable) complete(e *apierr.Error, fault *Fault, text string) *apierr.Error {
	switch e.Code {
	case apierr.BadUserInput:
		var attribute string
		e.Field, attribute = t.refusedInput(text)
		switch attribute {
		case "":
		case modeAttribute, t.usernameAttribute:
			if operation(fault.Operation) != opSignUp {
				break
			}
			fault.Detail = "the pool lacks " + attribute
			// Not the user's choice: the pool lacks an attribute that we fill in.
			return &apierr.Error{
				Code:    apierr.ServiceMisconfigured,
				Message: "The pool's schema lacks an attribute that this server fills in: " + attribute + ".",
				Cause:   fault,
			}
		default:
			e.Message = "The pool's schema does not permit this attribute: " + attribute + "."
		}
	case apierr.PasswordPolicy:
		e.Field = passwordField(operation(fault.Operation))
		e.Message = passwordRule(text)
	case apierr.PasswordReused:
		e.Field = passwordField(operation(fault.Operation))
	case apierr.RejectedByPolicy:
		if own := triggerMessage(text); own != "" {
			e.Message = own
		}
	case apierr.RateLimited:
		// Cognito counts by the second, for the whole AWS account.
		e.RetryAfter = time.Second
	}
	return e
}

// refusedInput finds the input field that a validation message speaks of. The
// detail is the name of an attribute, never a value.
func (t errorTable) refusedInput(text string) (field, detail string) {
	if m := t.attribute.FindStringSubmatch(text); m != nil {
		if m[1] == emailAttribute {
			return "input.email", ""
		}
		return "input.attributes", m[1]
	}
	for _, r := range []struct{ part, field string }{
		{"at 'password'", "input.password"},
		{"at 'confirmationCode'", "input.confirmationCode"},
		{"at 'username'", "input.email"},
		{"email address format", "input.email"},
		{"should be an email", "input.email"},
		{"phone number format", "input.attributes"},
		{"at 'userAttributes", "input.attributes"},
		{"unauthorized attribute", "input.attributes"},
	} {
		if strings.Contains(text, r.part) {
			return r.field, ""
		}
	}
	return "", ""
}

// passwordField is where an operation's input has the new password.
func passwordField(op operation) string {
	switch op {
	case opChangePassword, opConfirmForgotPassword:
		return "input.newPassword"
	case opRespondToAuthChallenge:
		return "input.answer.newPassword.password"
	default:
		return "input.password"
	}
}

// passwordRule says in our words which rule of the policy was broken.
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

// triggerMessage returns what a Lambda trigger of the pool's owner said: those
// words are meant for the user. Cognito puts "<Trigger> failed with error "
// before them.
func triggerMessage(text string) string {
	_, own, found := strings.Cut(text, "failed with error ")
	if !found {
		return ""
	}
	const maxRunes = 200
	runes := []rune(strings.ToValidUTF8(own, ""))
	return string(runes[:min(len(runes), maxRunes)])
}

// outcome names the result of a call for the metrics, from a closed set.
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

// isTransient tells whether a second attempt may fare better: no answer, or a
// fault of the server. Throttling is not among them: more calls are its cause.
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
		// An internal error too: it is one request that Cognito stumbles over, and
		// whoever knows such a one must not be able to stop the others.
		return admission.Responded
	case status != 0:
		// Not Cognito but, say, a proxy refused this one request, or garbled it.
		return admission.Inconclusive
	default:
		return admission.Failed
	}
}

// isThrottling tells whether a call was one too many, for the AWS account or for
// what stands before Cognito: not LimitExceededException, which is about one user.
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

// statusOf returns the HTTP status of the answer, 0 without one.
func statusOf(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func newErrorTable(usernameAttribute string) errorTable {
	return errorTable{
		usernameAttribute: usernameAttribute,

		exceptions: exceptionMeanings(),
		rules:      exceptionRules(),
		// Only what can be an attribute: a host's name may stand in the same place.
		attribute: regexp.MustCompile(`(?m)(?:^|[ :])(?:user\.)?(custom:[A-Za-z0-9_.-]{1,20}|[a-z_]{1,32}): (?:Attribute|The attribute)`),
	}
}

// Messages that stand for more than one exception with Options.HideUserExistence.
const (
	wrongCredentials = "E-mail address or password is wrong."
	sessionExpired   = "The sign-in took too long or this step was answered before. Start again."
)

// Parts of the messages by which Cognito says that a flow is not permitted.
const (
	flowNotEnabled          = "flow not enabled"
	flowNotEnabledForClient = "is not enabled for the client"
)

// exceptionRules lists the exceptions that stand for several things. The first
// rule that matches holds.
func exceptionRules() []rule {
	var (
		invalidToken = meaning{apierr.InvalidToken, "The token is malformed, revoked, expired, or not one of this application's."}
		badSecret    = meaning{apierr.ServiceMisconfigured, "The server's app client secret is missing or wrong."}
		flowIsOff    = meaning{apierr.ServiceMisconfigured, "The app client does not permit this way to sign in."}
		revoked      = meaning{apierr.TokenRevoked, "The token was revoked by a sign-out. Sign in again."}
		confirmed    = meaning{apierr.UserAlreadyConfirmed, "The account is confirmed already."}
		startAgain   = meaning{apierr.SessionExpired, sessionExpired}
		disabled     = meaning{apierr.UserDisabled, "An administrator has disabled the account."}
		tooMany      = meaning{apierr.TooManyAttempts, "Too many failed attempts for this account. Wait before the next one."}
		notEnrolled  = meaning{apierr.MFANotEnrolled, "The user has not set up this second factor."}
	)
	const notAuthorized, invalidParameter = "NotAuthorizedException", "InvalidParameterException"
	presentRefreshToken := []operation{opRefreshTokenAuth, opGetTokensFromRefreshToken, opRevokeToken}
	return []rule{
		// A wrong secret is the operator's fault wherever it shows.
		{exception: notAuthorized, text: "secret", meaning: badSecret},
		{exception: "UnauthorizedException", text: "secret", meaning: badSecret},
		{exception: "InvalidParameterException", text: flowNotEnabled, meaning: flowIsOff},
		{exception: "InvalidParameterException", text: flowNotEnabledForClient, meaning: flowIsOff},

		// What is said of the server's own credentials is the operator's fault as well.
		{exception: notAuthorized, operations: signed(), meaning: badCredentials()},

		// Where a token is presented, whatever is wrong is wrong with the token;
		// that of a malformed one is the client's fault (400).
		{exception: invalidParameter, operations: append(presentRefreshToken, opGlobalSignOut, opGetUser), meaning: invalidToken, status: http.StatusBadRequest},
		{exception: invalidParameter, text: "at 'accesstoken'", meaning: invalidToken, status: http.StatusBadRequest},
		{exception: "UnsupportedTokenTypeException", operations: presentRefreshToken, meaning: invalidToken, status: http.StatusBadRequest},
		{exception: notAuthorized, text: "user is disabled", meaning: disabled},
		{exception: notAuthorized, operations: append(presentRefreshToken, opGlobalSignOut), meaning: invalidToken},
		{exception: notAuthorized, text: "token has been revoked", operations: withAccessToken(), meaning: revoked},
		{exception: notAuthorized, text: "token has expired", operations: withAccessToken(), meaning: meaning{apierr.TokenExpired, "The access token has expired. Refresh it."}},
		{exception: notAuthorized, text: "access token", operations: withAccessToken(), meaning: invalidToken},
		{exception: notAuthorized, operations: []operation{opGetUser}, meaning: invalidToken},

		{exception: notAuthorized, text: "user cannot be confirmed. current status is confirmed", operations: []operation{opConfirmSignUp}, meaning: confirmed},
		{exception: notAuthorized, text: "user cannot confirm because user status is not unconfirmed", operations: []operation{opConfirmSignUp}, meaning: confirmed},
		{exception: invalidParameter, text: "already confirmed", operations: []operation{opResendConfirmationCode}, meaning: confirmed},
		{exception: invalidParameter, text: "auto verification", operations: []operation{opResendConfirmationCode}, meaning: meaning{apierr.NotEnabled, "The pool does not verify addresses by a code."}},

		{exception: notAuthorized, text: "signup is not permitted", operations: []operation{opSignUp}, meaning: meaning{apierr.SignupDisabled, "Users cannot sign up by themselves in this pool."}},
		{exception: notAuthorized, text: "unauthorized attribute", operations: []operation{opSignUp}, meaning: meaning{apierr.BadUserInput, "The app client may not write one of these attributes."}},

		{exception: notAuthorized, text: "attempts exceeded", meaning: tooMany},
		{exception: notAuthorized, text: "temporary password has expired", meaning: meaning{apierr.TemporaryPasswordExpired, "The temporary password has expired; an administrator must set another."}},
		{exception: notAuthorized, text: "session", operations: []operation{opInitiateAuth, opRespondToAuthChallenge, opAssociateSoftwareToken, opVerifySoftwareToken}, meaning: startAgain},
		{exception: notAuthorized, text: "unauthorized attribute", operations: []operation{opUpdateUserAttributes, opDeleteUserAttributes}, meaning: meaning{apierr.BadUserInput, "The app client may not write one of these attributes."}},
		{exception: notAuthorized, text: "already provided", operations: []operation{opRespondToAuthChallenge}, meaning: meaning{apierr.BadUserInput, "An attribute that has a value cannot be changed here."}},
		{exception: notAuthorized, text: "cannot be reset in the current state", meaning: meaning{apierr.UserNotConfirmed, "The password cannot be reset before the account is confirmed."}},
		{exception: notAuthorized, text: "contact administrator", meaning: meaning{apierr.NotEnabled, "Only an administrator can reset passwords in this pool."}},
		{exception: notAuthorized, text: "feedback", operations: []operation{opUpdateAuthEventFeedback}, meaning: invalidToken},
		{exception: invalidParameter, text: "no registered/verified", meaning: meaning{apierr.NotEnabled, "The account has no verified address to send a code to."}},
		{exception: invalidParameter, text: "has not set up software token", meaning: notEnrolled},
		{exception: invalidParameter, text: "has not verified software token", meaning: notEnrolled},
		{exception: invalidParameter, text: "delivery config", meaning: notEnrolled},
		{exception: invalidParameter, text: "custom auth lambda trigger is not configured", meaning: flowIsOff},
		{exception: "ExpiredCodeException", text: "already been used", meaning: meaning{apierr.CodeExpired, "The code was used before. Wait for the next one."}},
		{exception: "ResourceNotFoundException", text: "device", meaning: meaning{apierr.NotFound, "There is no such device."}},
		{exception: "ResourceNotFoundException", operations: []operation{opDeleteWebAuthnCredential}, meaning: meaning{apierr.NotFound, "There is no such passkey."}},
	}
}

// exceptionMeanings lists every exception type of the SDK, those of the
// administrator's operations included, since a test holds the list against the
// SDK and "cannot occur" is a promise that only Amazon can keep.
func exceptionMeanings() map[string]meaning {
	var (
		misconfigured = meaning{apierr.ServiceMisconfigured, "The user pool is set up in a way that cannot work. The server's log says more."}
		notEnabled    = meaning{apierr.NotEnabled, "The user pool or its app client has this switched off."}
		wrongCode     = meaning{apierr.CodeMismatch, "The code is wrong."}
		tooMany       = meaning{apierr.TooManyAttempts, "Too many attempts for this account. Wait before the next one."}
		notEnrolled   = meaning{apierr.MFANotEnrolled, "The user has not set up this second factor."}
		invalidToken  = meaning{apierr.InvalidToken, "The token is malformed, revoked, expired, or not one of this application's."}
		conflict      = meaning{apierr.Conflict, "Something else changed the same record at the same time. Try again."}
		internal      = meaning{apierr.Internal, "Internal server error"}
	)
	return map[string]meaning{
		"UsernameExistsException":                 {apierr.EmailAlreadyRegistered, "An account with this e-mail address exists."},
		"AliasExistsException":                    {apierr.AliasAlreadyRegistered, "Another account has this e-mail address, phone number or preferred user name."},
		"UserNotFoundException":                   {apierr.UserNotFound, "There is no such user."},
		"UserNotConfirmedException":               {apierr.UserNotConfirmed, "The account is not confirmed: enter the code that was sent."},
		"PasswordResetRequiredException":          {apierr.PasswordResetRequired, "The password must be set anew before signing in."},
		"NotAuthorizedException":                  {apierr.InvalidCredentials, wrongCredentials},
		"UnauthorizedException":                   invalidToken,
		"UnsupportedTokenTypeException":           invalidToken,
		"RefreshTokenReuseException":              {apierr.RefreshTokenReused, "This refresh token was replaced by a newer one. Sign in again."},
		"CodeMismatchException":                   wrongCode,
		"EnableSoftwareTokenMFAException":         wrongCode,
		"ExpiredCodeException":                    {apierr.CodeExpired, "The code is too old, was used, or was replaced. Ask for another."},
		"InvalidPasswordException":                {apierr.PasswordPolicy, "The password does not conform to the pool's policy."},
		"PasswordHistoryPolicyViolationException": {apierr.PasswordReused, "The password was used before. Choose another."},
		"InvalidParameterException":               {apierr.BadUserInput, "A value of the input is not acceptable to the user pool."},
		"CodeDeliveryFailureException":            {apierr.CodeDeliveryFailed, "The code could not be sent. Ask for another."},

		"TooManyRequestsException":       {apierr.RateLimited, rateLimitedMessage},
		"LimitExceededException":         tooMany,
		"TooManyFailedAttemptsException": tooMany,

		"ForbiddenException":              {apierr.BlockedByWAF, "The pool's firewall refused the request."},
		"UserLambdaValidationException":   {apierr.RejectedByPolicy, "A rule of the pool's owner refused it."},
		"ConcurrentModificationException": conflict,
		"PreconditionNotMetException":     conflict,
		"UserImportInProgressException":   conflict,

		"SoftwareTokenMFANotFoundException": notEnrolled,
		"MFAMethodNotFoundException":        notEnrolled,
		"DeviceKeyExistsException":          {apierr.DeviceExists, "The device is registered already."},

		"WebAuthnChallengeNotFoundException":      {apierr.PasskeyChallengeExpired, "The passkey ceremony took too long. Start again."},
		"WebAuthnOriginNotAllowedException":       {apierr.PasskeyOrigin, "The pool does not trust the page that the passkey was made on."},
		"WebAuthnRelyingPartyMismatchException":   {apierr.PasskeyRPMismatch, "The passkey belongs to another relying party."},
		"WebAuthnCredentialNotSupportedException": {apierr.PasskeyUnsupported, "This kind of passkey is not supported."},
		"WebAuthnClientMismatchException":         invalidToken,
		"WebAuthnNotEnabledException":             notEnabled,

		"OperationNotEnabledException":      notEnabled,
		"UnsupportedOperationException":     notEnabled,
		"UnsupportedUserStateException":     {apierr.Conflict, "The account's state does not permit that."},
		"FeatureUnavailableInTierException": notEnabled,

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

		// Only an administrator's operations can say these.
		"DuplicateProviderException":          {apierr.Conflict, "There is one of that name."},
		"GroupExistsException":                {apierr.Conflict, "There is one of that name."},
		"ManagedLoginBrandingExistsException": {apierr.Conflict, "There is one of that name."},
		"TermsExistsException":                {apierr.Conflict, "There is one of that name."},

		"InternalErrorException":  internal,
		"InternalServerException": internal,
	}
}
