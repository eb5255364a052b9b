package token

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Tests share these keys, since generating one takes 0.1 s.
var testKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 3)
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// testJWK returns the JWK of a public key in Cognito's form, with the members of edit. A
// nil member is removed.
func testJWK(kid string, key *rsa.PublicKey, edit map[string]any) map[string]any {
	jwk := map[string]any{
		"alg": "RS256", "kty": "RSA", "use": "sig", "kid": kid,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
	for name, value := range edit {
		jwk[name] = value
		if value == nil {
			delete(jwk, name)
		}
	}
	return jwk
}

func testJWKS(jwks ...map[string]any) string {
	text, err := json.Marshal(map[string]any{"keys": jwks})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// fakeIssuer is the transport of a client. Without a network, tests can use the fake
// clock of testing/synctest.
type fakeIssuer struct {
	mu      sync.Mutex
	respond func(*http.Request) (*http.Response, error)
	fetches int
}

func (f *fakeIssuer) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.fetches++
	respond := f.respond
	f.mu.Unlock()
	return respond(r)
}

func (f *fakeIssuer) set(respond func(*http.Request) (*http.Response, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.respond = respond
}

func (f *fakeIssuer) serve(body string) { f.set(answer(200, body)) }

func (f *fakeIssuer) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fetches
}

func answer(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Location": {"https://other.example/jwks.json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

func down(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

// hang blocks until the client gives up.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// drip sends one byte a second, so that no single read is slow.
type drip struct{ ctx context.Context }

func (d drip) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func newTestKeySet(t testing.TB, issuer http.RoundTripper, edit func(*KeySetOptions)) *KeySet {
	t.Helper()
	o := KeySetOptions{URL: "https://issuer.example/.well-known/jwks.json", Client: &http.Client{Transport: issuer}}
	if edit != nil {
		edit(&o)
	}
	k, err := NewKeySet(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func wantKey(t *testing.T, k *KeySet, kid string, want *rsa.PublicKey) {
	t.Helper()
	got, err := k.key(t.Context(), kid)
	if err != nil || !got.Equal(want) {
		t.Fatalf("key %q: %v", kid, err)
	}
}

func wantKeyError(t *testing.T, k *KeySet, kid string, want error) {
	t.Helper()
	if _, err := k.key(t.Context(), kid); !errors.Is(err, want) {
		t.Fatalf("key %q: got %v, want %v", kid, err, want)
	}
}

func TestNewKeySetInvalidOptions(t *testing.T) {
	for _, o := range []KeySetOptions{
		{},
		{URL: "issuer.example/jwks.json"},
		{URL: "ftp://issuer.example/"},
		{URL: "https:///jwks.json"},
		{URL: "://"},
		{URL: "file:///etc/keys"},
		{URL: "https://issuer.example/", RefreshEvery: -1},
		{URL: "https://issuer.example/", MinInterval: -1},
	} {
		if _, err := NewKeySet(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// On a cold start, the first caller fetches the set.
func TestKeySetFetchesForTheFirstCaller(t *testing.T) {
	a, issuer := &testKeys()[0].PublicKey, &fakeIssuer{}
	issuer.serve(testJWKS(testJWK("a", a, nil)))
	k := newTestKeySet(t, issuer, nil)
	if err := k.Ready(); !errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("ready before the first fetch: %v", err)
	}
	for range 1000 {
		wantKey(t, k, "a", a)
	}
	if err := k.Ready(); err != nil {
		t.Errorf("not ready after the fetch: %v", err)
	}
	if n := issuer.count(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestKeySetRotation(t *testing.T) {
	a, b, issuer := &testKeys()[0].PublicKey, &testKeys()[1].PublicKey, &fakeIssuer{}
	issuer.serve(testJWKS(testJWK("a", a, nil)))
	k := newTestKeySet(t, issuer, nil)
	wantKey(t, k, "a", a)

	issuer.serve(testJWKS(testJWK("a", a, nil), testJWK("b", b, nil)))
	wantKey(t, k, "b", b)
	wantKey(t, k, "a", a)

	// The issuer withdraws a. The next fetch removes it.
	issuer.serve(testJWKS(testJWK("b", b, nil)))
	wantKeyError(t, k, "c", ErrUnknownKey)
	wantKeyError(t, k, "a", ErrUnknownKey)
	wantKey(t, k, "b", b)
	if n := issuer.count(); n > 3 {
		t.Errorf("%d fetches, want at most 3", n)
	}
}

// A kid can be reused for another key.
func TestKeySetReplacesKeyOfSameKid(t *testing.T) {
	a, b, issuer := &testKeys()[0].PublicKey, &testKeys()[1].PublicKey, &fakeIssuer{}
	issuer.serve(testJWKS(testJWK("a", a, nil)))
	k := newTestKeySet(t, issuer, nil)
	wantKey(t, k, "a", a)
	issuer.serve(testJWKS(testJWK("a", b, nil)))
	wantKeyError(t, k, "other", ErrUnknownKey)
	wantKey(t, k, "a", b)
}

func TestKeySetSharesFetches(t *testing.T) {
	a := &testKeys()[0].PublicKey
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.set(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return answer(200, testJWKS(testJWK("a", a, nil)))(r)
		})
		k := newTestKeySet(t, issuer, nil)
		var callers sync.WaitGroup
		for range 500 {
			callers.Go(func() {
				if _, err := k.key(t.Context(), "a"); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if n := issuer.count(); n != 1 {
			t.Errorf("%d fetches for 500 callers, want 1", n)
		}
	})
}

// A caller that goes away neither waits nor cancels the fetch.
func TestKeySetWaitersKeepTheirOwnContext(t *testing.T) {
	a := &testKeys()[0].PublicKey
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.set(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(2 * time.Second):
				return answer(200, testJWKS(testJWK("a", a, nil)))(r)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		k := newTestKeySet(t, issuer, nil)
		start := time.Now()
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var patient sync.WaitGroup
		patient.Go(func() {
			synctest.Wait() // the hurried caller is the one who starts the fetch
			if _, err := k.key(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		})
		_, err := k.key(hurried, "a")
		if !errors.Is(err, ErrKeysUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("hurried caller: %v", err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("hurried caller waited %v", waited)
		}
		patient.Wait()
		if n := issuer.count(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
	})
}

// A caller that gives up does not know whether the key exists.
func TestKeySetCallerGivesUp(t *testing.T) {
	a := &testKeys()[0].PublicKey
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.serve(testJWKS(testJWK("a", a, nil)))
		k := newTestKeySet(t, issuer, nil)
		wantKey(t, k, "a", a)
		issuer.set(hang)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.key(ctx, "b"); !errors.Is(err, ErrKeysUnavailable) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnknownKey) {
			t.Errorf("got %v", err)
		}
		time.Sleep(fetchTimeout) // the fetch goes on without the caller
		wantKey(t, k, "a", a)
	})
}

func TestKeySetFloodOfUnknownKeyIDs(t *testing.T) {
	a, b := &testKeys()[0].PublicKey, &testKeys()[1].PublicKey
	for name, flooded := range map[string]func(*http.Request) (*http.Response, error){
		"issuer answers": answer(200, testJWKS(testJWK("a", a, nil))),
		"issuer fails":   answer(500, ""),
		"issuer is down": down,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := &fakeIssuer{}
				issuer.serve(testJWKS(testJWK("a", a, nil)))
				k := newTestKeySet(t, issuer, nil)
				wantKey(t, k, "a", a)

				issuer.set(flooded)
				for i := range 10_000 {
					wantKeyError(t, k, fmt.Sprint("unknown ", i), ErrUnknownKey)
				}
				wantKey(t, k, "a", a) // honest callers notice nothing
				if n := issuer.count(); n > 3 {
					t.Errorf("%d fetches, want at most 3", n)
				}

				// A real rotation during the flood.
				issuer.serve(testJWKS(testJWK("a", a, nil), testJWK("b", b, nil)))
				wantKeyError(t, k, "b", ErrUnknownKey)
				time.Sleep(10 * time.Second)
				wantKey(t, k, "b", b)
				if n := issuer.count(); n > 4 {
					t.Errorf("%d fetches, want at most 4", n)
				}

				// One hour of flood.
				before := issuer.count()
				for range 36_000 {
					time.Sleep(100 * time.Millisecond)
					wantKeyError(t, k, "unknown", ErrUnknownKey)
				}
				if n := issuer.count() - before; n > 362 {
					t.Errorf("%d fetches in an hour, want at most one for each 10 s", n)
				}
			})
		})
	}
}

// The budget stays bounded when idle and when the clock jumps.
func TestKeySetBudgetIsBounded(t *testing.T) {
	a := &testKeys()[0].PublicKey
	issuer, now := &fakeIssuer{}, time.Unix(1_800_000_000, 0)
	issuer.serve(testJWKS(testJWK("a", a, nil)))
	k := newTestKeySet(t, issuer, func(o *KeySetOptions) { o.Now = func() time.Time { return now } })
	wantKey(t, k, "a", a)
	for _, jump := range []time.Duration{1000 * time.Hour, -5000 * time.Hour} {
		now = now.Add(jump)
		before := issuer.count()
		for range 100 {
			wantKeyError(t, k, "unknown", ErrUnknownKey)
		}
		if n := issuer.count() - before; n > 3 {
			t.Errorf("%d fetches after the clock jumped by %v", n, jump)
		}
	}
	now = now.Add(10 * time.Second)
	before := issuer.count()
	wantKeyError(t, k, "unknown", ErrUnknownKey)
	if issuer.count() != before+1 {
		t.Error("a clock that went back stopped the fetches for good")
	}
}

// badResponses are failing fetches.
func badResponses() map[string]func(*http.Request) (*http.Response, error) {
	key := &testKeys()[2].PublicKey
	good := testJWKS(testJWK("new", key, nil))
	many := make([]map[string]any, maxKeys+1)
	for i := range many {
		many[i] = testJWK(fmt.Sprint(i), key, nil)
	}
	bad := map[string]func(*http.Request) (*http.Response, error){
		"refused": down,
		"hangs":   hang,
		"drips": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(drip{r.Context()})}, nil
		},
		"panics": func(*http.Request) (*http.Response, error) { panic("out of order") },
		"cut off": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader(good[:100]), cutOff{}))}, nil
		},
		"too long": answer(200, good+strings.Repeat(" ", maxKeySetSize)),
		"endless": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(endless{})}, nil
		},
		"too many": answer(200, testJWKS(many...)),
	}
	for _, status := range []int{201, 202, 204, 206, 301, 302, 307, 308, 304, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504} {
		bad[fmt.Sprint("status ", status)] = answer(status, good)
	}
	for name, body := range map[string]string{
		"empty": "", "space": "  ", "null": "null", "a number": "1", "a string": `"keys"`, "an array": "[]", "an array of keys": "[" + good + "]",
		"HTML": "<!doctype html><title>Sign in</title>", "no keys member": "{}", "no keys": `{"keys":[]}`, "keys null": `{"keys":null}`,
		"keys an object": `{"keys":{}}`, "keys a string": `{"keys":"` + "x" + `"}`, "keys of numbers": `{"keys":[1,2]}`, "keys of null": `{"keys":[null]}`,
		"other case": strings.Replace(good, "keys", "Keys", 1), "truncated": good[:len(good)-1], "half": good[:len(good)/2],
		"something behind": good + "x", "two sets": good + good, "keys twice": `{"keys":[],` + good[1:], "byte order mark": "\ufeff" + good,
		"not UTF-8": strings.Replace(good, "new", "n\xffw", 1), "deep": `{"keys":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}",
		"a bare key":         good[len(`{"keys":[`) : len(good)-2],
		"PEM":                "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg==\n-----END PUBLIC KEY-----\n",
		"discovery document": `{"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/.well-known/jwks.json"}`,
		"UTF-16":             "{\x00\"\x00k\x00e\x00y\x00s\x00\"\x00",
	} {
		bad["body "+name] = answer(200, body)
	}
	return bad
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte{0x20}, len(p))), nil }

func TestKeySetKeepsTheLastGoodSet(t *testing.T) {
	a := &testKeys()[0].PublicKey
	for name, bad := range badResponses() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var outcomes []string
				issuer := &fakeIssuer{}
				issuer.serve(testJWKS(testJWK("a", a, nil)))
				k := newTestKeySet(t, issuer, func(o *KeySetOptions) {
					o.Observe = func(outcome string) { outcomes = append(outcomes, outcome) }
				})
				wantKey(t, k, "a", a)
				issuer.set(bad)
				start := time.Now()
				wantKeyError(t, k, "new", ErrUnknownKey)
				if waited := time.Since(start); waited > 3*time.Second {
					t.Errorf("waited %v", waited)
				}
				wantKey(t, k, "a", a)
				if err := k.Ready(); err != nil {
					t.Error(err)
				}
				if got := fmt.Sprint(outcomes); got != "[ok error]" {
					t.Errorf("outcomes %v", got)
				}
			})
		})
	}
}

// Without a working issuer, no token is accepted, no caller waits long, fetches are
// bounded, and the set recovers with the issuer.
func TestKeySetStartsWithoutIssuer(t *testing.T) {
	a := &testKeys()[0].PublicKey
	for name, bad := range badResponses() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := &fakeIssuer{}
				issuer.set(bad)
				k := newTestKeySet(t, issuer, nil)
				ctx, cancel := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { k.Run(ctx) })
				defer running.Wait()
				defer cancel()

				end := time.Now().Add(10 * time.Minute)
				for time.Now().Before(end) {
					start := time.Now()
					wantKeyError(t, k, "a", ErrKeysUnavailable)
					if waited := time.Since(start); waited > 3*time.Second {
						t.Fatalf("waited %v", waited)
					}
					time.Sleep(100 * time.Millisecond)
				}
				if err := k.Ready(); !errors.Is(err, ErrKeysUnavailable) {
					t.Errorf("ready: %v", err)
				}
				// Run fetches every 2.5 s at most, callers every 10 s.
				if n := issuer.count(); n < 60 || n > 240+60+10 {
					t.Errorf("%d fetches in ten minutes", n)
				}

				issuer.serve(testJWKS(testJWK("a", a, nil)))
				time.Sleep(8 * time.Second) // a fetch that hangs and the longest pause
				if err := k.Ready(); err != nil {
					t.Errorf("8 s after the issuer came back: %v", err)
				}
				wantKey(t, k, "a", a)
			})
		})
	}
}

// The bound also applies to failed fetches without Run.
func TestKeySetBacksOffWithoutRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.set(down)
		k := newTestKeySet(t, issuer, nil)
		for range 1000 {
			wantKeyError(t, k, "a", ErrKeysUnavailable)
		}
		if n := issuer.count(); n > 3 {
			t.Errorf("%d fetches, want at most 3", n)
		}
	})
}

func TestKeySetRunBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times []time.Time
		issuer := &fakeIssuer{}
		issuer.set(func(*http.Request) (*http.Response, error) {
			times = append(times, time.Now())
			return nil, errors.New("connection refused")
		})
		k := newTestKeySet(t, issuer, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		k.Run(ctx)
		bound := 250 * time.Millisecond
		for i, at := range times[1:] {
			if pause := at.Sub(times[i]); pause < bound/2 || pause > bound {
				t.Errorf("pause %d is %v, want from %v to %v", i+1, pause, bound/2, bound)
			}
			bound = min(2*bound, 5*time.Second)
		}
	})
}

func TestKeySetRunRefreshes(t *testing.T) {
	a, b := &testKeys()[0].PublicKey, &testKeys()[1].PublicKey
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.serve(testJWKS(testJWK("a", a, nil)))
		k := newTestKeySet(t, issuer, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { k.Run(ctx) })
		synctest.Wait()
		wantKey(t, k, "a", a)
		if n := issuer.count(); n != 1 {
			t.Errorf("%d fetches at the start, want 1", n)
		}

		// A withdrawn key is removed without a caller.
		issuer.serve(testJWKS(testJWK("b", b, nil)))
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		wantKey(t, k, "b", b)
		if n := issuer.count(); n != 2 {
			t.Errorf("%d fetches after a quarter of an hour, want 2", n)
		}
		wantKeyError(t, k, "a", ErrUnknownKey)

		// A day without the issuer: the keys stay, and retries are rare.
		issuer.set(down)
		before := issuer.count()
		time.Sleep(24 * time.Hour)
		wantKey(t, k, "b", b)
		if n := issuer.count() - before; n < 24*60 || n > 2*24*60+20 {
			t.Errorf("%d fetches in a day without the issuer", n)
		}

		cancel()
		running.Wait()
	})
}

// No redirect is followed, even with a client that would follow it, and that client's
// policy is unchanged.
func TestKeySetFollowsNoRedirect(t *testing.T) {
	a := &testKeys()[0].PublicKey
	var asked bool
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		io.WriteString(w, testJWKS(testJWK("a", a, nil)))
	}))
	defer other.Close()
	issuer := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer issuer.Close()
	given := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	for name, client := range map[string]*http.Client{"own client": nil, "given client": given} {
		k, err := NewKeySet(KeySetOptions{URL: issuer.URL, Client: client})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.key(t.Context(), "a"); !errors.Is(err, ErrKeysUnavailable) || asked {
			t.Errorf("%s: %v, other host asked: %v", name, err, asked)
		}
	}
	if given.CheckRedirect(nil, nil) != nil {
		t.Error("the client given was changed")
	}
}

func TestKeySetOverHTTP(t *testing.T) {
	a := &testKeys()[0].PublicKey
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
		}
		io.WriteString(w, testJWKS(testJWK("a", a, nil)))
	}))
	defer issuer.Close()
	k, err := NewKeySet(KeySetOptions{URL: issuer.URL})
	if err != nil {
		t.Fatal(err)
	}
	wantKey(t, k, "a", a)
}

// HTTPS_PROXY is a tunnel, while HTTP_PROXY could change the keys. net/http reads the
// environment once, so this needs a process of its own.
func TestKeySetIgnoresHTTPProxy(t *testing.T) {
	if os.Getenv("HTTP_PROXY") != "http://plain.example:1" {
		again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), "HTTP_PROXY=http://plain.example:1", "HTTPS_PROXY=http://tunnel.example:2", "NO_PROXY=", "no_proxy=")
		if output, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	for target, want := range map[string]string{"http": "<nil>", "https": "http://tunnel.example:2"} {
		request, err := http.NewRequest(http.MethodGet, target+"://issuer.example/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if proxy, err := keySetTransport().Proxy(request); err != nil || fmt.Sprint(proxy) != want {
			t.Errorf("%s goes through %v (%v), want %s", target, proxy, err, want)
		}
	}
}

// Which keys of a set are used. Each is served beside a good key, which must stay usable.
func TestKeySetUsableKeys(t *testing.T) {
	private := testKeys()[0]
	key := &private.PublicKey
	encode := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	number := func(bits uint) *big.Int { // odd, with exactly this many bits
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return n.Add(n, big.NewInt(12345))
	}
	for name, test := range map[string]struct {
		edit map[string]any
		want bool
	}{
		"as Cognito writes it":       {nil, true},
		"without alg":                {map[string]any{"alg": nil}, true},
		"without use":                {map[string]any{"use": nil}, true},
		"with neither":               {map[string]any{"alg": nil, "use": nil}, true},
		"key_ops verify":             {map[string]any{"key_ops": []string{"verify"}}, true},
		"unknown member":             {map[string]any{"x-note": map[string]any{"a": 1}}, true},
		"exponent 3":                 {map[string]any{"e": "Aw"}, true},
		"largest exponent":           {map[string]any{"e": "f____w"}, true},
		"modulus of 2048 bits":       {map[string]any{"n": encode(number(2048))}, true},
		"modulus of 8192 bits":       {map[string]any{"n": encode(number(8192))}, true},
		"use enc":                    {map[string]any{"use": "enc"}, false},
		"use unknown":                {map[string]any{"use": "SIG"}, false},
		"alg RS384":                  {map[string]any{"alg": "RS384"}, false},
		"alg PS256":                  {map[string]any{"alg": "PS256"}, false},
		"alg HS256":                  {map[string]any{"alg": "HS256"}, false},
		"alg none":                   {map[string]any{"alg": "none"}, false},
		"alg RSA-OAEP":               {map[string]any{"alg": "RSA-OAEP"}, false},
		"alg in lower case":          {map[string]any{"alg": "rs256"}, false},
		"alg a number":               {map[string]any{"alg": 256}, false},
		"key_ops encrypt":            {map[string]any{"key_ops": []string{"encrypt"}}, false},
		"key_ops sign":               {map[string]any{"key_ops": []string{"sign"}}, false},
		"no kid":                     {map[string]any{"kid": nil}, false},
		"empty kid":                  {map[string]any{"kid": ""}, false},
		"kid a number":               {map[string]any{"kid": 7}, false},
		"kty EC":                     {map[string]any{"kty": "EC"}, false},
		"kty oct":                    {map[string]any{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}, false},
		"kty unknown":                {map[string]any{"kty": "rsa"}, false},
		"no kty":                     {map[string]any{"kty": nil}, false},
		"no n":                       {map[string]any{"n": nil}, false},
		"empty n":                    {map[string]any{"n": ""}, false},
		"n not base64":               {map[string]any{"n": "!!!"}, false},
		"n a number":                 {map[string]any{"n": 12345}, false},
		"no e":                       {map[string]any{"e": nil}, false},
		"exponent 0":                 {map[string]any{"e": "AA"}, false},
		"exponent 1":                 {map[string]any{"e": "AQ"}, false},
		"exponent 2":                 {map[string]any{"e": "Ag"}, false},
		"exponent even":              {map[string]any{"e": "AQAA"}, false},
		"exponent of 32 bits":        {map[string]any{"e": "_____w"}, false},
		"exponent that wraps to 3":   {map[string]any{"e": "AQAAAAAAAAAD"}, false},
		"modulus of 512 bits":        {map[string]any{"n": encode(number(512))}, false},
		"modulus of 1024 bits":       {map[string]any{"n": encode(number(1024))}, false},
		"modulus of 2047 bits":       {map[string]any{"n": encode(number(2047))}, false},
		"modulus of 8193 bits":       {map[string]any{"n": encode(number(8193))}, false},
		"modulus even":               {map[string]any{"n": encode(new(big.Int).Lsh(number(2048), 1))}, false},
		"leading zeros do not count": {map[string]any{"n": base64.RawURLEncoding.EncodeToString(number(1024).FillBytes(make([]byte, 256)))}, false},
		"private":                    {map[string]any{"d": encode(private.D), "p": encode(private.Primes[0]), "q": encode(private.Primes[1])}, false},
		"private, d alone":           {map[string]any{"d": encode(private.D)}, false},
		"private, a prime alone":     {map[string]any{"p": encode(private.Primes[0])}, false},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := &fakeIssuer{}
			kid := "tested"
			entry := testJWK(kid, key, test.edit)
			if _, isText := entry["kid"].(string); !isText || entry["kid"] == "" {
				kid = ""
			}
			issuer.serve(testJWKS(entry, testJWK("good", &testKeys()[1].PublicKey, nil)))
			k := newTestKeySet(t, issuer, nil)
			wantKey(t, k, "good", &testKeys()[1].PublicKey)
			if _, err := k.key(t.Context(), kid); (err == nil) != test.want {
				t.Errorf("usable: %v (%v), want %v", err == nil, err, test.want)
			}
			// A set with only an unfit key is a failed fetch.
			issuer.serve(testJWKS(entry))
			alone := newTestKeySet(t, issuer, nil)
			if _, err := alone.key(t.Context(), kid); (err == nil) != test.want || !test.want && alone.Ready() == nil {
				t.Errorf("alone: %v, ready: %v", err, alone.Ready())
			}
		})
	}
}

// A kid that is used twice is ambiguous.
func TestKeySetDropsAmbiguousKeyIDs(t *testing.T) {
	a, b, c := &testKeys()[0].PublicKey, &testKeys()[1].PublicKey, &testKeys()[2].PublicKey
	issuer := &fakeIssuer{}
	issuer.serve(testJWKS(testJWK("twice", a, nil), testJWK("once", b, nil), testJWK("twice", c, nil)))
	k := newTestKeySet(t, issuer, nil)
	wantKey(t, k, "once", b)
	wantKeyError(t, k, "twice", ErrUnknownKey)
}

func TestKeySetKeyIDsAreExact(t *testing.T) {
	issuer := &fakeIssuer{}
	issuer.serve(testJWKS(testJWK("Abc=", &testKeys()[0].PublicKey, nil)))
	k := newTestKeySet(t, issuer, nil)
	wantKey(t, k, "Abc=", &testKeys()[0].PublicKey)
	for _, kid := range []string{"", "abc=", "Abc", "Abc= ", "Abc=\x00", "Abc=="} {
		wantKeyError(t, k, kid, ErrUnknownKey)
	}
}

func TestKeySetLogsFailures(t *testing.T) {
	var log bytes.Buffer
	issuer := &fakeIssuer{}
	issuer.set(answer(503, "<html>secret</html>"))
	k := newTestKeySet(t, issuer, func(o *KeySetOptions) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	wantKeyError(t, k, "a", ErrKeysUnavailable)
	if !strings.Contains(log.String(), "status 503") || strings.Contains(log.String(), "secret") {
		t.Errorf("log: %s", log.String())
	}
}

func TestKeySetIsSafeForConcurrentUse(t *testing.T) {
	a, b, issuer := &testKeys()[0].PublicKey, &testKeys()[1].PublicKey, &fakeIssuer{}
	issuer.serve(testJWKS(testJWK("a", a, nil)))
	k := newTestKeySet(t, issuer, func(o *KeySetOptions) { o.MinInterval = time.Nanosecond })
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			for range 200 {
				_, _ = k.key(t.Context(), "a")
				_, _ = k.key(t.Context(), "unknown")
				_ = k.Ready()
				if i == 0 {
					issuer.serve(testJWKS(testJWK("a", b, nil)))
				}
			}
		})
	}
	users.Wait()
	wantKey(t, k, "a", b)
}

func FuzzJWKS(f *testing.F) {
	key := &testKeys()[0].PublicKey
	f.Add([]byte(testJWKS(testJWK("a", key, nil))))
	f.Add([]byte(testJWKS(testJWK("a", key, nil), testJWK("a", key, nil), testJWK("b", key, map[string]any{"alg": nil, "x5c": []string{"MIIB"}}))))
	vectors, err := os.ReadFile("testdata/wycheproof/json_web_key_test.json")
	if err != nil {
		f.Fatal(err)
	}
	var suite struct {
		TestGroups []struct{ Public, Private json.RawMessage }
	}
	if err := json.Unmarshal(vectors, &suite); err != nil {
		f.Fatal(err)
	}
	for _, group := range suite.TestGroups {
		f.Add([]byte(group.Public))
		f.Add([]byte(group.Private))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, _, err := parseKeySet(body)
		if err != nil {
			if keys != nil {
				t.Error("keys in spite of an error")
			}
			return
		}
		if len(keys) == 0 || len(keys) > maxKeys || !json.Valid(body) {
			t.Errorf("%d keys, valid JSON: %v", len(keys), json.Valid(body))
		}
		for kid, key := range keys {
			if kid == "" || key.N.BitLen() < 2048 || key.N.BitLen() > 8192 || key.N.Bit(0) == 0 || key.E < 3 || key.E&1 == 0 || key.E > 1<<31-1 {
				t.Errorf("kid %q: unfit key %v", kid, key)
			}
		}
	})
}
