package userpool_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// claims verifies a token against the published keys and returns its header and claims.
func (b *bench) claims(token *string) (header, claims map[string]any) {
	b.Helper()
	set, err := jwk.Fetch(b.Context(), b.pool.Issuer()+"/.well-known/jwks.json")
	b.must(err)
	if set.Len() != 2 {
		b.Fatalf("%d keys are served", set.Len())
	}
	payload, err := jws.Verify([]byte(*token), jws.WithKeySet(set))
	b.must(err)
	b.must(json.Unmarshal(payload, &claims))
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(*token, ".")[0])
	b.must(err)
	b.must(json.Unmarshal(raw, &header))
	return header, claims
}

func TestTokenClaims(t *testing.T) {
	t.Parallel()
	b := start(t)
	sub := b.member("ann@example.com", attr("custom:mode", "dark"), attr("name", "Ann"))
	for i, name := range []string{"last", "second", "first"} {
		_, err := b.sdk.CreateGroup(t.Context(), &cognito.CreateGroupInput{
			UserPoolId: aws.String(b.pool.ID()), GroupName: &name, Precedence: []*int32{nil, aws.Int32(2), aws.Int32(0)}[i],
		})
		b.must(err)
		_, err = b.sdk.AdminAddUserToGroup(t.Context(), &cognito.AdminAddUserToGroupInput{UserPoolId: aws.String(b.pool.ID()), Username: &sub, GroupName: &name})
		b.must(err)
	}
	tokens := b.tokens("ann@example.com")
	accessHeader, access := b.claims(tokens.AccessToken)
	idHeader, id := b.claims(tokens.IdToken)
	for _, h := range []map[string]any{accessHeader, idHeader} {
		if len(h) != 2 || h["alg"] != "RS256" || len(h["kid"].(string)) != 44 {
			t.Errorf("header %v", h)
		}
	}
	if accessHeader["kid"] == idHeader["kid"] {
		t.Error("both tokens are signed with the same key")
	}
	now := float64(b.clock.Now().Unix())
	groups := []any{"first", "second", "last"}
	check(t, "access", access, map[string]any{
		"sub": sub, "iss": b.pool.Issuer(), "client_id": *b.client, "token_use": "access", "scope": "aws.cognito.signin.user.admin",
		"auth_time": now, "iat": now, "exp": now + 3600, "username": sub, "cognito:groups": groups,
	}, "origin_jti", "jti", "event_id")
	check(t, "ID", id, map[string]any{
		"sub": sub, "iss": b.pool.Issuer(), "aud": *b.client, "token_use": "id", "cognito:username": sub, "auth_time": now, "iat": now,
		"exp": now + 3600, "email": "ann@example.com", "email_verified": true, "custom:mode": "dark", "name": "Ann", "cognito:groups": groups,
	}, "origin_jti", "jti", "event_id")
	if access["origin_jti"] != id["origin_jti"] || access["jti"] == id["jti"] || access["event_id"] != id["event_id"] {
		t.Errorf("the ids do not fit: %v %v", access, id)
	}
	if tokens.ExpiresIn != 3600 || *tokens.TokenType != "Bearer" {
		t.Errorf("%+v", tokens)
	}

	b.clock.pass(10 * time.Minute)
	out, err := b.refresh(tokens.RefreshToken)
	b.must(err)
	_, again := b.claims(out.AuthenticationResult.AccessToken)
	if again["auth_time"] != access["auth_time"] || again["origin_jti"] != access["origin_jti"] || again["jti"] == access["jti"] ||
		again["iat"] != now+600 || again["exp"] != now+4200 {
		t.Errorf("after a refresh: %v", again)
	}
}

// check compares claims: those in want exactly, and the other named ones for presence.
func check(t *testing.T, what string, got, want map[string]any, besides ...string) {
	t.Helper()
	names := slices.Sorted(maps.Keys(got))
	expected := append(slices.Collect(maps.Keys(want)), besides...)
	slices.Sort(expected)
	if !slices.Equal(names, expected) {
		t.Errorf("%s claims\n got %v\nwant %v", what, names, expected)
	}
	for name, value := range want {
		a, _ := json.Marshal(got[name])
		b, _ := json.Marshal(value)
		if string(a) != string(b) {
			t.Errorf("%s claim %s is %s, want %s", what, name, a, b)
		}
	}
}

