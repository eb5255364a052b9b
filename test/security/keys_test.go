package security_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// recovery is the longest time until the program finds keys again.
const recovery = 15 * time.Second

// accepts reports whether the program accepts a token.
func (g *target) accepts(t *testing.T, token string) bool {
	t.Helper()
	r, err := g.Post("{me{id}}", "Bearer "+token)
	if err != nil {
		t.Fatal(err)
	}
	return r.Text("data.me.id") != "absent"
}

// P3: the first token of a new key makes the program fetch it, and tokens of the replaced
// key are rejected from then on.
func TestAttackKeysRotation(t *testing.T) {
	t.Parallel()
	g := newTarget(t)
	old := newForger(g.Issuer).honest()
	if !g.accepts(t, old) {
		t.Fatal("a token of the first key is rejected")
	}
	before := g.Issuer.Fetches()
	g.Issuer.RotateKey()
	fresh := newForger(g.Issuer).honest()
	took := testutil.Eventually(t, "the new key", recovery, func() bool { return g.accepts(t, fresh) })
	if n := g.Issuer.Fetches() - before; n < 1 || n > 3 {
		t.Errorf("%d fetches, want 1 to 3", n)
	}
	withdrawn := testutil.Eventually(t, "the old key's end", maxResponseTime, func() bool { return !g.accepts(t, old) })
	t.Logf("new key after %v by %d fetches, old one rejected %v later", took, g.Issuer.Fetches()-before, withdrawn)
	g.unharmed(t, 0)
}

// P3: many tokens of a new key arrive at once.
func TestAttackKeysStampede(t *testing.T) {
	t.Parallel()
	g := newTarget(t, "LOG_LEVEL=warn")
	const callers = 500
	before := g.Issuer.Fetches()
	g.Issuer.RotateKey()
	fresh := newForger(g.Issuer).honest()
	var accepted atomic.Int64
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range callers {
		all.Go(func() {
			<-begin
			if r, err := g.Post("{me{id}}", "Bearer "+fresh); err == nil && r.Text("data.me.id") != "absent" {
				accepted.Add(1)
			}
		})
	}
	close(begin)
	all.Wait()
	fetches := g.Issuer.Fetches() - before
	t.Logf("%d of %d callers accepted by %d fetches", accepted.Load(), callers, fetches)
	if accepted.Load() != callers || fetches < 1 || fetches > 3 {
		t.Errorf("%d of %d callers accepted by %d fetches, want all by 1 to 3", accepted.Load(), callers, fetches)
	}
	g.unharmed(t, 0)
}

