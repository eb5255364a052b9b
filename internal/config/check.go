package config

import (
	"slices"
	"strings"

	"authgraph/internal/origin"
)

// check checks the settings against each other.
func (f *Flags) check(s *Settings, command Command, errs *Errors) {
	given := f.cognitoSettings(command)
	names := strings.Join(given, ", ")
	prefix, _, wellFormed := strings.Cut(s.UserPoolID, "_")
	isForced := bool(f.embeddedPool)
	servesAPI := command != Pool

	for _, rule := range []struct {
		broken bool
		text   string
	}{
		{
			isForced && len(given) > 0,
			"--embedded-pool and settings of Amazon Cognito exclude each other; remove --embedded-pool or unset " + names + ".",
		},
		{
			!s.embedded && f.awsCognitoUserPoolID == "",
			"AWS_COGNITO_USER_POOL_ID is missing: it is required with " + names + ". Set it, or unset these to use the embedded pool.",
		},
		{
			!s.embedded && f.awsCognitoAppClientID == "",
			"AWS_COGNITO_APP_CLIENT_ID is missing: it is required with " + names + ". Set it, or unset these to use the embedded pool.",
		},
		{
			!s.embedded && wellFormed && s.Endpoint == "" && !isRegion(prefix),
			"AWS_COGNITO_USER_POOL_ID does not begin with an AWS region; for an emulator's pool, set AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER to its URL.",
		},
		{
			!s.embedded && s.Endpoint == "" && isRegion(prefix) && s.Region != prefix,
			"AWS_REGION_NAME differs from the region in AWS_COGNITO_USER_POOL_ID; unset AWS_REGION_NAME.",
		},
		{
			s.embedded && !isForced && s.Lambda && servesAPI,
			"In Lambda the embedded pool loses its users between invocations; set AWS_COGNITO_USER_POOL_ID and AWS_COGNITO_APP_CLIENT_ID, or force it with --embedded-pool (EMBEDDED_POOL=true).",
		},
		{
			s.embedded && !isForced && !s.Lambda && servesAPI && isOpen(s.Addr),
			"ADDR exposes the embedded pool, which is for development, to other machines; use 127.0.0.1, or force it with --embedded-pool (EMBEDDED_POOL=true).",
		},
		{
			s.embedded && !isForced && isOpen(s.PoolAddr),
			"POOL_ADDR exposes the embedded pool's administration and inbox, which need no password, to other machines; use 127.0.0.1, or force it with --embedded-pool (EMBEDDED_POOL=true).",
		},
		{
			s.embedded && servesAPI && s.Addr != "" && s.Addr == s.PoolAddr && !strings.HasSuffix(s.Addr, ":0"),
			"ADDR and POOL_ADDR are the same; give the embedded pool a port of its own.",
		},
		{
			s.MetricsAddr != "" && s.MetricsAddr == s.Addr && !strings.HasSuffix(s.Addr, ":0"),
			"ADDR and METRICS_ADDR are the same; give the metrics a port of their own, or unset METRICS_ADDR.",
		},
		{
			s.embedded && servesAPI && len(s.Pool.UsernameAttributes) > 0 && !slices.ContainsFunc(s.SignInWith, func(kind string) bool { return slices.Contains(s.Pool.UsernameAttributes, kind) }),
			"POOL_USERNAME_ATTRIBUTES has none of the names in SIGN_IN_WITH, so no one can sign up; set SIGN_IN_WITH to match, or serve the pool alone (authgraph pool).",
		},
		{
			slices.Contains(s.Pool.UsernameAttributes, "username") && len(s.Pool.UsernameAttributes) > 1,
			"POOL_USERNAME_ATTRIBUTES combines username with others; username excludes email and phone_number.",
		},
		{
			len(s.Pool.AliasAttributes) > 0 && len(s.Pool.UsernameAttributes) > 0 && !slices.Equal(s.Pool.UsernameAttributes, []string{"username"}),
			"POOL_ALIAS_ATTRIBUTES and POOL_USERNAME_ATTRIBUTES exclude each other, as in Cognito; unset one of them.",
		},
		{
			slices.Contains(s.Pool.AutoVerifiedAttributes, "none") && len(s.Pool.AutoVerifiedAttributes) > 1,
			"POOL_AUTO_VERIFIED_ATTRIBUTES combines none with others; none excludes email and phone_number.",
		},
		{
			slices.Contains(s.Pool.CustomAttributes, "none") && len(s.Pool.CustomAttributes) > 1,
			"POOL_CUSTOM_ATTRIBUTES combines none with others; none excludes other names.",
		},
		{
			(s.SignoutWebhookURL == "") != (s.SignoutWebhookKey == ""),
			"SIGNOUT_WEBHOOK_URL and SIGNOUT_WEBHOOK_SECRET need each other: without the secret, receivers cannot tell genuine messages; set both or neither.",
		},
		{
			s.SendClientAddress && len(s.ClientSecrets) == 0 && !s.embedded,
			"SEND_CLIENT_ADDRESS needs an app client with a secret; set AWS_COGNITO_APP_CLIENT_SECRET or unset it.",
		},
		{
			s.PprofAddr != "" && isOpen(s.PprofAddr),
			"PPROF_ADDR exposes profiles, which contain memory contents, to other machines; use 127.0.0.1.",
		},
		{
			s.Lambda && s.SignoutWebhookURL != "",
			"SIGNOUT_WEBHOOK_URL needs a process that runs between requests, which Lambda freezes; unset it and query tokenStatus instead.",
		},
		{
			slices.Contains([]string{"/graphql", "/playground", "/healthz", "/readyz", "/metrics"}, s.BasePath),
			"BASE_PATH is a path of the server itself; use another one, such as /auth.",
		},
		{
			s.RevocationsFailOpen && s.RedisURL == "",
			"REVOCATIONS_FAIL_OPEN needs a shared store; set REDIS_URL or unset it.",
		},
		{
			s.CookieTransport && slices.ContainsFunc(s.AllowedOrigins, origin.IsPlainAndRemote),
			"CORS_ALLOWED_ORIGINS has an http origin together with TOKEN_TRANSPORT=cookie: anyone on the network path to that page could use the cookie; use https, or http for localhost only.",
		},
		{
			s.Playground && !s.Introspection,
			"PLAYGROUND=on needs the schema, which INTROSPECTION hides; set INTROSPECTION=on or unset PLAYGROUND.",
		},
	} {
		if rule.broken {
			errs.add("%s", rule.text)
		}
	}
}

