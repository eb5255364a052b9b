package token

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// tokenOf returns a token of a user of that name.
func tokenOf(name string) string {
	id := `"` + name + `"`
	return sign(testKeys()[0], testHeader(), testClaims().with("sub", id).with("username", `"the-user-`+name+`"`).
		with("origin_jti", id).with("jti", id).with("event_id", id).with("cognito:groups", `["admins",`+id+`]`))
}

// What Verify returns stays as it is, whatever is verified later or at the same time.
func TestVerifyReturnsClaimsOfTheirOwn(t *testing.T) {
	v, _ := newTestVerifier(t, nil)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			kept := map[string]*AccessClaims{}
			for i := range 25 {
				name := fmt.Sprintf("%d-%d", worker, i)
				token := tokenOf(name)
				_, _ = v.Verify(t.Context(), token[:len(token)-6]+"AAAAAA")
				claims, err := v.Verify(t.Context(), token)
				if err != nil {
					t.Error(err)
					return
				}
				kept[name] = claims
			}
			for name, c := range kept {
				if c.Subject != name || c.Username != "the-user-"+name || c.OriginJTI != name || !slices.Equal(c.Groups, []string{"admins", name}) ||
					!slices.Equal(c.Scopes, []string{"aws.cognito.signin.user.admin"}) {
					t.Errorf("claims of %s are now %+v", name, c)
				}
			}
		})
	}
	wg.Wait()
}

// heapPerToken has that many tokens remembered and returns what each of them takes of
// the heap.
func heapPerToken(tb testing.TB, tokens int) float64 {
	tb.Helper()
	list := make([]string, tokens)
	for i := range list {
		list[i] = tokenOf(fmt.Sprintf("34c84488-e0e1-70ae-d2ee-%012d", i))
	}
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools hold is gone after two
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	v, _ := newTestVerifier(tb, nil)
	if _, err := v.Verify(tb.Context(), goodToken()); err != nil {
		tb.Fatal(err)
	}
	before := inUse()
	for _, token := range list {
		if _, err := v.Verify(tb.Context(), token); err != nil {
			tb.Fatal(err)
		}
	}
	after := inUse()
	if v.Remembered() != tokens+1 {
		tb.Fatalf("%d tokens are remembered", v.Remembered())
	}
	runtime.KeepAlive(list)
	return float64(after-before) / float64(tokens)
}

// Many are remembered, so each has to be small.
func TestRememberedTokensAreSmall(t *testing.T) {
	const most = 600
	if got := heapPerToken(t, 800); got > most {
		t.Errorf("a remembered token takes %.0f bytes, want at most %d", got, most)
	}
}

func BenchmarkRemembered(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(heapPerToken(b, 10_000), "B/token")
	}
}
