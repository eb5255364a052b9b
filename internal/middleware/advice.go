package middleware

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"authgraph/internal/reqctx"
)

// maxAdvice is how many different callers one kind of advice is logged for. It bounds
// the memory, and the lines that a hostile client can cause.
const maxAdvice = 50

// Advice logs requests that fail in a way that only the operator can fix, with the
// setting to change: once for each caller.
type Advice struct {
	log   *slog.Logger
	mu    sync.Mutex
	given map[string]map[string]struct{} // the callers by message
}

// NewAdvice returns Advice that is written to log.
func NewAdvice(log *slog.Logger) *Advice {
	return &Advice{log: log, given: map[string]map[string]struct{}{}}
}

// warn logs a message about a caller, unless it was logged before.
func (a *Advice) warn(ctx context.Context, message, attribute, caller string) {
	a.mu.Lock()
	callers := a.given[message]
	_, known := callers[caller]
	if known || len(callers) == maxAdvice {
		a.mu.Unlock()
		return
	}
	if callers == nil {
		callers = map[string]struct{}{}
		a.given[message] = callers
	}
	callers[caller] = struct{}{}
	isLast := len(callers) == maxAdvice
	a.mu.Unlock()
	a.log.LogAttrs(ctx, slog.LevelWarn, message, slog.String(attribute, caller))
	if isLast {
		a.log.LogAttrs(ctx, slog.LevelWarn, "suppressing further warnings of this kind", slog.Int("times", maxAdvice))
	}
}

// CookieClient warns about a client that expects a refresh cookie although
// TOKEN_TRANSPORT is body.
func (a *Advice) CookieClient(ctx context.Context) {
	a.warn(ctx, "a client expects its refresh token in a cookie: if it is yours, set TOKEN_TRANSPORT=cookie",
		"origin", reqctx.FromContext(ctx).Origin)
}

// unlistedProxy warns about X-Forwarded-For from a peer that is not a trusted proxy. Whether
// the peer is a proxy or a client that pretends to be one, only the operator knows.
// API Gateway, which names the peer itself in the header, needs no setting.
func (a *Advice) unlistedProxy(r *http.Request, trusted []netip.Prefix) {
	lines := r.Header["X-Forwarded-For"]
	if len(lines) == 0 {
		return
	}
	peer := parseAddr(r.RemoteAddr)
	if !peer.IsValid() || isTrusted(peer, trusted) {
		return
	}
	names := slices.ContainsFunc(lines, func(line string) bool {
		for entry := range strings.SplitSeq(line, ",") {
			if parseAddr(strings.TrimSpace(entry)) == peer {
				return true
			}
		}
		return false
	})
	if !names {
		a.warn(r.Context(), "ignored X-Forwarded-For: if the peer is your proxy, add it to TRUSTED_PROXIES",
			"peer", peer.String())
	}
}

// refusedPage warns about a cross-origin request whose origin or header CORS rejects.
// Browsers do not tell the page why.
func (a *Advice) refusedPage(r *http.Request, origins, headers []string) {
	from := reqctx.FromContext(r.Context()).Origin
	switch {
	case from == "" || isSameOrigin(r, from):
	case from == "null":
		a.warn(r.Context(), "a page without an origin was refused: serve it over HTTP, not from a file or in a sandboxed frame",
			"origin", from)
	case !slices.Contains(origins, from):
		a.warn(r.Context(), "refused a cross-origin request: if the page is yours, add its origin to CORS_ALLOWED_ORIGINS",
			"origin", from)
	case r.Method == http.MethodOptions:
		for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
			name = strings.TrimSpace(name)
			allowed := slices.ContainsFunc(headers, func(h string) bool { return strings.EqualFold(h, name) })
			if !allowed && isHeaderName(name) {
				a.warn(r.Context(), "refused a cross-origin request because of a header: if the page is yours, add it to CORS_ALLOWED_HEADERS", "header", name)
				return // one is enough: the others come up once it is allowed
			}
		}
	}
}

// isSameOrigin reports whether a request comes from a page of this server. Old browsers
// send no Sec-Fetch-Site.
func isSameOrigin(r *http.Request, from string) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	u, err := url.Parse(from)
	return err == nil && u.Host == r.Host
}

// isHeaderName reports whether s is a name that is safe to log.
func isHeaderName(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// pageOrigin returns the Origin header if it is an origin as browsers send it, including
// null, and otherwise nothing.
func pageOrigin(h http.Header) string {
	const maxLen = 300 // of the longest host name, with scheme and port
	values := h["Origin"]
	if len(values) != 1 || len(values[0]) > maxLen {
		return ""
	}
	u, err := url.Parse(values[0])
	isOrigin := err == nil && u.Scheme != "" && u.Host != "" && values[0] == u.Scheme+"://"+u.Host
	if !isOrigin && values[0] != "null" {
		return ""
	}
	return values[0]
}
