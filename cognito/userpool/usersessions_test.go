package userpool_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// The members and exceptions are those of @aws-sdk/client-cognito-identity-provider 3.1169. The SDK for Go lacks these
// operations, so they are called by the protocol itself.

// call calls an operation that the SDK lacks. It returns the output and, for a failure, the exception and its message.
func (b *bench) call(operation string, in map[string]any, headers ...string) (out map[string]any, exception, text string) {
	b.Helper()
	body, err := json.Marshal(in)
	b.must(err)
	headers = append(headers, "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	response := b.raw(http.MethodPost, "/", string(body), headers...)
	b.must(json.NewDecoder(response.Body).Decode(&out))
	if response.StatusCode != http.StatusOK {
		exception, _ = out["__type"].(string)
		text, _ = out["message"].(string)
		return nil, exception, text
	}
	return out, "", ""
}

// succeeds calls an operation that must succeed.
func (b *bench) succeeds(operation string, in map[string]any) map[string]any {
	b.Helper()
	out, exception, text := b.call(operation, in)
	if exception != "" {
		b.Fatalf("%s: %s: %s", operation, exception, text)
	}
	return out
}

// fails calls an operation that must fail with an exception.
func (b *bench) fails(exception, operation string, in map[string]any) {
	b.Helper()
	_, got, text := b.call(operation, in)
	if got != exception {
		b.Fatalf("%s: got %q (%s), want %s", operation, got, text, exception)
	}
}

// sessions returns the sessions of the owner of an access token, the current one first.
func (b *bench) sessions(accessToken *string) []map[string]any {
	b.Helper()
	var all []map[string]any
	in := map[string]any{"AccessToken": accessToken}
	for {
		out := b.succeeds("ListUserSessions", in)
		for _, s := range out["Sessions"].([]any) {
			all = append(all, s.(map[string]any))
		}
		if out["NextToken"] == nil {
			break
		}
		in["NextToken"] = out["NextToken"]
	}
	slices.SortStableFunc(all, func(a, b map[string]any) int {
		return strings.Compare(fmt.Sprint(b["IsCurrentSession"]), fmt.Sprint(a["IsCurrentSession"]))
	})
	return all
}

// current returns the id of the session of an access token.
func (b *bench) current(accessToken *string) string {
	b.Helper()
	id, _ := b.sessions(accessToken)[0]["SessionId"].(string)
	return id
}

// isOut checks whether the session of tokens has been revoked: both tokens of it.
func (b *bench) isOut(tokens *types.AuthenticationResultType, want bool) {
	b.Helper()
	_, err := b.getUser(tokens.AccessToken)
	_, refreshErr := b.refresh(tokens.RefreshToken)
	if (err != nil) != want || (refreshErr != nil) != want {
		b.Fatalf("the access token: %v; the refresh token: %v; revoked should be %v", err, refreshErr, want)
	}
	if want {
		b.refused(err, "NotAuthorizedException", "Access Token has been revoked")
		b.refused(refreshErr, "NotAuthorizedException", "Refresh Token has been revoked")
	}
}

func (b *bench) trackSessions(tracking string, most int) {
	b.Helper()
	b.succeeds("SetUserPoolSessionConfiguration", map[string]any{
		"UserPoolId": b.pool.ID(), "UserSessionTracking": tracking, "TokenSession": map[string]any{"MaxPerUser": most},
	})
}

func TestSessionsAreListed(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36"
	signIn := func(agent string) string {
		out, exception, text := b.call("InitiateAuth", map[string]any{
			"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": b.client,
			"AuthParameters": map[string]any{"USERNAME": "ann@example.com", "PASSWORD": goodPassword},
		}, "User-Agent", agent)
		if exception != "" {
			t.Fatal(exception, text)
		}
		return out["AuthenticationResult"].(map[string]any)["AccessToken"].(string)
	}
	first := b.tokens("ann@example.com")
	created := float64(b.clock.Now().UnixMilli()) / 1000
	b.clock.pass(time.Minute)
	access := signIn(chrome)

	list := b.sessions(&access)
	if len(list) != 2 {
		t.Fatalf("%d sessions: %v", len(list), list)
	}
	id, _ := list[0]["SessionId"].(string)
	if len(id) != 28 || !strings.HasPrefix(id, "tkn") {
		t.Errorf("the id is %q", id)
	}
	check(t, "current session", list[0], map[string]any{
		"SessionType": "TOKEN", "ClientId": *b.client, "CreateDate": created + 60, "LastActiveDate": created + 60,
		"DeviceType": "Chrome 125 / Windows 10.0", "LastIPAddress": "127.0.0.1", "IsCurrentSession": true,
		"LastLocation": map[string]any{"Country": "unknown"},
	}, "SessionId")
	if list[1]["IsCurrentSession"] != false || list[1]["DeviceType"] != "unknown" || list[1]["CreateDate"] != created {
		t.Errorf("the other session: %v", list[1])
	}

	// A refresh is activity, from wherever it comes, and its tokens belong to the session.
	b.clock.pass(time.Minute)
	out, exception, text := b.call("GetTokensFromRefreshToken", map[string]any{"ClientId": b.client, "RefreshToken": first.RefreshToken}, "User-Agent", chrome)
	if exception != "" {
		t.Fatal(exception, text)
	}
	refreshed := out["AuthenticationResult"].(map[string]any)["AccessToken"].(string)
	again := b.sessions(&refreshed)[0]
	if again["SessionId"] != list[1]["SessionId"] || again["CreateDate"] != created || again["LastActiveDate"] != created+120 || again["DeviceType"] != "Chrome 125 / Windows 10.0" {
		t.Errorf("after a refresh: %v", again)
	}

	// An administrator sees the same sessions, none of them as current.
	admin := b.succeeds("AdminListUserSessions", map[string]any{"UserPoolId": b.pool.ID(), "Username": "ann@example.com"})
	for _, s := range admin["Sessions"].([]any) {
		if s.(map[string]any)["IsCurrentSession"] != false {
			t.Errorf("current for an administrator: %v", s)
		}
	}
	if n := len(admin["Sessions"].([]any)); n != 2 {
		t.Errorf("an administrator sees %d sessions", n)
	}
}

func TestSessionsAreRevoked(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.member("bob@example.com")
	phone, laptop, tablet := b.tokens("ann@example.com"), b.tokens("ann@example.com"), b.tokens("ann@example.com")
	bob := b.tokens("bob@example.com")
	revoke := func(by *types.AuthenticationResultType, id string) map[string]any {
		return map[string]any{"AccessToken": by.AccessToken, "SessionId": id}
	}
	phoneID := b.current(phone.AccessToken)

	b.fails("InvalidParameterException", "RevokeUserSession", revoke(phone, phoneID))
	b.fails("ResourceNotFoundException", "RevokeUserSession", revoke(bob, phoneID))
	b.fails("ResourceNotFoundException", "RevokeUserSession", revoke(laptop, "tkn0123456789abcdefghijklmno"))
	b.fails("InvalidParameterException", "RevokeUserSession", revoke(laptop, "x"))
	b.fails("InvalidParameterException", "RevokeUserSession", map[string]any{"AccessToken": laptop.AccessToken})
	b.fails("InvalidParameterException", "RevokeUserSession", map[string]any{
		"AccessToken": laptop.AccessToken, "SessionId": phoneID, "RevokeAssociatedSessions": "SOME",
	})
	b.fails("InvalidParameterException", "ListUserSessions", map[string]any{})
	b.fails("NotAuthorizedException", "ListUserSessions", map[string]any{"AccessToken": "a.b.c"})
	b.isOut(phone, false)

	b.succeeds("RevokeUserSession", revoke(laptop, phoneID))
	b.isOut(phone, true)
	b.isOut(laptop, false)
	b.fails("ResourceNotFoundException", "RevokeUserSession", revoke(laptop, phoneID))
	b.fails("NotAuthorizedException", "ListUserSessions", map[string]any{"AccessToken": phone.AccessToken})
	if n := len(b.sessions(laptop.AccessToken)); n != 2 {
		t.Errorf("%d sessions are left", n)
	}

	named := map[string]any{"UserPoolId": b.pool.ID(), "Username": "bob@example.com", "SessionId": b.current(tablet.AccessToken)}
	b.fails("ResourceNotFoundException", "AdminRevokeUserSession", named)
	named["Username"], named["RevokeAssociatedSessions"] = "ann@example.com", "LINKED"
	b.succeeds("AdminRevokeUserSession", named)
	b.isOut(tablet, true)

	b.succeeds("RevokeToken", map[string]any{"ClientId": b.client, "Token": laptop.RefreshToken, "RevokeAssociatedSessions": "LINKED"})
	b.isOut(laptop, true)
	b.fails("InvalidParameterException", "RevokeToken", map[string]any{"ClientId": b.client, "Token": bob.RefreshToken, "RevokeAssociatedSessions": "ALL"})
	b.isOut(bob, false)
	named["Username"] = "eve@example.com"
	b.fails("UserNotFoundException", "AdminRevokeUserSession", named)
	b.fails("UserNotFoundException", "AdminListUserSessions", named)
}

// A page ends after sixty sessions, and its token is for the same user only.
func TestSessionsArePaged(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.trackSessions("ENABLED", 100)
	b.member("ann@example.com")
	b.member("bob@example.com")
	var ann *types.AuthenticationResultType
	for range 61 {
		ann = b.tokens("ann@example.com")
	}
	page := b.succeeds("ListUserSessions", map[string]any{"AccessToken": ann.AccessToken})
	if len(page["Sessions"].([]any)) != 60 || page["NextToken"] == nil {
		t.Fatalf("%d sessions on the first page", len(page["Sessions"].([]any)))
	}
	ids := map[string]bool{}
	for _, s := range b.sessions(ann.AccessToken) {
		ids[s["SessionId"].(string)] = true
	}
	if len(ids) != 61 {
		t.Errorf("%d sessions on all pages", len(ids))
	}
	bob := b.tokens("bob@example.com")
	b.fails("InvalidParameterException", "ListUserSessions", map[string]any{"AccessToken": bob.AccessToken, "NextToken": page["NextToken"]})
	b.fails("InvalidParameterException", "ListUserSessions", map[string]any{"AccessToken": ann.AccessToken, "NextToken": "forged"})
}

func TestLeastRecentlyUsedSessionIsEvicted(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.member("bob@example.com")
	bob := b.tokens("bob@example.com")
	signIn := func() *types.AuthenticationResultType {
		b.clock.pass(time.Second)
		return b.tokens("ann@example.com")
	}
	first, second, third := signIn(), signIn(), signIn()

	// A lower limit applies from the next sign-in.
	b.trackSessions("ENABLED", 2)
	b.isOut(second, false)
	b.clock.pass(time.Second)
	_, err := b.refresh(first.RefreshToken)
	b.must(err)
	fourth := signIn()
	b.isOut(second, true)
	b.isOut(third, true)
	b.isOut(first, false)
	b.isOut(fourth, false)
	b.isOut(bob, false)
	if n := len(b.sessions(fourth.AccessToken)); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

func TestSessionConfiguration(t *testing.T) {
	t.Parallel()
	b := start(t)
	get := func(pool string) map[string]any {
		return b.succeeds("GetUserPoolSessionConfiguration", map[string]any{"UserPoolId": pool})
	}
	check(t, "default pool", get(b.pool.ID()), map[string]any{
		"UserPoolId": b.pool.ID(), "UserSessionTracking": "ENABLED", "TokenSession": map[string]any{"MaxPerUser": 20},
	})
	other := b.newPool(&cognito.CreateUserPoolInput{PoolName: aws.String("other")})
	check(t, "new pool", get(*other.Id), map[string]any{
		"UserPoolId": *other.Id, "UserSessionTracking": "DISABLED", "TokenSession": map[string]any{"MaxPerUser": 20},
	})
	valid := map[string]any{"UserPoolId": b.pool.ID(), "UserSessionTracking": "ENABLED", "TokenSession": map[string]any{"MaxPerUser": 7}}
	for member, value := range map[string]any{
		"UserSessionTracking": "ON", "TokenSession": map[string]any{"MaxPerUser": 101}, "UserPoolId": nil,
	} {
		bad := maps.Clone(valid)
		bad[member] = value
		b.fails("InvalidParameterException", "SetUserPoolSessionConfiguration", bad)
	}
	for _, missing := range []string{"UserSessionTracking", "TokenSession"} {
		bad := maps.Clone(valid)
		delete(bad, missing)
		b.fails("InvalidParameterException", "SetUserPoolSessionConfiguration", bad)
	}
	valid["TokenSession"] = map[string]any{"MaxPerUser": 0}
	b.fails("InvalidParameterException", "SetUserPoolSessionConfiguration", valid)
	b.fails("ResourceNotFoundException", "GetUserPoolSessionConfiguration", map[string]any{"UserPoolId": "us-east-1_Unknown12"})

	// It survives an update of the pool and a restart.
	b.trackSessions("DISABLED", 3)
	_, err := b.sdk.UpdateUserPool(t.Context(), &cognito.UpdateUserPoolInput{UserPoolId: aws.String(b.pool.ID())})
	b.must(err)
	b.shut()
	b.open()
	check(t, "after a restart", get(b.pool.ID()), map[string]any{
		"UserPoolId": b.pool.ID(), "UserSessionTracking": "DISABLED", "TokenSession": map[string]any{"MaxPerUser": 3},
	})
}

// Without tracking, sign-ins are no sessions, and stay none when it is turned on.
func TestSessionTrackingIsOff(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.member("ann@example.com")
	b.trackSessions("DISABLED", 1)
	before := b.tokens("ann@example.com")
	list := map[string]any{"AccessToken": before.AccessToken}
	b.fails("OperationNotEnabledException", "ListUserSessions", list)
	b.fails("OperationNotEnabledException", "RevokeUserSession", map[string]any{"AccessToken": before.AccessToken, "SessionId": "tkn0123456789abcdefghijklmno"})
	b.fails("OperationNotEnabledException", "AdminListUserSessions", map[string]any{"UserPoolId": b.pool.ID(), "Username": "ann@example.com"})
	b.fails("OperationNotEnabledException", "AdminRevokeUserSession", map[string]any{"UserPoolId": b.pool.ID(), "Username": "ann@example.com", "SessionId": "tkn0123456789abcdefghijklmno"})

	b.trackSessions("ENABLED", 1)
	if n := len(b.sessions(before.AccessToken)); n != 0 {
		t.Errorf("%d sessions from before", n)
	}
	after := b.tokens("ann@example.com")
	if n := len(b.sessions(after.AccessToken)); n != 1 {
		t.Errorf("%d sessions", n)
	}
	b.isOut(before, false)
}
