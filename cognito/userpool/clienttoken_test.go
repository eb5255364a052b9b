package userpool_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// hashFor returns the SECRET_HASH of a user name.
func hashFor(secret, clientID, username string) *string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(username + clientID))
	return aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// A client can have two secrets, either of which works in every operation, until one is deleted
// (AddUserPoolClientSecret in the API reference).
func TestTwoClientSecrets(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := aws.String(b.pool.ID())
	made, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{
		UserPoolId: pool, ClientName: aws.String("confidential"), GenerateSecret: true,
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
	b.must(err)
	client, first := made.UserPoolClient.ClientId, *made.UserPoolClient.ClientSecret
	const second = "0123456789abcdef0123456789"
	_, err = b.signUp("ann@example.com")
	b.must(err)
	_, err = b.sdk.AdminConfirmSignUp(t.Context(), &cognito.AdminConfirmSignUpInput{UserPoolId: pool, Username: aws.String("ann@example.com")})
	b.must(err)

	works := func(secret string) bool {
		t.Helper()
		out, err := b.sdk.InitiateAuth(t.Context(), &cognito.InitiateAuthInput{
			ClientId: client, AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": "ann@example.com", "PASSWORD": goodPassword, "SECRET_HASH": *hashFor(secret, *client, "ann@example.com")},
		})
		if err != nil {
			b.refused(err, "NotAuthorizedException", "")
			return false
		}
		refresh := out.AuthenticationResult.RefreshToken
		_, err = b.sdk.GetTokensFromRefreshToken(t.Context(), &cognito.GetTokensFromRefreshTokenInput{ClientId: client, ClientSecret: &secret, RefreshToken: refresh})
		b.must(err)
		_, err = b.sdk.RevokeToken(t.Context(), &cognito.RevokeTokenInput{ClientId: client, ClientSecret: &secret, Token: refresh})
		b.must(err)
		return true
	}
	if !works(first) || works(second) {
		t.Error("the first secret does not work, or another one does")
	}
	added, err := b.sdk.AddUserPoolClientSecret(t.Context(), &cognito.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: client, ClientSecret: aws.String(second)})
	b.must(err)
	if d := added.ClientSecretDescriptor; d.ClientSecretValue != nil || !strings.HasPrefix(*d.ClientSecretId, *client+"--") {
		t.Errorf("%+v", d)
	}
	if !works(first) || !works(second) {
		t.Error("one of two secrets does not work")
	}
	_, err = b.sdk.AddUserPoolClientSecret(t.Context(), &cognito.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: client})
	b.refused(err, "LimitExceededException", "")

	list := func() []types.ClientSecretDescriptorType {
		t.Helper()
		out, err := b.sdk.ListUserPoolClientSecrets(t.Context(), &cognito.ListUserPoolClientSecretsInput{UserPoolId: pool, ClientId: client})
		b.must(err)
		return out.ClientSecrets
	}
	secrets := list()
	if len(secrets) != 2 || secrets[0].ClientSecretValue != nil || *secrets[1].ClientSecretId != *added.ClientSecretDescriptor.ClientSecretId {
		t.Fatalf("%+v", secrets)
	}
	remove := func(id *string) error {
		_, err := b.sdk.DeleteUserPoolClientSecret(t.Context(), &cognito.DeleteUserPoolClientSecretInput{UserPoolId: pool, ClientId: client, ClientSecretId: id})
		return err
	}
	b.must(remove(secrets[0].ClientSecretId))
	b.shut()
	b.open()
	if works(first) || !works(second) {
		t.Error("the deleted secret works, or the other one does not")
	}
	b.refused(remove(secrets[0].ClientSecretId), "ResourceNotFoundException", "")
	b.refused(remove(list()[0].ClientSecretId), "InvalidParameterException", "")
	described, err := b.sdk.DescribeUserPoolClient(t.Context(), &cognito.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: client})
	b.must(err)
	if *described.UserPoolClient.ClientSecret != second {
		t.Error("DescribeUserPoolClient shows another secret")
	}
	generated, err := b.sdk.AddUserPoolClientSecret(t.Context(), &cognito.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: client})
	b.must(err)
	if !works(*generated.ClientSecretDescriptor.ClientSecretValue) {
		t.Error("the generated secret does not work")
	}
	_, err = b.sdk.AddUserPoolClientSecret(t.Context(), &cognito.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: b.client})
	b.refused(err, "InvalidParameterException", "")
}

