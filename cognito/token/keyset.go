package token

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// Bounds of a fetch. A user pool publishes two keys in about 850 bytes.
const (
	maxKeySetSize = 256 << 10
	maxKeys       = 32
	fetchTimeout  = 3 * time.Second
)

// The rate at which key ids that are not known may cause fetches: a burst, and
// then one for each MinInterval. Forged tokens must not become traffic at the
// issuer, and still the flood that uses the burst up must not keep a new key
// out for longer than one interval.
const (
	fetchBurst         = 3
	defaultMinInterval = 10 * time.Second
)

// The pace of Run. Without keys nobody can sign in, so it keeps trying every
// few seconds; with keys a failure can wait a little.
const (
	defaultRefreshEvery = 15 * time.Minute
	firstRetry          = 250 * time.Millisecond
	slowestRetryEmpty   = 5 * time.Second
	slowestRetryLoaded  = time.Minute
)

// The sizes of RSA keys: the lower bound is that of RFC 7518, section 3.3, the
// upper one keeps the time of a verification in bounds.
const (
	minModulusBits = 2048
	maxModulusBits = 8192
)

var (
	// ErrKeysUnavailable says that a token cannot be judged, because the
	// issuer's keys could not be loaded, or not before the caller's context
	// ended. It is no fault of the token.
	ErrKeysUnavailable = errors.New("token: the issuer's keys are unavailable")

	// ErrUnknownKey says that the issuer's keys are loaded and the one asked
	// for is not among them.
	ErrUnknownKey = errors.New("token: unknown key id")

	errNotFetched = errors.New("not fetched yet")
	errTooSoon    = errors.New("fetched too often")
)

// KeySetOptions says where a [KeySet] gets its keys.
type KeySetOptions struct {
	// URL is the issuer's JWK Set: the issuer's name with
	// "/.well-known/jwks.json" behind it. Required. Whoever can answer in its
	// place can forge every token, so it should be https anywhere but on the
	// same machine.
	URL string

	// Client fetches it; nil means one of its own. Redirects are never
	// followed, whatever the client says, and a fetch ends after 3 s.
	Client *http.Client

	// RefreshEvery is how often Run fetches the set once it has keys; each
	// pause is up to a tenth shorter, so that replicas spread out. It bounds how
	// long a withdrawn key is still honoured. Zero means 15 minutes.
	RefreshEvery time.Duration

	// MinInterval is the time between fetches for unknown key ids once a burst
	// of 3 is used up. Zero means 10 s.
	MinInterval time.Duration

	// Observe, if not nil, is told the outcome of each fetch: "ok" or "error".
	Observe func(outcome string)

	// Log, if not nil, is told of failed fetches and of keys left out.
	Log *slog.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// KeySet holds the public keys of one issuer (RFC 7517, section 5). It may be
// used by many goroutines at once.
//
// Each successful fetch replaces the whole set, so that a key that the issuer
// withdrew is gone; a failed one changes nothing. There is at most one fetch at
// a time, and all who need it wait for the same one.
//
// Of a fetched set only RSA keys fit for RS256 signatures are used: use "sig"
// or absent, alg "RS256" or absent, key_ops absent or with "verify", a kid, a
// modulus of 2048 to 8192 bits, an odd exponent from 3 to 2^31-1. Others are
// left out (RFC 7517, section 5, asks for that), and so are
//
//   - keys published with a private part: anybody can sign with them,
//   - all keys of a kid that comes twice: which one is meant nobody can say,
//     and keeping the first would let the order of a list decide,
//   - keys with the structure of CVE-2017-15361 (ROCA), which can be factored.
//
// A set without any usable key is a failed fetch.
type KeySet struct {
	url          string
	client       *http.Client
	refreshEvery time.Duration
	minInterval  time.Duration
	observe      func(string)
	log          *slog.Logger
	now          func() time.Time

	keys atomic.Pointer[map[string]*RS256Key] // nil until the first success

	mu       sync.Mutex
	inflight *fetch
	lastErr  error     // of the latest fetch
	budget   float64   // fetches that unknown key ids may still cause
	filled   time.Time // when budget was last brought up to date
}

// fetch is one fetch of the set, which any number of callers wait for.
type fetch struct {
	done chan struct{} // closed when err is set
	err  error
}

// NewKeySet returns a KeySet without keys. They are fetched by [KeySet.Run] or,
// where that has not got round to it, by the first [KeySet.Key].
func NewKeySet(o KeySetOptions) (*KeySet, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("token: key set needs an http or https URL, not %q", o.URL)
	}
	if o.RefreshEvery < 0 || o.MinInterval < 0 {
		return nil, errors.New("token: a key set's intervals cannot be negative")
	}
	k := &KeySet{
		url:          o.URL,
		refreshEvery: o.RefreshEvery,
		minInterval:  o.MinInterval,
		observe:      o.Observe,
		log:          o.Log,
		now:          o.Now,
		lastErr:      errNotFetched,
		budget:       fetchBurst,
	}
	if k.refreshEvery == 0 {
		k.refreshEvery = defaultRefreshEvery
	}
	if k.minInterval == 0 {
		k.minInterval = defaultMinInterval
	}
	if k.observe == nil {
		k.observe = func(string) {}
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if k.now == nil {
		k.now = time.Now
	}
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	} else {
		client.Transport = keySetTransport()
	}
	// Cognito does not redirect, and another host has no say about our keys.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	k.client = &client
	k.filled = k.now()
	return k, nil
}

