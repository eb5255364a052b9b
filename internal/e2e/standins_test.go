package e2e

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The pool that stand-ins pretend to be.
const (
	standInPool   = "us-east-1_Abc123456"
	standInClient = "1example23456789"
)

// upstream stands in for Cognito where no real pool can be made to say the same.
type upstream struct {
	server *httptest.Server

	mu     sync.Mutex
	calls  map[string]int
	bodies []string // of all calls
	status int
	body   string
	away   bool
	wait   chan struct{} // closed when a reply is known; nil: it is

	instead http.HandlerFunc // answers in place of all that, unless nil
}

func newUpstream() *upstream {
	return newUpstreamOn(listen())
}

// newUpstreamOn starts a stand-in that accepts connections from a listener.
func newUpstreamOn(listener net.Listener) *upstream {
	u := &upstream{calls: map[string]int{}, away: true}
	u.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: u}}
	u.server.Start()
	return u
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return listener
}

// closeConnections closes the connections of all callers.
func (u *upstream) closeConnections() { u.server.CloseClientConnections() }

func (u *upstream) url() string { return u.server.URL }

// ServeHTTP answers every call of the protocol as told last.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Only a body that was read to its end lets the server see a caller go away.
	asked, _ := io.ReadAll(r.Body)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	u.mu.Lock()
	u.calls[operation]++
	u.bodies = append(u.bodies, string(asked))
	wait, instead := u.wait, u.instead
	u.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	if wait != nil {
		select {
		case <-wait:
		case <-r.Context().Done():
			return
		}
	}
	u.mu.Lock()
	status, body, away := u.status, u.body, u.away
	u.mu.Unlock()
	if away {
		panic(http.ErrAbortHandler) // net/http's way to close the connection
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// set changes the behaviour, also for the calls that hang.
func (u *upstream) set(status int, body string, away bool, wait chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.wait != nil {
		close(u.wait)
	}
	u.status, u.body, u.away, u.wait = status, body, away, wait
}

func (u *upstream) reply(status int, body string) { u.set(status, body, false, nil) }
func (u *upstream) goAway()                       { u.set(0, "", true, nil) }
func (u *upstream) hang()                         { u.set(0, "", true, make(chan struct{})) }

// awaitCalls waits for the n-th call of an operation. One more than that is a
// failure: it would be a blind repetition.
func (u *upstream) awaitCalls(n int, operation string) error {
	deadline := time.Now().Add(patience)
	for {
		u.mu.Lock()
		seen := u.calls[operation]
		u.mu.Unlock()
		switch {
		case seen == n:
			return nil
		case seen > n, time.Now().After(deadline):
			return fmt.Errorf("%s was called %d times, want %d", operation, seen, n)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// misbehave makes every call be answered so, or as told otherwise if it is nil.
func (u *upstream) misbehave(instead http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.instead = instead
}

// asked returns the bodies of all calls so far.
func (u *upstream) asked() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.bodies)
}

func (u *upstream) close() {
	u.goAway()
	u.server.CloseClientConnections()
	u.server.Close()
}

// issuer stands in for what issues tokens: it has a key and publishes it.
type issuer struct {
	server *httptest.Server

	mu      sync.Mutex
	up      bool
	key     *rsa.PrivateKey
	kid     string
	extra   []any            // published beside the key
	instead http.HandlerFunc // answers in place of the key set, unless nil
	fetches int              // of the key set, whatever was answered
}

// keys are made once: making one takes longer than a script.
var keys = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var all [3]*rsa.PrivateKey
	for i := range all {
		all[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return all
})

func newIssuer() *issuer {
	i := &issuer{up: true, key: keys()[0], kid: "first"}
	i.server = httptest.NewServer(i)
	return i
}

func (i *issuer) url() string { return i.server.URL + "/" + standInPool }

func (i *issuer) setUp(up bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.up = up
}

func (i *issuer) rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key, i.kid = keys()[1], "second"
}

// misbehave makes the issuer answer so, or honestly again if the answer is nil.
func (i *issuer) misbehave(instead http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.instead = instead
}

// publish makes the issuer publish further keys beside its own.
func (i *issuer) publish(extra ...any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.extra = extra
}

// fetched returns how often the key set was asked for.
func (i *issuer) fetched() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

func (i *issuer) close() {
	i.server.CloseClientConnections()
	i.server.Close()
}

// ServeHTTP answers the key set (RFC 7517).
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.fetches++
	up, instead := i.up, i.instead
	published := map[string]any{"keys": append([]any{publicJWK(i.kid, i.key)}, i.extra...)}
	i.mu.Unlock()
	switch {
	case !up:
		panic(http.ErrAbortHandler)
	case instead != nil:
		instead(w, r)
	case r.URL.Path != "/"+standInPool+"/.well-known/jwks.json":
		http.NotFound(w, r)
	default:
		_ = json.NewEncoder(w).Encode(published)
	}
}

// publicJWK is a public key as pools publish theirs.
func publicJWK(kid string, key *rsa.PrivateKey) map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid,
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}
}

// sign makes an access token as Cognito does, with the changes that are given.
func (i *issuer) sign(changes map[string]any) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	header := map[string]any{"alg": "RS256", "kid": i.kid}
	key := i.key
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": i.url(), "client_id": standInClient, "token_use": "access", "scope": "aws.cognito.signin.user.admin",
		"sub": "7c1e58c4-0000-4000-8000-000000000001", "username": "7c1e58c4-0000-4000-8000-000000000001",
		"auth_time": now, "iat": now, "exp": now + 3600, "jti": "j", "origin_jti": "o",
	}
	for name, value := range changes {
		text, _ := value.(string)
		switch name {
		case "KID":
			header["kid"] = text
		case "ALG":
			header["alg"] = text
		case "KEY":
			key = keys()[2]
		case "exp", "iat", "nbf", "auth_time":
			seconds, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				delete(claims, name)
				continue
			}
			claims[name] = now + seconds
		default:
			claims[name] = value
			if value == "" {
				delete(claims, name)
			}
		}
	}
	return signJWT(key, header, claims)
}

func signJWT(key *rsa.PrivateKey, header, claims map[string]any) (string, error) {
	segment := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return signText(key, segment(header)+"."+segment(claims))
}

// signText signs two segments, whatever they hold.
func signText(key *rsa.PrivateKey, signed string) (string, error) {
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// refuseAll makes the stand-in take no password and no code.
func (u *upstream) refuseAll() {
	u.reply(http.StatusBadRequest, `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`)
}
