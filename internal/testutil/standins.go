package testutil

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
	FakePoolID   = "us-east-1_Abc123456"
	FakeClientID = "1example23456789"
)

// FakeCognito stands in for Cognito where no real pool can be made to say the same.
type FakeCognito struct {
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

func NewFakeCognito() *FakeCognito {
	return NewFakeCognitoOn(listen())
}

// NewFakeCognitoOn starts a stand-in that accepts connections from a listener.
func NewFakeCognitoOn(listener net.Listener) *FakeCognito {
	u := &FakeCognito{calls: map[string]int{}, away: true}
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

// CloseConnections closes the connections of all callers.
func (u *FakeCognito) CloseConnections() { u.server.CloseClientConnections() }

func (u *FakeCognito) URL() string { return u.server.URL }

// ServeHTTP answers every call of the protocol as told last.
func (u *FakeCognito) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
func (u *FakeCognito) set(status int, body string, away bool, wait chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.wait != nil {
		close(u.wait)
	}
	u.status, u.body, u.away, u.wait = status, body, away, wait
}

func (u *FakeCognito) Respond(status int, body string) { u.set(status, body, false, nil) }
func (u *FakeCognito) DropConnections()                { u.set(0, "", true, nil) }
func (u *FakeCognito) Hang()                           { u.set(0, "", true, make(chan struct{})) }

// AwaitCalls waits for the n-th call of an operation. One more than that is a
// failure: it would be a blind repetition.
func (u *FakeCognito) AwaitCalls(n int, operation string) error {
	deadline := time.Now().Add(Timeout)
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

// RespondWith makes every call be answered so, or as told otherwise if it is nil.
func (u *FakeCognito) RespondWith(instead http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.instead = instead
}

// Calls returns the bodies of all calls so far.
func (u *FakeCognito) Calls() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.bodies)
}

func (u *FakeCognito) Close() {
	u.DropConnections()
	u.server.CloseClientConnections()
	u.server.Close()
}

// FakeIssuer stands in for what issues tokens: it has a key and publishes it.
type FakeIssuer struct {
	server *httptest.Server

	mu      sync.Mutex
	up      bool
	Key     *rsa.PrivateKey
	KID     string
	extra   []any            // published beside the key
	instead http.HandlerFunc // answers in place of the key set, unless nil
	fetches int              // of the key set, whatever was answered
}

// RSAKeys are made once: making one takes longer than a script.
var RSAKeys = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var all [3]*rsa.PrivateKey
	for i := range all {
		all[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return all
})

func NewFakeIssuer() *FakeIssuer {
	i := &FakeIssuer{up: true, Key: RSAKeys()[0], KID: "first"}
	i.server = httptest.NewServer(i)
	return i
}

func (i *FakeIssuer) URL() string { return i.server.URL + "/" + FakePoolID }

func (i *FakeIssuer) SetUp(up bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.up = up
}

func (i *FakeIssuer) RotateKey() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.Key, i.KID = RSAKeys()[1], "second"
}

// RespondWith makes the issuer answer so, or honestly again if the answer is nil.
func (i *FakeIssuer) RespondWith(instead http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.instead = instead
}

// PublishAlso makes the issuer publish further keys beside its own.
func (i *FakeIssuer) PublishAlso(extra ...any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.extra = extra
}

// Fetches returns how often the key set was asked for.
func (i *FakeIssuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

func (i *FakeIssuer) Close() {
	i.server.CloseClientConnections()
	i.server.Close()
}

// ServeHTTP answers the key set (RFC 7517).
func (i *FakeIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.fetches++
	up, instead := i.up, i.instead
	published := map[string]any{"keys": append([]any{PublicJWK(i.KID, i.Key)}, i.extra...)}
	i.mu.Unlock()
	switch {
	case !up:
		panic(http.ErrAbortHandler)
	case instead != nil:
		instead(w, r)
	case r.URL.Path != "/"+FakePoolID+"/.well-known/jwks.json":
		http.NotFound(w, r)
	default:
		_ = json.NewEncoder(w).Encode(published)
	}
}

// PublicJWK is a public key as pools publish theirs.
func PublicJWK(kid string, key *rsa.PrivateKey) map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid,
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}
}

// Sign makes an access token as Cognito does, with the changes that are given.
func (i *FakeIssuer) Sign(changes map[string]any) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	header := map[string]any{"alg": "RS256", "kid": i.KID}
	key := i.Key
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": i.URL(), "client_id": FakeClientID, "token_use": "access", "scope": "aws.cognito.signin.user.admin",
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
			key = RSAKeys()[2]
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
	return SignText(key, segment(header)+"."+segment(claims))
}

// SignText signs two segments, whatever they hold.
func SignText(key *rsa.PrivateKey, signed string) (string, error) {
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// RejectAll makes the stand-in take no password and no code.
func (u *FakeCognito) RejectAll() {
	u.Respond(http.StatusBadRequest, `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`)
}
