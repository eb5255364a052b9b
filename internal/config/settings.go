package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Settings are the checked settings.
type Settings struct {
	// Region is the pool's region. Empty with the embedded pool.
	Region string
	// UserPoolID and ClientID name the pool and its app client. Both are empty
	// with the embedded pool.
	UserPoolID string
	ClientID   string
	// AcceptedClientIDs are further app clients whose tokens are accepted.
	AcceptedClientIDs []string
	// Audience is the resource server in the claim aud of accepted tokens. It may be empty.
	Audience string
	// ClientSecrets are the app client's secrets, of which any may be valid: none, one or
	// two.
	ClientSecrets []Secret
	// ClientSecretFile is the file that ClientSecrets come from. It may change, and may be
	// empty.
	ClientSecretFile string
	// Endpoint is the URL of Cognito's API, without a trailing slash. Empty means
	// Amazon's endpoint for the region.
	Endpoint string
	// Issuer is the setting AWS_COGNITO_ISSUER. [Settings.Issuers] returns the
	// accepted issuers.
	Issuer string
	// SignInWith has the names that users sign in with: email, phone_number, username.
	SignInWith []string
	// UsernameAttribute is the attribute that stores the display name given at sign-up.
	UsernameAttribute string
	// ModeAttribute is the attribute that stores the mode given at sign-up. It is empty
	// if there is none.
	ModeAttribute string

	// CaseSensitiveUsernames keeps users apart whose names differ in case only. The embedded
	// pool knows that itself.
	CaseSensitiveUsernames bool

	// PasswordlessSignup lets users sign up without a password.
	PasswordlessSignup bool

	// CookieTransport sends refresh tokens in a cookie, which browsers keep for
	// RefreshCookieLifetime.
	CookieTransport       bool
	RefreshCookieLifetime time.Duration

	// Addr is the address to listen on, for net.Listen.
	Addr string
	// BasePath precedes the paths of the API, without a slash at the end. It may be empty.
	BasePath string
	// AllowedOrigins are the origins whose pages may call the API.
	AllowedOrigins []string
	// AllowedHeaders are further request headers that those pages may send.
	AllowedHeaders []string
	// TrustedProxies are the proxies whose X-Forwarded-For header is trusted.
	TrustedProxies []netip.Prefix
	// Introspection lets clients read the schema.
	Introspection bool
	// Playground serves the playground to browsers. It requires Introspection.
	Playground bool

	// RateLimits are the rate limits by name. A name that is absent has no limit.
	RateLimits map[string]Rate
	// DocumentLimits limit the size and cost of one GraphQL request.
	DocumentLimits DocumentLimits
	// PersistedOperations is the file with the only operations that run. Empty means
	// that all run.
	PersistedOperations string
	// RedisURL is the store that replicas share. It is empty if there is none.
	RedisURL Secret
	// RevocationsFailOpen accepts tokens that may be revoked while the store is down.
	RevocationsFailOpen bool
	// StateKey is the secret that protects state which clients keep. It is empty if the
	// app client's secret or a random one is used.
	StateKey Secret
	// PasswordEndsSessions is always, reset or never.
	PasswordEndsSessions string
	// HideUserExistence makes responses the same with and without an account.
	HideUserExistence bool
	// ServiceGroups and ServiceScopes are the groups and scopes of services.
	ServiceGroups []string
	ServiceScopes []string
	// SignoutWebhookURL receives every sign-out, in messages that are signed with
	// the bytes of SignoutWebhookKey. Both are empty if there is no webhook.
	SignoutWebhookURL string
	SignoutWebhookKey Secret
	// FederationSDL makes _service return the subgraph schema, and
	// FederationAuthDirectives adds directives for routers to it.
	FederationSDL            bool
	FederationAuthDirectives bool
	// UserLookup is auto, on or off.
	UserLookup string
	// UserReaderGroups are the groups whose members may read private fields of other
	// users.
	UserReaderGroups []string
	// CognitoQuotas are the account's quotas in requests per second, by category.
	// Nil means that calls are not limited.
	CognitoQuotas map[string]int
	// SendClientAddress sends the caller's address to Cognito.
	SendClientAddress bool
	// AuditLog is the destination of security events: stdout, stderr, a file name, or
	// empty for none.
	AuditLog string

	// DataDir is the directory of the embedded pool's file.
	DataDir string
	// PoolAddr is the address that the embedded pool listens on.
	PoolAddr string
	// PoolURL is the URL at which others reach the embedded pool, without a trailing
	// slash. Empty means PoolAddr.
	PoolURL string
	// PoolRegion is the region of a new embedded pool that is served alone. Empty
	// means the default.
	PoolRegion string

	// Pool is the configuration of the embedded pool.
	Pool PoolShape

	// MetricsAddr is the address that serves metrics, or empty for that of the API.
	MetricsAddr string
	// PprofAddr is the loopback address that serves profiles, or empty.
	PprofAddr string
	// LogLevel is the minimum level of log messages.
	LogLevel slog.Level
	// LogFormat is auto, text or json.
	LogFormat string

	// Lambda is true if the process runs in AWS Lambda.
	Lambda bool

	embedded bool
}

