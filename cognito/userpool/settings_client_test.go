package userpool_test

import "testing"

// code are the members of a client for the code flow.
const code = `"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],"AllowedOAuthScopes":["openid"]`

const everyClientMember = `{
	"RefreshTokenValidity": 2, "AccessTokenValidity": 10, "IdTokenValidity": 20,
	"TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"},
	"ReadAttributes": ["email", "name"], "WriteAttributes": ["name"], "ExplicitAuthFlows": ["ALLOW_USER_AUTH"],
	"PreventUserExistenceErrors": "ENABLED", "EnableTokenRevocation": false, "AuthSessionValidity": 15,
	"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30}, "SupportedIdentityProviders": ["COGNITO"],
	"CallbackURLs": ["https://example.com/cb", "myapp://cb"], "LogoutURLs": ["https://example.com/out"], "DefaultRedirectURI": "https://example.com/cb",
	"AnalyticsConfiguration": {"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/abc", "UserDataShared": true},
	` + code + `
}`

func TestClientSettings(t *testing.T) {
	t.Parallel()
	create, update := "CreateUserPoolClient", "UpdateUserPoolClient"
	const (
		oauth     = "InvalidOAuthFlowException: "
		range_    = invalid + "Invalid range for token validity."
		order     = invalid + "Access and Id Token expiration times must be less than or equal to refresh token expiration times."
		analytics = invalid + "Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid"
		needsName = `{"Schema":[{"Name":"name","Required":true}]}`
	)
	runSettings(t, []setting{
		{name: "stored", operation: create, request: everyClientMember, result: everyClientMember},
		{name: "stored", operation: update, request: everyClientMember, result: everyClientMember},
		{name: "defaults", operation: create, request: `{}`, result: `{
			"RefreshTokenValidity": 30, "AccessTokenValidity": null, "IdTokenValidity": null, "TokenValidityUnits": null, "ReadAttributes": null, "WriteAttributes": null,
			"ExplicitAuthFlows": null, "PreventUserExistenceErrors": "LEGACY", "EnableTokenRevocation": true, "AuthSessionValidity": 3, "RefreshTokenRotation": null,
			"SupportedIdentityProviders": null, "CallbackURLs": null, "AllowedOAuthFlowsUserPoolClient": null, "AnalyticsConfiguration": null, "ClientSecret": null
		}`},
		{name: "reset", operation: update, client: everyClientMember, request: `{}`, result: `{
			"ClientName": "client", "RefreshTokenValidity": 30, "AccessTokenValidity": null, "IdTokenValidity": null, "TokenValidityUnits": null, "ReadAttributes": null,
			"WriteAttributes": null, "ExplicitAuthFlows": null, "PreventUserExistenceErrors": "LEGACY", "EnableTokenRevocation": true, "AuthSessionValidity": 3,
			"RefreshTokenRotation": null, "SupportedIdentityProviders": null, "CallbackURLs": null, "LogoutURLs": null, "DefaultRedirectURI": null,
			"AllowedOAuthFlows": null, "AllowedOAuthScopes": null, "AllowedOAuthFlowsUserPoolClient": null, "AnalyticsConfiguration": null
		}`},
		{name: "name", operation: update, request: `{"ClientName":"renamed"}`, result: `{"ClientName":"renamed"}`},
		{name: "secret is kept", operation: update, client: `{"ClientSecret":"0123456789abcdef0123456789"}`, request: `{}`, result: `{"ClientSecret":"0123456789abcdef0123456789"}`},
		{name: "own and generated secret", operation: create, request: `{"GenerateSecret":true,"ClientSecret":"0123456789abcdef0123456789"}`, refused: "InvalidParameterException"},
		{name: "short secret", operation: create, request: `{"ClientSecret":"0123456789"}`, refused: "InvalidParameterException"},

		// Flows
		{
			name: "flows of two kinds", operation: create, request: `{"ExplicitAuthFlows":["ALLOW_USER_AUTH","USER_PASSWORD_AUTH"]}`,
			refused: invalid + "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
		},
		{name: "unknown flow", operation: create, request: `{"ExplicitAuthFlows":["ALLOW_HOPE"]}`, refused: "InvalidParameterException"},
		{
			name: "rotation beside the older refresh", operation: create, request: `{"ExplicitAuthFlows":["ALLOW_REFRESH_TOKEN_AUTH"],"RefreshTokenRotation":{"Feature":"ENABLED"}}`,
			refused: "InvalidParameterException",
		},
		{
			name: "rotation off beside the older refresh", operation: create, request: `{"ExplicitAuthFlows":["ALLOW_REFRESH_TOKEN_AUTH"],"RefreshTokenRotation":{"Feature":"DISABLED"}}`,
			result: `{"RefreshTokenRotation":{"Feature":"DISABLED"}}`,
		},
		{
			name: "grace period", operation: create, request: `{"RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":61}}`,
			refused: one + "'61' at 'refreshTokenRotation.retryGracePeriodSeconds' failed to satisfy constraint: Member must have value less than or equal to 60",
		},
		{
			name: "rotation", operation: create, pool: `{"UserPoolTier":"LITE"}`, request: `{"RefreshTokenRotation":{"Feature":"ENABLED"}}`,
			refused: tier + "LITE pricing tier configured: Refresh Token Rotation",
		},

		// Lifetimes
		{name: "access token for 25 hours", operation: create, request: `{"AccessTokenValidity":25}`, refused: range_},
		{name: "ID token for 25 hours", operation: update, request: `{"IdTokenValidity":25}`, refused: range_},
		{name: "access token for a minute", operation: create, request: `{"AccessTokenValidity":1,"TokenValidityUnits":{"AccessToken":"minutes"}}`, refused: range_},
		{name: "refresh token for 30 minutes", operation: create, request: `{"RefreshTokenValidity":30,"TokenValidityUnits":{"RefreshToken":"minutes"}}`, refused: range_},
		{name: "refresh token for 4000 days", operation: create, request: `{"RefreshTokenValidity":4000}`, refused: range_},
		{name: "access token outlives refresh token", operation: create, request: `{"AccessTokenValidity":2,"RefreshTokenValidity":60,"TokenValidityUnits":{"RefreshToken":"minutes"}}`, refused: order},
		{name: "ID token outlives refresh token", operation: update, request: `{"IdTokenValidity":3,"RefreshTokenValidity":2,"TokenValidityUnits":{"RefreshToken":"hours"}}`, refused: order},
		{
			name: "short sessions", operation: create, request: `{"AuthSessionValidity":2}`,
			refused: one + "'2' at 'authSessionValidity' failed to satisfy constraint: Member must have value greater than or equal to 3",
		},
		{
			name: "long sessions", operation: create, request: `{"AuthSessionValidity":16}`,
			refused: one + "'16' at 'authSessionValidity' failed to satisfy constraint: Member must have value less than or equal to 15",
		},

		// Attributes
		{name: "sub", operation: create, request: `{"WriteAttributes":["sub"]}`, refused: invalid + "Invalid write attributes specified while creating a client"},
		{name: "email_verified", operation: create, request: `{"WriteAttributes":["email","email_verified"]}`, refused: invalid + "Invalid write attributes specified while creating a client"},
		{name: "unknown attribute to write", operation: update, request: `{"WriteAttributes":["custom:none"]}`, refused: invalid + "Invalid write attributes specified while updating a client"},
		{name: "unknown attribute to read", operation: create, request: `{"ReadAttributes":["custom:none"]}`, refused: invalid + "Invalid read attributes specified while creating a client"},
		{
			name: "required attribute that cannot be written", operation: create, pool: needsName, request: `{"WriteAttributes":["email"]}`,
			refused: invalid + "Invalid write attributes specified while creating a client",
		},
		{name: "required attribute", operation: create, pool: needsName, request: `{"WriteAttributes":["name"]}`, result: `{"WriteAttributes":["name"]}`},
		{
			name: "attribute for developers", operation: create, pool: `{"Schema":[{"Name":"plan","DeveloperOnlyAttribute":true,"Mutable":true}]}`, request: `{"WriteAttributes":["dev:custom:plan"]}`,
			refused: invalid + "Invalid write attributes specified while creating a client",
		},

		// OAuth
		{
			name: "OAuth without flows", operation: create, request: `{"AllowedOAuthFlowsUserPoolClient":true}`,
			refused: invalid + "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
		},
		{
			name: "OAuth without scopes", operation: update, request: `{"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],"CallbackURLs":["https://example.com/cb"]}`,
			refused: invalid + "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
		},
		{name: "code without callback", operation: create, request: `{` + code + `}`, refused: oauth + "CallbackUrls can not be empty when code flow or implicit flow is selected"},
		{
			name: "unknown OAuth flow", operation: create, request: `{"AllowedOAuthFlows":["password"]}`,
			refused: one + "'password' at 'allowedOAuthFlows.1.member' failed to satisfy constraint: Member must satisfy enum value set: [code, implicit, client_credentials]",
		},
		{name: "unknown scope", operation: create, request: `{"AllowedOAuthScopes":["api/read"]}`, refused: "ScopeDoesNotExistException: Invalid scope requested: api/read"},
		{
			name: "machine and browser", operation: create, request: `{"GenerateSecret":true,"AllowedOAuthFlows":["client_credentials","code"],"CallbackURLs":["https://example.com/cb"]}`,
			refused: oauth + "client_credentials flow can not be selected along with code flow or implicit flow.",
		},
		{
			name: "machine without a secret", operation: create, request: `{"AllowedOAuthFlows":["client_credentials"]}`,
			refused: oauth + "client_credentials flow can not be selected if client does not have a client secret.",
		},
		{
			name: "machine with a scope of users", operation: create, request: `{"GenerateSecret":true,"AllowedOAuthFlows":["client_credentials"],"AllowedOAuthScopes":["openid"]}`,
			refused: oauth + "openid is not supported with client_credentials flow",
		},
		{name: "callback over HTTP", operation: create, request: `{"CallbackURLs":["http://example.com/cb"]}`, refused: invalid + "http://example.com/cb cannot use the HTTP protocol."},
		{name: "logout over HTTP", operation: update, request: `{"LogoutURLs":["http://example.com/out"]}`, refused: invalid + "http://example.com/out cannot use the HTTP protocol."},
		{
			name: "callback to this machine", operation: create, request: `{"CallbackURLs":["http://localhost:3000/cb","http://127.0.0.1/cb","http://[::1]:1/cb"]}`,
			result: `{"CallbackURLs":["http://localhost:3000/cb","http://127.0.0.1/cb","http://[::1]:1/cb"]}`,
		},
		{name: "callback with a fragment", operation: create, request: `{"CallbackURLs":["https://example.com/cb#frag"]}`, refused: invalid + "https://example.com/cb#frag cannot use fragment"},
		{name: "relative callback", operation: create, request: `{"CallbackURLs":["/cb"]}`, refused: "InvalidParameterException"},
		{
			name: "default that is no callback", operation: create, request: `{"CallbackURLs":["https://example.com/cb"],"DefaultRedirectURI":"https://other.example.com/cb"}`,
			refused: invalid + "The default redirect URI https://other.example.com/cb is not in the callback URIs list.",
		},
		{name: "unknown provider", operation: create, request: `{"SupportedIdentityProviders":["Google"]}`, refused: "InvalidParameterException"},

		// Other
		{
			name: "context data without a secret", operation: create, request: `{"EnablePropagateAdditionalUserContextData":true}`,
			refused: invalid + "Client Secret is required to set EnablePropagateAdditionalUserContextData as true",
		},
		{name: "context data", operation: create, request: `{"GenerateSecret":true,"EnablePropagateAdditionalUserContextData":true}`, result: `{"EnablePropagateAdditionalUserContextData":true}`},
		{
			name: "context data is reset", operation: update, client: `{"GenerateSecret":true,"EnablePropagateAdditionalUserContextData":true}`, request: `{}`,
			result: `{"EnablePropagateAdditionalUserContextData":null}`,
		},
		{
			name: "context data", operation: update, client: `{"GenerateSecret":true}`, request: `{"EnablePropagateAdditionalUserContextData":true}`,
			result: `{"EnablePropagateAdditionalUserContextData":true}`,
		},
		{name: "secret", operation: create, request: `{"ClientSecret":"0123456789abcdef0123456789"}`, result: `{"ClientSecret":"0123456789abcdef0123456789"}`},
		{name: "analytics by id alone", operation: create, request: `{"AnalyticsConfiguration":{"ApplicationId":"abc"}}`, refused: analytics},
		{
			name: "analytics by ARN and id", operation: update,
			request: `{"AnalyticsConfiguration":{"ApplicationId":"abc","ApplicationArn":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/abc"}}`, refused: analytics,
		},
		{
			name: "analytics by id", operation: update, request: `{"AnalyticsConfiguration":{"ApplicationId":"abc","ExternalId":"x","RoleArn":"arn:aws:iam::123456789012:role/pinpoint"}}`,
			result: `{"AnalyticsConfiguration":{"ApplicationId":"abc","ExternalId":"x","RoleArn":"arn:aws:iam::123456789012:role/pinpoint"}}`,
		},
		{
			name: "analytics by id", operation: create, request: `{"AnalyticsConfiguration":{"ApplicationId":"abc","ExternalId":"x","RoleArn":"arn:aws:iam::123456789012:role/pinpoint"}}`,
			result: `{"AnalyticsConfiguration":{"ApplicationId":"abc","ExternalId":"x"}}`,
		},
	})
}
