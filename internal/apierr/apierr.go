// Package apierr defines the errors that clients see: a code from the schema's enum
// ErrorCode, an HTTP status, and what the client needs to react.
//
// Package cognito converts Cognito's exceptions to an [Error], package graph converts
// an Error to GraphQL. Any other error becomes INTERNAL with a fixed text, so that
// internal details cannot leak.
package apierr

import (
	"errors"
	"net/http"
	"time"
)

// Code is a value of the schema's enum ErrorCode.
type Code string

// The codes. schema.graphqls describes them; a test compares it with this list.
const (
	AliasAlreadyRegistered       Code = "ALIAS_ALREADY_REGISTERED"
	BadRequest                   Code = "BAD_REQUEST"
	BadUserInput                 Code = "BAD_USER_INPUT"
	BlockedByWAF                 Code = "BLOCKED_BY_WAF"
	CodeDeliveryFailed           Code = "CODE_DELIVERY_FAILED"
	CodeExpired                  Code = "CODE_EXPIRED"
	CodeMismatch                 Code = "CODE_MISMATCH"
	Conflict                     Code = "CONFLICT"
	DeviceExists                 Code = "DEVICE_EXISTS"
	EmailAlreadyRegistered       Code = "EMAIL_ALREADY_REGISTERED"
	Forbidden                    Code = "FORBIDDEN"
	GraphQLParseFailed           Code = "GRAPHQL_PARSE_FAILED"
	GraphQLValidationFailed      Code = "GRAPHQL_VALIDATION_FAILED"
	Internal                     Code = "INTERNAL"
	InvalidCredentials           Code = "INVALID_CREDENTIALS"
	InvalidToken                 Code = "INVALID_TOKEN"
	MethodNotAllowed             Code = "METHOD_NOT_ALLOWED"
	MFANotEnrolled               Code = "MFA_NOT_ENROLLED"
	NotAcceptable                Code = "NOT_ACCEPTABLE"
	NotEnabled                   Code = "NOT_ENABLED"
	NotFound                     Code = "NOT_FOUND"
	NoVerifiedAddress            Code = "NO_VERIFIED_ADDRESS"
	OperationLimitExceeded       Code = "OPERATION_LIMIT_EXCEEDED"
	PasskeyChallengeExpired      Code = "PASSKEY_CHALLENGE_EXPIRED"
	PasskeyOrigin                Code = "PASSKEY_ORIGIN"
	PasskeyRPMismatch            Code = "PASSKEY_RP_MISMATCH"
	PasskeyUnsupported           Code = "PASSKEY_UNSUPPORTED"
	PasswordPolicy               Code = "PASSWORD_POLICY"
	PasswordResetRequired        Code = "PASSWORD_RESET_REQUIRED"
	PasswordResetUnavailable     Code = "PASSWORD_RESET_UNAVAILABLE"
	PasswordReused               Code = "PASSWORD_REUSED"
	PayloadTooLarge              Code = "PAYLOAD_TOO_LARGE"
	PersistedQueryNotFound       Code = "PERSISTED_QUERY_NOT_FOUND"
	PersistedQueryNotInList      Code = "PERSISTED_QUERY_NOT_IN_LIST"
	PhoneNumberAlreadyRegistered Code = "PHONE_NUMBER_ALREADY_REGISTERED"
	RateLimited                  Code = "RATE_LIMITED"
	ReadOnlyRegion               Code = "READ_ONLY_REGION"
	RefreshTokenReused           Code = "REFRESH_TOKEN_REUSED"
	RejectedByPolicy             Code = "REJECTED_BY_POLICY"
	ServiceMisconfigured         Code = "SERVICE_MISCONFIGURED"
	ServiceUnavailable           Code = "SERVICE_UNAVAILABLE"
	SessionExpired               Code = "SESSION_EXPIRED"
	SignupDisabled               Code = "SIGNUP_DISABLED"
	TemporaryPasswordExpired     Code = "TEMPORARY_PASSWORD_EXPIRED"
	TokenExpired                 Code = "TOKEN_EXPIRED"
	TokenRevoked                 Code = "TOKEN_REVOKED"
	TooManyAttempts              Code = "TOO_MANY_ATTEMPTS"
	Unauthenticated              Code = "UNAUTHENTICATED"
	UnsupportedMediaType         Code = "UNSUPPORTED_MEDIA_TYPE"
	UsernameAlreadyRegistered    Code = "USERNAME_ALREADY_REGISTERED"
	UserAlreadyConfirmed         Code = "USER_ALREADY_CONFIRMED"
	UserDisabled                 Code = "USER_DISABLED"
	UserNotConfirmed             Code = "USER_NOT_CONFIRMED"
	UserNotFound                 Code = "USER_NOT_FOUND"
)

