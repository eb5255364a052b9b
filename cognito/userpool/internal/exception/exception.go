// Package exception has the errors of Cognito's API: exceptions with the messages of the real service.
package exception

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is an exception of the protocol. Any other error that reaches the wire becomes InternalErrorException with a
// fixed text.
type Error struct {
	Type    string
	Message string
	Status  int // HTTP status; 0 means 400, which Cognito uses for everything except internal errors
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// HTTPStatus returns the status code of the response.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// New returns an exception by its name in the API, with a formatted message.
func New(exception, format string, args ...any) *Error {
	return &Error{Type: exception, Message: fmt.Sprintf(format, args...)}
}

// InvalidParameter returns an InvalidParameterException.
func InvalidParameter(format string, args ...any) *Error {
	return New("InvalidParameterException", format, args...)
}

// NotAuthorized returns a NotAuthorizedException.
func NotAuthorized(format string, args ...any) *Error {
	return New("NotAuthorizedException", format, args...)
}

// NotFound returns a ResourceNotFoundException.
func NotFound(format string, args ...any) *Error {
	return New("ResourceNotFoundException", format, args...)
}

// Internal returns the exception for errors whose cause stays in the log.
func Internal() *Error {
	return &Error{Type: "InternalErrorException", Message: "An internal error occurred.", Status: http.StatusInternalServerError}
}

// Exceptions that several operations share, word for word.

// IncorrectPassword rejects a sign-in without telling whether the user exists.
func IncorrectPassword() *Error { return NotAuthorized("Incorrect username or password.") }

// UserDisabled rejects a user whom an administrator has disabled.
func UserDisabled() *Error { return NotAuthorized("User is disabled.") }

// UserDoesNotExist is the exception for an unknown user.
func UserDoesNotExist() *Error { return New("UserNotFoundException", "User does not exist.") }

// CombinationNotFound is the exception for an unknown user, with the message of the operations that take a user name and a
// client.
func CombinationNotFound() *Error {
	return New("UserNotFoundException", "Username/client id combination not found.")
}

// CodeMismatch rejects a wrong confirmation code.
func CodeMismatch() *Error {
	return New("CodeMismatchException", "Invalid verification code provided, please try again.")
}

// CodeExpired rejects a confirmation code that was valid once.
func CodeExpired() *Error {
	return New("ExpiredCodeException", "Invalid code provided, please request a code again.")
}

// LimitExceeded rejects a call that was made too often.
func LimitExceeded() *Error {
	return New("LimitExceededException", "Attempt limit exceeded, please try after some time.")
}

// AliasExists rejects an address that identifies another user.
func AliasExists(attribute string) *Error {
	return New("AliasExistsException", "An account with the given %s already exists.", attribute)
}

// Shorten cuts a value from a request, so that a response does not grow with the request.
func Shorten(value string) string {
	const most = 128
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "") + "..."
}

// AsRefusal splits an error in two: an exception, which is a refusal that lets the transaction commit, or any other
// error, which rolls it back.
func AsRefusal(err error) (refusal, other error) {
	var api *Error
	if errors.As(err, &api) {
		return api, nil
	}
	return nil, err
}

// PoolNotFound is the exception for an unknown user pool.
func PoolNotFound(poolID string) *Error { return NotFound("User pool %s does not exist.", poolID) }

// ClientNotFound reports that the pool has no such app client.
func ClientNotFound(id string) *Error {
	return NotFound("User pool client %s does not exist.", Shorten(id))
}

// InvalidSession rejects the Session of a challenge.
func InvalidSession() *Error { return NotAuthorized("Invalid session for the user.") }

// PasswordReused rejects a password that the pool's history still holds.
func PasswordReused() *Error {
	return New("PasswordHistoryPolicyViolationException", "Password has been used before.")
}

// DeviceDoesNotExist reports that the user has no such device.
func DeviceDoesNotExist() *Error { return NotFound("Device does not exist.") }