// PoolShape is the configuration of the embedded pool. Empty values keep what is
// stored in its file.
type PoolShape struct {
	MFA                 string // OFF, OPTIONAL or ON
	AuthFlows           []string
	UserExistenceErrors string // ENABLED or LEGACY
	// RotationGrace is the grace period of refresh token rotation. Nil keeps what is
	// stored; a negative value turns rotation off.
	RotationGrace      *time.Duration
	ClientSecret       Secret
	UsernameAttributes []string
	AliasAttributes    []string
	// CaseSensitive is nil to keep what is stored.
	CaseSensitive          *bool
	RequiredAttributes     []string
	AutoVerifiedAttributes []string // none stands for no attributes
	CustomAttributes       []string // none stands for no attributes
	Clients                []string
}

// fit makes users of a new pool sign up and in with these kinds of names, unless the
// settings of the pool say how. The default pool has e-mail addresses.
func (p *PoolShape) fit(signInWith []string) {
	isSet := len(p.UsernameAttributes) > 0 || len(p.AliasAttributes) > 0
	if isSet || slices.Equal(signInWith, []string{"email"}) {
		return
	}
	addresses := slices.DeleteFunc(slices.Sorted(slices.Values(signInWith)), func(kind string) bool { return kind == "username" })
	switch {
	case len(addresses) == len(signInWith):
		p.UsernameAttributes = addresses
	case len(addresses) == 0:
		p.UsernameAttributes = signInWith
	default:
		p.AliasAttributes = addresses
	}
}

// Embedded reports whether the embedded user pool is used.
func (s *Settings) Embedded() bool { return s.embedded }

// Issuers returns the accepted values of the claim iss: AWS_COGNITO_ISSUER if it is
// set, otherwise both forms that Cognito uses for the pool, preceded by the form
// that emulators use if the endpoint is not Amazon's. It returns nil for the
// embedded pool.
func (s *Settings) Issuers() []string {
	switch {
	case s.Issuer != "":
		return []string{s.Issuer}
	case s.UserPoolID == "":
		return nil
	}
	// Partition of China: https://docs.aws.amazon.com/general/latest/gr/cognito_identity.html
	domain := "amazonaws.com"
	if strings.HasPrefix(s.Region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	issuers := []string{
		fmt.Sprintf("https://cognito-idp.%s.%s/%s", s.Region, domain, s.UserPoolID),
		fmt.Sprintf("https://issuer-cognito-idp.%s.%s/%s", s.Region, domain, s.UserPoolID),
	}
	if s.Endpoint != "" && !isAmazon(s.Endpoint) {
		issuers = append([]string{s.Endpoint + "/" + s.UserPoolID}, issuers...)
	}
	return issuers
}

// JWKSURL returns the URL of the pool's public keys, or nothing for the embedded
// pool.
func (s *Settings) JWKSURL() string {
	issuers := s.Issuers()
	if len(issuers) == 0 {
		return ""
	}
	return strings.TrimSuffix(issuers[0], "/") + "/.well-known/jwks.json"
}

// isAmazon reports whether an endpoint is one of Amazon's own, such as a FIPS or a
// private endpoint. Tokens and keys are then the same as at the public one.
func isAmazon(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}
