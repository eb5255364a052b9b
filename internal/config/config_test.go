package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"authgraph/internal/config"
)

// parse reads the settings of a command from flags, separated by spaces, and an
// environment.
func parse(t *testing.T, command config.Command, args string, environment map[string]string) (*config.Settings, error) {
	t.Helper()
	flags := config.NewFlags(config.Defaults{
		DocumentLimits: config.DocumentLimits{Depth: 12, Tokens: 1000},
		CognitoQuotas:  map[string]int{"UserAuthentication": 120, "UserRead": 60},
	})
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.AddTo(set, flags.Settings())
	if err := set.Parse(strings.Fields(args)); err != nil {
		t.Fatal(err)
	}
	return flags.Read(command, set, func(name string) string { return environment[name] })
}

func mustParse(t *testing.T, args string, environment map[string]string) *config.Settings {
	t.Helper()
	settings, err := parse(t, config.Serve, args, environment)
	if err != nil {
		t.Fatalf("%q, %v: %v", args, environment, err)
	}
	return settings
}

// cognito returns the two settings that select Amazon Cognito, and more.
func cognito(more ...string) map[string]string {
	environment := map[string]string{
		"AWS_COGNITO_USER_POOL_ID":  "eu-west-1_AbC123def",
		"AWS_COGNITO_APP_CLIENT_ID": "3n4b5urk1ft4fl3mg5e62d9ado",
	}
	for i := 0; i < len(more); i += 2 {
		environment[more[i]] = more[i+1]
	}
	return environment
}

func TestDefaults(t *testing.T) {
	s := mustParse(t, "", nil)
	if !s.Embedded() || !s.Introspection || !s.Playground || s.Lambda {
		t.Errorf("embedded %t, introspection %t, playground %t, lambda %t", s.Embedded(), s.Introspection, s.Playground, s.Lambda)
	}
	for _, text := range []struct{ name, got, want string }{
		{"Addr", s.Addr, "127.0.0.1:8080"},
		{"PoolAddr", s.PoolAddr, "127.0.0.1:9229"},
		{"DataDir", s.DataDir, ".authgraph"},
		{"UsernameAttribute", s.UsernameAttribute, "preferred_username"},
		{"LogLevel", s.LogLevel.String(), "INFO"},
		{"LogFormat", s.LogFormat, "auto"},
		{"Region", s.Region, ""},
		{"JWKSURL", s.JWKSURL(), ""},
	} {
		if text.got != text.want {
			t.Errorf("%s is %q, want %q", text.name, text.got, text.want)
		}
	}
	if len(s.AllowedOrigins)+len(s.TrustedProxies)+len(s.Issuers()) > 0 {
		t.Errorf("origins %v, proxies %v, issuers %v; want none", s.AllowedOrigins, s.TrustedProxies, s.Issuers())
	}
}

func TestCognitoDisablesIntrospection(t *testing.T) {
	s := mustParse(t, "", cognito())
	if s.Embedded() || s.Introspection || s.Playground {
		t.Errorf("embedded %t, introspection %t, playground %t; want all false", s.Embedded(), s.Introspection, s.Playground)
	}
	s = mustParse(t, "", cognito("INTROSPECTION", "on", "PLAYGROUND", "true"))
	if !s.Introspection || !s.Playground {
		t.Errorf("introspection %t, playground %t; want both true", s.Introspection, s.Playground)
	}
}

func TestPlaygroundFollowsIntrospection(t *testing.T) {
	if s := mustParse(t, "--introspection=off", nil); s.Playground {
		t.Error("Playground is true without introspection")
	}
}

func TestPrecedence(t *testing.T) {
	environment := map[string]string{"LOG_LEVEL": "warn", "DATA_DIR": ""}
	s := mustParse(t, "--log-level=error", environment)
	if s.LogLevel != slog.LevelError {
		t.Errorf("LogLevel is %v, want that of the flag", s.LogLevel)
	}
	s = mustParse(t, "", environment)
	if s.LogLevel != slog.LevelWarn {
		t.Errorf("LogLevel is %v, want that of the variable", s.LogLevel)
	}
	if s.DataDir != ".authgraph" {
		t.Errorf("DataDir is %q, want the default for an empty variable", s.DataDir)
	}
}

