// Package reqctx carries the properties of an HTTP request in a context: its id,
// the bearer token, the client's address.
//
// It is a package of its own so that the middleware, which creates a [Request], and
// the directives, which read it, do not depend on each other. Apart from the
// verified caller it is the only context value of the API.
package reqctx

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Request holds the properties of an HTTP request. The middleware creates one per
// request and does not modify it afterwards.
type Request struct {
	// ID identifies the request in logs, in the X-Request-Id response header and in
	// errors[].extensions.requestId.
	ID string

	// Bearer is the token of the Authorization header. It is empty when the
	// header is absent or BearerError is set.
	Bearer string

	// BearerError is not nil if the Authorization header is not a single well-formed
	// bearer credential (RFC 6750, section 2.1).
	BearerError error

	// RefreshCookie is the cookie with the session's refresh token. It is nil if
	// refresh tokens travel in request and response bodies.
	RefreshCookie *RefreshCookie

	// ClientAddr is the client's address: the peer's, or the one that a trusted proxy
	// reports. It is the zero Addr if unknown.
	ClientAddr netip.Addr

	// Origin is the origin of the page that makes the request, as its browser reports
	// it. It is empty for clients that are not browsers.
	Origin string

	// UserAgent is the User-Agent header, truncated and without control characters.
	UserAgent string

	// DeviceData is the device fingerprint for Cognito's threat protection, which
	// Amazon's script collects in the browser. It may be empty.
	DeviceData string

	mu      sync.Mutex
	memo    map[any]func() (any, error)
	subject atomic.Pointer[string]
}

// SetSubject sets the user whose verified access token the request has.
func (r *Request) SetSubject(id string) { r.subject.Store(&id) }

// Subject returns the user whose access token the request has, or "" before a token
// has been verified.
func (r *Request) Subject() string {
	if id := r.subject.Load(); id != nil {
		return *id
	}
	return ""
}

// Subscriber returns the client's IPv4 address, or the /64 of its IPv6 address, which
// belongs to one subscriber. It is empty if the address is unknown.
func (r *Request) Subscriber() string {
	switch {
	case r.ClientAddr.Is4():
		return r.ClientAddr.String()
	case r.ClientAddr.Is6():
		return netip.PrefixFrom(r.ClientAddr, 64).Masked().String()
	default:
		return ""
	}
}

type contextKey struct{}

// NewContext returns a context that carries r.
func NewContext(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// FromContext returns the request of ctx, or an empty one, whose caller is anonymous.
func FromContext(ctx context.Context) *Request {
	if r, ok := ctx.Value(contextKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// Once runs f at most once per key during the request and returns its result to every
// caller. GraphQL resolves the fields of a query concurrently, and as often as they
// are aliased. If f panics, every caller panics. The key should be of a type private
// to its package, as with [context.WithValue].
func Once[T any](r *Request, key any, f func() (T, error)) (T, error) {
	value, err := r.once(key, func() (any, error) { return f() })()
	typed, _ := value.(T)
	return typed, err
}

func (r *Request) once(key any, f func() (any, error)) func() (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.memo[key]; ok {
		return known
	}
	if r.memo == nil {
		r.memo = map[any]func() (any, error){}
	}
	r.memo[key] = sync.OnceValues(f)
	return r.memo[key]
}
