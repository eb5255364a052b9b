package config

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// flags is the command line. Everything but the switches is text here, so that a
// malformed value becomes one fault in the list of all faults and not the end of
// parsing. The variable of a flag is its name in upper case with underscores; see
// variable.
type flags struct {
	command   command // unnamed: none is named, which means serve
	arguments []string

	Help      bool
	Version   bool
	Federated bool

	AWSRegionName                         string
	AWSCognitoUserPoolID                  string
	AWSCognitoAppClientID                 string
	AWSCognitoAppClientSecret             Secret
	AWSEndpointURLCognitoIdentityProvider string
	AWSCognitoIssuer                      string
	PasswordlessSignup                    bool
	UsernameAttribute                     string

	Addr                  string
	TokenTransport        string
	RefreshCookieLifetime string
	CORSAllowedOrigins    string
	TrustedProxies        string
	Introspection         string
	Playground            string

	RateLimits           string
	GraphQLLimits        string
	PersistedOperations  string
	RedisURL             Secret
	RevocationsFailOpen  bool
	HideUserExistence    bool
	ServiceGroups        string
	ServiceScopes        string
	SignoutWebhookURL    string
	SignoutWebhookSecret Secret
	CognitoQuotas        string
	SendClientAddress    bool
	AuditLog             string

	FederationSDL            string
	FederationAuthDirectives bool
	UserLookup               string
	UserReaderGroups         string

	EmbeddedPool            bool
	DataDir                 string
	PoolAddr                string
	PoolMFA                 string
	PoolAuthFlows           string
	PoolUserExistenceErrors string
	PoolRotation            string
	PoolClientSecret        Secret
	PoolUsernameAttributes  string
	PoolCustomAttributes    string

	PprofAddr string
	LogLevel  string
	LogFormat string
}

// section is a part of --help: a heading, and the flags below it.
type section struct {
	title string
	flags *pflag.FlagSet
}

// federated is the name of the only flag that belongs to one command: schema.
const federated = "federated"