func TestAccessTokenChecks(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	parts := strings.Split(*tokens.AccessToken, ".")
	idParts := strings.Split(*tokens.IdToken, ".")
	flipped := "A"
	if parts[2][0] == 'A' {
		flipped = "B"
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	for name, token := range map[string]string{
		"garbage": "abc", "ID token": *tokens.IdToken, "signature": parts[0] + "." + parts[1] + "." + flipped + parts[2][1:],
		"payload of the ID token": parts[0] + "." + idParts[1] + "." + parts[2], "no signature": parts[0] + "." + parts[1] + ".",
		"alg none": none + "." + parts[1] + ".", "four parts": *tokens.AccessToken + ".x", "refresh token": *tokens.RefreshToken,
		"padded": *tokens.AccessToken + "=", "header of the ID token": idParts[0] + "." + parts[1] + "." + parts[2],
	} {
		_, err := b.getUser(&token)
		b.with(t).refused(err, "NotAuthorizedException", "Invalid Access Token")
		_ = name
	}
	b.clock.pass(time.Hour)
	_, err := b.getUser(tokens.AccessToken)
	b.refused(err, "NotAuthorizedException", "Access Token has expired")
}

func TestSignOutsAndRevocation(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	revoke := func(token string) error {
		_, err := b.sdk.RevokeToken(t.Context(), &cognito.RevokeTokenInput{ClientId: b.client, Token: &token})
		return err
	}
	one, two := b.tokens("ann@example.com"), b.tokens("ann@example.com")
	for range 2 {
		b.must(revoke(*one.RefreshToken))
	}
	b.must(revoke("neverIssued"))
	b.refused(revoke(*two.AccessToken), "UnsupportedTokenTypeException", "")
	_, err := b.getUser(one.AccessToken)
	b.refused(err, "NotAuthorizedException", "Access Token has been revoked")
	_, err = b.refresh(one.RefreshToken)
	b.refused(err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = b.getUser(two.AccessToken)
	b.must(err)

	// A session that begins in the same second as a sign-out stays valid.
	b.must(b.globalSignOut(two.AccessToken))
	three := b.tokens("ann@example.com")
	_, err = b.getUser(three.AccessToken)
	b.must(err)
	_, err = b.sdk.AdminUserGlobalSignOut(t.Context(), &cognito.AdminUserGlobalSignOutInput{UserPoolId: aws.String(b.pool.ID()), Username: aws.String("ann@example.com")})
	b.must(err)
	_, err = b.getUser(three.AccessToken)
	b.refused(err, "NotAuthorizedException", "Access Token has been revoked")
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	whole := *tokens.RefreshToken
	for _, bad := range []string{"x", "a b", whole[:len(whole)-1], whole + "A", whole + ".", strings.Replace(whole, ".", "..", 1), *tokens.AccessToken} {
		_, err := b.refresh(&bad)
		b.refused(err, "NotAuthorizedException", "Invalid Refresh Token")
	}
	_, err := b.sdk.GetTokensFromRefreshToken(t.Context(), &cognito.GetTokensFromRefreshTokenInput{ClientId: b.client, RefreshToken: aws.String("x")})
	b.refused(err, "NotAuthorizedException", "Invalid Refresh Token.")
	_, err = b.auth("REFRESH_TOKEN_AUTH", nil)
	b.refused(err, "InvalidParameterException", "Missing required parameter REFRESH_TOKEN")
	_, err = b.auth("REFRESH_TOKEN", map[string]string{"REFRESH_TOKEN": whole})
	b.must(err)
	if parts := strings.Split(whole, "."); len(parts) != 5 || !strings.HasPrefix(whole, "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoi") {
		t.Errorf("%d parts: %.60s", len(parts), whole)
	}

	other := *b
	out, err := b.sdk.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{UserPoolId: aws.String(b.pool.ID()), ClientName: aws.String("other")})
	b.must(err)
	other.client = out.UserPoolClient.ClientId
	_, err = other.refresh(&whole)
	b.refused(err, "NotAuthorizedException", "Invalid Refresh Token")

	b.clock.pass(30 * 24 * time.Hour)
	_, err = b.refresh(&whole)
	b.refused(err, "NotAuthorizedException", "Refresh Token has expired")
}

func (b *bench) updateClient(in cognito.UpdateUserPoolClientInput) {
	b.Helper()
	in.UserPoolId, in.ClientId = aws.String(b.pool.ID()), b.client
	if in.ExplicitAuthFlows == nil {
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}
	}
	_, err := b.sdk.UpdateUserPoolClient(b.Context(), &in)
	b.must(err)
}

