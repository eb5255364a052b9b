package cognito

import (
	"context"
	"errors"
	"time"

	"authgraph/cognito/token"
	"authgraph/internal/apierr"
)

// TokenStatus describes an access token. See the schema.
type TokenStatus struct {
	Active    bool
	Reason    *apierr.Code // why the token is not active
	UserID    *string
	Groups    []string
	Scopes    []string
	ExpiresAt *time.Time
}

// CheckToken returns whether the verifier accepts the access token, and what the token
// says. It returns SERVICE_UNAVAILABLE if signing keys or revocations are unavailable.
func CheckToken(ctx context.Context, v *token.Verifier, accessToken string) (*TokenStatus, error) {
	claims, err := v.Verify(ctx, accessToken)
	var reason apierr.Code
	var expired *token.TokenExpiredError
	switch {
	case err == nil:
		return &TokenStatus{
			Active: true, UserID: &claims.Subject, ExpiresAt: &claims.ExpiresAt,
			Groups: listOf(claims.Groups), Scopes: listOf(claims.Scopes),
		}, nil
	case errors.As(err, &expired):
		reason = apierr.TokenExpired
	case errors.Is(err, token.ErrTokenRevoked):
		reason = apierr.TokenRevoked
	case errors.Is(err, token.ErrInvalidToken):
		reason = apierr.InvalidToken
	default:
		return nil, apierr.New(apierr.ServiceUnavailable,
			"The token cannot be checked at the moment. Try again.").WithCause(err)
	}
	return &TokenStatus{Reason: &reason, Groups: []string{}, Scopes: []string{}}, nil
}
