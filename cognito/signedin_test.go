package cognito

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// SignedIn is called for every new session before its tokens are returned, and not for a
// refresh.
func TestSignedIn(t *testing.T) {
	type key struct{}
	answer, _ := json.Marshal(map[string]any{"AuthenticationResult": map[string]any{
		"AccessToken": unsigned(`{"sub":"the-sub","username":"ada","origin_jti":"the-origin","auth_time":900,"iat":1000,"exp":4600}`),
		"IdToken":     unsigned(`{"sub":"the-sub","email":"ada@example.com"}`),
	}})
	unverified, _ := json.Marshal(map[string]any{"AuthenticationResult": map[string]any{
		"AccessToken": unsigned(`{"sub":"the-sub"}`),
		"IdToken":     unsigned(`{"sub":"the-sub","email":"eve@example.com","email_verified":false}`),
	}})
	withoutID, _ := json.Marshal(map[string]any{"AuthenticationResult": map[string]any{
		"AccessToken": unsigned(`{"sub":"the-sub"}`),
	}})
	full := SignIn{Subject: "the-sub", Username: "ada", Account: "ada@example.com", OriginJTI: "the-origin", AuthenticatedAt: time.Unix(900, 0), IssuedAt: time.Unix(1000, 0), ExpiresAt: time.Unix(4600, 0)}
	state := challengeState{Challenge: "SMS_MFA", Account: "ada@example.com", Username: "u"}
	tests := []struct {
		name   string
		status int
		body   string
		call   func(context.Context, *Client) error
		want   *SignIn
	}{
		{"password", 200, string(answer), func(ctx context.Context, c *Client) error {
			_, err := c.SignIn(ctx, SigninInput{Identifier: ByEmail("ada@example.com"), Password: "x"})
			return err
		}, &full},
		{"answer to a challenge", 200, string(answer), func(ctx context.Context, c *Client) error {
			_, err := c.Respond(ctx, RespondToChallengeInput{Session: c.states.seal(ctx, state), Answer: Answer{Code: new("123456")}})
			return err
		}, &full},
		{"access token alone", 200, string(withoutID), func(ctx context.Context, c *Client) error {
			_, err := c.SignIn(ctx, SigninInput{Identifier: ByEmail("ada@example.com"), Password: "x"})
			return err
		}, &SignIn{Subject: "the-sub", Account: "ada@example.com"}},
		{"address of somebody else in the token", 200, string(unverified), func(ctx context.Context, c *Client) error {
			_, err := c.SignIn(ctx, SigninInput{Identifier: ByEmail("ada@example.com"), Password: "x"})
			return err
		}, &SignIn{Subject: "the-sub", Account: "ada@example.com"}},
		{"refresh", 200, string(answer), func(ctx context.Context, c *Client) error {
			_, err := c.RefreshTokens(ctx, "refresh", nil, nil)
			return err
		}, nil},
		{"challenge", 200, `{"ChallengeName":"SMS_MFA","Session":"s","ChallengeParameters":{}}`, func(ctx context.Context, c *Client) error {
			_, err := c.SignIn(ctx, SigninInput{Identifier: ByEmail("ada@example.com"), Password: "x"})
			return err
		}, nil},
		{"refusal", 400, exception("NotAuthorizedException", "Incorrect username or password."), func(ctx context.Context, c *Client) error {
			_, _ = c.SignIn(ctx, SigninInput{Identifier: ByEmail("ada@example.com"), Password: "x"})
			return nil
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told []SignIn
				up := &standIn{answer: func(string, *http.Request) (int, string) {
					time.Sleep(time.Second)
					return tt.status, tt.body
				}}
				client := newInProcess(t, up, func(o *Options) {
					o.SignedIn = func(ctx context.Context, s SignIn) {
						if ctx.Value(key{}) != "of the request" {
							t.Error("the hook does not get the context of the request")
						}
						told = append(told, s)
					}
				})
				began := time.Now()
				if err := tt.call(context.WithValue(t.Context(), key{}, "of the request"), client); err != nil {
					t.Fatal(err)
				}
				if tt.want == nil {
					if len(told) != 0 {
						t.Errorf("told of %+v", told)
					}
					return
				}
				want := *tt.want
				want.Began, want.Ended = began, time.Now()
				if len(told) != 1 || told[0] != want {
					t.Errorf("told of %+v, want %+v", told, want)
				}
			})
		})
	}
}