// sections defines the flags, in the order of --help.
func (raw *flags) sections() []section {
	var all []section
	add := func(title string) section {
		s := section{title, pflag.NewFlagSet(title, pflag.ContinueOnError)}
		s.flags.SortFlags = false
		all = append(all, s)
		return s
	}
	s := add("Flags:")
	s.flags.BoolVarP(&raw.Help, "help", "h", false, "Print this, or with a command what that is for, and leave.")
	s.flags.BoolVar(&raw.Version, "version", false, "Print the version and leave.")
	s.toggle(&raw.Federated, federated, "Print it as the subgraph that owns User, to compose a supergraph from.")

	s = add("Amazon Cognito:")
	s.text(&raw.AWSRegionName, "aws-region-name", "REGION", "", "Region of the user pool. Default: the region that the pool id begins with, else AWS_REGION.")
	s.text(&raw.AWSCognitoUserPoolID, "aws-cognito-user-pool-id", "ID", "", "Id of the user pool, for instance eu-west-1_AbC123def. Default: none, which means the embedded pool.")
	s.text(&raw.AWSCognitoAppClientID, "aws-cognito-app-client-id", "ID", "", "Id of the pool's app client. Default: none.")
	s.text((*string)(&raw.AWSCognitoAppClientSecret), "aws-cognito-app-client-secret", "SECRET", "", "Secret of the app client, if it has one. Prefer the variable: other users of the machine can read a command line. Default: none.")
	s.text(&raw.AWSEndpointURLCognitoIdentityProvider, "aws-endpoint-url-cognito-identity-provider", "URL", "", "Where Cognito's API is, for an emulator or a private endpoint. Default: Amazon's endpoint of the region.")
	s.text(&raw.AWSCognitoIssuer, "aws-cognito-issuer", "URL", "", "The only issuer (claim iss) whose tokens are accepted. Default: the issuers that Cognito, or the endpoint above, uses for the pool.")
	s.toggle(&raw.PasswordlessSignup, "passwordless-signup", "Let users sign up without a password, for pools in which a code or a passkey is enough to sign in. Default: off.")
	s.text(&raw.UsernameAttribute, "username-attribute", "NAME", "preferred_username", "Attribute of the pool that holds the name given at sign-up. Default: preferred_username.")

	s = add("HTTP:")
	s.text(&raw.Addr, "addr", "HOST:PORT", "", "Where to listen. Default: 127.0.0.1:8080; with PORT set, that port on all interfaces, or on 127.0.0.1 with the embedded pool.")
	s.text(&raw.TokenTransport, "token-transport", "body|cookie", "body", "Where refresh tokens travel: in the bodies of answers and requests, or in a cookie that no script can read, for pages. Default: body.")
	s.text(&raw.RefreshCookieLifetime, "refresh-cookie-lifetime", "DURATION", "720h", "How long browsers keep that cookie, as the app client's refresh tokens live. Default: 720h, which is Cognito's own default of 30 days.")
	s.text(&raw.CORSAllowedOrigins, "cors-allowed-origins", "ORIGIN,...", "", "Origins whose pages may call the API, each written scheme://host[:port]. Default: none, so only pages of this server.")
	s.text(&raw.TrustedProxies, "trusted-proxies", "CIDR,...", "", "Addresses of the proxies in front whose X-Forwarded-For is believed. Default: none.")
	s.text(&raw.Introspection, "introspection", "auto|on|off", "auto", "Whether clients may ask for the schema. Default: auto, which is on with the embedded pool and off with Cognito.")
	s.text(&raw.Playground, "playground", "auto|on|off", "auto", "Whether browsers get the playground at /. It needs introspection. Default: auto, which is on with the embedded pool and off with Cognito.")

	s = add("Trust:")
	s.text(&raw.RateLimits, "rate-limits", "NAME=BURST/INTERVAL,...", "", "Attempts that are let through: BURST at once, and one more every INTERVAL. NAME=off lifts one limit, off all of them. Default: "+spaced(defaultRates)+".")
	s.text(&raw.GraphQLLimits, "graphql-limits", "NAME=NUMBER,...", "", "What one request may ask for. Default: "+spaced(defaultDocumentLimits)+".")
	s.text(&raw.PersistedOperations, "persisted-operations", "FILE", "", "Run only the operations of this list: an Apollo manifest of persisted queries, or a JSON object from hashes to documents. Default: none, so every operation runs.")
	s.text((*string)(&raw.RedisURL), "redis-url", "URL", "", "Where limits and sign-outs are kept for all replicas (Valkey or Redis): redis://[user:password@]host:port/db, or rediss: with TLS. Default: none, so each process keeps its own.")
	s.toggle(&raw.RevocationsFailOpen, "revocations-fail-open", "While the store is down, take access tokens that only another replica may know to be signed out. Default: off, so they are refused until it is back.")
	s.toggle(&raw.HideUserExistence, "hide-user-existence", "Answer the same, in the same time, for addresses with and without an account. Default: off, so Cognito's own setting decides, and sign-up tells.")
	s.text(&raw.ServiceGroups, "service-groups", "NAME,...", "", "Groups whose members are services: they may ask tokenStatus. Default: none.")
	s.text(&raw.ServiceScopes, "service-scopes", "NAME,...", "", "OAuth scopes that make a service of their holder. Default: none.")
	s.text(&raw.SignoutWebhookURL, "signout-webhook-url", "URL", "", "Where every sign-out is POSTed to. Default: nowhere.")
	s.text((*string)(&raw.SignoutWebhookSecret), "signout-webhook-secret", "SECRET", "", "What those messages are signed with (Standard Webhooks): whsec_ and the base64 form of 24 to 64 random bytes. Needed with SIGNOUT_WEBHOOK_URL. Default: none.")
	s.text(&raw.CognitoQuotas, "cognito-quotas", "auto|off|CATEGORY=RPS,...", "auto", "Quotas of the AWS account, in requests a second by Cognito's categories; four fifths of them are used. Default: auto, which is Amazon's defaults with Amazon Cognito, and off with anything else.")
	s.toggle(&raw.SendClientAddress, "send-client-address", "Tell Cognito's threat protection the caller's address. The app client must permit it (EnablePropagateAdditionalUserContextData) and have a secret, or Cognito refuses. Default: off.")
	s.text(&raw.AuditLog, "audit-log", "auto|off|stdout|stderr|FILE", "auto", "Where security events go, one JSON object a line. Default: auto, which is stdout with Cognito and off with the embedded pool.")

	s = add("Supergraph:")
	s.text(&raw.FederationSDL, "federation-sdl", "auto|on|off", "auto", "Whether _service serves the subgraph's schema, also with introspection off. Default: auto, which is as introspection is.")
	s.toggle(&raw.FederationAuthDirectives, "federation-auth-directives", "Add @authenticated and @requiresScopes to that schema, so that a router can refuse early. Apollo Gateway takes no supergraph that has them. Default: off.")
	s.text(&raw.UserLookup, "user-lookup", "auto|on|off", "auto", "Whether users that other subgraphs refer to are looked up, which takes AWS credentials that permit cognito-idp:AdminGetUser, ListUsers and AdminListGroupsForUser. Default: auto, which looks for credentials everywhere but in the metadata service of EC2; on looks there too, and does not start without any.")
	s.text(&raw.UserReaderGroups, "user-reader-groups", "NAME,...", "", "Groups whose members see more of other users than id and username. Default: none.")

	s = add("Embedded user pool:")
	s.toggle(&raw.EmbeddedPool, "embedded-pool", "Use the embedded user pool even where that is refused otherwise: inside Lambda, or reachable from other machines. It is meant for development. Default: off.")
	s.text(&raw.DataDir, "data-dir", "DIR", ".authgraph", "Directory of the embedded pool's file. Default: .authgraph.")
	s.text(&raw.PoolAddr, "pool-addr", "HOST:PORT", "127.0.0.1:9229", "Where the embedded pool listens. Default: 127.0.0.1:9229.")
	s.text(&raw.PoolMFA, "pool-mfa", "off|optional|on", "", "Whether the embedded pool asks for a second factor. Default: what its file has, which is optional for a new one.")
	s.text(&raw.PoolAuthFlows, "pool-auth-flows", "FLOW,...", "", "What its app client permits, by Cognito's names: ALLOW_USER_PASSWORD_AUTH and so on. Default: what its file has, which is all for a new one.")
	s.text(&raw.PoolUserExistenceErrors, "pool-user-existence-errors", "enabled|legacy", "", "Whether it hides (enabled) or tells (legacy) that a user does not exist. Default: what its file has, which is enabled for a new one.")
	s.text(&raw.PoolRotation, "pool-rotation", "off|SECONDS", "", "Whether refresh tokens rotate, and for how long (0 to 60 s) a replaced one is still good. Default: what its file has, which is off for a new one.")
	s.text((*string)(&raw.PoolClientSecret), "pool-client-secret", "SECRET", "", "A secret for its app client, of at least 24 letters, digits, + or _. Default: what its file has, which is none for a new one.")
	s.text(&raw.PoolUsernameAttributes, "pool-username-attributes", "NAME,...", "", "What users of a new pool sign up with: email, phone_number, both, or username. The API needs email. Default: email.")
	s.text(&raw.PoolCustomAttributes, "pool-custom-attributes", "NAME,...", "", "Attributes to add to its schema, without custom:. Default: none beside mode.")

	s = add("Log:")
	s.text(&raw.PprofAddr, "pprof-addr", "HOST:PORT", "", "Where profiles of the program (pprof) can be had, on this machine only. Default: nowhere.")
	s.text(&raw.LogLevel, "log-level", "debug|info|warn|error", "info", "Least level that is logged. Default: info.")
	s.text(&raw.LogFormat, "log-format", "auto|text|json", "auto", "Form of the log. Default: auto, which is text on a terminal and json elsewhere.")
	return all
}

