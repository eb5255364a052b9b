package cognito

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authgraph/cognito/userpool"
	"authgraph/internal/apierr"
)

// RevokeToken revokes exactly one session and returns it, with and without rotation and
// client secret.
func TestRevokeTokenOnThePool(t *testing.T) {
	const secret = "0123456789abcdefghijklmnop"
	tests := []struct {
		name  string
		shape userpool.Shape
	}{
		{"plain", userpool.Shape{}},
		{"secret", userpool.Shape{ClientSecret: secret}},
		{"rotation", userpool.Shape{RotationGrace: new(time.Duration(0))}},
		{"rotation with grace", userpool.Shape{RotationGrace: new(time.Minute)}},
		{"rotation and secret", userpool.Shape{RotationGrace: new(time.Duration(0)), ClientSecret: secret}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPool(t, tt.shape, nil)
			p.member("ada@example.com")
			here, there := p.tokens("ada@example.com"), p.tokens("ada@example.com")

			session, err := p.client.RevokeToken(t.Context(), *here.RefreshToken)
			p.must(err)
			claims := unverifiedClaims(here.AccessToken)
			if session == nil || session.OriginJTI != text(claims["origin_jti"]) || session.OriginJTI == "" || session.Subject != text(claims["sub"]) {
				t.Fatalf("session %+v, want that of %v", session, claims)
			}
			if expiry := timeOf(claims["exp"]); session.TokensExpire.Before(expiry.Add(time.Minute)) || session.TokensExpire.After(expiry.Add(2*time.Minute)) {
				t.Errorf("tokens expire %s, want a minute after %s", session.TokensExpire, expiry)
			}

			if _, err := p.client.getUser(t.Context(), here.AccessToken); apierr.From(err) == nil || apierr.From(err).Code != apierr.TokenRevoked {
				t.Errorf("the access token of the ended session: %v", err)
			}
			if _, err := p.client.RefreshTokens(t.Context(), *here.RefreshToken, nil, nil); err == nil {
				t.Error("the refresh token of the ended session is good")
			}
			if _, err := p.client.getUser(t.Context(), there.AccessToken); err != nil {
				t.Errorf("the access token of another session: %v", err)
			}
			if _, err := p.client.RefreshTokens(t.Context(), *there.RefreshToken, nil, nil); err != nil {
				t.Errorf("the refresh token of another session: %v", err)
			}

			// As with Cognito, revoking it again is no error. Then the session is
			// unknown.
			if again, err := p.client.RevokeToken(t.Context(), *here.RefreshToken); again != nil || err != nil {
				t.Errorf("again: %v %v", again, err)
			}
			if _, err := p.client.RevokeToken(t.Context(), here.AccessToken); apierr.From(err) == nil || apierr.From(err).Code != apierr.InvalidToken {
				t.Errorf("an access token: %v", err)
			}
		})
	}
}

// The calls and the result when one of them fails.
func TestRevokeTokenSteps(t *testing.T) {
	plain := `{"AuthenticationResult":{"AccessToken":"` + unsigned(`{"sub":"s","origin_jti":"o","exp":1000}`) + `"}}`
	rotated := strings.Replace(plain, `"AccessToken"`, `"RefreshToken":"the next","AccessToken"`, 1)
	const refresh, revoke, initiate = "GetTokensFromRefreshToken", "RevokeToken", "InitiateAuth"
	ok := always(200, "{}")
	tests := []struct {
		name    string
		secret  string
		answers map[string]func(string, *http.Request) (int, string)
		called  string // with the token that was revoked
		known   bool
		code    apierr.Code
	}{
		{"well", "", answers{refresh: always(200, plain), revoke: ok}, refresh + " RevokeToken:refresh", true, ""},
		{"rotated", "", answers{refresh: always(200, rotated), revoke: ok}, refresh + " RevokeToken:the next", true, ""},
		{"refused", "", answers{refresh: always(400, exception("NotAuthorizedException", "Invalid Refresh Token.")), revoke: ok}, refresh + " RevokeToken:refresh", false, ""},
		{"reused", "", answers{refresh: always(400, exception("RefreshTokenReuseException", "x")), revoke: ok}, refresh + " RevokeToken:refresh", false, ""},
		{"refused by both", "", answers{refresh: always(400, exception("NotAuthorizedException", "x")), revoke: always(400, exception("UnauthorizedException", "x"))}, refresh + " RevokeToken:refresh", false, apierr.InvalidToken},
		{"throttled", "", answers{refresh: always(400, tooManyNow)}, refresh, false, apierr.RateLimited},
		{"limited", "", answers{refresh: always(400, exception("LimitExceededException", "x"))}, refresh, false, apierr.TooManyAttempts},
		{"unavailable", "", answers{refresh: always(503, "")}, refresh, false, apierr.ServiceUnavailable},
		{"hanging", "", answers{refresh: neverAnswer}, refresh, false, apierr.ServiceUnavailable},
		{"internal", "", answers{refresh: always(500, exception("InternalErrorException", "x"))}, refresh, false, apierr.Internal},
		{"an older endpoint", "", answers{refresh: always(500, exception("Unsupported", "x")), initiate: always(200, plain), revoke: ok}, refresh + " InitiateAuth RevokeToken:refresh", true, ""},
		{"an older endpoint with a secret", "secret", answers{refresh: always(500, exception("Unsupported", "x")), revoke: ok}, refresh + " RevokeToken:refresh", false, ""},
		{"revoking fails", "", answers{refresh: always(200, plain), revoke: always(503, "")}, refresh + " RevokeToken:refresh", true, apierr.ServiceUnavailable},
		{"revoking fails after rotation", "", answers{refresh: always(200, rotated), revoke: always(503, "")}, refresh + " RevokeToken:the next RevokeToken:the next", true, apierr.ServiceUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &standIn{answer: func(operation string, r *http.Request) (int, string) { return tt.answers[operation](operation, r) }}
				client := newInProcess(t, up, func(o *Options) {
					if tt.secret != "" {
						o.ClientSecrets = func() []string { return []string{tt.secret} }
					}
				})
				session, err := client.RevokeToken(t.Context(), "refresh")
				synctest.Wait()
				var called []string
				operations, bodies := up.log()
				for i, operation := range operations {
					if operation == revoke {
						operation += ":" + text(bodies[i]["Token"])
					}
					called = append(called, operation)
				}
				if got := strings.Join(called, " "); got != tt.called {
					t.Errorf("called %s, want %s", got, tt.called)
				}
				if (session != nil) != tt.known || session != nil && (session.OriginJTI != "o" || session.Subject != "s" || session.TokensExpire.Unix() != 1060) {
					t.Errorf("session %+v", session)
				}
				if e := apierr.From(err); (e == nil) != (tt.code == "") || e != nil && e.Code != tt.code {
					t.Errorf("error %v, want %s", err, tt.code)
				}
			})
		})
	}
}

// answers are the responses to each operation.
type answers = map[string]func(string, *http.Request) (int, string)