// Status returns the HTTP status of the code, 500 for an unknown code.
func (c Code) Status() int {
	switch c {
	case BadRequest, BadUserInput, CodeExpired, CodeMismatch, GraphQLParseFailed, GraphQLValidationFailed,
		MFANotEnrolled, NotEnabled, NoVerifiedAddress, OperationLimitExceeded, PasskeyChallengeExpired, PasskeyOrigin,
		PasskeyRPMismatch, PasskeyUnsupported, PasswordPolicy, PasswordReused, PersistedQueryNotFound,
		RejectedByPolicy:
		return http.StatusBadRequest
	case InvalidCredentials, InvalidToken, RefreshTokenReused, SessionExpired, TokenExpired, TokenRevoked,
		Unauthenticated:
		return http.StatusUnauthorized
	case BlockedByWAF, Forbidden, PasswordResetRequired, PasswordResetUnavailable, PersistedQueryNotInList, SignupDisabled,
		TemporaryPasswordExpired, UserDisabled, UserNotConfirmed:
		return http.StatusForbidden
	case NotFound, UserNotFound:
		return http.StatusNotFound
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case NotAcceptable:
		return http.StatusNotAcceptable
	case AliasAlreadyRegistered, Conflict, DeviceExists, EmailAlreadyRegistered, PhoneNumberAlreadyRegistered,
		UserAlreadyConfirmed, UsernameAlreadyRegistered:
		return http.StatusConflict
	case PayloadTooLarge:
		return http.StatusRequestEntityTooLarge
	case UnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case RateLimited, TooManyAttempts:
		return http.StatusTooManyRequests
	case CodeDeliveryFailed:
		return http.StatusBadGateway
	case ReadOnlyRegion, ServiceUnavailable:
		return http.StatusServiceUnavailable
	case Internal, ServiceMisconfigured:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// Retryable reports whether the same request may succeed later.
func (c Code) Retryable() bool {
	switch c {
	case CodeDeliveryFailed, Conflict, RateLimited, ReadOnlyRegion, ServiceUnavailable:
		return true
	default:
		return false
	}
}

// Requirement is what `@auth` requires: any of the groups and all of the scopes.
type Requirement struct {
	Groups []string `json:"groups,omitempty"`
	Scopes []string `json:"scopes,omitempty"`
}

// Error is an error for a client. Everything but Cause is sent.
type Error struct {
	// Code is required.
	Code Code
	// Message is an English sentence for the developer of the client. It never
	// contains a value that the client sent or the text of another error.
	Message string
	// Status overrides the status of the code if it is not zero.
	Status int
	// Field is the path of the rejected input value, such as "input.email".
	Field string
	// RetryAfter is how long to wait before the next attempt, zero if unknown.
	RetryAfter time.Duration
	// Required is the requirement that the caller does not meet.
	Required *Requirement
	// Cause is only logged.
	Cause error
}

// New returns an error with the code and the message.
func New(code Code, message string) *Error {
	return &Error{Code: code, Message: message}
}

// Error returns the code and the message, without the cause.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// HTTPStatus returns Status, or the status of the code if that is zero.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	return e.Code.Status()
}

// WithCause returns a copy of e with the cause.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// From returns the Error in err's chain. Any other error becomes the cause of an
// INTERNAL error with a fixed text. It returns nil for nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Message: "Internal server error", Cause: err}
}
