package config

import (
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// flags is the command line as kong sees it. Everything but the switches is
// text here, so that a malformed value becomes one fault in the list of all
// faults and not the end of parsing. The variable of a flag is its name in
// upper case with underscores; see variable.
type flags struct {
	Serve  struct{} `cmd:"" default:"1" help:"Serve the API (the default)."`
	Pool   struct{} `cmd:"" help:"Serve the embedded user pool alone, as a local Cognito for anything else."`
	Schema struct {
		Federated bool `help:"Print it as the subgraph that owns User, to compose a supergraph from."`
	} `cmd:"" help:"Print the GraphQL schema."`
	Router struct {
		Product string `arg:"" enum:"apollo,cosmo,hive" help:"apollo (Apollo Router), cosmo (Cosmo Router) or hive (Hive Gateway)."`
		Dir     string `arg:"" help:"Directory to write into. It is made if need be; files that are there are never overwritten."`
	} `cmd:"" help:"Write settings with which a router of supergraphs verifies the pool's access tokens and hands them on: apollo (Apollo Router), cosmo (Cosmo Router) or hive (Hive Gateway)."`

	command string // the first word of the one that was chosen

	AWSRegionName                         string `name:"aws-region-name" group:"cognito" placeholder:"REGION" help:"Region of the user pool. Default: the region that the pool id begins with, else AWS_REGION."`
	AWSCognitoUserPoolID                  string `name:"aws-cognito-user-pool-id" group:"cognito" placeholder:"ID" help:"Id of the user pool, for instance eu-west-1_AbC123def. Default: none, which means the embedded pool."`
	AWSCognitoAppClientID                 string `name:"aws-cognito-app-client-id" group:"cognito" placeholder:"ID" help:"Id of the pool's app client. Default: none."`
	AWSCognitoAppClientSecret             Secret `name:"aws-cognito-app-client-secret" group:"cognito" placeholder:"SECRET" help:"Secret of the app client, if it has one. Prefer the variable: other users of the machine can read a command line. Default: none."`
	AWSEndpointURLCognitoIdentityProvider string `name:"aws-endpoint-url-cognito-identity-provider" group:"cognito" placeholder:"URL" help:"Where Cognito's API is, for an emulator or a private endpoint. Default: Amazon's endpoint of the region."`
	AWSCognitoIssuer                      string `name:"aws-cognito-issuer" group:"cognito" placeholder:"URL" help:"The only issuer (claim iss) whose tokens are accepted. Default: the issuers that Cognito, or the endpoint above, uses for the pool."`
	PasswordlessSignup                    bool   `name:"passwordless-signup" group:"cognito" help:"Let users sign up without a password, for pools in which a code or a passkey is enough to sign in. Default: off."`
	UsernameAttribute                     string `name:"username-attribute" group:"cognito" placeholder:"NAME" default:"preferred_username" help:"Attribute of the pool that holds the name given at sign-up. Default: preferred_username."`

	Addr                  string `name:"addr" group:"http" placeholder:"HOST:PORT" help:"Where to listen. Default: 127.0.0.1:8080; with PORT set, that port on all interfaces, or on 127.0.0.1 with the embedded pool."`
	TokenTransport        string `name:"token-transport" group:"http" placeholder:"body|cookie" default:"body" help:"Where refresh tokens travel: in the bodies of answers and requests, or in a cookie that no script can read, for pages. Default: body."`
	RefreshCookieLifetime string `name:"refresh-cookie-lifetime" group:"http" placeholder:"DURATION" default:"720h" help:"How long browsers keep that cookie, as the app client's refresh tokens live. Default: 720h, which is Cognito's own default of 30 days."`
	CORSAllowedOrigins    string `name:"cors-allowed-origins" group:"http" placeholder:"ORIGIN,..." help:"Origins whose pages may call the API, each written scheme://host[:port]. Default: none, so only pages of this server."`
	TrustedProxies        string `name:"trusted-proxies" group:"http" placeholder:"CIDR,..." help:"Addresses of the proxies in front whose X-Forwarded-For is believed. Default: none."`
	Introspection         string `name:"introspection" group:"http" placeholder:"auto|on|off" default:"auto" help:"Whether clients may ask for the schema. Default: auto, which is on with the embedded pool and off with Cognito."`
	Playground            string `name:"playground" group:"http" placeholder:"auto|on|off" default:"auto" help:"Whether browsers get the playground at /. It needs introspection. Default: auto, which is on with the embedded pool and off with Cognito."`

	RateLimits           string `name:"rate-limits" group:"trust" placeholder:"NAME=BURST/INTERVAL,..." help:"Attempts that are let through: BURST at once, and one more every INTERVAL. NAME=off lifts one limit, off all of them. Default: ${rates}."`
	GraphQLLimits        string `name:"graphql-limits" group:"trust" placeholder:"NAME=NUMBER,..." help:"What one request may ask for. Default: ${documents}."`
	PersistedOperations  string `name:"persisted-operations" group:"trust" placeholder:"FILE" help:"Run only the operations of this list: an Apollo manifest of persisted queries, or a JSON object from hashes to documents. Default: none, so every operation runs."`
	RedisURL             Secret `name:"redis-url" group:"trust" placeholder:"URL" help:"Where limits and sign-outs are kept for all replicas (Valkey or Redis): redis://[user:password@]host:port/db, or rediss: with TLS. Default: none, so each process keeps its own."`
	RevocationsFailOpen  bool   `name:"revocations-fail-open" group:"trust" help:"While the store is down, take access tokens that only another replica may know to be signed out. Default: off, so they are refused until it is back."`
	HideUserExistence    bool   `name:"hide-user-existence" group:"trust" help:"Answer the same, in the same time, for addresses with and without an account. Default: off, so Cognito's own setting decides, and sign-up tells."`
	ServiceGroups        string `name:"service-groups" group:"trust" placeholder:"NAME,..." help:"Groups whose members are services: they may ask tokenStatus. Default: none."`
	ServiceScopes        string `name:"service-scopes" group:"trust" placeholder:"NAME,..." help:"OAuth scopes that make a service of their holder. Default: none."`
	SignoutWebhookURL    string `name:"signout-webhook-url" group:"trust" placeholder:"URL" help:"Where every sign-out is POSTed to. Default: nowhere."`
	SignoutWebhookSecret Secret `name:"signout-webhook-secret" group:"trust" placeholder:"SECRET" help:"What those messages are signed with (Standard Webhooks): whsec_ and the base64 form of 24 to 64 random bytes. Needed with SIGNOUT_WEBHOOK_URL. Default: none."`
	CognitoQuotas        string `name:"cognito-quotas" group:"trust" placeholder:"auto|off|CATEGORY=RPS,..." default:"auto" help:"Quotas of the AWS account, in requests a second by Cognito's categories; four fifths of them are used. Default: auto, which is Amazon's defaults with Amazon Cognito, and off with anything else."`
	SendClientAddress    bool   `name:"send-client-address" group:"trust" help:"Tell Cognito's threat protection the caller's address. The app client must permit it (EnablePropagateAdditionalUserContextData) and have a secret, or Cognito refuses. Default: off."`
	AuditLog             string `name:"audit-log" group:"trust" placeholder:"auto|off|stdout|stderr|FILE" default:"auto" help:"Where security events go, one JSON object a line. Default: auto, which is stdout with Cognito and off with the embedded pool."`

	FederationSDL            string `name:"federation-sdl" group:"federation" placeholder:"auto|on|off" default:"auto" help:"Whether _service serves the subgraph's schema, also with introspection off. Default: auto, which is as introspection is."`
	FederationAuthDirectives bool   `name:"federation-auth-directives" group:"federation" help:"Add @authenticated and @requiresScopes to that schema, so that a router can refuse early. Apollo Gateway takes no supergraph that has them. Default: off."`
	UserLookup               string `name:"user-lookup" group:"federation" placeholder:"auto|on|off" default:"auto" help:"Whether users that other subgraphs refer to are looked up, which takes AWS credentials that permit cognito-idp:AdminGetUser, ListUsers and AdminListGroupsForUser. Default: auto, which looks for credentials everywhere but in the metadata service of EC2; on looks there too, and does not start without any."`
	UserReaderGroups         string `name:"user-reader-groups" group:"federation" placeholder:"NAME,..." help:"Groups whose members see more of other users than id and username. Default: none."`

	EmbeddedPool bool   `name:"embedded-pool" group:"pool" help:"Use the embedded user pool even where that is refused otherwise: inside Lambda, or reachable from other machines. It is meant for development. Default: off."`
	DataDir      string `name:"data-dir" group:"pool" placeholder:"DIR" default:".authgraph" help:"Directory of the embedded pool's file. Default: .authgraph."`
	PoolAddr     string `name:"pool-addr" group:"pool" placeholder:"HOST:PORT" default:"127.0.0.1:9229" help:"Where the embedded pool listens. Default: 127.0.0.1:9229."`

	PoolMFA                 string `name:"pool-mfa" group:"pool" placeholder:"off|optional|on" help:"Whether the embedded pool asks for a second factor. Default: what its file has, which is optional for a new one."`
	PoolAuthFlows           string `name:"pool-auth-flows" group:"pool" placeholder:"FLOW,..." help:"What its app client permits, by Cognito's names: ALLOW_USER_PASSWORD_AUTH and so on. Default: what its file has, which is all for a new one."`
	PoolUserExistenceErrors string `name:"pool-user-existence-errors" group:"pool" placeholder:"enabled|legacy" help:"Whether it hides (enabled) or tells (legacy) that a user does not exist. Default: what its file has, which is enabled for a new one."`
	PoolRotation            string `name:"pool-rotation" group:"pool" placeholder:"off|SECONDS" help:"Whether refresh tokens rotate, and for how long (0 to 60 s) a replaced one is still good. Default: what its file has, which is off for a new one."`
	PoolClientSecret        Secret `name:"pool-client-secret" group:"pool" placeholder:"SECRET" help:"A secret for its app client, of at least 24 letters, digits, + or _. Default: what its file has, which is none for a new one."`
	PoolUsernameAttributes  string `name:"pool-username-attributes" group:"pool" placeholder:"NAME,..." help:"What users of a new pool sign up with: email, phone_number, both, or username. The API needs email. Default: email."`
	PoolCustomAttributes    string `name:"pool-custom-attributes" group:"pool" placeholder:"NAME,..." help:"Attributes to add to its schema, without custom:. Default: none beside mode."`

	PprofAddr string `name:"pprof-addr" group:"log" placeholder:"HOST:PORT" help:"Where profiles of the program (pprof) can be had, on this machine only. Default: nowhere."`
	LogLevel  string `name:"log-level" group:"log" placeholder:"debug|info|warn|error" default:"info" help:"Least level that is logged. Default: info."`
	LogFormat string `name:"log-format" group:"log" placeholder:"auto|text|json" default:"auto" help:"Form of the log. Default: auto, which is text on a terminal and json elsewhere."`

	Version kong.VersionFlag `help:"Print the version and leave."`
}

const description = `Amazon Cognito as a typed GraphQL API. Without any Cognito setting it runs on an embedded user pool.

Each setting is a flag or, where one stands in brackets, the variable beside it; the flag wins. An empty variable counts as unset.`

// groups returns the headings of --help, in their order.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "cognito", Title: "Amazon Cognito:"},
		{Key: "http", Title: "HTTP:"},
		{Key: "trust", Title: "Trust:"},
		{Key: "federation", Title: "Supergraph:"},
		{Key: "pool", Title: "Embedded user pool:"},
		{Key: "log", Title: "Log:"},
	}
}

