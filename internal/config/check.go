package config

import (
	"slices"
	"strings"

	"authgraph/internal/origin"
)

// check notes what the settings must not be to each other. The table is in the
// order in which one reads the manual.
func (s *Settings) check(raw *flags, faults *Faults) {
	given := cognitoSettings(raw)
	names := strings.Join(given, ", ")
	prefix, _, wellFormed := strings.Cut(s.UserPoolID, "_")
	asked := raw.EmbeddedPool

	for _, rule := range []struct {
		bad   bool
		fault string
	}{
		{
			asked && len(given) > 0,
			"--embedded-pool and settings of Amazon Cognito exclude each other; drop --embedded-pool or unset " + names + ".",
		},
		{
			!s.embedded && raw.AWSCognitoUserPoolID == "",
			"AWS_COGNITO_USER_POOL_ID is missing beside " + names + "; set it, or unset all of them to use the embedded pool.",
		},
		{
			!s.embedded && raw.AWSCognitoAppClientID == "",
			"AWS_COGNITO_APP_CLIENT_ID is missing beside " + names + "; set it, or unset all of them to use the embedded pool.",
		},
		{
			!s.embedded && wellFormed && s.Endpoint == "" && !isRegion(prefix),
			"AWS_COGNITO_USER_POOL_ID does not begin with a region of Amazon's, so it is an emulator's; set AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER to where that is.",
		},
		{
			!s.embedded && s.Endpoint == "" && isRegion(prefix) && s.Region != prefix,
			"AWS_REGION_NAME differs from the region that AWS_COGNITO_USER_POOL_ID begins with, and a pool lives there only; unset AWS_REGION_NAME.",
		},
		{
			s.embedded && !asked && s.Lambda && !s.PoolOnly,
			"Inside Lambda the embedded pool would forget its users between calls; set AWS_COGNITO_USER_POOL_ID and AWS_COGNITO_APP_CLIENT_ID, or insist with --embedded-pool (EMBEDDED_POOL=true).",
		},
		{
			s.embedded && !asked && !s.Lambda && !s.PoolOnly && isOpen(s.Addr),
			"ADDR opens the embedded pool, which is for development, to other machines; use 127.0.0.1, or insist with --embedded-pool (EMBEDDED_POOL=true).",
		},
		{
			s.embedded && !asked && isOpen(s.PoolAddr),
			"POOL_ADDR opens the embedded pool's administration and inbox, which ask for no password, to other machines; use 127.0.0.1, or insist with --embedded-pool (EMBEDDED_POOL=true).",
		},
		{
			s.embedded && !s.PoolOnly && s.Addr != "" && s.Addr == s.PoolAddr && !strings.HasSuffix(s.Addr, ":0"),
			"ADDR and POOL_ADDR are the same; give the embedded pool a port of its own.",
		},
		{
			s.embedded && !s.PoolOnly && len(s.Pool.UsernameAttributes) > 0 && !slices.Contains(s.Pool.UsernameAttributes, "email"),
			"POOL_USERNAME_ATTRIBUTES leaves out email, which the API signs users up with; add it, or serve the pool alone (authgraph pool).",
		},
		{
			slices.Contains(s.Pool.UsernameAttributes, "username") && len(s.Pool.UsernameAttributes) > 1,
			"POOL_USERNAME_ATTRIBUTES has username beside others; it is for a pool whose users are named by no address.",
		},
		{
			(s.SignoutWebhookURL == "") != (s.SignoutWebhookKey == ""),
			"SIGNOUT_WEBHOOK_URL and SIGNOUT_WEBHOOK_SECRET go together: without the secret nobody can tell your messages from others'; set both or none.",
		},
		{
			s.SendClientAddress && s.ClientSecret == "" && !s.embedded,
			"SEND_CLIENT_ADDRESS needs an app client with a secret; set AWS_COGNITO_APP_CLIENT_SECRET or leave it out.",
		},
		{
			s.PprofAddr != "" && isOpen(s.PprofAddr),
			"PPROF_ADDR opens profiles, which hold what is in memory, to other machines; use 127.0.0.1.",
		},
		{
			s.Lambda && s.SignoutWebhookURL != "",
			"SIGNOUT_WEBHOOK_URL needs a process that lives on between requests; inside Lambda it would be told late or never, so ask tokenStatus instead.",
		},
		{
			s.RevocationsFailOpen && s.RedisURL == "",
			"REVOCATIONS_FAIL_OPEN says what to do while the store is down, and there is none; set REDIS_URL or leave it out.",
		},
		{
			s.CookieTransport && slices.ContainsFunc(s.AllowedOrigins, origin.IsPlainAndRemote),
			"CORS_ALLOWED_ORIGINS has an http origin beside TOKEN_TRANSPORT=cookie: whoever is on the way to that page could use the cookie; write https, or http for localhost only.",
		},
		{
			s.Playground && !s.Introspection,
			"PLAYGROUND=on needs the schema that INTROSPECTION withholds; set INTROSPECTION=on or leave PLAYGROUND out.",
		},
	} {
		if rule.bad {
			faults.add("%s", rule.fault)
		}
	}
}

// cognitoSettings returns the names of the settings that are given and mean
// that Amazon Cognito, or something that speaks like it, is to be used.
func cognitoSettings(raw *flags) []string {
	if raw.command.name == "pool" || raw.command.name == "schema" {
		// They are for those who call the pool, and may well be set to it; the schema is
		// the same for all.
		return nil
	}
	var given []string
	for _, setting := range []struct{ name, value string }{
		{"AWS_REGION_NAME", raw.AWSRegionName},
		{"AWS_COGNITO_USER_POOL_ID", raw.AWSCognitoUserPoolID},
		{"AWS_COGNITO_APP_CLIENT_ID", raw.AWSCognitoAppClientID},
		{"AWS_COGNITO_APP_CLIENT_SECRET", raw.AWSCognitoAppClientSecret.Reveal()},
		{"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", raw.AWSEndpointURLCognitoIdentityProvider},
		{"AWS_COGNITO_ISSUER", raw.AWSCognitoIssuer},
	} {
		if setting.value != "" {
			given = append(given, setting.name)
		}
	}
	return given
}