// cognitoSettings returns the names of the settings that select Amazon Cognito, or
// an emulator of it.
func (f *Flags) cognitoSettings(command Command) []string {
	if command == Pool || command == Schema {
		// The pool itself may well run beside clients that are set up to call it, and
		// the schema is the same for every pool.
		return nil
	}
	var given []string
	for _, setting := range []struct{ name, value string }{
		{"AWS_REGION_NAME", f.awsRegionName},
		{"AWS_COGNITO_USER_POOL_ID", f.awsCognitoUserPoolID},
		{"AWS_COGNITO_APP_CLIENT_ID", f.awsCognitoAppClientID},
		{"AWS_COGNITO_ACCEPTED_CLIENT_IDS", f.awsCognitoAcceptedClientIDs},
		{"AWS_COGNITO_AUDIENCE", f.awsCognitoAudience},
		{"AWS_COGNITO_APP_CLIENT_SECRET", f.awsCognitoAppClientSecret.Reveal()},
		{"AWS_COGNITO_APP_CLIENT_SECRET_FILE", f.awsCognitoAppClientSecretFile},
		{"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", f.awsEndpointURLCognitoIdentityProvider},
		{"AWS_COGNITO_ISSUER", f.awsCognitoIssuer},
	} {
		if setting.value != "" {
			given = append(given, setting.name)
		}
	}
	return given
}
