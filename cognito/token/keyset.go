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

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"golang.org/x/sync/singleflight"
)

// Bounds of a fetch. A user pool publishes two keys in about 850 bytes.
const (
	maxKeySetSize = 256 << 10
	maxKeys       = 32
	fetchTimeout  = 3 * time.Second
)

// Unknown key ids may cause a burst of fetches, and then one for each MinInterval. So
// forged tokens cannot flood the issuer, and a flood of them delays a new key by at most
// one interval.
const (
	fetchBurst         = 3
	defaultMinInterval = 10 * time.Second
)

// Backoff of Run. Without keys, it retries faster, since no token can be verified.
const (
	defaultRefreshEvery = 15 * time.Minute
	firstRetry          = 250 * time.Millisecond
	slowestRetryEmpty   = 5 * time.Second
	slowestRetryLoaded  = time.Minute
)

// Sizes of RSA keys. The minimum is that of RFC 7518, section 3.3. The maximum bounds the
// time of a verification.
const (
	minModulusBits = 2048
	maxModulusBits = 8192
)

var (
	errNotFetched = errors.New("not fetched yet")
	errTooSoon    = errors.New("fetched too often")
)

// KeySetOptions configures a [KeySet].
type KeySetOptions struct {
	// URL is the issuer's JWK set: the issuer followed by "/.well-known/jwks.json". It
	// should be https unless the issuer is on this machine, since anyone who can answer
	// in its place can forge tokens. Required.
	URL string

	// Client fetches the set. It never follows redirects, and each fetch has a timeout of
	// 3 s. Default: a client of the KeySet's own.
	Client *http.Client

	// RefreshEvery is the interval of [KeySet.Run], minus up to 10 % of jitter. It bounds
	// how long a withdrawn key is still accepted. Default: 15 minutes.
	RefreshEvery time.Duration

	// MinInterval is the time between fetches for unknown key ids after a burst of 3.
	// Default: 10 s.
	MinInterval time.Duration

	// Observe is called with the outcome of each fetch, "ok" or "error". Default: none.
	Observe func(outcome string)

	// Log receives failed fetches and ignored keys. Default: none.
	Log *slog.Logger

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// KeySet holds the public keys of one issuer (RFC 7517, section 5). It is safe for
// concurrent use.
//
// A successful fetch replaces the whole set. A failed one changes nothing. Concurrent
// callers share a fetch.
//
// KeySet uses RSA keys that are fit for RS256: use "sig" or absent, alg "RS256" or absent,
// key_ops absent or with "verify", a kid, a modulus of 2048 to 8192 bits, an odd exponent
// from 3 to 2^31-1. It ignores other keys, as RFC 7517, section 5, requires, and also
//
//   - keys published with a private part, since anyone can sign with them,
//   - keys that share a kid, since it is ambiguous,
//   - keys with the structure of CVE-2017-15361 (ROCA), which can be factored.
//
// A set without a usable key is a failed fetch.
type KeySet struct {
	url          string
	client       *http.Client
	refreshEvery time.Duration
	minInterval  time.Duration
	observe      func(string)
	log          *slog.Logger
	now          func() time.Time

	keys    atomic.Pointer[map[string]*publicKey] // nil until the first successful fetch
	fetches singleflight.Group

	mu      sync.Mutex
	lastErr error     // of the latest fetch
	budget  float64   // fetches that unknown key ids may still cause
	filled  time.Time // when budget was last updated
}

// publicKey is an RSA key that the issuer publishes under kid. It keeps its identity for
// as long as it is published, and must not be changed.
type publicKey struct {
	*rsa.PublicKey
	kid string
}

// NewKeySet returns an empty KeySet. [KeySet.Run] fetches the keys, or the first
// verification does.
func NewKeySet(o KeySetOptions) (*KeySet, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("token: key set URL %q is not an http or https URL", o.URL)
	}
	if o.RefreshEvery < 0 || o.MinInterval < 0 {
		return nil, errors.New("token: key set intervals must not be negative")
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
	// Cognito does not redirect, and keys must come from the issuer itself.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	k.client = &client
	k.filled = k.now()
	return k, nil
}

// keySetTransport returns a transport for an occasional small request.
func keySetTransport() *http.Transport {
	return &http.Transport{
		// HTTPS_PROXY tunnels to the issuer. HTTP_PROXY is ignored, since such a proxy
		// could change the keys.
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

// Run refreshes the set until ctx ends. It fetches immediately, and retries with backoff
// from 250 ms to 5 s until there are keys. Then it fetches every RefreshEvery, and after a
// failure with backoff up to a minute. All pauses have jitter.
func (k *KeySet) Run(ctx context.Context) {
	retry := firstRetry
	for {
		pause := k.refreshEvery - rand.N(k.refreshEvery/10+1)
		if err := k.share(ctx, k.refresh); err != nil {
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

// Ready returns nil once there are keys, even if later fetches fail, and otherwise an
// error that matches [ErrKeysUnavailable].
func (k *KeySet) Ready() error {
	if k.keys.Load() != nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return fmt.Errorf("%w: %w", ErrKeysUnavailable, k.lastErr)
}

// key returns the key of kid. A known key comes from memory. An unknown one may be new,
// so key fetches the set if the rate limit allows it, and waits for the result or for ctx.
//
// The error matches [ErrUnknownKey] if there are keys but not this one, even when the
// issuer is unreachable. Otherwise it matches [ErrKeysUnavailable].
func (k *KeySet) key(ctx context.Context, kid string) (*publicKey, error) {
	if key := k.lookup(kid); key != nil {
		return key, nil
	}
	err := k.share(ctx, func() error { return k.refreshFor(kid) })
	if key := k.lookup(kid); key != nil {
		return key, nil
	}
	gaveUp := ctx.Err() != nil && errors.Is(err, ctx.Err()) // before the fetch ended
	if k.keys.Load() != nil && !gaveUp {
		return nil, ErrUnknownKey
	}
	return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
}

func (k *KeySet) lookup(kid string) *publicKey {
	keys := k.keys.Load()
	if keys == nil {
		return nil
	}
	return (*keys)[kid]
}

// isPublished reports whether the issuer still publishes key under its kid.
func (k *KeySet) isPublished(key *publicKey) bool { return k.lookup(key.kid) == key }

// share runs refresh, or waits for the one that is already running. The fetch goes on
// when ctx ends, since other callers may wait for it.
func (k *KeySet) share(ctx context.Context, refresh func() error) error {
	done := k.fetches.DoChan("", func() (any, error) { return nil, refresh() })
	select {
	case result := <-done:
		return result.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refreshFor refreshes the set for a kid that a client sent, within the budget. Failed
// fetches use up the budget too.
func (k *KeySet) refreshFor(kid string) error {
	// A fetch that ended after the caller's lookup may have brought the key.
	if k.lookup(kid) != nil {
		return nil
	}
	if err := k.spend(); err != nil {
		return err
	}
	return k.refresh()
}

// spend takes one fetch out of the budget, or returns why there is none left.
func (k *KeySet) spend() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	k.budget = min(fetchBurst, k.budget+max(0, now.Sub(k.filled).Seconds()/k.minInterval.Seconds()))
	k.filled = now
	if k.budget < 1 {
		if k.lastErr != nil {
			return k.lastErr
		}
		return errTooSoon
	}
	k.budget--
	return nil
}

// refresh replaces the set by the one that the issuer publishes now.
func (k *KeySet) refresh() error {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	keys, err := k.download(ctx)
	outcome := "ok"
	if err != nil {
		outcome = "error"
		k.log.Warn("jwks refresh failed", "url", k.url, "err", err)
	} else {
		// A key that is still published keeps its identity, so that tokens it signed
		// stay cached.
		for kid, key := range keys {
			if known := k.lookup(kid); known != nil && known.Equal(key.PublicKey) {
				keys[kid] = known
			}
		}
		k.keys.Store(&keys)
	}
	k.observe(outcome)

	k.mu.Lock()
	defer k.mu.Unlock()
	k.lastErr = err
	return err
}

// download fetches the set and returns its usable keys, at least one.
func (k *KeySet) download(ctx context.Context) (keys map[string]*publicKey, err error) {
	// A panic in this goroutine would end the process, and the input is untrusted.
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
		k.log.Warn("unusable keys in jwks", "url", k.url, "count", skipped)
	}
	return keys, err
}

// parseKeySet returns the usable keys of a JWK set by kid, and the number of others.
func parseKeySet(body []byte) (keys map[string]*publicKey, skipped int, err error) {
	// jwk.Parse accepts more than this: a bare key, a repeated "keys", trailing data.
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil || set.Keys == nil {
		return nil, 0, errors.New("not a JWK set")
	}
	if len(set.Keys) > maxKeys {
		return nil, 0, fmt.Errorf("%d keys are too many", len(set.Keys))
	}
	keys = make(map[string]*publicKey, len(set.Keys))
	seen := make(map[string]int, len(set.Keys))
	for _, entry := range set.Keys {
		parsed, err := jwk.ParseKey(entry)
		if err != nil {
			continue
		}
		kid := parsed.KeyID()
		seen[kid]++
		if key := usableKey(parsed); key != nil {
			keys[kid] = &publicKey{key, kid}
		}
	}
	for kid, times := range seen {
		if times > 1 {
			delete(keys, kid)
		}
	}
	if len(keys) == 0 {
		return nil, len(set.Keys), errors.New("no usable RSA key")
	}
	return keys, len(set.Keys) - len(keys), nil
}

// usableKey returns the key of entry, or nil if it is unfit for RS256. The documentation
// of KeySet has the rules.
func usableKey(entry jwk.Key) *rsa.PublicKey {
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
	// entry.Raw would truncate a long exponent.
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
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

// looksLikeROCA reports whether n is a product of primes of the form k*M + 65537^a mod M,
// which the library of CVE-2017-15361 generated. Such an n is a power of 65537 modulo each
// small prime. Any other n has that property with a probability below 2^-100.
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
