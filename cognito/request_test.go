package cognito

import (
	"context"
	"encoding/json"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"authgraph/internal/apierr"
)

// The user context data of each operation.
func TestUserContext(t *testing.T) {
	const email, code = "ada@example.com", "123456"
	calls := map[string]func(context.Context, *Client) error{
		"SignUp": func(ctx context.Context, c *Client) error {
			_, err := c.SignUp(ctx, SignUpInput{Identifier: ByEmail(email), Password: new(goodPassword)})
			return err
		},
		"ConfirmSignUp": func(ctx context.Context, c *Client) error {
			_, err := c.ConfirmSignUp(ctx, VerifyAccountInput{Identifier: ByEmail(email), ConfirmationCode: code})
			return err
		},
		"ResendConfirmationCode": func(ctx context.Context, c *Client) error {
			_, err := c.ResendConfirmationCode(ctx, SendCodeInput{Identifier: ByEmail(email)})
			return err
		},
		"ForgotPassword": func(ctx context.Context, c *Client) error {
			_, err := c.ForgotPassword(ctx, SendCodeInput{Identifier: ByEmail(email)})
			return err
		},
		"ConfirmForgotPassword": func(ctx context.Context, c *Client) error {
			return c.ConfirmForgotPassword(ctx, ConfirmForgotPasswordInput{Identifier: ByEmail(email), ConfirmationCode: code, NewPassword: goodPassword})
		},
		"InitiateAuth": func(ctx context.Context, c *Client) error {
			_, err := c.SignIn(ctx, SigninInput{Identifier: ByEmail(email), Password: goodPassword})
			return err
		},
		"InitiateAuth to refresh": func(ctx context.Context, c *Client) error {
			_, err := c.refreshTokenAuth(ctx, "refresh", nil, nil)
			return err
		},
		"RespondToAuthChallenge": func(ctx context.Context, c *Client) error {
			_, err := c.Respond(ctx, RespondToChallengeInput{Session: c.states.seal(ctx, challengeState{Challenge: "SMS_MFA", Username: "u"}), Answer: Answer{Code: new(code)}})
			return err
		},
		// Cognito's API has no user context data here.
		"GetTokensFromRefreshToken": func(ctx context.Context, c *Client) error {
			_, err := c.RefreshTokens(ctx, "refresh", nil, nil)
			return err
		},
		"GetUser": func(ctx context.Context, c *Client) error {
			_, err := c.getUser(ctx, "access")
			return err
		},
	}
	tests := []struct {
		name string
		user Request
		send bool
		want string // as JSON; "null" for none
	}{
		{"nothing", Request{}, true, "null"},
		{"both", Request{IPAddress: netip.MustParseAddr("192.0.2.7"), EncodedData: "abc"}, true, `{"EncodedData":"abc","IpAddress":"192.0.2.7"}`},
		{"sending the address is off", Request{IPAddress: netip.MustParseAddr("192.0.2.7"), EncodedData: "abc"}, false, `{"EncodedData":"abc"}`},
		{"only an address, sending it is off", Request{IPAddress: netip.MustParseAddr("192.0.2.7")}, false, "null"},
		{"only an address", Request{IPAddress: netip.MustParseAddr("2001:db8::1")}, true, `{"IpAddress":"2001:db8::1"}`},
		{"IPv4 in IPv6", Request{IPAddress: netip.MustParseAddr("::ffff:192.0.2.7")}, true, `{"IpAddress":"192.0.2.7"}`},
		{"an address with a zone", Request{IPAddress: netip.MustParseAddr("fe80::1%eth0")}, true, `{"IpAddress":"fe80::1"}`},
	}
	for _, tt := range tests {
		for name, call := range calls {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				up := &standIn{answer: always(400, exception("ForbiddenException", "x"))}
				client := newInProcess(t, up, func(o *Options) { o.SendClientAddress = tt.send })
				ctx := WithRequest(t.Context(), tt.user)
				if e := apierr.From(call(ctx, client)); e == nil || e.Code != apierr.BlockedByWAF {
					t.Fatal(e)
				}
				want := tt.want
				if name == "GetTokensFromRefreshToken" || name == "GetUser" {
					want = "null"
				}
				if err := call(t.Context(), client); err == nil {
					t.Fatal("no error")
				}
				_, bodies := up.log()
				if got, _ := json.Marshal(bodies[0]["UserContextData"]); string(got) != want {
					t.Errorf("sent %s, want %s", got, want)
				}
				if got := bodies[1]["UserContextData"]; got != nil {
					t.Errorf("sent %v for a context without a user", got)
				}
			})
		}
	}
}

// The operations of a request end at its deadline, and none starts after it.
func TestRequestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &standIn{answer: neverAnswer}
		client := newInProcess(t, up, nil)
		began := time.Now()
		const given = DefaultTimeout*2 + DefaultTimeout/2
		ctx := WithRequest(t.Context(), Request{Deadline: began.Add(given)})
		for _, want := range []struct {
			took  time.Duration
			calls int
		}{{DefaultTimeout, 1}, {2 * DefaultTimeout, 2}, {given, 3}, {given, 3}} {
			if err := signIn(ctx, client); err == nil || err.Code != apierr.ServiceUnavailable {
				t.Errorf("error %v", err)
			}
			if took := time.Since(began); took != want.took || up.calls() != want.calls {
				t.Errorf("after %s %d calls were sent, want %d after %s", took, up.calls(), want.calls, want.took)
			}
		}
	})
}
