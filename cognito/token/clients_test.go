package token

import (
	"errors"
	"testing"
)

// Tokens of the accepted app clients, and those bound to the audience, are accepted, with
// the app client in the claims.
func TestVerifyFurtherClients(t *testing.T) {
	const web, machine, api = "2web56789", "3machine789", "https://api.example.com"
	ended := errors.New("ended")
	v, _ := newTestVerifier(t, func(o *VerifierOptions) {
		o.AcceptedClientIDs, o.Audience = []string{web, machine}, api
		o.Revoked = func(*AccessClaims) error { return ended }
	})
	quoted := func(s string) string { return `"` + s + `"` }
	c := testClaims()
	ofMachine := c.without("username").without("origin_jti").without("cognito:groups").with("client_id", quoted(machine)).with("sub", quoted(machine)).with("scope", `"shop/read"`)
	for name, tt := range map[string]struct {
		claims  members
		client  string // empty if the token is refused
		machine bool
	}{
		"own client":              {c, testClientID, false},
		"accepted client":         {c.with("client_id", quoted(web)), web, false},
		"bound to the audience":   {c.with("aud", quoted(api)), testClientID, false},
		"bound to its own client": {c.with("client_id", quoted(web)).with("aud", quoted(web)), web, false},
		"machine":                 {ofMachine, machine, true},
		"machine, bound":          {ofMachine.with("aud", quoted(api)), machine, true},
		"own client as machine":   {ofMachine.with("client_id", quoted(testClientID)).with("sub", quoted(testClientID)), testClientID, true},

		"other client":                {c.with("client_id", `"4other"`), "", false},
		"bound to another API":        {c.with("aud", `"https://other.example.com"`), "", false},
		"bound to another client":     {c.with("aud", quoted(web)), "", false},
		"machine of another client":   {ofMachine.with("client_id", `"4other"`).with("sub", `"4other"`), "", false},
		"machine with another's sub":  {ofMachine.with("sub", quoted(web)), "", false},
		"machine with a session":      {ofMachine.with("origin_jti", `"x"`), "", false},
		"machine with a user name":    {ofMachine.with("username", quoted(machine)), "", false},
		"machine bound to others":     {ofMachine.with("aud", `"https://other.example.com"`), "", false},
		"user with a client as sub":   {c.with("sub", quoted(web)), "", false},
		"nobody of an accepted one":   {c.with("client_id", quoted(web)).without("username"), "", false},
		"client ids in one list":      {c.with("client_id", quoted(web+","+machine)), "", false},
		"client id as array":          {c.with("client_id", "["+quoted(web)+"]"), "", false},
		"without client id, bound":    {c.without("client_id").with("aud", quoted(web)), "", false},
		"empty client id and subject": {ofMachine.with("client_id", `""`).with("sub", `""`), "", false},
	} {
		claims, err := v.Verify(t.Context(), sign(testKeys()[0], testHeader(), tt.claims))
		switch {
		case tt.client == "":
			if !errors.Is(err, ErrInvalidToken) {
				t.Errorf("%s: %v", name, err)
			}
		// A machine has no session that could have ended.
		case claims == nil || claims.ClientID != tt.client || claims.Machine != tt.machine || (err == nil) != tt.machine:
			t.Errorf("%s: %+v, %v", name, claims, err)
		}
	}
}
