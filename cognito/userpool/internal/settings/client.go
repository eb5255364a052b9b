package settings

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"time"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/random"
)

// Client is an app client, Cognito's UserPoolClientType.
type Client struct {
	ClientID         string     `json:"ClientId"`
	UserPoolID       string     `json:"UserPoolId"`
	ClientSecret     string     `json:"ClientSecret,omitempty"`
	CreationDate     epoch.Time `json:"CreationDate"`
	LastModifiedDate epoch.Time `json:"LastModifiedDate"`
	ClientSettings
	// The rest is not part of UserPoolClientType.
	SecretDate   epoch.Time    `json:"secretDate,omitempty"` // of ClientSecret; 0 for CreationDate
	SecondSecret *SecondSecret `json:"secondSecret,omitempty"`
}

// Shown returns the client as the API shows it.
func (c Client) Shown() Client {
	c.SecretDate, c.SecondSecret = 0, nil
	return c
}

// ClientSettings are the members that CreateUserPoolClient and UpdateUserPoolClient take and DescribeUserPoolClient
// returns.
type ClientSettings struct {
	ClientName                 string           `json:"ClientName,omitempty" is:"clientName"`
	RefreshTokenValidity       int              `json:"RefreshTokenValidity,omitempty" is:"refreshLife"`
	AccessTokenValidity        int              `json:"AccessTokenValidity,omitempty" is:"validity"`
	IDTokenValidity            int              `json:"IdTokenValidity,omitempty" is:"validity"`
	TokenValidityUnits         *validityUnits   `json:"TokenValidityUnits,omitempty"`
	ReadAttributes             []string         `json:"ReadAttributes,omitempty"`
	WriteAttributes            []string         `json:"WriteAttributes,omitempty"`
	ExplicitAuthFlows          []string         `json:"ExplicitAuthFlows,omitempty"`
	PreventUserExistenceErrors string           `json:"PreventUserExistenceErrors,omitempty" is:"existenceErrors"`
	EnableTokenRevocation      *bool            `json:"EnableTokenRevocation,omitempty"`
	EnableContextPropagation   *bool            `json:"EnablePropagateAdditionalUserContextData,omitempty"`
	AuthSessionValidity        int              `json:"AuthSessionValidity,omitempty" is:"authSession"` // minutes
	RefreshTokenRotation       *RefreshRotation `json:"RefreshTokenRotation,omitempty"`
	SupportedIdentityProviders []string         `json:"SupportedIdentityProviders,omitempty" is:"provider"`
	CallbackURLs               []string         `json:"CallbackURLs,omitempty" is:"redirect,items100"`
	LogoutURLs                 []string         `json:"LogoutURLs,omitempty" is:"redirect,items100"`
	DefaultRedirectURI         string           `json:"DefaultRedirectURI,omitempty" is:"redirect"`
	AllowedOAuthFlows          []string         `json:"AllowedOAuthFlows,omitempty" is:"oauthFlow,items3"`
	AllowedOAuthScopes         []string         `json:"AllowedOAuthScopes,omitempty" is:"scope,items50"`
	OAuthFlowsAllowed          bool             `json:"AllowedOAuthFlowsUserPoolClient,omitempty"`
	AnalyticsConfiguration     *analytics       `json:"AnalyticsConfiguration,omitempty"`
}

// analytics is Cognito's AnalyticsConfigurationType. Nothing is sent to Amazon Pinpoint.
type analytics struct {
	ApplicationArn string `json:"ApplicationArn,omitempty" is:"arn"`
	ApplicationID  string `json:"ApplicationId,omitempty" is:"applicationId"`
	ExternalID     string `json:"ExternalId,omitempty"`
	RoleArn        string `json:"RoleArn,omitempty" is:"arn"`
	UserDataShared bool   `json:"UserDataShared,omitempty"`
}

type validityUnits struct {
	AccessToken  string `json:"AccessToken,omitempty" is:"timeUnit"`
	IDToken      string `json:"IdToken,omitempty" is:"timeUnit"`
	RefreshToken string `json:"RefreshToken,omitempty" is:"timeUnit"`
}