// Revocation works even for an access token that outlives the refresh token of its sign-in.
func TestShortRefreshLife(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.updateClient(cognito.UpdateUserPoolClientInput{
		RefreshTokenValidity: 60, AccessTokenValidity: aws.Int32(60), IdTokenValidity: aws.Int32(5),
		TokenValidityUnits: &types.TokenValidityUnitsType{RefreshToken: "minutes", AccessToken: "minutes", IdToken: "minutes"},
	})
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	b.clock.pass(59 * time.Minute)
	out, err := b.refresh(tokens.RefreshToken)
	b.must(err)
	b.clock.pass(50 * time.Minute)
	for range 10 { // changes, each of which sweeps
		_, _ = b.signIn("nobody@example.com", "x")
	}
	_, err = b.refresh(tokens.RefreshToken)
	b.refused(err, "NotAuthorizedException", "Refresh Token has expired")
	_, err = b.getUser(out.AuthenticationResult.AccessToken)
	b.must(err)
	_, id := b.claims(out.AuthenticationResult.IdToken)
	if id["exp"].(float64)-id["iat"].(float64) != 300 {
		t.Errorf("%v", id)
	}
}

func TestWithoutRevocation(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.updateClient(cognito.UpdateUserPoolClientInput{EnableTokenRevocation: aws.Bool(false)})
	b.member("ann@example.com")
	tokens := b.tokens("ann@example.com")
	if _, claims := b.claims(tokens.AccessToken); claims["origin_jti"] != nil || claims["jti"] != nil {
		t.Errorf("%v", claims)
	}
	_, err := b.sdk.RevokeToken(t.Context(), &cognito.RevokeTokenInput{ClientId: b.client, Token: tokens.RefreshToken})
	b.refused(err, "UnsupportedOperationException", "")
	b.must(b.globalSignOut(tokens.AccessToken))
	_, err = b.getUser(tokens.AccessToken)
	b.refused(err, "NotAuthorizedException", "Access Token has been revoked")
	b.clock.pass(time.Second)
	_, err = b.getUser(b.tokens("ann@example.com").AccessToken)
	b.must(err)
}

func TestRotation(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.updateClient(cognito.UpdateUserPoolClientInput{
		ExplicitAuthFlows:    []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"},
		RefreshTokenRotation: &types.RefreshTokenRotationType{Feature: "ENABLED", RetryGracePeriodSeconds: aws.Int32(60)},
	})
	b.member("ann@example.com")
	first := b.tokens("ann@example.com").RefreshToken
	next := func(token *string) (*string, error) {
		out, err := b.sdk.GetTokensFromRefreshToken(t.Context(), &cognito.GetTokensFromRefreshTokenInput{ClientId: b.client, RefreshToken: token})
		if err != nil {
			return nil, err
		}
		return out.AuthenticationResult.RefreshToken, nil
	}
	_, err := b.refresh(first)
	b.refused(err, "InvalidParameterException", "Refresh Token flow not enabled for this client")
	child, err := next(first)
	b.must(err)
	b.clock.pass(30 * time.Second)
	second, err := next(first) // the response was lost: within the grace period there is another one
	b.must(err)
	_, err = next(child)
	b.refused(err, "RefreshTokenReuseException", "Refresh token reuse detected")
	b.clock.pass(31 * time.Second)
	_, err = next(first)
	b.refused(err, "RefreshTokenReuseException", "Refresh token reuse detected")
	third, err := next(second)
	b.must(err)
	revoke := func(token *string) {
		t.Helper()
		_, err := b.sdk.RevokeToken(t.Context(), &cognito.RevokeTokenInput{ClientId: b.client, Token: token})
		b.must(err)
	}
	revoke(child)
	fourth, err := next(third)
	b.must(err)
	revoke(first)
	_, err = next(fourth)
	b.refused(err, "NotAuthorizedException", "Refresh Token has been revoked")
}
