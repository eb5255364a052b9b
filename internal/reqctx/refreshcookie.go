package reqctx

import (
	"errors"
	"sync"
)

// maxRefreshCookie is the length limit of a token in a cookie: browsers silently drop
// cookies of more than 4,096 bytes, including name and attributes. Cognito's refresh
// tokens have less than 2,000.
const maxRefreshCookie = 3900

// ErrRefreshTokenTooLong means that a refresh token does not fit into a cookie.
var ErrRefreshTokenTooLong = errors.New("reqctx: the refresh token does not fit into a cookie")

// RefreshCookie is the cookie with the refresh token of a session. The middleware reads
// and writes it; the resolvers decide on changes. It is safe for concurrent use.
type RefreshCookie struct {
	sent string

	mu      sync.Mutex
	changed bool
	token   string
}

// NewRefreshCookie returns a cookie with the token that the client sent, which may be
// empty.
func NewRefreshCookie(sent string) *RefreshCookie { return &RefreshCookie{sent: sent} }

// Sent returns the refresh token that the client sent, or "".
func (c *RefreshCookie) Sent() string { return c.sent }

// Keep stores a refresh token in the cookie. It returns [ErrRefreshTokenTooLong] for a
// token that browsers would drop.
func (c *RefreshCookie) Keep(token string) error {
	if len(token) > maxRefreshCookie {
		return ErrRefreshTokenTooLong
	}
	c.change(token)
	return nil
}

// Clear deletes the cookie.
func (c *RefreshCookie) Clear() { c.change("") }

func (c *RefreshCookie) change(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token, c.changed = token, true
}

// Change returns the token to store, "" to delete the cookie, and whether there is any
// change.
func (c *RefreshCookie) Change() (token string, changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token, c.changed
}