// Resource servers come back as they were given, and their scopes are those that clients can have.
func TestResourceServers(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := aws.String(b.pool.ID())
	scopes := []types.ResourceServerScopeType{{ScopeName: aws.String("read"), ScopeDescription: aws.String("Read it")}}
	create := func(id string) error {
		_, err := b.sdk.CreateResourceServer(t.Context(), &cognito.CreateResourceServerInput{UserPoolId: pool, Identifier: &id, Name: aws.String("API"), Scopes: scopes})
		return err
	}
	b.must(create("https://api.example.com"))
	b.must(create("another"))
	b.refused(create("another"), "InvalidParameterException", "")
	out, err := b.sdk.DescribeResourceServer(t.Context(), &cognito.DescribeResourceServerInput{UserPoolId: pool, Identifier: aws.String("https://api.example.com")})
	b.must(err)
	if s := out.ResourceServer; *s.Name != "API" || len(s.Scopes) != 1 || *s.Scopes[0].ScopeDescription != "Read it" || *s.UserPoolId != *pool {
		t.Errorf("%+v", s)
	}
	page, err := b.sdk.ListResourceServers(t.Context(), &cognito.ListResourceServersInput{UserPoolId: pool, MaxResults: aws.Int32(1)})
	b.must(err)
	rest, err := b.sdk.ListResourceServers(t.Context(), &cognito.ListResourceServersInput{UserPoolId: pool, NextToken: page.NextToken})
	b.must(err)
	if len(page.ResourceServers) != 1 || *page.ResourceServers[0].Identifier != "another" || len(rest.ResourceServers) != 1 || rest.NextToken != nil {
		t.Errorf("%+v %+v", page, rest)
	}
	client := func(scope string) error {
		_, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{UserPoolId: pool, ClientName: aws.String("c"), AllowedOAuthScopes: []string{scope}})
		return err
	}
	b.must(client("https://api.example.com/read"))
	b.refused(client("https://api.example.com/write"), "ScopeDoesNotExistException", "")
	_, err = b.sdk.UpdateResourceServer(t.Context(), &cognito.UpdateResourceServerInput{
		UserPoolId: pool, Identifier: aws.String("another"), Name: aws.String("Renamed"),
		Scopes: []types.ResourceServerScopeType{{ScopeName: aws.String("write"), ScopeDescription: aws.String("Write it")}},
	})
	b.must(err)
	b.must(client("another/write"))
	b.refused(client("another/read"), "ScopeDoesNotExistException", "")
	_, err = b.sdk.DeleteResourceServer(t.Context(), &cognito.DeleteResourceServerInput{UserPoolId: pool, Identifier: aws.String("another")})
	b.must(err)
	_, err = b.sdk.DescribeResourceServer(t.Context(), &cognito.DescribeResourceServerInput{UserPoolId: pool, Identifier: aws.String("another")})
	b.refused(err, "ResourceNotFoundException", "")
	b.refused(client("another/write"), "ScopeDoesNotExistException", "")
}