// RefreshRotation is Cognito's RefreshTokenRotationType.
type RefreshRotation struct {
	Feature                 string `json:"Feature" is:"required,feature"`
	RetryGracePeriodSeconds int    `json:"RetryGracePeriodSeconds,omitempty" is:"graceSeconds"`
}

// HidesExistence reports whether responses hide which users exist.
func (c *Client) HidesExistence() bool { return c.PreventUserExistenceErrors == "ENABLED" }

// TokensRevocable reports whether token revocation is enabled, which is the default.
func (c *Client) TokensRevocable() bool {
	return c.EnableTokenRevocation == nil || *c.EnableTokenRevocation
}

// RotatesRefreshTokens reports whether each refresh returns a new refresh token.
func (c *Client) RotatesRefreshTokens() bool {
	return c.RefreshTokenRotation != nil && c.RefreshTokenRotation.Feature == "ENABLED"
}

// RotationGrace returns how long the previous refresh token stays valid.
func (c *Client) RotationGrace() time.Duration {
	if c.RefreshTokenRotation == nil {
		return 0
	}
	return time.Duration(c.RefreshTokenRotation.RetryGracePeriodSeconds) * time.Second
}

// Allows reports whether a flow is enabled, by its ALLOW_ name or by its older name without the prefix. A client that
// lists no flows has SRP, custom and refresh.
func (c *Client) Allows(flow string) bool {
	if len(c.ExplicitAuthFlows) == 0 {
		return slices.Contains([]string{"USER_SRP_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"}, flow)
	}
	if slices.Contains(c.ExplicitAuthFlows, "ALLOW_"+flow) {
		return true
	}
	return legacyFlows(c.ExplicitAuthFlows) && legacyAllows(c.ExplicitAuthFlows, flow)
}

// legacyFlows reports whether a list uses the names from before ALLOW_. The two kinds cannot be mixed.
func legacyFlows(flows []string) bool {
	return slices.ContainsFunc(flows, func(f string) bool {
		return f == "ADMIN_NO_SRP_AUTH" || f == "CUSTOM_AUTH_FLOW_ONLY" || f == "USER_PASSWORD_AUTH"
	})
}

// legacyAllows reports whether a flow is enabled in a list of older names. SRP, custom and refresh are always on,
// unless only custom is.
func legacyAllows(flows []string, flow string) bool {
	customOnly := slices.Contains(flows, "CUSTOM_AUTH_FLOW_ONLY")
	switch flow {
	case "REFRESH_TOKEN_AUTH", "CUSTOM_AUTH":
		return true
	case "USER_SRP_AUTH":
		return !customOnly
	case "USER_PASSWORD_AUTH":
		return slices.Contains(flows, "USER_PASSWORD_AUTH")
	case "ADMIN_USER_PASSWORD_AUTH":
		return slices.Contains(flows, "ADMIN_NO_SRP_AUTH")
	}
	return false
}

// AccessTokenLifetime returns how long access tokens are valid.
func (c *Client) AccessTokenLifetime() time.Duration {
	return lifetime(c.AccessTokenValidity, c.units().AccessToken, "hours", time.Hour)
}

// IDTokenLifetime returns how long ID tokens are valid.
func (c *Client) IDTokenLifetime() time.Duration {
	return lifetime(c.IDTokenValidity, c.units().IDToken, "hours", time.Hour)
}

// RefreshTokenLifetime returns how long refresh tokens are valid.
func (c *Client) RefreshTokenLifetime() time.Duration {
	return lifetime(c.RefreshTokenValidity, c.units().RefreshToken, "days", 30*24*time.Hour)
}

// LongestTokenLifetime returns the longer one of the lifetimes of access and ID tokens.
func LongestTokenLifetime(client *Client) time.Duration {
	return max(client.AccessTokenLifetime(), client.IDTokenLifetime())
}

