package cognito

import "context"

// SessionOf returns a session of a challenge, as if Cognito had returned it.
func (c *Client) SessionOf(ctx context.Context, challenge string) string {
	return c.states.seal(ctx, challengeState{
		Challenge: challenge, Account: "ada@example.com", Username: "the-sub", Session: "the-session",
	})
}

// ByEmail identifies an account by its e-mail address.
func ByEmail(address string) Identifier { return Identifier{Email: &address} }

// RevokeListedSession makes the call that RevokeSession makes after it has listed the
// sessions.
func (c *Client) RevokeListedSession(ctx context.Context, id string) error {
	return c.revokeUserSession(ctx, "access", id, "NONE")
}
