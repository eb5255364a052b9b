package reqctx

import (
	"errors"
	"sync"
)

// maxRefreshCookie is the longest token that fits: browsers drop cookies of more than
// 4,096 bytes, name, value and attributes together, and say nothing. Cognito's refresh
// tokens have less than 2,000.
const maxRefreshCookie = 3900

// ErrRefreshTokenTooLong says that a refresh token does not fit into a cookie.
var ErrRefreshTokenTooLong = errors.New("reqctx: the refresh token does not fit into a cookie")

// RefreshCookie is the cookie that holds the refresh token of a page's session. The
// edge reads it and writes it; what becomes of it is decided below.
type RefreshCookie struct {
	sent string

	mu      sync.Mutex
	changed bool
	token   string
}

// NewRefreshCookie returns the cookie that the client sent, with no token in it if it
// sent none.
func NewRefreshCookie(sent string) *RefreshCookie { return &RefreshCookie{sent: sent} }

// Sent returns the refresh token that the client sent, or nothing.
func (c *RefreshCookie) Sent() string { return c.sent }

// Keep has the client keep the refresh token in the cookie from now on. It returns
// [ErrRefreshTokenTooLong] for one that no browser would.
func (c *RefreshCookie) Keep(token string) error {
	if len(token) > maxRefreshCookie {
		return ErrRefreshTokenTooLong
	}
	c.change(token)
	return nil
}

// Clear has the client forget the cookie.
func (c *RefreshCookie) Clear() { c.change("") }

func (c *RefreshCookie) change(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token, c.changed = token, true
}

// Change returns what the client is to be told: a token to keep, or nothing to forget
// the cookie. It tells whether it is to be told anything.
func (c *RefreshCookie) Change() (token string, changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token, c.changed
}
