package cognito

import (
	"cmp"
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

// clockLeeway is the clock skew that token verifiers tolerate.
const clockLeeway = time.Minute

// SignedOut is a session that was revoked.
type SignedOut struct {
	// OriginJTI is the claim that all tokens of the session share. It is empty if token
	// revocation is turned off.
	OriginJTI string
	Subject   string
	// TokensExpire is when the session's last access token has expired for every verifier.
	TokensExpire time.Time
}

// RevokeToken revokes the session of a refresh token and returns it, or nil if the token is
// not valid.
//
// Refresh tokens are opaque, so RevokeToken refreshes once to learn the session. If that
// fails temporarily, nothing is revoked and the caller can retry. If only the revocation
// fails, RevokeToken returns both the session and the error.
func (c *Client) RevokeToken(ctx context.Context, refreshToken string) (*SignedOut, error) {
	tokens, err := c.RefreshTokens(ctx, refreshToken, nil, nil)
	if isTemporary(err) {
		return nil, err
	}
	if err != nil {
		// Let Cognito decide about the token.
		return nil, c.revokeToken(ctx, refreshToken)
	}
	session := newSignedOut(tokens)
	if tokens.RefreshToken == nil {
		return session, c.revokeToken(ctx, refreshToken)
	}
	// With rotation, the caller's token has been replaced, and only this call knows the
	// new one. So the revocation is worth a retry.
	err = c.revokeToken(ctx, *tokens.RefreshToken)
	if isTemporary(err) && pause(ctx) {
		err = c.revokeToken(ctx, *tokens.RefreshToken)
	}
	return session, err
}

func (c *Client) revokeToken(ctx context.Context, refreshToken string) error {
	_, err := invoke(ctx, c, opRevokeToken, c.api.RevokeToken, &sdk.RevokeTokenInput{
		ClientId: &c.options.ClientID,
		Token:    &refreshToken,
	})
	return err
}

func newSignedOut(tokens *AuthTokens) *SignedOut {
	claims := accessClaimsOf(tokens)
	return &SignedOut{
		OriginJTI:    claims.OriginJTI,
		Subject:      claims.Subject,
		TokensExpire: claims.ExpiresAt.Add(clockLeeway),
	}
}

// accessClaimsOf returns the claims of tokens that came straight from Cognito, as
// [unverifiedClaims] does. It leaves out groups and scopes.
func accessClaimsOf(tokens *AuthTokens) *token.AccessClaims {
	claims := unverifiedClaims(tokens.AccessToken)
	access := &token.AccessClaims{
		Subject: text(claims["sub"]), Username: text(claims["username"]), OriginJTI: text(claims["origin_jti"]),
		IssuedAt: timeOf(claims["iat"]), ExpiresAt: timeOf(claims["exp"]), AuthenticatedAt: timeOf(claims["auth_time"]),
	}
	if access.AuthenticatedAt.IsZero() {
		access.AuthenticatedAt = access.IssuedAt
	}
	return access
}

// timeOf returns the time in a claim, or the zero time.
func timeOf(claim any) time.Time {
	seconds, ok := claim.(float64)
	if !ok {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// isTemporary reports whether an operation may succeed when it is retried later.
func isTemporary(err error) bool {
	e := apierr.From(err)
	return e != nil && (e.Code.Retryable() || e.Code == apierr.TooManyAttempts || e.Code == apierr.Internal)
}

// GlobalSignOut revokes every session of the caller.
func (c *Client) GlobalSignOut(ctx context.Context, caller *Caller) error {
	_, err := invoke(ctx, c, opGlobalSignOut, c.api.GlobalSignOut, &sdk.GlobalSignOutInput{
		AccessToken: &caller.accessToken,
	})
	return err
}

const (
	// replayWindow is how long a replaced refresh token gets its replacement. It exceeds
	// the longest request.
	replayWindow = 15 * time.Second
	// maxReplacements bounds the cache of replacements.
	maxReplacements = 1 << 12
)

// replacement is the result of a refresh that replaced the refresh token.
type replacement struct {
	tokens *AuthTokens
	until  time.Time
}

// RefreshTokens returns new access and ID tokens. deviceKey is nil if the pool does not
// track devices.
//
// It falls back to REFRESH_TOKEN_AUTH if the endpoint lacks GetTokensFromRefreshToken. That
// flow does not work for an app client with a secret, since the secret hash depends on the
// internal user name, which a refresh does not know.
//
// Concurrent refreshes of one token share a call, with the metadata of the first one: with
// rotation, Cognito would treat the second one as token theft.
func (c *Client) RefreshTokens(
	ctx context.Context, refreshToken string, deviceKey *string, entries []*MetadataEntry,
) (*AuthTokens, error) {
	triggers, err := metadata("clientMetadata", entries)
	if err != nil {
		return nil, err
	}
	key := refreshKey(refreshToken, deviceKey)
	if tokens, err := c.replay(key); tokens != nil || err != nil {
		return tokens, err
	}
	return share(ctx, &c.refreshes, string(key[:]), func(ctx context.Context) (*AuthTokens, error) {
		// Another refresh may have ended since the check above.
		if tokens, err := c.replay(key); tokens != nil || err != nil {
			return tokens, err
		}
		tokens, err := c.refreshOnce(ctx, refreshToken, deviceKey, triggers)
		if err == nil && errors.Is(c.options.Revoked(accessClaimsOf(tokens)), token.ErrTokenRevoked) {
			return nil, c.endRevoked(ctx, cmp.Or(aws.ToString(tokens.RefreshToken), refreshToken))
		}
		if err == nil {
			c.options.Refreshed(ctx, newSignIn(tokens))
		}
		if err == nil && tokens.RefreshToken != nil && c.options.ReplayRefreshes {
			c.replaced.Add(key, replacement{tokens, time.Now().Add(replayWindow)})
		}
		return tokens, err
	})
}

// endRevoked revokes the refresh token of a session that is revoked here but still valid in Cognito,
// as after a new password, and returns the error for the client. Until it succeeds, the
// token can be used with Cognito directly, and every refresh here tries again.
func (c *Client) endRevoked(ctx context.Context, refreshToken string) error {
	err := c.revokeToken(ctx, refreshToken)
	return apierr.New(apierr.InvalidToken, "The session of the refresh token has ended. Sign in again.").WithCause(err)
}

// refreshKey identifies a refresh without keeping the token.
func refreshKey(refreshToken string, deviceKey *string) [sha256.Size]byte {
	return sha256.Sum256([]byte(refreshToken + "\n" + aws.ToString(deviceKey)))
}

// replay returns the recent replacement of a refresh token, or nil if there is none or its
// session was revoked. If that is unknown, it returns SERVICE_UNAVAILABLE: Cognito would
// treat the replaced token as stolen and end the session.
func (c *Client) replay(key [sha256.Size]byte) (*AuthTokens, error) {
	if !c.options.ReplayRefreshes {
		return nil, nil
	}
	kept, ok := c.replaced.Get(key)
	if !ok || time.Now().After(kept.until) {
		return nil, nil
	}
	err := c.options.Revoked(accessClaimsOf(kept.tokens))
	switch {
	case err == nil:
		return kept.tokens, nil
	case errors.Is(err, token.ErrRevocationsUnknown):
		return nil, apierr.New(apierr.ServiceUnavailable, RevocationsUnknown).WithCause(err)
	default:
		return nil, nil
	}
}

func (c *Client) refreshOnce(ctx context.Context, refreshToken string, deviceKey *string, triggers map[string]string) (*AuthTokens, error) {
	if !c.lacksTokenRefresh.Load() {
		tokens, err := c.getTokensFromRefreshToken(ctx, refreshToken, deviceKey, triggers)
		if !isUnknownOperation(err) || c.secrets.exist() {
			return tokens, err
		}
		c.lacksTokenRefresh.Store(true)
	}
	return c.refreshTokenAuth(ctx, refreshToken, deviceKey, triggers)
}

func (c *Client) getTokensFromRefreshToken(
	ctx context.Context, refreshToken string, deviceKey *string, triggers map[string]string,
) (*AuthTokens, error) {
	out, err := invoke(ctx, c, opGetTokensFromRefreshToken, c.api.GetTokensFromRefreshToken,
		&sdk.GetTokensFromRefreshTokenInput{
			ClientId:       &c.options.ClientID,
			RefreshToken:   &refreshToken,
			DeviceKey:      deviceKey,
			ClientMetadata: triggers,
		})
	if err != nil {
		return nil, err
	}
	return c.newAuthTokens(opGetTokensFromRefreshToken, out.AuthenticationResult)
}

func (c *Client) refreshTokenAuth(
	ctx context.Context, refreshToken string, deviceKey *string, triggers map[string]string,
) (*AuthTokens, error) {
	parameters := withDeviceKey(map[string]string{"REFRESH_TOKEN": refreshToken}, deviceKey)
	out, err := invoke(ctx, c, opRefreshTokenAuth, c.api.InitiateAuth, &sdk.InitiateAuthInput{
		AuthFlow:        types.AuthFlowTypeRefreshTokenAuth,
		ClientId:        &c.options.ClientID,
		AuthParameters:  parameters,
		ClientMetadata:  triggers,
		UserContextData: c.userContext(ctx),
	})
	if err != nil {
		return nil, err
	}
	return c.newAuthTokens(opRefreshTokenAuth, out.AuthenticationResult)
}

// isUnknownOperation reports whether the endpoint does not implement the operation, which
// happens with emulators only.
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
	UserID    *string      // nil for a machine, too
	ClientID  *string
	Groups    []string
	Scopes    []string
	ExpiresAt *time.Time
}

// RevocationsUnknown is the message of SERVICE_UNAVAILABLE when it is unknown whether a
// session was revoked.
const RevocationsUnknown = "Session revocations are temporarily unavailable. Try again."

// CheckToken returns whether the verifier accepts the access token, and what the token
// says. It returns SERVICE_UNAVAILABLE if signing keys or revocations are unavailable.
func CheckToken(ctx context.Context, v *token.Verifier, accessToken string) (*TokenStatus, error) {
	claims, err := v.Verify(ctx, accessToken)
	var reason apierr.Code
	var expired *token.ExpiredError
	switch {
	case err == nil:
		status := &TokenStatus{
			Active: true, UserID: &claims.Subject, ClientID: &claims.ClientID, ExpiresAt: &claims.ExpiresAt,
			Groups: listOf(claims.Groups), Scopes: listOf(claims.Scopes),
		}
		if claims.Machine {
			status.UserID = nil
		}
		return status, nil
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
