// Package reqctx holds what one HTTP request brings along and the layers below
// the edge need: its id, the caller's bearer token, the caller's address.
//
// It is a package of its own so that the edge (internal/middleware), which fills a
// [Request], and the policy (directives), which reads it, need not know each
// other. It is the only value of ours in a context besides the verified caller.
package reqctx

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Request is what one HTTP request brings along. The edge makes one for each
// request and never changes it afterwards.
type Request struct {
	// ID names the request in logs, in the X-Request-Id response header and in
	// errors[].extensions.requestId.
	ID string

	// Bearer is the token of the Authorization header. It is empty when the
	// header is absent or BearerError is set.
	Bearer string

	// BearerError is not nil when there is an Authorization header that is not
	// one well-formed bearer credential (RFC 6750, section 2.1).
	BearerError error

	// RefreshCookie is where the refresh token of the client's session is kept. It is
	// nil where refresh tokens travel in bodies.
	RefreshCookie *RefreshCookie

	// ClientAddr is the caller's address: the peer's, or, behind a trusted
	// proxy, the one that the proxy vouches for. It is the zero Addr where none
	// is known.
	ClientAddr netip.Addr

	// UserAgent is the header of that name, cut short and free of control
	// characters.
	UserAgent string

	// DeviceData is what the client's browser tells Cognito's threat protection of
	// itself, made by Amazon's script. It is empty without it.
	DeviceData string

	mu      sync.Mutex
	memo    []*call // few: a list is found in faster than a map is made
	subject atomic.Pointer[string]
}

// SetSubject notes whose access token the request has brought, once that is
// verified.
func (r *Request) SetSubject(id string) { r.subject.Store(&id) }

// Subject returns the user whose access token the request has brought, or
// nothing while no verified one is known.
func (r *Request) Subject() string {
	if id := r.subject.Load(); id != nil {
		return *id
	}
	return ""
}

type contextKey struct{}

// NewContext returns a context that carries r.
func NewContext(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// FromContext returns the request of ctx. Without one it returns an empty
// request, which has no token: whoever asks is treated as anonymous.
func FromContext(ctx context.Context) *Request {
	if r, ok := ctx.Value(contextKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// call is one computation whose result the rest of the request shares.
type call struct {
	key   any
	once  sync.Once
	value any
	err   error
}

// Once runs f at most once for each key in the life of the request r and gives
// every caller its result. GraphQL executes the fields of a query side by side
// and as often as they are aliased; what is asked once per request goes through
// here. The key should be of a type private to its package, as with
// [context.WithValue].
func Once[T any](r *Request, key any, f func() (T, error)) (T, error) {
	c := r.call(key)
	c.once.Do(func() { c.value, c.err = f() })
	value, _ := c.value.(T)
	return value, c.err
}

// call returns the computation of a key.
func (r *Request) call(key any) *call {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.memo {
		if c.key == key {
			return c
		}
	}
	c := &call{key: key}
	r.memo = append(r.memo, c)
	return c
}
