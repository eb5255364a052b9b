package config

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// Defaults are the defaults that belong to other packages.
type Defaults struct {
	// DocumentLimits are the defaults of GRAPHQL_LIMITS.
	DocumentLimits DocumentLimits
	// CognitoQuotas are Amazon's default quotas, in requests per second by
	// category.
	CognitoQuotas map[string]int
}

// Flags holds the settings as they are given, before they are checked.
type Flags struct {
	defaults Defaults
	settings []Setting

	awsRegionName                         string
	awsCognitoUserPoolID                  string
	awsCognitoAppClientID                 string
	awsCognitoAcceptedClientIDs           string
	awsCognitoAudience                    string
	awsCognitoAppClientSecret             Secret
	awsCognitoAppClientSecretFile         string
	awsEndpointURLCognitoIdentityProvider string
	awsCognitoIssuer                      string
	passwordlessSignup                    Switch
	signInWith                            string
	caseSensitiveUsernames                Switch
	usernameAttribute                     string
	modeAttribute                         string

	addr                  string
	basePath              string
	tokenTransport        string
	refreshCookieLifetime string
	corsAllowedOrigins    string
	corsAllowedHeaders    string
	trustedProxies        string
	introspection         string
	playground            string

	rateLimits           string
	graphQLLimits        string
	persistedOperations  string
	redisURL             Secret
	revocationsFailOpen  Switch
	stateKey             Secret
	passwordEndsSessions string
	hideUserExistence    Switch
	serviceGroups        string
	serviceScopes        string
	signoutWebhookURL    string
	signoutWebhookSecret Secret
	cognitoQuotas        string
	sendClientAddress    Switch
	auditLog             string

	federationSDL            string
	federationAuthDirectives Switch
	userLookup               string
	userReaderGroups         string

	embeddedPool            Switch
	dataDir                 string
	poolAddr                string
	poolURL                 string
	poolMFA                 string
	poolAuthFlows           string
	poolUserExistenceErrors string
	poolRotation            string
	poolClientSecret        Secret
	poolUsernameAttributes  string
	poolAliasAttributes     string
	poolCaseSensitive       string
	poolRequiredAttributes  string
	poolAutoVerified        string
	poolCustomAttributes    string
	poolClients             string

	metricsAddr string
	pprofAddr   string
	logLevel    string
	logFormat   string
}

// NewFlags returns Flags that hold the defaults.
func NewFlags(defaults Defaults) *Flags {
	f := &Flags{defaults: defaults}
	f.settings = f.define()
	return f
}

// Settings returns the definitions of all settings, in the order of the help.
func (f *Flags) Settings() []Setting { return f.settings }

// defaultAddr is the default of ADDR where PORT is not set.
const defaultAddr = "127.0.0.1:8080"