func TestAddr(t *testing.T) {
	for _, test := range []struct {
		args        string
		environment map[string]string
		want        string
	}{
		{"", map[string]string{"PORT": "3000"}, "127.0.0.1:3000"},
		{"", cognito("PORT", "3000"), ":3000"},
		{"", cognito("PORT", "3000", "ADDR", "127.0.0.1:4000"), "127.0.0.1:4000"},
		{"--addr=[::1]:0", nil, "[::1]:0"},
		{"--addr=localhost:80", nil, "localhost:80"},
		{"--addr=:80 --embedded-pool", nil, ":80"},
		{"--addr=0.0.0.0:80", map[string]string{"EMBEDDED_POOL": "true"}, "0.0.0.0:80"},
		{"--addr=0.0.0.0:80", cognito(), "0.0.0.0:80"},
	} {
		if got := mustParse(t, test.args, test.environment).Addr; got != test.want {
			t.Errorf("Parse(%q, %v): Addr is %q, want %q", test.args, test.environment, got, test.want)
		}
	}
}

func TestRegion(t *testing.T) {
	emulated := []string{"AWS_COGNITO_USER_POOL_ID", "local_1AbC", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://localhost:9229/"}
	for _, test := range []struct {
		name        string
		environment map[string]string
		want        string
	}{
		{"in the pool id", cognito(), "eu-west-1"},
		{"in the pool id, not AWS_REGION", cognito("AWS_REGION", "us-east-1"), "eu-west-1"},
		{"AWS_REGION_NAME", cognito("AWS_REGION_NAME", "eu-west-1"), "eu-west-1"},
		{"AWS_REGION", cognito(append(emulated, "AWS_REGION", "us-east-1")...), "us-east-1"},
		{"an emulator", cognito(emulated...), "local"},
	} {
		if got := mustParse(t, "", test.environment).Region; got != test.want {
			t.Errorf("%s: Region is %q, want %q", test.name, got, test.want)
		}
	}
}

func TestIssuers(t *testing.T) {
	const path = "/eu-west-1_AbC123def"
	public := []string{"https://cognito-idp.eu-west-1.amazonaws.com" + path, "https://issuer-cognito-idp.eu-west-1.amazonaws.com" + path}
	const endpoint = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"
	for _, test := range []struct {
		name        string
		environment map[string]string
		want        []string
	}{
		{"Cognito", cognito(), public},
		{"a private endpoint of Amazon's", cognito(endpoint, "https://vpce-1.cognito-idp.eu-west-1.vpce.amazonaws.com"), public},
		{"an emulator", cognito(endpoint, "http://localhost:9229/"), append([]string{"http://localhost:9229" + path}, public...)},
		{"a domain that ends like Amazon's", cognito(endpoint, "https://evilamazonaws.com"), append([]string{"https://evilamazonaws.com" + path}, public...)},
		{"a setting", cognito(endpoint, "http://localhost:9229", "AWS_COGNITO_ISSUER", "https://id.example.com"), []string{"https://id.example.com"}},
		{"China", cognito("AWS_COGNITO_USER_POOL_ID", "cn-north-1_AbC123def"), []string{
			"https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC123def",
			"https://issuer-cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC123def",
		}},
	} {
		s := mustParse(t, "", test.environment)
		if got := s.Issuers(); !slices.Equal(got, test.want) {
			t.Errorf("%s: issuers %q, want %q", test.name, got, test.want)
		}
		if want := test.want[0] + "/.well-known/jwks.json"; s.JWKSURL() != want {
			t.Errorf("%s: JWKSURL is %q, want %q", test.name, s.JWKSURL(), want)
		}
	}
}

func TestLists(t *testing.T) {
	s := mustParse(t, "", map[string]string{
		"CORS_ALLOWED_ORIGINS": " https://app.example.com, http://localhost:3000 ,http://[::1]:3000,",
		"BASE_PATH":            "/api/auth/",
		"CORS_ALLOWED_HEADERS": "X-Tenant, x-datadog-trace-id",
		"TRUSTED_PROXIES":      "10.1.2.3/8, 192.0.2.1,2001:db8::/32,::ffff:198.51.100.7",
	})
	if want := []string{"https://app.example.com", "http://localhost:3000", "http://[::1]:3000"}; !slices.Equal(s.AllowedOrigins, want) {
		t.Errorf("AllowedOrigins are %q, want %q", s.AllowedOrigins, want)
	}
	if want := []string{"X-Tenant", "x-datadog-trace-id"}; !slices.Equal(s.AllowedHeaders, want) {
		t.Errorf("AllowedHeaders are %q, want %q", s.AllowedHeaders, want)
	}
	if s.BasePath != "/api/auth" {
		t.Errorf("BasePath is %q", s.BasePath)
	}
	if got, want := fmt.Sprint(s.TrustedProxies), "[10.0.0.0/8 192.0.2.1/32 2001:db8::/32 198.51.100.7/32]"; got != want {
		t.Errorf("TrustedProxies are %s, want %s", got, want)
	}
}

// Each invalid setting is reported as exactly one error.
func TestErrors(t *testing.T) {
	lambda := "AWS_LAMBDA_RUNTIME_API"
	for _, test := range []struct {
		name        string
		args        string
		environment map[string]string
		want        string
	}{
		{"all headers", "", map[string]string{"CORS_ALLOWED_HEADERS": "*"}, `CORS_ALLOWED_HEADERS has "*"; use names of headers`},
		{"a header with a value", "", map[string]string{"CORS_ALLOWED_HEADERS": "x-tenant: 1"}, "CORS_ALLOWED_HEADERS has"},
		{"a store without a host", "", map[string]string{"REDIS_URL": "redis://:hunter2@"}, "REDIS_URL is not valid: the URL must have the form redis://"},
		{"a store with parameters", "", map[string]string{"REDIS_URL": "redis://:hunter2@h/?db=1"}, "REDIS_URL is not valid: the URL must not have parameters"},
		{"a sentinel without a master", "", map[string]string{"REDIS_URL": "redis+sentinel://h:1,h:2"}, "REDIS_URL is not valid: the URL must have the form"},
		{"a base path without a slash", "", map[string]string{"BASE_PATH": "auth"}, `BASE_PATH is "auth"; use a path such as /auth`},
		{"a base path with dots", "", map[string]string{"BASE_PATH": "/a/../b"}, "BASE_PATH is"},
		{"a base path that is taken", "", map[string]string{"BASE_PATH": "/graphql/"}, "BASE_PATH is a path of the server itself"},
		{"an escaped base path", "", map[string]string{"BASE_PATH": "/a%2Fb"}, "BASE_PATH is"},
		{"metrics at the API's address", "", map[string]string{"METRICS_ADDR": "127.0.0.1:8080"}, "ADDR and METRICS_ADDR are the same"},
		{"metrics without a port", "", map[string]string{"METRICS_ADDR": "127.0.0.1"}, "METRICS_ADDR is \"127.0.0.1\"; use host:port"},
		{"invalid switch", "", map[string]string{"EMBEDDED_POOL": "perhaps"}, "EMBEDDED_POOL is \"perhaps\"; use true or false"},

		{"only a pool", "", map[string]string{"AWS_COGNITO_USER_POOL_ID": "eu-west-1_Ab1"}, "AWS_COGNITO_APP_CLIENT_ID is missing: it is required with AWS_COGNITO_USER_POOL_ID"},
		{"only a client", "", map[string]string{"AWS_COGNITO_APP_CLIENT_ID": "abc"}, "AWS_COGNITO_USER_POOL_ID is missing: it is required with AWS_COGNITO_APP_CLIENT_ID"},
		{"both and the embedded pool", "--embedded-pool", cognito(), "--embedded-pool and settings of Amazon Cognito exclude each other"},
		{"a pool without a region", "", cognito("AWS_COGNITO_USER_POOL_ID", "local_Ab1"), "set AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"},
		{"a pool in another region", "", cognito("AWS_REGION_NAME", "us-east-1"), "AWS_REGION_NAME differs"},

		{"pool id", "", cognito("AWS_COGNITO_USER_POOL_ID", "eu-west-1:Ab1"), "AWS_COGNITO_USER_POOL_ID is"},
		{"pool id with a line break", "", cognito("AWS_COGNITO_USER_POOL_ID", "eu-west-1_Ab1\n"), `AWS_COGNITO_USER_POOL_ID is "eu-west-1_Ab1\n"`},
		{"pool id too long", "", cognito("AWS_COGNITO_USER_POOL_ID", "eu-west-1_"+strings.Repeat("a", 60)), "AWS_COGNITO_USER_POOL_ID is"},
		{"client id", "", cognito("AWS_COGNITO_APP_CLIENT_ID", "a b"), "AWS_COGNITO_APP_CLIENT_ID is"},
		{"client secret", "", cognito("AWS_COGNITO_APP_CLIENT_SECRET", "hunter 2"), "AWS_COGNITO_APP_CLIENT_SECRET has a secret with a space"},
		{"three client secrets", "", cognito("AWS_COGNITO_APP_CLIENT_SECRET", "hunter1,hunter2,hunter3"), "AWS_COGNITO_APP_CLIENT_SECRET has 3 secrets"},
		{"no client secret", "", cognito("AWS_COGNITO_APP_CLIENT_SECRET", ","), "AWS_COGNITO_APP_CLIENT_SECRET has no secret"},
		{"absent secret file", "", cognito("AWS_COGNITO_APP_CLIENT_SECRET_FILE", "/no/such/file"), "AWS_COGNITO_APP_CLIENT_SECRET_FILE: open /no/such/file"},
		{"region", "", cognito("AWS_REGION_NAME", "Ireland"), "AWS_REGION_NAME"},
		{"endpoint without a scheme", "", cognito("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "localhost:9229"), "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER is not a URL"},
		{"endpoint with a user", "", cognito("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "https://me:hunter2@host"), "is not a URL"},
		{"issuer with a query", "", cognito("AWS_COGNITO_ISSUER", "https://host/?a"), "AWS_COGNITO_ISSUER is not a URL"},
		{"username attribute", "--username-attribute=a/b", nil, "USERNAME_ATTRIBUTE is"},
		{"reserved username attribute", "--username-attribute=username", nil, "Cognito refuses"},

		{"addr without a port", "--addr=127.0.0.1", nil, "ADDR is \"127.0.0.1\"; use host:port"},
		{"addr without a host", "", cognito("ADDR", "8080"), "ADDR is"},
		{"addr with a port too high", "--addr=127.0.0.1:65536", nil, "ADDR is"},
		{"addr with a scheme", "--addr=http://127.0.0.1:80", nil, "ADDR is"},
		{"port", "", map[string]string{"PORT": "http"}, "PORT is"},
		{"pool addr", "--pool-addr=127.0.0.1", nil, "POOL_ADDR is"},
		{"the same address twice", "--addr=127.0.0.1:1234 --pool-addr=127.0.0.1:1234", nil, "a port of its own"},
		{"empty data dir", "--data-dir=", nil, "DATA_DIR is empty"},

		{"embedded pool on all interfaces", "--addr=:8080", nil, "ADDR exposes the embedded pool"},
		{"embedded pool on a network", "--addr=192.168.0.2:8080", nil, "ADDR exposes the embedded pool"},
		{"embedded pool on a host name", "--addr=localhost.example.com:8080", nil, "ADDR exposes the embedded pool"},
		{"pool address on all interfaces", "--pool-addr=0.0.0.0:9229", nil, "POOL_ADDR exposes"},
		{"embedded pool in Lambda", "", map[string]string{lambda: "127.0.0.1:9001"}, "In Lambda"},

		{"origin with a wildcard", "--cors-allowed-origins=https://*.example.com", nil, "wildcards are not supported"},
		{"any origin", "--cors-allowed-origins=*", nil, "wildcards are not supported"},
		{"origin null", "--cors-allowed-origins=null", nil, "cannot be allowed"},
		{"origin with a path", "--cors-allowed-origins=https://example.com/app", nil, "remove everything after"},
		{"origin with a slash", "--cors-allowed-origins=https://example.com/", nil, "remove everything after"},
		{"origin with a user", "--cors-allowed-origins=https://me@example.com", nil, "remove everything after"},
		{"origin without a scheme", "--cors-allowed-origins=example.com", nil, "use scheme://host"},
		{"origin of another scheme", "--cors-allowed-origins=file://host", nil, "use scheme://host"},
		{"origin in upper case", "--cors-allowed-origins=https://Example.com", nil, "lower case"},
		{"origin with the default port", "--cors-allowed-origins=https://example.com:443", nil, "remove :443"},
		{"origin with an empty port", "--cors-allowed-origins=https://example.com:", nil, "write the port"},

		{"proxy", "--trusted-proxies=10.0.0.0/33", nil, "TRUSTED_PROXIES has"},
		{"proxy by name", "--trusted-proxies=proxy.local", nil, "TRUSTED_PROXIES has"},
		{"every address a proxy", "--trusted-proxies=0.0.0.0/0", nil, "list the proxies only"},
		{"introspection", "--introspection=maybe", nil, "INTROSPECTION is"},
		{"playground without introspection", "", cognito("PLAYGROUND", "on"), "PLAYGROUND=on needs"},
		{"log level", "--log-level=loud", nil, "LOG_LEVEL is"},
		{"log format", "--log-format=xml", nil, "LOG_FORMAT is"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(t, config.Serve, test.args, test.environment)
			var errs config.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %v, want errors", err)
			}
			if len(errs) != 1 || !strings.Contains(errs[0], test.want) {
				t.Errorf("got %d errors, want one with %q:\n%v", len(errs), test.want, err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

func TestAllErrorsAreReported(t *testing.T) {
	_, err := parse(t, config.Serve, "--log-level=loud --pool-addr=here --cors-allowed-origins=*,null", map[string]string{
		"AWS_COGNITO_APP_CLIENT_SECRET": "hunter2",
		"LOG_FORMAT":                    "xml",
	})
	var errs config.Errors
	if !errors.As(err, &errs) || len(errs) != 7 {
		t.Fatalf("got %d errors, want 7: %v", len(errs), err)
	}
	for _, want := range []string{"invalid configuration: 7 errors", "\n  1. ", "\n  7. "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the message has no %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the errors repeat a secret:\n%v", err)
	}
}

// Entries of RATE_LIMITS, GRAPHQL_LIMITS and COGNITO_QUOTAS change the defaults.
func TestLimits(t *testing.T) {
	s := mustParse(t, "", map[string]string{
		"RATE_LIMITS": "address=7/1s, signup=off", "GRAPHQL_LIMITS": "depth=5", "COGNITO_QUOTAS": "UserRead=7",
	})
	if got := s.RateLimits["address"]; got != (config.Rate{Burst: 7, Every: time.Second}) {
		t.Errorf("the limit address is %+v", got)
	}
	if _, limited := s.RateLimits["signup"]; limited || len(s.RateLimits) != 10 {
		t.Errorf("RateLimits are %+v", s.RateLimits)
	}
	if want := (config.DocumentLimits{Depth: 5, Tokens: 1000}); s.DocumentLimits != want {
		t.Errorf("DocumentLimits are %+v, want %+v", s.DocumentLimits, want)
	}
	if want := map[string]int{"UserAuthentication": 120, "UserRead": 7}; !maps.Equal(s.CognitoQuotas, want) {
		t.Errorf("CognitoQuotas are %v, want %v", s.CognitoQuotas, want)
	}
	for _, test := range []struct {
		environment map[string]string
		want        int
	}{
		{nil, 0},
		{cognito(), 2},
		{cognito("COGNITO_QUOTAS", "off"), 0},
		{cognito("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://localhost:9229"), 0},
	} {
		if got := mustParse(t, "", test.environment).CognitoQuotas; len(got) != test.want {
			t.Errorf("%v: CognitoQuotas are %v, want %d", test.environment, got, test.want)
		}
	}
}

// Every setting has a help text that says what its default is.
func TestDefinitions(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range config.NewFlags(config.Defaults{}).Settings() {
		if s.Group == "" || s.Default == "" && s.Variable != "GRAPHQL_LIMITS" || !strings.HasSuffix(s.Help, ".") || strings.Contains(s.Help, "Default:") {
			t.Errorf("incomplete definition: %+v", s)
		}
		if seen[s.Variable] {
			t.Errorf("%s is defined twice", s.Variable)
		}
		seen[s.Variable] = true
	}
}

func TestSecretIsRedacted(t *testing.T) {
	s := mustParse(t, "--aws-cognito-app-client-secret=hunter2", cognito())
	if s.ClientSecrets[0].Reveal() != "hunter2" {
		t.Errorf("Reveal returns %q", s.ClientSecrets[0].Reveal())
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %10.3s"} {
		fmt.Fprintf(&out, verb+"\n", s.ClientSecrets[0])
		fmt.Fprintf(&out, verb+"\n", *s)
		fmt.Fprintf(&out, verb+"\n", s)
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("settings", "secret", s.ClientSecrets[0], "list", s.ClientSecrets, "all", s)
	}
	for _, form := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2")} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret is printed as %q in\n%s", form, out.String())
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("no placeholder in\n%s", out.String())
	}
}

// The command pool ignores settings for clients of the pool.
func TestPoolCommand(t *testing.T) {
	settings, err := parse(t, config.Pool, "", map[string]string{
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:9229", "ADDR": "0.0.0.0:80",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !settings.Embedded() || settings.PoolAddr != "127.0.0.1:9229" {
		t.Errorf("got %+v", settings)
	}
	if _, err := parse(t, config.Pool, "", map[string]string{"POOL_ADDR": "0.0.0.0:9229"}); err == nil {
		t.Error("the pool may be exposed without --embedded-pool")
	}
}
