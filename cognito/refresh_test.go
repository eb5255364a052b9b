package cognito

import (
	"encoding/json"
	"net/http"
	"testing"

	"authgraph/cognito/token"
	"authgraph/internal/apierr"
)

// A refresh token that was just replaced gets its replacement. It goes to Cognito again,
// which then ends the session, only if the session is known to be revoked.
func TestReplayOfReplacedToken(t *testing.T) {
	answer, err := json.Marshal(map[string]any{"AuthenticationResult": map[string]any{
		"AccessToken":  unsigned(`{"sub":"the-sub","origin_jti":"the-origin","iat":1000,"exp":4600}`),
		"RefreshToken": "second",
	}})
	if err != nil {
		t.Fatal(err)
	}
	reused := exception("RefreshTokenReuseException", "Refresh token has been reused.")
	tests := []struct {
		name    string
		revoked error
		code    apierr.Code // "" if the refresh succeeds
		calls   int         // to Cognito, with the first refresh
	}{
		{"not revoked", nil, "", 1},
		{"revoked", token.ErrTokenRevoked, apierr.RefreshTokenReused, 2},
		{"unknown", token.ErrRevocationsUnknown, apierr.ServiceUnavailable, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			up := &standIn{answer: always(http.StatusOK, string(answer))}
			var revoked error
			client := newInProcess(t, up, func(o *Options) {
				o.ReplayRefreshes = true
				o.Revoked = func(*token.AccessClaims) error { return revoked }
			})
			if _, err := client.RefreshTokens(t.Context(), "first", nil, nil); err != nil {
				t.Fatal(err)
			}
			revoked = tt.revoked
			up.set(always(http.StatusBadRequest, reused))
			tokens, err := client.RefreshTokens(t.Context(), "first", nil, nil)
			if up.calls() != tt.calls {
				t.Errorf("%d calls, want %d", up.calls(), tt.calls)
			}
			if tt.code == "" {
				if err != nil || *tokens.RefreshToken != "second" {
					t.Errorf("%+v, %v", tokens, err)
				}
				return
			}
			if e := apierr.From(err); e == nil || e.Code != tt.code {
				t.Errorf("%v, want %s", err, tt.code)
			}
		})
	}
}