// define defines the settings and sets them to their defaults.
func (f *Flags) define() []Setting {
	var all []Setting
	group := ""
	add := func(value pflag.Value, variable, placeholder, defaultText, help string, commands []Command) {
		all = append(all, Setting{
			Variable: variable, Group: group, Placeholder: placeholder, Default: defaultText, Help: help,
			commands: commands, value: value,
		})
	}
	// optional defines a setting without a default value; unset describes what
	// applies without one.
	optional := func(target *string, variable, placeholder, unset, help string, commands ...Command) {
		add(textValue{target, placeholder}, variable, placeholder, unset, help, commands)
	}
	// text defines a setting with a default value.
	text := func(target *string, variable, placeholder, value, help string, commands ...Command) {
		*target = value
		optional(target, variable, placeholder, value, help, commands...)
	}
	secret := func(target *Secret, variable, placeholder, unset, help string, commands ...Command) {
		optional((*string)(target), variable, placeholder, unset, help, commands...)
	}
	toggle := func(target *Switch, variable, help string, commands ...Command) {
		add(target, variable, "", "off", help, commands)
	}

	group = "Amazon Cognito"
	optional(&f.awsRegionName, "AWS_REGION_NAME", "REGION", "the region in the pool id, else AWS_REGION", "Region of the user pool. With authgraph pool: in the ids of new pools, instead of us-east-1.", Pool, GatewayConfig)
	optional(&f.awsCognitoUserPoolID, "AWS_COGNITO_USER_POOL_ID", "ID", "none (embedded pool)", "Id of the user pool, for example eu-west-1_AbC123def.", GatewayConfig)
	optional(&f.awsCognitoAppClientID, "AWS_COGNITO_APP_CLIENT_ID", "ID", "none", "Id of the pool's app client.", GatewayConfig)
	optional(&f.awsCognitoAcceptedClientIDs, "AWS_COGNITO_ACCEPTED_CLIENT_IDS", "ID,...", "none", "Further app clients of the pool whose access tokens are accepted, for example those of the mobile apps, or of machines (client credentials).", GatewayConfig)
	optional(&f.awsCognitoAudience, "AWS_COGNITO_AUDIENCE", "URI", "none", "Resource server that stands for this API: access tokens that are bound to it (claim aud, RFC 8707) are accepted.", GatewayConfig)
	secret(&f.awsCognitoAppClientSecret, "AWS_COGNITO_APP_CLIENT_SECRET", "SECRET,...", "none", "Secret of the app client, if it has one. Two secrets, separated by a comma, are tried in this order, so that one can replace the other. Prefer the variable: other users of the machine can read command lines.")
	optional(&f.awsCognitoAppClientSecretFile, "AWS_COGNITO_APP_CLIENT_SECRET_FILE", "FILE", "none", "File with the secrets of the app client, one or two, each on a line of its own. Changes take effect within five seconds.")
	optional(&f.awsEndpointURLCognitoIdentityProvider, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "URL", "Amazon's endpoint for the region", "Endpoint of the Cognito API, for an emulator or a private endpoint.", GatewayConfig)
	optional(&f.awsCognitoIssuer, "AWS_COGNITO_ISSUER", "URL", "the issuers that Cognito, or the endpoint above, uses for the pool", "The only accepted token issuer (claim iss).", GatewayConfig)
	toggle(&f.caseSensitiveUsernames, "CASE_SENSITIVE_USERNAMES", "Treat user names that differ in case as different users, also in rate limits. Set it if the pool is case-sensitive, as pools created through the API are by default. The embedded pool does not need it.")
	toggle(&f.passwordlessSignup, "PASSWORDLESS_SIGNUP", "Let users sign up without a password, for pools where a code or a passkey is enough to sign in.")
	text(&f.signInWith, "SIGN_IN_WITH", "NAME,...", "email", "What users sign in with: email, phone_number or username, as the pool permits. Without username, the first one that a sign-up has becomes Cognito's user name. A new embedded pool is made to fit.", Pool)
	text(&f.usernameAttribute, "USERNAME_ATTRIBUTE", "NAME", "preferred_username", "Pool attribute that stores the display name given at sign-up, where users have no user name to sign in with.")
	text(&f.modeAttribute, "MODE_ATTRIBUTE", "NAME|none", "custom:mode", "Pool attribute that stores the mode given at sign-up. none: the pool has no such attribute, and sign-ups with a mode are rejected.")

	group = "HTTP"
	optional(&f.addr, "ADDR", "HOST:PORT", defaultAddr, "Address to listen on. If ADDR is not set and PORT is: that port, on all interfaces with Cognito, on 127.0.0.1 with the embedded pool.")
	optional(&f.basePath, "BASE_PATH", "PATH", "none", "Path prefix at which /graphql and the playground are also served, such as /auth, for a proxy or API Gateway that does not strip its own path.")
	text(&f.tokenTransport, "TOKEN_TRANSPORT", "body|cookie", "body", "How refresh tokens travel: in request and response bodies, or in an HttpOnly cookie for browser apps.", GatewayConfig)
	text(&f.refreshCookieLifetime, "REFRESH_COOKIE_LIFETIME", "DURATION", "720h", "Lifetime of the refresh cookie in browsers. Also how long the server remembers new passwords, but at least 30 days. Set it to the lifetime of the app client's refresh tokens; Cognito's default is 30 days.")
	optional(&f.corsAllowedOrigins, "CORS_ALLOWED_ORIGINS", "ORIGIN,...", "none (same origin only)", "Origins whose pages may call the API, each as scheme://host[:port].", GatewayConfig)
	optional(&f.corsAllowedHeaders, "CORS_ALLOWED_HEADERS", "NAME,...", "none", "Additional request headers that those pages may send. Headers of the API, Apollo's clients and tracing (traceparent, tracestate, baggage, sentry-trace) are always allowed.", GatewayConfig)
	optional(&f.trustedProxies, "TRUSTED_PROXIES", "CIDR,...", "none", "Addresses of the reverse proxies whose X-Forwarded-For header is trusted.")
	text(&f.introspection, "INTROSPECTION", "auto|on|off", "auto", "Whether clients may read the schema. auto: on with the embedded pool, off with Cognito.")
	text(&f.playground, "PLAYGROUND", "auto|on|off", "auto", "Whether browsers get the playground at /. Requires introspection. auto: on with the embedded pool, off with Cognito.")

	group = "Security"
	optional(&f.rateLimits, "RATE_LIMITS", "NAME=BURST/INTERVAL,...", spaced(defaultRates), "Limits on attempts: BURST at once, then one every INTERVAL. NAME=off removes one limit, off removes all.")
	optional(&f.graphQLLimits, "GRAPHQL_LIMITS", "NAME=NUMBER,...", f.defaults.DocumentLimits.String(), "Limits on the size and cost of one GraphQL request.")
	optional(&f.persistedOperations, "PERSISTED_OPERATIONS", "FILE", "none (all operations run)", "Run only the operations in this file: an Apollo persisted query manifest, or a JSON object that maps ids, such as hashes, to documents. Clients send the document, its id as documentId, or Apollo's extensions.persistedQuery.")
	secret(&f.redisURL, "REDIS_URL", "URL", "none (each process keeps its own)", "Valkey or Redis server that replicas share for limits and sign-outs: redis://[user:password@]host:port/db. Several addresses, separated by commas, are nodes of a cluster; redis+cluster:// is a cluster with one address, and redis+sentinel://[user:password@]host:port,.../master/db a master found through Sentinel. Use rediss for TLS.")
	secret(&f.stateKey, "STATE_KEY", "SECRET", "derived from the app client's secret, else shared through REDIS_URL, else random", "Secret of at least 32 characters that protects challenge sessions. Needed with several replicas or Lambda if there is neither a client secret nor REDIS_URL; use the same value everywhere.")
	toggle(&f.revocationsFailOpen, "REVOCATIONS_FAIL_OPEN", "Accept access tokens while the shared store is down, although another replica may have revoked them. Off: reject them until it is back.")
	text(&f.passwordEndsSessions, "PASSWORD_ENDS_SESSIONS", "always|reset|never", "always", "Which password changes end the user's other sessions, including tokens obtained later with their refresh tokens. always: all; reset: only passwords set with a code or required by an administrator; never: none.")
	toggle(&f.hideUserExistence, "HIDE_USER_EXISTENCE", "Return the same response, after the same time, whether or not an account exists. Off: Cognito's own setting decides, and sign-up reveals it.")
	optional(&f.serviceGroups, "SERVICE_GROUPS", "NAME,...", "none", "Groups whose members are services: they may query tokenStatus.", Schema)
	optional(&f.serviceScopes, "SERVICE_SCOPES", "NAME,...", "none", "OAuth scopes that mark a caller as a service: it may query tokenStatus.", Schema)
	optional(&f.signoutWebhookURL, "SIGNOUT_WEBHOOK_URL", "URL", "none", "URL to which every sign-out is POSTed.")
	secret(&f.signoutWebhookSecret, "SIGNOUT_WEBHOOK_SECRET", "SECRET", "none", "Secret that signs webhook messages (Standard Webhooks): whsec_ and 24 to 64 random bytes in base64. Required with SIGNOUT_WEBHOOK_URL.")
	text(&f.cognitoQuotas, "COGNITO_QUOTAS", "auto|off|CATEGORY=RPS,...", "auto", "Quotas of the AWS account, in requests per second by Cognito category. Four fifths of each are used. auto: Amazon's defaults with Amazon Cognito, otherwise off.")
	toggle(&f.sendClientAddress, "SEND_CLIENT_ADDRESS", "Send the caller's address to Cognito's threat protection. The app client needs a secret and EnablePropagateAdditionalUserContextData, or Cognito rejects the calls.")
	text(&f.auditLog, "AUDIT_LOG", "auto|off|stdout|stderr|FILE", "auto", "Destination of security events, one JSON object per line. auto: stdout with Cognito, off with the embedded pool.")

	group = "Supergraph"
	text(&f.federationSDL, "FEDERATION_SDL", "auto|on|off", "auto", "Whether _service returns the subgraph schema, independent of introspection. auto: same as introspection.")
	toggle(&f.federationAuthDirectives, "FEDERATION_AUTH_DIRECTIVES", "Add @authenticated and @requiresScopes to the subgraph schema, so that a router can reject requests early. Apollo Gateway does not accept them.", Schema)
	text(&f.userLookup, "USER_LOOKUP", "auto|on|off", "auto", "Whether users that other subgraphs refer to are looked up in Cognito. Needs AWS credentials for cognito-idp:AdminGetUser, ListUsers and AdminListGroupsForUser. auto: if credentials are found, ignoring EC2 instance metadata; on: also use instance metadata, and require credentials at startup.")
	optional(&f.userReaderGroups, "USER_READER_GROUPS", "NAME,...", "none", "Groups whose members may read more of other users than id and username.")

	group = "Embedded user pool"
	toggle(&f.embeddedPool, "EMBEDDED_POOL", "Allow the embedded user pool where it is rejected by default: in Lambda, and on addresses that other machines can reach. For development only.", Pool, GatewayConfig)
	text(&f.dataDir, "DATA_DIR", "DIR", ".authgraph", "Directory of the pool's file.", Pool, GatewayConfig)
	text(&f.poolAddr, "POOL_ADDR", "HOST:PORT", "127.0.0.1:9229", "Address the pool listens on.", Pool, GatewayConfig)
	optional(&f.poolURL, "POOL_URL", "URL", "http:// and POOL_ADDR", "URL at which other machines reach the pool, for example http://authgraph:9229 between containers. It is the issuer of tokens, and the pool answers to its host name. Changing it invalidates access tokens, not refresh tokens.", Pool, GatewayConfig)
	const kept = "as stored; new pools: "
	optional(&f.poolMFA, "POOL_MFA", "off|optional|on", kept+"optional", "Whether users need a second factor. on: a code alone no longer signs in, and passkeys require user verification.", Pool)
	optional(&f.poolAuthFlows, "POOL_AUTH_FLOWS", "FLOW,...", kept+"all", "Authentication flows of the app client, by Cognito's names, for example ALLOW_USER_PASSWORD_AUTH.", Pool)
	optional(&f.poolUserExistenceErrors, "POOL_USER_EXISTENCE_ERRORS", "enabled|legacy", kept+"enabled", "Whether errors hide (enabled) or reveal (legacy) that a user does not exist.", Pool)
	optional(&f.poolRotation, "POOL_ROTATION", "off|SECONDS", kept+"off", "Refresh token rotation: off, or the grace period (0 to 60 s) of a replaced token.", Pool)
	secret(&f.poolClientSecret, "POOL_CLIENT_SECRET", "SECRET", kept+"none", "Secret of the app client: 24 to 64 letters, digits, + or _.", Pool)
	optional(&f.poolUsernameAttributes, "POOL_USERNAME_ATTRIBUTES", "NAME,...", "as in SIGN_IN_WITH", "How users of a new pool sign up: email, phone_number, both, or username.", Pool)
	optional(&f.poolAliasAttributes, "POOL_ALIAS_ATTRIBUTES", "NAME,...", "as in SIGN_IN_WITH", "Attributes that users of a new pool, who then sign up with a user name, can also sign in with: email, phone_number, preferred_username.", Pool)
	optional(&f.poolCaseSensitive, "POOL_CASE_SENSITIVE", "on|off", "off", "Whether user names of a new pool that differ in case are different users.", Pool)
	optional(&f.poolRequiredAttributes, "POOL_REQUIRED_ATTRIBUTES", "NAME,...", "none", "Standard attributes that a sign-up to a new pool needs, for example given_name.", Pool)
	optional(&f.poolAutoVerified, "POOL_AUTO_VERIFIED_ATTRIBUTES", "NAME,...", kept+"email, and phone_number where users sign up or in with it", "What a code confirms an account by: email, phone_number, both, or none, with which only an administrator can confirm accounts.", Pool)
	optional(&f.poolCustomAttributes, "POOL_CUSTOM_ATTRIBUTES", "NAME,...", "none (besides mode)", "Attributes to add to the pool's schema, without the prefix custom:. The word none makes a new pool without custom:mode.", Pool)
	optional(&f.poolClients, "POOL_CLIENTS", "NAME,...", "none", "Names of further app clients, for example web,ios. New ones have no secret, and otherwise the settings of the first one. Their tokens are accepted, and the banner shows their ids.", Pool, GatewayConfig)

	group = "Logs, metrics and profiles"
	text(&f.logLevel, "LOG_LEVEL", "debug|info|warn|error", "info", "Minimum level of log messages.", Pool)
	text(&f.logFormat, "LOG_FORMAT", "auto|text|json", "auto", "Log format. auto: text on a terminal, otherwise json.", Pool)
	optional(&f.metricsAddr, "METRICS_ADDR", "HOST:PORT", "none (at ADDR)", "Separate address for /metrics. If set, ADDR does not serve /metrics.")
	optional(&f.pprofAddr, "PPROF_ADDR", "HOST:PORT", "none", "Loopback address that serves profiles (pprof).")
	return all
}

// Read checks the settings for a command, after the command line is parsed. flags
// are all flags of the command; those that were not given are read from the
// environment. It returns [Errors] if any setting is invalid.
func (f *Flags) Read(command Command, flags *pflag.FlagSet, getenv func(string) string) (*Settings, error) {
	var errs Errors
	fromEnvironment(flags, getenv, &errs)
	s := f.read(command, getenv, &errs)
	f.check(s, command, &errs)
	if len(errs) > 0 {
		return nil, errs
	}
	return s, nil
}

// spaced adds a space after each comma, so that lines can be wrapped there.
func spaced(list string) string { return strings.ReplaceAll(list, ",", ", ") }

// String returns the limits in the form of the setting.
func (l *DocumentLimits) String() string {
	var b strings.Builder
	for i, limit := range l.fields() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s=%d", limit.name, *limit.value)
	}
	return b.String()
}
