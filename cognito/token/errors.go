package token

import (
	"errors"
	"time"
)

// ErrInvalidToken matches, with [errors.Is], every [*InvalidTokenError].
var ErrInvalidToken = errors.New("token: invalid token")

// The reasons of an [InvalidTokenError]. They are a closed set of fixed texts without any
// part of a token, so they can be logged and used as metric labels.
const (
	ReasonTooLong      = "token is too long"
	ReasonNotJWT       = "token is not three base64url segments"
	ReasonHeader       = "header is malformed"
	ReasonAlgorithm    = "algorithm is not RS256"
	ReasonExtension    = "header has a member that is not allowed"
	ReasonType         = "typ is not that of an access token"
	ReasonKeyID        = "key id is missing or too long"
	ReasonClaims       = "claims are malformed"
	ReasonIssuer       = "issuer is not this user pool"
	ReasonIDToken      = "ID token used as access token"
	ReasonTokenUse     = "token_use is not access"
	ReasonClientID     = "client_id is not this app client"
	ReasonAudience     = "audience is not this app client"
	ReasonNoUser       = "token is not a user's token"
	ReasonMissingTime  = "exp or iat is missing"
	ReasonUnknownKey   = "key id is unknown"
	ReasonBadSignature = "signature is wrong"
	ReasonNotYetValid  = "token is not valid yet"
)

// InvalidTokenError means that a token is not an access token of this user pool and app
// client. It matches [ErrInvalidToken].
type InvalidTokenError struct {
	// Reason is one of the Reason constants.
	Reason string
}

func (e *InvalidTokenError) Error() string { return "token: invalid token: " + e.Reason }

// Is reports whether target is ErrInvalidToken.
func (e *InvalidTokenError) Is(target error) bool { return target == ErrInvalidToken }

// ExpiredError means that a token was valid until ExpiredAt. Its signature has been
// verified, so the client may be told to refresh. It does not match [ErrInvalidToken].
type ExpiredError struct {
	ExpiredAt time.Time
}

func (e *ExpiredError) Error() string {
	return "token: expired at " + e.ExpiredAt.UTC().Format(time.RFC3339)
}

var (
	// ErrTokenRevoked means that a valid token was revoked because its session, or every
	// session of its user, was signed out. It does not match [ErrInvalidToken].
	ErrTokenRevoked = errors.New("token: revoked by a sign-out")

	// ErrRevocationsUnknown means that a token is valid, but whether it was revoked is
	// currently unknown.
	ErrRevocationsUnknown = errors.New("token: revocations are unavailable")

	// ErrKeysUnavailable means that a token cannot be verified because the issuer's keys
	// could not be loaded before the caller's context ended.
	ErrKeysUnavailable = errors.New("token: the issuer's keys are unavailable")

	// ErrUnknownKey means that the issuer's keys are loaded and do not include the one
	// that the token names.
	ErrUnknownKey = errors.New("token: unknown key id")
)