// variable returns the environment variable of a flag.
func variable(flag string) string {
	return strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// readFlags fills a flags from args and, for what args leave out, from the
// environment. It returns [ErrShown] when --help or --version was asked for, and
// [Faults] as its error when the command line itself cannot be understood.
func readFlags(args []string, getenv func(string) string, stdout, stderr io.Writer) (*flags, Faults, error) {
	var (
		raw    flags
		faults Faults
		shown  bool
	)
	fromEnvironment := func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		value := getenv(variable(flag.Name))
		switch {
		case value == "" || flag.Name == "help" || flag.Name == "version":
			return nil, nil
		case flag.IsBool():
			// kong would stop at the first malformed switch.
			on, err := strconv.ParseBool(value)
			if err != nil {
				faults.add("%s is %q; write true or false.", variable(flag.Name), value)
			}
			return on, nil
		}
		return value, nil
	}
	parser, err := kong.New(&raw,
		kong.Name("authgraph"),
		kong.Description(description),
		kong.ExplicitGroups(groups()),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}),
		kong.ValueFormatter(withVariable),
		kong.Vars{"version": "authgraph " + version(), "rates": spaced(defaultRates), "documents": spaced(defaultDocumentLimits)},
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { shown = true }),
		kong.Resolvers(kong.ResolverFunc(fromEnvironment)),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("config: build the command line: %w", err)
	}
	chosen, err := parser.Parse(args)
	if shown {
		return nil, nil, ErrShown
	}
	if err != nil {
		// Nothing was read, so there is nothing else to check.
		return nil, nil, Faults{withoutValue(err.Error()) + "; authgraph --help lists what there is."}
	}
	raw.command, _, _ = strings.Cut(chosen.Command(), " ")
	return &raw, faults, nil
}

// withVariable adds the variable of a flag to its line in --help.
func withVariable(value *kong.Value) string {
	if value.Flag == nil || value.Name == "help" || value.Name == "version" {
		return value.Help
	}
	return value.Help + " [" + variable(value.Name) + "]"
}

// withoutValue takes from kong's message what the user typed beside the name of
// a flag: it may be a secret that slipped out of place.
func withoutValue(message string) string {
	if strings.HasPrefix(message, "unexpected argument") {
		return "there is an argument that is neither a flag nor a command"
	}
	before, _, _ := strings.Cut(message, "=")
	before, _, _ = strings.Cut(before, " but got")
	return before
}

// version returns the version that the Go toolchain stamped into the binary.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}

// spaced writes a list so that lines can break in it.
func spaced(list string) string { return strings.ReplaceAll(list, ",", ", ") }
