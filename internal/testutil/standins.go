package testutil

import (
	"bytes"
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

// The user pool and app client of the stand-ins.
const (
	FakePoolID   = "us-east-1_Abc123456"
	FakeClientID = "1example23456789"
)

// FakeSettings returns the settings of a program that uses the stand-ins.
func FakeSettings(cognito *FakeCognito, issuer *FakeIssuer) []string {
	return []string{
		"AWS_COGNITO_USER_POOL_ID=" + FakePoolID,
		"AWS_COGNITO_APP_CLIENT_ID=" + FakeClientID,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + cognito.URL(),
		"AWS_COGNITO_ISSUER=" + issuer.URL(),
	}
}

// FakeCognito is an HTTP server that gives programmed responses in place of Cognito. It
// drops connections until it is told otherwise.
type FakeCognito struct {
	server *httptest.Server

	mu     sync.Mutex
	calls  map[string]int
	bodies []string // of all calls
	status int
	body   string
	away   bool          // drop connections
	wait   chan struct{} // if not nil, calls hang until it is closed

	handler http.HandlerFunc // overrides all of the above, if not nil
}

// NewFakeCognito starts the server on a free port.
func NewFakeCognito() *FakeCognito {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return NewFakeCognitoOn(listener)
}

// NewFakeCognitoOn starts the server on a listener.
func NewFakeCognitoOn(listener net.Listener) *FakeCognito {
	u := &FakeCognito{calls: map[string]int{}, away: true}
	u.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: u}}
	u.server.Start()
	return u
}

// CloseConnections closes the open connections.
func (u *FakeCognito) CloseConnections() { u.server.CloseClientConnections() }

// URL returns the value for AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER.
func (u *FakeCognito) URL() string { return u.server.URL }

// ServeHTTP implements http.Handler.
func (u *FakeCognito) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The server notices a closed connection only after the body has been read.
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	u.mu.Lock()
	u.calls[operation]++
	u.bodies = append(u.bodies, string(body))
	wait, handler := u.wait, u.handler
	u.mu.Unlock()
	if handler != nil {
		handler(w, r)
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
	status, response, away := u.status, u.body, u.away
	u.mu.Unlock()
	if away {
		panic(http.ErrAbortHandler) // closes the connection
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, response)
}

// set changes the response, also for calls that hang.
func (u *FakeCognito) set(status int, body string, away bool, wait chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.wait != nil {
		close(u.wait)
	}
	u.status, u.body, u.away, u.wait = status, body, away, wait
}

// Respond sets the response to every call.
func (u *FakeCognito) Respond(status int, body string) { u.set(status, body, false, nil) }

// DropConnections closes the connection of every call without a response.
func (u *FakeCognito) DropConnections() { u.set(0, "", true, nil) }

// Hang leaves every call without a response until the behaviour is changed.
func (u *FakeCognito) Hang() { u.set(0, "", true, make(chan struct{})) }

// RejectAll responds to every call with NotAuthorizedException, as to a wrong password.
func (u *FakeCognito) RejectAll() {
	u.Respond(http.StatusBadRequest, `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`)
}

// AwaitCalls waits until an operation has been called n times. It returns an error if it
// was called more often, such as by a retry.
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

// RespondWith passes every call to a handler. Nil ends that.
func (u *FakeCognito) RespondWith(handler http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.handler = handler
}

// Calls returns the request bodies of all calls so far.
func (u *FakeCognito) Calls() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.bodies)
}

// Close stops the server and drops the calls that hang.
func (u *FakeCognito) Close() {
	u.DropConnections()
	u.server.CloseClientConnections()
	u.server.Close()
}

// FakeIssuer is an HTTP server that publishes a key set, and signs tokens with its key.
type FakeIssuer struct {
	server *httptest.Server

	mu      sync.Mutex
	up      bool
	Key     *rsa.PrivateKey
	KID     string
	extra   []any            // JWKs published in addition to Key
	handler http.HandlerFunc // replaces the key set, if not nil
	fetches int              // requests so far
}

// RSAKeys returns three RSA keys, which are generated once: it takes seconds. The first
// is the key of a new FakeIssuer, the second the one after a rotation, and the third is
// never published.
var RSAKeys = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var all [3]*rsa.PrivateKey
	for i := range all {
		all[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return all
})

// NewFakeIssuer starts an issuer on a free port.
func NewFakeIssuer() *FakeIssuer {
	i := &FakeIssuer{up: true, Key: RSAKeys()[0], KID: "first"}
	i.server = httptest.NewServer(i)
	return i
}

// URL returns the value for AWS_COGNITO_ISSUER.
func (i *FakeIssuer) URL() string { return i.server.URL + "/" + FakePoolID }

// SetUp makes the issuer respond, or drop connections if up is false.
func (i *FakeIssuer) SetUp(up bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.up = up
}

// RotateKey replaces the key.
func (i *FakeIssuer) RotateKey() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.Key, i.KID = RSAKeys()[1], "second"
}

// RespondWith passes every request to a handler. Nil ends that.
func (i *FakeIssuer) RespondWith(handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.handler = handler
}

// PublishAlso adds JWKs to the key set.
func (i *FakeIssuer) PublishAlso(extra ...any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.extra = extra
}

// Fetches returns the number of requests so far.
func (i *FakeIssuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// Close stops the server.
func (i *FakeIssuer) Close() {
	i.server.CloseClientConnections()
	i.server.Close()
}

// ServeHTTP responds with the key set (RFC 7517).
func (i *FakeIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.fetches++
	up, handler := i.up, i.handler
	published := map[string]any{"keys": append([]any{PublicJWK(i.KID, i.Key)}, i.extra...)}
	i.mu.Unlock()
	switch {
	case !up:
		panic(http.ErrAbortHandler)
	case handler != nil:
		handler(w, r)
	case r.URL.Path != "/"+FakePoolID+"/.well-known/jwks.json":
		http.NotFound(w, r)
	default:
		_ = json.NewEncoder(w).Encode(published)
	}
}

// PublicJWK returns the public key as a JWK, as user pools publish it.
func PublicJWK(kid string, key *rsa.PrivateKey) map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid,
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}
}

// Sign returns an access token like those of Cognito. Changes replace claims: exp, iat,
// nbf and auth_time are seconds from now, and an empty string removes a claim. KID and
// ALG replace header parameters, and KEY signs with a key that is not published.
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

// SignText returns a JWS with a signature over the given header and payload segments.
func SignText(key *rsa.PrivateKey, signed string) (string, error) {
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