// SessionLifetime returns how long a challenge can be answered.
func (c *Client) SessionLifetime() time.Duration {
	if c.AuthSessionValidity == 0 {
		return 3 * time.Minute
	}
	return time.Duration(c.AuthSessionValidity) * time.Minute
}

func (c *Client) units() validityUnits {
	if c.TokenValidityUnits == nil {
		return validityUnits{}
	}
	return *c.TokenValidityUnits
}

func lifetime(n int, unit, fallbackUnit string, fallback time.Duration) time.Duration {
	if n == 0 {
		return fallback
	}
	if unit == "" {
		unit = fallbackUnit
	}
	switch unit {
	case "seconds":
		return time.Duration(n) * time.Second
	case "minutes":
		return time.Duration(n) * time.Minute
	case "hours":
		return time.Duration(n) * time.Hour
	}
	return time.Duration(n) * 24 * time.Hour
}

// EmbeddedClient returns the app client that a new file starts with: every flow, no secret, existence of users
// hidden.
func EmbeddedClient() ClientSettings {
	yes := true
	return ClientSettings{
		ClientName: "authgraph",
		ExplicitAuthFlows: []string{
			"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH",
		},
		RefreshTokenValidity:       30,
		AuthSessionValidity:        3,
		PreventUserExistenceErrors: "ENABLED",
		EnableTokenRevocation:      &yes,
	}
}

// NewClient returns an app client with an id, which has the length of Cognito's.
func NewClient(poolID string, s ClientSettings, secret string, now epoch.Time) (*Client, error) {
	id, err := random.Text(26, random.LowerAlphanumeric)
	return &Client{ClientID: id, UserPoolID: poolID, ClientSecret: secret, CreationDate: now, LastModifiedDate: now, ClientSettings: s}, err
}

// NewClientSecret returns a secret of the same length as Cognito's.
func NewClientSecret() (string, error) { return random.Text(51, random.LowerAlphanumeric) }

// CheckSecretHash checks a SECRET_HASH, base64(HMAC-SHA256(secret, username + client id)). username is the user name
// as sent in the same call.
func (c *Client) CheckSecretHash(username, hash string) error {
	switch {
	case c.ClientSecret == "":
		return nil
	case hash == "":
		return exception.NotAuthorized("Client %s is configured with secret but SECRET_HASH was not received", c.ClientID)
	case !c.SecretHashMatches(username, hash):
		return exception.NotAuthorized("Unable to verify secret hash for client %s", c.ClientID)
	}
	return nil
}

// SecretHashMatches reports whether hash is the client's SECRET_HASH for a user name, by any of its secrets.
func (c *Client) SecretHashMatches(username, hash string) bool {
	return slices.ContainsFunc(c.secretValues(), func(secret string) bool {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(username + c.ClientID))
		return subtle.ConstantTimeCompare([]byte(base64.StdEncoding.EncodeToString(h.Sum(nil))), []byte(hash)) == 1
	})
}

// CheckSecret reports whether secret is one of the client's, or the client has none. Some operations take the secret in
// place of a hash.
func (c *Client) CheckSecret(secret string) bool {
	return c.ClientSecret == "" || slices.ContainsFunc(c.secretValues(), func(own string) bool {
		return subtle.ConstantTimeCompare([]byte(secret), []byte(own)) == 1
	})
}

// CanRead reports whether the client may read an attribute. It can always read sub.
func (c *Client) CanRead(name string) bool {
	return len(c.ReadAttributes) == 0 || name == "sub" || slices.Contains(c.ReadAttributes, name)
}

// CheckWritable rejects attributes that the client may not write. Cognito checks this before the schema.
func CheckWritable(client *Client, names []string) error {
	for _, name := range names {
		listed := len(client.WriteAttributes) == 0 || slices.Contains(client.WriteAttributes, name)
		if !listed || isReadOnly(name) {
			return exception.NotAuthorized("A client attempted to write unauthorized attribute")
		}
	}
	return nil
}