// getClientToken calls GetClientToken, which the Go SDK does not have. It returns the response, or the name of the
// exception.
func (b *bench) getClientToken(body string) (out map[string]any, exception string) {
	b.Helper()
	response := b.raw(http.MethodPost, "/", body, "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "AWSCognitoIdentityProviderService.GetClientToken")
	b.must(json.NewDecoder(response.Body).Decode(&out))
	exception, _ = out["__type"].(string)
	return out, exception
}

// GetClientToken issues a token without a user to a client with a secret and the flow, for its custom scopes.
func TestGetClientToken(t *testing.T) {
	t.Parallel()
	b := start(t)
	pool := aws.String(b.pool.ID())
	_, err := b.sdk.CreateResourceServer(t.Context(), &cognito.CreateResourceServerInput{
		UserPoolId: pool, Identifier: aws.String("shop"), Name: aws.String("Shop"),
		Scopes: []types.ResourceServerScopeType{
			{ScopeName: aws.String("read"), ScopeDescription: aws.String("r")}, {ScopeName: aws.String("write"), ScopeDescription: aws.String("w")}, {ScopeName: aws.String("admin"), ScopeDescription: aws.String("a")},
		},
	})
	b.must(err)
	newClient := func(generateSecret bool, flows ...types.ExplicitAuthFlowsType) (*types.UserPoolClientType, error) {
		out, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{
			UserPoolId: pool, ClientName: aws.String("machine"), GenerateSecret: generateSecret, ExplicitAuthFlows: flows,
			AllowedOAuthScopes: []string{"shop/read", "shop/write"},
		})
		if err != nil {
			return nil, err
		}
		return out.UserPoolClient, nil
	}
	machine, err := newClient(true, "ALLOW_CLIENT_TOKEN_AUTH")
	b.must(err)
	_, err = newClient(false, "ALLOW_CLIENT_TOKEN_AUTH")
	b.refused(err, "InvalidParameterException", "")
	_, err = newClient(true, "ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH")
	b.refused(err, "InvalidParameterException", "")

	body := func(client *types.UserPoolClientType, secret, scopes string) string {
		return `{"ClientId":"` + *client.ClientId + `","Secret":"` + secret + `"` + scopes + `}`
	}
	for scopes, want := range map[string]string{"": "shop/read shop/write", `,"Scopes":["shop/write"]`: "shop/write"} {
		out, exception := b.getClientToken(body(machine, *machine.ClientSecret, scopes))
		if exception != "" {
			t.Fatal(out)
		}
		result := out["ClientAuthenticationResult"].(map[string]any)
		token := result["AccessToken"].(string)
		_, claims := b.claims(&token)
		if claims["scope"] != want || claims["sub"] != *machine.ClientId || claims["client_id"] != *machine.ClientId || claims["token_use"] != "access" ||
			claims["username"] != nil || claims["origin_jti"] != nil || result["TokenType"] != "Bearer" || result["ExpiresIn"] != 3600.0 {
			t.Errorf("%v %v", claims, result)
		}
		// It is no user's token.
		_, err = b.sdk.GetUser(t.Context(), &cognito.GetUserInput{AccessToken: &token})
		b.refused(err, "NotAuthorizedException", "")
	}
	other, err := newClient(true, "ALLOW_USER_PASSWORD_AUTH")
	b.must(err)
	for name, tt := range map[string]struct{ body, want string }{
		"wrong secret":       {body(machine, "wrong0123456789", ""), "NotAuthorizedException"},
		"no secret":          {`{"ClientId":"` + *machine.ClientId + `"}`, "InvalidParameterException"},
		"a scope it lacks":   {body(machine, *machine.ClientSecret, `,"Scopes":["shop/admin"]`), "InvalidParameterException"},
		"a standard scope":   {body(machine, *machine.ClientSecret, `,"Scopes":["openid"]`), "InvalidParameterException"},
		"a client for users": {body(other, *other.ClientSecret, ""), "NotAuthorizedException"},
		"a public client":    {`{"ClientId":"` + *b.client + `","Secret":"anything"}`, "NotAuthorizedException"},
		"no client":          {`{"ClientId":"none","Secret":"anything"}`, "ResourceNotFoundException"},
	} {
		if _, exception := b.getClientToken(tt.body); exception != tt.want {
			t.Errorf("%s: %q, want %s", name, exception, tt.want)
		}
	}
}
