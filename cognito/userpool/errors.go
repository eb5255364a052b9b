package userpool

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// apiError is an answer that the protocol knows: an exception with its message. Any other error that reaches the wire
// becomes InternalErrorException with a fixed text.
type apiError struct {
	Type    string
	Message string
	Status  int // HTTP status; 0 means 400, which Cognito uses for all but its own faults
}

func (e *apiError) Error() string { return e.Type + ": " + e.Message }

func (e *apiError) status() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

func fault(exception, format string, args ...any) *apiError {
	return &apiError{Type: exception, Message: fmt.Sprintf(format, args...)}
}

func invalidParameter(format string, args ...any) *apiError {
	return fault("InvalidParameterException", format, args...)
}

func notAuthorized(format string, args ...any) *apiError {
	return fault("NotAuthorizedException", format, args...)
}

func notFound(format string, args ...any) *apiError {
	return fault("ResourceNotFoundException", format, args...)
}

func internalError() *apiError {
	return &apiError{Type: "InternalErrorException", Message: "An internal error occurred.", Status: http.StatusInternalServerError}
}

// The refusals that several operations share word for word.

func incorrectPassword() *apiError { return notAuthorized("Incorrect username or password.") }

func userDisabled() *apiError { return notAuthorized("User is disabled.") }

func userDoesNotExist() *apiError { return fault("UserNotFoundException", "User does not exist.") }

func combinationNotFound() *apiError {
	return fault("UserNotFoundException", "Username/client id combination not found.")
}

func codeMismatch() *apiError {
	return fault("CodeMismatchException", "Invalid verification code provided, please try again.")
}

func codeExpired() *apiError {
	return fault("ExpiredCodeException", "Invalid code provided, please request a code again.")
}

func limitExceeded() *apiError {
	return fault("LimitExceededException", "Attempt limit exceeded, please try after some time.")
}

func aliasExists(attribute string) *apiError {
	return fault("AliasExistsException", "An account with the given %s already exists.", attribute)
}

// shortened keeps an answer from growing with what was asked.
func shortened(value string) string {
	const most = 128
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "") + "..."
}

// refusalOf sorts what a check says: a refusal lets the transaction stand, any other error undoes it.
func refusalOf(err error) (refusal, other error) {
	var api *apiError
	if errors.As(err, &api) {
		return api, nil
	}
	return nil, err
}

func poolNotFound(poolID string) *apiError { return notFound("User pool %s does not exist.", poolID) }

func clientNotFound(id string) *apiError {
	return notFound("User pool client %s does not exist.", shortened(id))
}

func invalidSession() *apiError { return notAuthorized("Invalid session for the user.") }

func passwordReused() *apiError {
	return fault("PasswordHistoryPolicyViolationException", "Password has been used before.")
}

func deviceDoesNotExist() *apiError { return notFound("Device does not exist.") }
