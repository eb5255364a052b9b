package cognito

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"authgraph/internal/apierr"
)

// clockLeeway is how much longer than it says a token may be taken for good, where
// clocks differ.
const clockLeeway = time.Minute

// SignedOut is a session that was ended.
type SignedOut struct {
	// OriginJTI is the claim that all tokens of the session share; empty where the
	// app client does not put it into tokens.
	OriginJTI string
	Subject   string
	// TokensExpire is when the last access token of the session ends by itself:
	// until then it has to be refused by whoever only looks at its signature.
	TokensExpire time.Time
}

// RevokeToken ends the session of a refresh token and returns what is known of it,
// nil when the token tells nothing, since it is not good.
//
// A refresh token is opaque, so the session is learnt by refreshing it once; the
// tokens that come are dropped. When that fails and may succeed later, nothing is
// revoked, so that the caller can try again. When only the revocation fails, the
// session is returned with the error.
func (c *Client) RevokeToken(ctx context.Context, refreshToken string) (*SignedOut, error) {
	tokens, err := c.RefreshTokens(ctx, refreshToken, nil)
	if isTemporary(err) {
		return nil, err
	}
	if err != nil {
		// What the token is worth, RevokeToken itself decides.
		return nil, c.revokeToken(ctx, refreshToken)
	}
	session := newSignedOut(tokens)
	if tokens.RefreshToken == nil {
		return session, c.revokeToken(ctx, refreshToken)
	}
	// With rotation, the token that was given has no power any more, and nobody but
	// this call knows the one that has: a fault must not leave it at that.
	err = c.revokeToken(ctx, *tokens.RefreshToken)
	if isTemporary(err) && pause(ctx) {
		err = c.revokeToken(ctx, *tokens.RefreshToken)
	}
	return session, err
}

func (c *Client) revokeToken(ctx context.Context, refreshToken string) error {
	_, err := invoke(ctx, c, opRevokeToken, c.api.RevokeToken, &sdk.RevokeTokenInput{
		ClientId:     &c.options.ClientID,
		ClientSecret: c.clientSecret(),
		Token:        &refreshToken,
	})
	return err
}

func newSignedOut(tokens *AuthTokens) *SignedOut {
	claims := unverifiedClaims(tokens.AccessToken)
	return &SignedOut{
		OriginJTI:    text(claims["origin_jti"]),
		Subject:      text(claims["sub"]),
		TokensExpire: timeOf(claims["exp"]).Add(clockLeeway),
	}
}

// timeOf reads a claim that holds a time, the zero time when it does not.
func timeOf(claim any) time.Time {
	seconds, ok := claim.(float64)
	if !ok {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// isTemporary tells whether an operation failed for a reason that passes.
func isTemporary(err error) bool {
	e := apierr.From(err)
	return e != nil && (e.Code.Retryable() || e.Code == apierr.TooManyAttempts || e.Code == apierr.Internal)
}

// GlobalSignOut ends every session of the caller.
func (c *Client) GlobalSignOut(ctx context.Context, caller *Caller) error {
	_, err := invoke(ctx, c, opGlobalSignOut, c.api.GlobalSignOut, &sdk.GlobalSignOutInput{
		AccessToken: &caller.accessToken,
	})
	return err
}