// text defines a flag with a value, whose form is shown as placeholder.
func (s section) text(target *string, name, placeholder, standard, help string) {
	*target = standard
	s.flags.Var(textValue{target, placeholder}, name, help)
}

// toggle defines a switch, which is off unless it is given.
func (s section) toggle(target *bool, name, help string) {
	s.flags.Var((*toggleValue)(target), name, help)
}

// variable returns the environment variable of a flag, or nothing for one that has
// none.
func variable(flag string) string {
	if flag == "help" || flag == "version" {
		return ""
	}
	return strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

type textValue struct {
	target      *string
	placeholder string
}

func (v textValue) Set(value string) error {
	*v.target = value
	return nil
}
func (v textValue) String() string { return *v.target }
func (v textValue) Type() string   { return v.placeholder }

type toggleValue bool

func (v *toggleValue) Set(value string) error {
	switch strings.ToLower(value) {
	case "yes":
		value = "true"
	case "no":
		value = "false"
	}
	on, err := strconv.ParseBool(value)
	*v = toggleValue(on)
	return err
}
func (v *toggleValue) String() string   { return strconv.FormatBool(bool(*v)) }
func (v *toggleValue) Type() string     { return "bool" }
func (v *toggleValue) IsBoolFlag() bool { return true }

// spaced writes a list so that lines can break in it.
func spaced(list string) string { return strings.ReplaceAll(list, ",", ", ") }
