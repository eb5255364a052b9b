package exception

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is an answer that the protocol knows: an exception with its message. Any other error that reaches the wire
// becomes InternalErrorException with a fixed text.
type Error struct {
	Type    string
	Message string
	Status  int // HTTP status; 0 means 400, which Cognito uses for all but its own faults
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

func New(exception, format string, args ...any) *Error {
	return &Error{Type: exception, Message: fmt.Sprintf(format, args...)}
}

func InvalidParameter(format string, args ...any) *Error {
	return New("InvalidParameterException", format, args...)
}

func NotAuthorized(format string, args ...any) *Error {
	return New("NotAuthorizedException", format, args...)
}

func NotFound(format string, args ...any) *Error {
	return New("ResourceNotFoundException", format, args...)
}

func Internal() *Error {
	return &Error{Type: "InternalErrorException", Message: "An internal error occurred.", Status: http.StatusInternalServerError}
}

// The refusals that several operations share word for word.

func IncorrectPassword() *Error { return NotAuthorized("Incorrect username or password.") }

func UserDisabled() *Error { return NotAuthorized("User is disabled.") }

func UserDoesNotExist() *Error { return New("UserNotFoundException", "User does not exist.") }

func CombinationNotFound() *Error {
	return New("UserNotFoundException", "Username/client id combination not found.")
}

func CodeMismatch() *Error {
	return New("CodeMismatchException", "Invalid verification code provided, please try again.")
}

func CodeExpired() *Error {
	return New("ExpiredCodeException", "Invalid code provided, please request a code again.")
}

func LimitExceeded() *Error {
	return New("LimitExceededException", "Attempt limit exceeded, please try after some time.")
}

func AliasExists(attribute string) *Error {
	return New("AliasExistsException", "An account with the given %s already exists.", attribute)
}

// Shorten keeps an answer from growing with what was asked.
func Shorten(value string) string {
	const most = 128
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "") + "..."
}

// AsRefusal sorts what a check says: a refusal lets the transaction stand, any other error undoes it.
func AsRefusal(err error) (refusal, other error) {
	var api *Error
	if errors.As(err, &api) {
		return api, nil
	}
	return nil, err
}

func PoolNotFound(poolID string) *Error { return NotFound("User pool %s does not exist.", poolID) }

func ClientNotFound(id string) *Error {
	return NotFound("User pool client %s does not exist.", Shorten(id))
}

func InvalidSession() *Error { return NotAuthorized("Invalid session for the user.") }

func PasswordReused() *Error {
	return New("PasswordHistoryPolicyViolationException", "Password has been used before.")
}

func DeviceDoesNotExist() *Error { return NotFound("Device does not exist.") }
