package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// ErrShown is returned by [Parse] when --help or --version was asked for and
// has been printed: there is nothing left to do, and nothing went wrong.
var ErrShown = errors.New("config: help or version was shown")

// Settings are the checked settings of one start.
type Settings struct {
	// Region is the pool's region. Empty with the embedded pool.
	Region string
	// UserPoolID and ClientID name the pool and its app client. Both are empty
	// with the embedded pool.
	UserPoolID string
	ClientID   string
	// ClientSecret is the app client's secret. Empty when it has none.
	ClientSecret Secret
	// Endpoint is where Cognito's API is, without a slash at the end. Empty
	// means Amazon's endpoint of the region.
	Endpoint string
	// Issuer is the setting AWS_COGNITO_ISSUER; [Settings.Issuers] has the
	// issuers that follow when it is empty.
	Issuer string
	// UsernameAttribute is the attribute that holds the name given at sign-up.
	UsernameAttribute string

	// PasswordlessSignup lets users sign up without a password.
	PasswordlessSignup bool

	// CookieTransport has refresh tokens travel in a cookie, which browsers keep for
	// RefreshCookieLifetime.
	CookieTransport       bool
	RefreshCookieLifetime time.Duration

	// Addr is where to listen, in the form that net.Listen takes.
	Addr string
	// AllowedOrigins are the origins whose pages may call the API.
	AllowedOrigins []string
	// TrustedProxies are the proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Introspection tells whether clients may ask for the schema.
	Introspection bool
	// Playground tells whether browsers get the playground. It is never true
	// without Introspection.
	Playground bool

	// RateLimits are the budgets for attempts, by name. One that is absent is not
	// limited.
	RateLimits map[string]Rate
	// DocumentLimits bound what one request may ask for.
	DocumentLimits DocumentLimits
	// PersistedOperations is the file of the only operations that run, or empty.
	PersistedOperations string
	// RedisURL is the store that replicas share. Empty when there is none.
	RedisURL Secret
	// RevocationsFailOpen takes tokens that may be signed out while the store is
	// down.
	RevocationsFailOpen bool
	// HideUserExistence answers the same with and without an account.
	HideUserExistence bool
	// ServiceGroups and ServiceScopes make their holders services.
	ServiceGroups []string
	ServiceScopes []string
	// SignoutWebhookURL is told of every sign-out, in messages that are signed with
	// SignoutWebhookKey, which is no text. Both are empty when nobody is told.
	SignoutWebhookURL string
	SignoutWebhookKey Secret
	// FederationSDL tells whether _service serves the schema, and
	// FederationAuthDirectives what routers can go by in it.
	FederationSDL            bool
	FederationAuthDirectives bool
	// UserLookup is auto, on or off.
	UserLookup string
	// UserReaderGroups see what is private of other users.
	UserReaderGroups []string
	// CognitoQuotas are the account's quotas by category, where they differ from
	// Amazon's defaults. Nil means that nothing is known of quotas.
	CognitoQuotas map[string]int
	// SendClientAddress tells Cognito the caller's address.
	SendClientAddress bool
	// AuditLog is where security events go: stdout, stderr, a file's name, or
	// empty for nowhere.
	AuditLog string

	// DataDir is the directory of the embedded pool's file.
	DataDir string
	// PoolAddr is where the embedded pool listens.
	PoolAddr string

	// Pool is what the embedded pool is to be like.
	Pool PoolShape

	// PprofAddr is where profiles are served, on a loopback address, or empty.
	PprofAddr string
	// LogLevel is the least level that is logged.
	LogLevel slog.Level
	// LogFormat is auto, text or json.
	LogFormat string

	// Lambda tells whether the process runs inside AWS Lambda.
	Lambda bool

	// PoolOnly tells that the embedded pool is to be served and no API: the
	// command pool.
	PoolOnly bool
	// PrintSchema tells that the schema is to be printed and nothing served, with
	// PrintFederated the one of the subgraph: the command schema.
	PrintSchema    bool
	PrintFederated bool
	// Router is the router whose settings are to be written into the directory RouterDir,
	// and nothing is served: the command router. Empty otherwise.
	Router    string
	RouterDir string

	embedded bool
}

// PoolShape is what the embedded pool is to be like. Empty values leave what its
// file has.
type PoolShape struct {
	MFA                 string // OFF, OPTIONAL or ON
	AuthFlows           []string
	UserExistenceErrors string // ENABLED or LEGACY
	// RotationGrace is the grace period of refresh token rotation; nil leaves it,
	// a negative one switches rotation off.
	RotationGrace      *time.Duration
	ClientSecret       Secret
	UsernameAttributes []string
	CustomAttributes   []string
}

// Embedded tells whether the embedded user pool is used.
func (s *Settings) Embedded() bool { return s.embedded }

// Issuers returns the values of the claim iss that are accepted: the setting
// AWS_COGNITO_ISSUER alone when there is one. Otherwise they are both forms that
// Cognito uses for the pool, and before them the form that emulators use when
// the endpoint is not Amazon's. It returns nil while the pool is not known, as
// with the embedded one.
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

// JWKSURL returns where the pool's public keys are, or nothing while the pool is
// not known.
func (s *Settings) JWKSURL() string {
	issuers := s.Issuers()
	if len(issuers) == 0 {
		return ""
	}
	return strings.TrimSuffix(issuers[0], "/") + "/.well-known/jwks.json"
}

// isAmazon tells whether an endpoint is one of Amazon's own (a FIPS or a private
// one): the pool's tokens and keys are then the public ones.
func isAmazon(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}

// Parse reads the settings from the command line (without the program's name)
// and the environment. It returns [ErrShown] when --help or --version was
// printed to stdout, and [Faults] when the settings make no sense.
func Parse(args []string, getenv func(string) string, stdout io.Writer) (*Settings, error) {
	raw, faults, err := readFlags(args, getenv, stdout)
	if err != nil {
		return nil, err
	}
	settings := read(raw, getenv, &faults)
	settings.check(raw, &faults)
	if len(faults) > 0 {
		return nil, faults
	}
	return settings, nil
}
