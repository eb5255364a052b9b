package cognito

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

// SigninResult is either *[AuthTokens] or one of the challenges.
type SigninResult interface{ isSigninResult() }

// AuthTokens are the tokens of a session.
type AuthTokens struct {
	AccessToken  string
	IDToken      *string
	RefreshToken *string // nil when the one in use stays good
	ExpiresIn    int32   // seconds, of the access token
	TokenType    string
	NewDevice    *NewDevice

	client *Client
}

func (*AuthTokens) isSigninResult() {}

// NewDevice is a device that the pool has not seen before.
type NewDevice struct {
	DeviceKey      string
	DeviceGroupKey string
}

// SignIn signs in with e-mail address and password (USER_PASSWORD_AUTH).
func (c *Client) SignIn(ctx context.Context, email, password string) (SigninResult, error) {
	return c.initiateAuth(ctx, &sdk.InitiateAuthInput{
		AuthFlow:       types.AuthFlowTypeUserPasswordAuth,
		AuthParameters: c.authParameters(email, map[string]string{"PASSWORD": password}),
	})
}

func (c *Client) initiateAuth(ctx context.Context, in *sdk.InitiateAuthInput) (SigninResult, error) {
	in.ClientId = &c.options.ClientID
	out, err := invoke(ctx, c, opInitiateAuth, c.api.InitiateAuth, in)
	if err != nil {
		return nil, err
	}
	if out.AuthenticationResult != nil {
		return c.newAuthTokens(opInitiateAuth, out.AuthenticationResult)
	}
	if out.ChallengeName == "" {
		return nil, c.errors.translate(opInitiateAuth, errIncomplete)
	}
	return newChallenge(challenge{
		name:       string(out.ChallengeName),
		session:    aws.ToString(out.Session),
		username:   in.AuthParameters["USERNAME"],
		parameters: out.ChallengeParameters,
		available:  out.AvailableChallenges,
	}), nil
}

// newAuthTokens translates Cognito's result. An empty one is never a session.
func (c *Client) newAuthTokens(op operation, r *types.AuthenticationResultType) (*AuthTokens, error) {
	if r == nil || aws.ToString(r.AccessToken) == "" {
		return nil, c.errors.translate(op, errIncomplete)
	}
	tokens := &AuthTokens{
		AccessToken:  *r.AccessToken,
		IDToken:      r.IdToken,
		RefreshToken: r.RefreshToken,
		ExpiresIn:    r.ExpiresIn,
		TokenType:    aws.ToString(r.TokenType),
		client:       c,
	}
	// Both are missing from the answers of some emulators.
	if tokens.TokenType == "" {
		tokens.TokenType = "Bearer"
	}
	if tokens.ExpiresIn == 0 {
		tokens.ExpiresIn = secondsLeft(tokens.AccessToken)
	}
	if d := r.NewDeviceMetadata; d != nil {
		tokens.NewDevice = &NewDevice{
			DeviceKey:      aws.ToString(d.DeviceKey),
			DeviceGroupKey: aws.ToString(d.DeviceGroupKey),
		}
	}
	return tokens, nil
}

// secondsLeft returns how long the token still lives, 0 when it does not say.
func secondsLeft(token string) int32 {
	claims := unverifiedClaims(token)
	expiry, ok := claims["exp"].(float64)
	if !ok {
		return 0
	}
	return int32(max(0, time.Until(time.Unix(int64(expiry), 0)).Seconds()))
}

// User returns who signed in, as the tokens themselves tell.
func (t *AuthTokens) User() *User {
	return newUserFromTokens(t)
}

// RefreshTokens makes new access and ID tokens. deviceKey is nil where the pool
// does not track devices.
//
// REFRESH_TOKEN_AUTH stands in where an endpoint does not know
// GetTokensFromRefreshToken. It cannot serve an app client with a secret: its
// hash is made over the internal user name, which a refresh does not know.
func (c *Client) RefreshTokens(ctx context.Context, refreshToken string, deviceKey *string) (*AuthTokens, error) {
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
	parameters := map[string]string{"REFRESH_TOKEN": refreshToken}
	if deviceKey != nil {
		parameters["DEVICE_KEY"] = *deviceKey
	}
	out, err := invoke(ctx, c, opRefreshTokenAuth, c.api.InitiateAuth, &sdk.InitiateAuthInput{
		AuthFlow:       types.AuthFlowTypeRefreshTokenAuth,
		ClientId:       &c.options.ClientID,
		AuthParameters: parameters,
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

// RevokeToken ends the session of a refresh token.
func (c *Client) RevokeToken(ctx context.Context, refreshToken string) error {
	_, err := invoke(ctx, c, opRevokeToken, c.api.RevokeToken, &sdk.RevokeTokenInput{
		ClientId:     &c.options.ClientID,
		ClientSecret: c.clientSecret(),
		Token:        &refreshToken,
	})
	return err
}

// GlobalSignOut ends every session of the caller.
func (c *Client) GlobalSignOut(ctx context.Context, caller *Caller) error {
	_, err := invoke(ctx, c, opGlobalSignOut, c.api.GlobalSignOut, &sdk.GlobalSignOutInput{
		AccessToken: &caller.accessToken,
	})
	return err
}