// keySetTransport is made for one small request now and then.
func keySetTransport() *http.Transport {
	return &http.Transport{
		// Through HTTPS_PROXY the keys come in a tunnel that ends at the issuer.
		// HTTP_PROXY would hand them to the proxy to change, so it is ignored.
		Proxy: func(r *http.Request) (*url.URL, error) {
			if r.URL.Scheme != "https" {
				return nil, nil
			}
			return http.ProxyFromEnvironment(r)
		},
		DialContext:            (&net.Dialer{Timeout: fetchTimeout}).DialContext,
		TLSHandshakeTimeout:    fetchTimeout,
		ResponseHeaderTimeout:  fetchTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           1,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
	}
}

// Run keeps the set fresh until ctx ends. It fetches at once, and again after
// 250 ms, 500 ms and so on up to every 5 s until there are keys; then every
// RefreshEvery, or up to every minute while that fails. All pauses have jitter.
func (k *KeySet) Run(ctx context.Context) {
	retry := firstRetry
	for {
		pause := k.refreshEvery - rand.N(k.refreshEvery/10+1)
		if err := k.refresh(ctx); err != nil {
			slowest := slowestRetryEmpty
			if k.keys.Load() != nil {
				slowest = slowestRetryLoaded
			}
			retry = min(retry, slowest)
			pause = min(retry/2+rand.N(retry/2+1), pause)
			retry *= 2
		} else {
			retry = firstRetry
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// Ready returns nil once there are keys, and before that an error that matches
// [ErrKeysUnavailable]. It stays nil when later fetches fail.
func (k *KeySet) Ready() error {
	if k.keys.Load() != nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return fmt.Errorf("%w: %w", ErrKeysUnavailable, k.lastErr)
}

// Key returns the key of kid. A known one comes from memory. An unknown one may
// be new, so the set is fetched, as far as the bounded rate allows, and the
// caller waits for that or for the end of ctx. The key is shared and must not be
// changed.
//
// The error matches [ErrUnknownKey] when there are keys but not this one, also
// when the issuer cannot be asked for newer ones; or else [ErrKeysUnavailable].
func (k *KeySet) Key(ctx context.Context, kid string) (*RS256Key, error) {
	if key := k.lookup(kid); key != nil {
		return key, nil
	}
	err := k.refreshFor(ctx, kid)
	if key := k.lookup(kid); key != nil {
		return key, nil
	}
	gaveUp := ctx.Err() != nil && errors.Is(err, ctx.Err()) // so the answer is not known
	if k.keys.Load() != nil && !gaveUp {
		return nil, ErrUnknownKey
	}
	return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
}

func (k *KeySet) lookup(kid string) *RS256Key {
	keys := k.keys.Load()
	if keys == nil {
		return nil
	}
	return (*keys)[kid]
}

// has tells whether key is the one that is published under its id.
func (k *KeySet) has(key *RS256Key) bool { return k.lookup(key.id) == key }

// refresh fetches the set, or waits for the fetch that is under way.
func (k *KeySet) refresh(ctx context.Context) error {
	k.mu.Lock()
	f := k.start()
	k.mu.Unlock()
	return f.wait(ctx)
}

// refreshFor is refresh for a kid that somebody else asked for: it starts a
// fetch only if the budget allows it. Failed fetches use the budget up too.
func (k *KeySet) refreshFor(ctx context.Context, kid string) error {
	k.mu.Lock()
	// The fetch that this caller just missed may have brought the key.
	if k.lookup(kid) != nil {
		k.mu.Unlock()
		return nil
	}
	if k.inflight == nil {
		now := k.now()
		k.budget = min(fetchBurst, k.budget+max(0, now.Sub(k.filled).Seconds()/k.minInterval.Seconds()))
		k.filled = now
		if k.budget < 1 {
			err := k.lastErr
			k.mu.Unlock()
			if err == nil {
				err = errTooSoon
			}
			return err
		}
		k.budget--
	}
	f := k.start()
	k.mu.Unlock()
	return f.wait(ctx)
}

// start returns the fetch that is under way, or starts one. k.mu must be held.
func (k *KeySet) start() *fetch {
	if k.inflight != nil {
		return k.inflight
	}
	f := &fetch{done: make(chan struct{})}
	k.inflight = f
	go k.run(f)
	return f
}

func (f *fetch) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run does the fetch f. It has a context of its own: that one caller goes away
// must not end what the others wait for.
func (k *KeySet) run(f *fetch) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	keys, err := k.download(ctx)
	outcome := "ok"
	if err != nil {
		outcome = "error"
		k.log.Warn("the issuer's keys could not be fetched", "url", k.url, "error", err)
	} else {
		// A key that is still published stays the one that it was, so that tokens that
		// it signed stay remembered.
		for id, key := range keys {
			if known := k.lookup(id); known != nil && known.Equal(&key.PublicKey) {
				keys[id] = known
			}
		}
		k.keys.Store(&keys)
	}
	k.observe(outcome)

	k.mu.Lock()
	k.inflight = nil
	k.lastErr = err
	k.mu.Unlock()
	f.err = err
	close(f.done)
}

// download gets the set and returns its usable keys, which are at least one.
func (k *KeySet) download(ctx context.Context) (keys map[string]*RS256Key, err error) {
	// Nothing above this goroutine could catch a panic of a parser on what
	// somebody else sent; the process would end.
	defer func() {
		if p := recover(); p != nil {
			keys, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeySetSize+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeySetSize {
		return nil, errors.New("key set is too large")
	}
	keys, skipped, err := parseKeySet(body)
	if skipped > 0 {
		k.log.Warn("keys of the issuer are left out", "url", k.url, "count", skipped)
	}
	return keys, err
}

// parseKeySet returns the usable keys of a JWK Set by their kid, and the number
// of the others.
func parseKeySet(body []byte) (keys map[string]*RS256Key, skipped int, err error) {
	// jwk.Parse would also take a single key, a second "keys" and half a text.
	isSet := false
	r := objectReader{data: body}
	for r.next() {
		isSet = isSet || string(r.name) == "keys"
		r.skip()
	}
	if r.failed || !isSet {
		return nil, 0, errors.New("not a JWK set")
	}
	set, err := jwk.Parse(body, jwk.WithIgnoreParseError(true))
	if err != nil {
		return nil, 0, errors.New("not a JWK set")
	}
	if set.Len() > maxKeys {
		return nil, 0, fmt.Errorf("%d keys are too many", set.Len())
	}
	keys = make(map[string]*RS256Key, set.Len())
	seen := make(map[string]int, set.Len())
	for i := range set.Len() {
		entry, _ := set.Key(i)
		seen[entry.KeyID()]++
		if key := usableKey(entry); key != nil {
			keys[entry.KeyID()] = key
		}
	}
	for kid, times := range seen {
		if times > 1 {
			delete(keys, kid)
		}
	}
	if len(keys) == 0 {
		return nil, set.Len(), errors.New("no usable RSA key")
	}
	return keys, set.Len() - len(keys), nil
}

// usableKey returns the key of entry, or nil if RS256 signatures must not
// be checked with it. The type documentation of KeySet has the rules.
func usableKey(entry jwk.Key) *RS256Key {
	public, ok := entry.(jwk.RSAPublicKey) // a private key is another type
	if !ok {
		return nil
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth"} {
		if _, found := entry.Get(private); found {
			return nil
		}
	}
	if kid := entry.KeyID(); kid == "" || len(kid) > maxKidLen {
		return nil
	}
	if use := entry.KeyUsage(); use != "" && use != "sig" {
		return nil
	}
	if alg := entry.Algorithm().String(); alg != "" && alg != "RS256" {
		return nil
	}
	if ops := entry.KeyOps(); len(ops) > 0 && !slices.Contains(ops, jwk.KeyOpVerify) {
		return nil
	}
	// Made here and not by the library's Raw, which cuts a long exponent down.
	n, e := new(big.Int).SetBytes(public.N()), new(big.Int).SetBytes(public.E())
	if bits := n.BitLen(); bits < minModulusBits || bits > maxModulusBits || n.Bit(0) == 0 {
		return nil
	}
	if e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0 {
		return nil
	}
	if looksLikeROCA(n) {
		return nil
	}
	key, err := newRS256Key(entry.KeyID(), rsa.PublicKey{N: n, E: int(e.Int64())})
	if err != nil {
		return nil
	}
	return key
}

// looksLikeROCA reports whether n is a product of primes of the form
// k*M + 65537^a mod M, as the library of CVE-2017-15361 made them: modulo each
// small prime n is then a power of 65537. For any other n that is so with a
// probability below 2^-100.
func looksLikeROCA(n *big.Int) bool {
	for _, p := range []int64{
		3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79,
		83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	} {
		residue := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power := int64(1)
		for power != residue {
			power = power * 65537 % p
			if power == 1 {
				return false
			}
		}
	}
	return true
}
