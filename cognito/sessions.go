package cognito

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"authgraph/cognito/token"
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

const (
	// replayTime is for how long a refresh token that was replaced still gets what it was
	// replaced by. It is longer than a request may take.
	replayTime = 15 * time.Second
	// keptReplacements bounds how many are remembered.
	keptReplacements = 1 << 12
)

// replacement is what a refresh token was replaced by.
type replacement struct {
	tokens *AuthTokens
	until  time.Time
}

// RefreshTokens makes new access and ID tokens. deviceKey is nil where the pool
// does not track devices.
//
// REFRESH_TOKEN_AUTH stands in where an endpoint does not know
// GetTokensFromRefreshToken. It cannot serve an app client with a secret: its
// hash is made over the internal user name, which a refresh does not know.
//
// Refreshes of one token at the same time share one call and its answer: with
// rotation on, Cognito would take the second for a stolen token.
func (c *Client) RefreshTokens(ctx context.Context, refreshToken string, deviceKey *string) (*AuthTokens, error) {
	what := refreshKey(refreshToken, deviceKey)
	if tokens := c.replay(what); tokens != nil {
		return tokens, nil
	}
	return share(ctx, &c.refreshes, string(what[:]), func(ctx context.Context) (*AuthTokens, error) {
		// Another may have ended between the look at what is kept and this call.
		if tokens := c.replay(what); tokens != nil {
			return tokens, nil
		}
		tokens, err := c.refreshOnce(ctx, refreshToken, deviceKey)
		if err == nil && tokens.RefreshToken != nil && c.options.ReplayRefreshes {
			c.replaced.Add(what, replacement{tokens, time.Now().Add(replayTime)})
		}
		return tokens, err
	})
}

// refreshKey is what a refresh is known by.
func refreshKey(refreshToken string, deviceKey *string) [sha256.Size]byte {
	return sha256.Sum256([]byte(refreshToken + "\n" + aws.ToString(deviceKey)))
}

// replay returns what the refresh token was replaced by a moment ago, or nil. What was
// signed out meanwhile is Cognito's to refuse.
func (c *Client) replay(what [sha256.Size]byte) *AuthTokens {
	if !c.options.ReplayRefreshes {
		return nil
	}
	kept, ok := c.replaced.Get(what)
	if !ok || time.Now().After(kept.until) {
		return nil
	}
	claims := unverifiedClaims(kept.tokens.AccessToken)
	session := &token.AccessClaims{
		Subject: text(claims["sub"]), OriginJTI: text(claims["origin_jti"]),
		IssuedAt: timeOf(claims["iat"]), ExpiresAt: timeOf(claims["exp"]),
	}
	if c.options.Revoked(session) != nil {
		return nil
	}
	return kept.tokens
}

func (c *Client) refreshOnce(ctx context.Context, refreshToken string, deviceKey *string) (*AuthTokens, error) {
	if !c.lacksTokenRefresh.Load() {
		tokens, err := c.getTokensFromRefreshToken(ctx, refreshToken, deviceKey)
		if !isUnknownOperation(err) || c.options.ClientSecret != "" {
			return tokens, err
		}
		c.lacksTokenRefresh.Store(true)
	}
	return c.refreshTokenAuth(ctx, refreshToken, deviceKey)
}

func (c *Client) getTokensFromRefreshToken(
	ctx context.Context, refreshToken string, deviceKey *string,
) (*AuthTokens, error) {
	out, err := invoke(ctx, c, opGetTokensFromRefreshToken, c.api.GetTokensFromRefreshToken,
		&sdk.GetTokensFromRefreshTokenInput{
			ClientId:     &c.options.ClientID,
			ClientSecret: c.clientSecret(),
			RefreshToken: &refreshToken,
			DeviceKey:    deviceKey,
		})
	if err != nil {
		return nil, err
	}
	return c.newAuthTokens(opGetTokensFromRefreshToken, out.AuthenticationResult)
}

func (c *Client) refreshTokenAuth(ctx context.Context, refreshToken string, deviceKey *string) (*AuthTokens, error) {
	parameters := withDeviceKey(map[string]string{"REFRESH_TOKEN": refreshToken}, deviceKey)
	out, err := invoke(ctx, c, opRefreshTokenAuth, c.api.InitiateAuth, &sdk.InitiateAuthInput{
		AuthFlow:        types.AuthFlowTypeRefreshTokenAuth,
		ClientId:        &c.options.ClientID,
		AuthParameters:  parameters,
		UserContextData: c.userContext(ctx),
	})
	if err != nil {
		return nil, err
	}
	return c.newAuthTokens(opRefreshTokenAuth, out.AuthenticationResult)
}

// isUnknownOperation tells whether an endpoint has said that it does not have
// the operation. Amazon Cognito never does.
func isUnknownOperation(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "UnknownOperationException", "Unsupported":
		return true
	default:
		return false
	}
}

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