// P4: a flood of unknown key ids causes no traffic at the issuer and does not affect
// honest callers. This test does not run in parallel, so that it measures the flood and no
// other test.
func TestAttackKeysFlood(t *testing.T) {
	g := newTarget(t, "LOG_LEVEL=error")
	const (
		kids        = 10_000
		connections = 32
	)
	bystander := time.Second
	if testutil.RaceEnabled {
		bystander = maxResponseTime
	}
	f := newForger(g.Issuer)
	honest := f.honest()
	if !g.accepts(t, honest) {
		t.Fatal("an honest token is rejected")
	}
	signature := honest[strings.LastIndexByte(honest, '.'):]
	before, memory, start := g.Issuer.Fetches(), g.memory(t), time.Now()

	var refused, sent atomic.Int64
	var flood sync.WaitGroup
	for range connections {
		flood.Go(func() {
			for n := sent.Add(1); n <= kids; n = sent.Add(1) {
				// Signing them would load the tests, not the program.
				token := b64(f.header.with("kid", quote(fmt.Sprintf("kid-%d", n))).String()) + "." + b64(f.claims.String()) + signature
				if r, err := g.Post("{me{id}}", "Bearer "+token); err == nil && r.Code() == invalid {
					refused.Add(1)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() {
		flood.Wait()
		close(over)
	}()
	served, slowest := 0, time.Duration(0)
	for done := false; !done; {
		select {
		case <-over:
			done = true
		default:
		}
		r, err := g.Post("{me{id}}", "Bearer "+honest)
		if err != nil {
			t.Fatal(err)
		}
		if r.Text("data.me.id") == "absent" {
			t.Fatalf("an honest caller was rejected meanwhile: %s", r.Body)
		}
		served, slowest = served+1, max(slowest, r.Took)
	}
	took := time.Since(start)
	fetches, grown := g.Issuer.Fetches()-before, g.memory(t)-memory
	t.Logf("%d of %d unknown keys rejected in %v by %d fetches, +%d MiB; %d honest callers, slowest %v",
		refused.Load(), kids, took.Round(time.Millisecond), fetches, grown, served, slowest.Round(time.Millisecond))
	if refused.Load() != kids {
		t.Errorf("%d of %d unknown keys rejected", refused.Load(), kids)
	}
	if most := 6 + int(took/(10*time.Second)); fetches > most {
		t.Errorf("%d fetches, want at most %d", fetches, most)
	}
	if slowest > bystander {
		t.Errorf("an honest caller waited %v", slowest)
	}
	if grown > maxMemoryGain() {
		t.Errorf("the program grew by %d MiB", grown)
	}

	g.Issuer.RotateKey()
	fresh := newForger(g.Issuer).honest()
	t.Logf("the next true key accepted after %v", testutil.Eventually(t, "the next true key", time.Minute, func() bool { return g.accepts(t, fresh) }))
	g.unharmed(t, 0)
}

// badKeySets are responses that an issuer, or a server in its place, may give.
func badKeySets() map[string]http.HandlerFunc {
	responds := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	first := jsonOf(testutil.PublicJWK("first", testutil.RSAKeys()[0]))
	spoiled := func(name string, value any) string {
		jwk := maps.Clone(testutil.PublicJWK("first", testutil.RSAKeys()[0]))
		jwk[name] = value
		return jsonOf(map[string]any{"keys": []any{jwk}})
	}
	return map[string]http.HandlerFunc{
		"garbage": responds(200, "\x00\x01\xff garbage"), "HTML": responds(200, "<!doctype html><title>Sign in to the network</title>"), "empty": responds(200, ""), "null": responds(200, "null"), "an empty set": responds(200, `{"keys":[]}`),
		"a key and no set": responds(200, first), "cut off": responds(200, `{"keys":[`+first), "error 500": responds(500, "Internal Server Error"), "error 404 with keys": responds(404, `{"keys":[`+first+`]}`), "status 204": responds(204, ""),
		"another key type": responds(200, `{"keys":[{"kty":"EC","crv":"P-256","kid":"first","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`),
		"a symmetric key":  responds(200, `{"keys":[{"kty":"oct","kid":"first","k":"AAAA"}]}`), "an encryption key": responds(200, spoiled("use", "enc")), "exponent 1": responds(200, spoiled("e", "AQ")), "a short key": responds(200, spoiled("n", "AQAB")), "nested deep": responds(200, strings.Repeat("[", 100_000)),
		"redirect to a good set": func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/elsewhere") {
				_, _ = io.WriteString(w, `{"keys":[`+first+`]}`)
				return
			}
			http.Redirect(w, r, "/elsewhere/jwks.json", http.StatusFound)
		},
		"64 MiB": func(w http.ResponseWriter, _ *http.Request) {
			for range 64 {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<20)); err != nil {
					return
				}
			}
		},
		"never": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"drop by drop": func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := io.WriteString(w, " "); err != nil || http.NewResponseController(w).Flush() != nil {
					return
				}
				select {
				case <-r.Context().Done():
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		},
		"hung up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
}

// P20: without keys the program stays up, reports it, and recovers by itself. With keys it
// is unaffected by a failing issuer.
func TestAttackKeysBadIssuer(t *testing.T) {
	t.Parallel()
	states := badKeySets()
	var survived atomic.Int64
	t.Run("states", func(t *testing.T) {
		for _, name := range slices.Sorted(maps.Keys(states)) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				survivesBadIssuer(t, states[name])
				if !t.Failed() {
					survived.Add(1)
				}
			})
		}
	})
	t.Logf("%d of %d bad key sets survived, at start and later", survived.Load(), len(states))
}

func survivesBadIssuer(t *testing.T, bad http.HandlerFunc) {
	const answers = 6 * time.Second // the longest time of an operation
	keys := testutil.NewFakeIssuer()
	keys.RespondWith(bad)
	g := newUnreadyTarget(t, keys)
	honest := newForger(keys).honest()

	// At startup.
	healthy, err := g.Send(g.Request(http.MethodGet, "/healthz", nil))
	if err != nil || healthy.Status != http.StatusOK {
		t.Errorf("/healthz: %v", err)
	}
	if status := g.ReadyStatus(); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d without keys", status)
	}
	r, err := g.Post("{me{id}}", "Bearer "+honest)
	if err != nil {
		t.Fatal(err)
	}
	if r.Code() != "SERVICE_UNAVAILABLE" || r.Took > answers {
		t.Errorf("without keys: %s after %v", r.Code(), r.Took)
	}
	keys.RespondWith(nil)
	ready := testutil.Eventually(t, "/readyz to be 200", recovery, func() bool { return g.ReadyStatus() == http.StatusOK })
	if !g.accepts(t, honest) {
		t.Error("with keys an honest token is rejected")
	}

	// Later.
	keys.RespondWith(bad)
	r, err = g.Post("{me{id}}", "Bearer "+newForger(keys).sign(newForger(keys).header.with("kid", `"unknown"`), newForger(keys).claims))
	if err != nil {
		t.Fatal(err)
	}
	if r.Code() != invalid || r.Took > answers {
		t.Errorf("unknown key, issuer bad: %s after %v", r.Code(), r.Took)
	}
	if r, err = g.Post("{me{id}}", "Bearer "+honest); err != nil || r.Text("data.me.id") == "absent" || r.Took > maxResponseTime {
		t.Errorf("known key, issuer bad: %v %s", err, r.Body)
	}
	if status := g.ReadyStatus(); status != http.StatusOK {
		t.Errorf("/readyz is %d with the previous keys", status)
	}
	t.Logf("ready %v after the issuer was good again", ready.Round(time.Millisecond))
	g.unharmed(t, 0)
}
