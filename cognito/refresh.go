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
)

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
