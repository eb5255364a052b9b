package cognito

import (
	"context"
	"errors"
	"time"

	"authgraph/internal/apierr"
)

// TokenStatus is what there is to know of an access token. See the schema.
type TokenStatus struct {
	Active    bool
	Reason    *apierr.Code // why it is not active
	UserID    *string
	Groups    []string
	Scopes    []string
	ExpiresAt *time.Time
}

// Status tells about a token what [Verifier.Verify] finds. The error is one of
// those that say that this cannot be known at the moment.
func (v *Verifier) Status(ctx context.Context, token string) (*TokenStatus, error) {
	claims, err := v.Verify(ctx, token)
	var reason apierr.Code
	var expired *TokenExpiredError
	switch {
	case err == nil:
		return &TokenStatus{
			Active: true, UserID: &claims.Subject, ExpiresAt: &claims.ExpiresAt,
			Groups: listOf(claims.Groups), Scopes: listOf(claims.Scopes),
		}, nil
	case errors.As(err, &expired):
		reason = apierr.TokenExpired
	case errors.Is(err, ErrTokenRevoked):
		reason = apierr.TokenRevoked
	case errors.Is(err, ErrInvalidToken):
		reason = apierr.InvalidToken
	default:
		return nil, apierr.New(apierr.ServiceUnavailable,
			"Whether the token is good cannot be known at the moment. Try again.").WithCause(err)
	}
	return &TokenStatus{Reason: &reason, Groups: []string{}, Scopes: []string{}}, nil
}
