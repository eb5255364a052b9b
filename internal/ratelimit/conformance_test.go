package ratelimit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/ratelimit"
	"authgraph/internal/redisconn/redistest"
)

// fixture is an implementation of Counters under test.
type fixture struct {
	t       *testing.T
	clients []ratelimit.Counters // they share their buckets and marks
	pass    func(time.Duration)  // lets time pass
	elapsed func() time.Duration // real time since the start, by which waits may be shorter
}

func (p fixture) take(a ratelimit.Attempt) ratelimit.Decision {
	p.t.Helper()
	d, err := p.clients[0].Take(context.Background(), a)
	if err != nil {
		p.t.Fatal(err)
	}
	if (d.RefusedBy == "") != (d.RetryAfter == 0) || d.RetryAfter < 0 {
		p.t.Fatalf("inconsistent decision %+v", d)
	}
	return d
}

func (p fixture) allowed(a ratelimit.Attempt) {
	p.t.Helper()
	if d := p.take(a); d.RefusedBy != "" {
		p.t.Fatalf("got %+v, want the attempt allowed", d)
	}
}

func (p fixture) refused(a ratelimit.Attempt, by string, wait time.Duration) {
	p.t.Helper()
	d := p.take(a)
	if d.RefusedBy != by || d.RetryAfter > wait || d.RetryAfter < wait-p.elapsed() {
		p.t.Fatalf("got %+v, want it refused by %q for %s", d, by, wait)
	}
}

func (p fixture) mark(lifetime time.Duration, keys ...string) {
	p.t.Helper()
	if err := p.clients[0].Update(context.Background(), ratelimit.Update{Mark: keys, Lifetime: lifetime}); err != nil {
		p.t.Fatal(err)
	}
}

func (p fixture) link(lifetime time.Duration, links map[string]string) {
	p.t.Helper()
	if err := p.clients[0].Update(context.Background(), ratelimit.Update{Link: links, Lifetime: lifetime}); err != nil {
		p.t.Fatal(err)
	}
}

func (p fixture) refill(keys ...string) {
	p.t.Helper()
	if err := p.clients[0].Update(context.Background(), ratelimit.Update{Refill: keys}); err != nil {
		p.t.Fatal(err)
	}
}

func budget(name string, burst int, every time.Duration) ratelimit.Budget {
	return ratelimit.Budget{Name: name, Key: name + ":k", Burst: burst, Every: every}
}

func attempt(budgets ...ratelimit.Budget) ratelimit.Attempt {
	return ratelimit.Attempt{Budgets: budgets}
}

func TestMemory(t *testing.T) {
	testCounters(t, func(t *testing.T) fixture {
		c := newClock()
		m := ratelimit.NewMemory(ratelimit.MemoryOptions{Now: c.Now})
		return fixture{t: t, clients: []ratelimit.Counters{m}, pass: c.pass, elapsed: func() time.Duration { return 0 }}
	})
}

func TestRedis(t *testing.T) {
	s := redistest.Start(t)
	testCounters(t, func(t *testing.T) fixture {
		client := s.Client()
		if err := client.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
		p := fixture{t: t, pass: func(d time.Duration) { age(t, client, d) }}
		for range 3 {
			p.clients = append(p.clients, newRedis(t, s.URL(), 10*time.Second))
		}
		start := time.Now()
		p.elapsed = func() time.Duration { return time.Since(start) + 2*time.Millisecond }
		return p
	})
}

// age changes the data of a server as if d had passed.
func age(t *testing.T, client *redis.Client, d time.Duration) {
	t.Helper()
	ctx := context.Background()
	for _, key := range client.Keys(ctx, "*").Val() {
		if !strings.HasPrefix(key, redistest.Prefix) {
			t.Errorf("the key %q does not have the prefix", key)
		}
		left := client.PTTL(ctx, key).Val()
		if left < 0 {
			t.Errorf("the key %q never expires", key)
		}
		if strings.Contains(key, "budget:") {
			client.DecrBy(ctx, key, d.Microseconds())
		}
		if err := client.PExpire(ctx, key, left-d).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// testCounters tests what Counters promises. open returns an empty fixture.
func testCounters(t *testing.T, open func(*testing.T) fixture) {
	const every = time.Hour
	for name, test := range map[string]func(*testing.T, fixture){
		"burst, then one each interval": func(_ *testing.T, p fixture) {
			a := attempt(budget("b", 3, every))
			for range 3 {
				p.allowed(a)
			}
			p.refused(a, "b", every)
			p.pass(every / 4)
			p.refused(a, "b", every*3/4)
			p.pass(every * 3 / 4)
			p.allowed(a)
			p.refused(a, "b", every)
			p.pass(2 * every)
			p.allowed(a)
			p.allowed(a)
			p.refused(a, "b", every)
		},
		"a full bucket does not grow": func(_ *testing.T, p fixture) {
			a := attempt(budget("b", 2, every))
			p.allowed(a)
			p.pass(1000 * every)
			p.allowed(a)
			p.allowed(a)
			p.refused(a, "b", every)
		},
		"a refused attempt is not charged": func(_ *testing.T, p fixture) {
			a := attempt(budget("b", 1, every))
			p.allowed(a)
			for range 50 {
				p.refused(a, "b", every)
			}
			p.pass(every)
			p.allowed(a)
		},
		"all budgets are charged or none": func(_ *testing.T, p fixture) {
			wide, narrow := budget("wide", 5, every), budget("narrow", 1, every)
			p.allowed(attempt(wide, narrow))
			p.refused(attempt(wide, narrow), "narrow", every)
			p.refused(attempt(narrow, wide), "narrow", every)
			for range 4 {
				p.allowed(attempt(wide))
			}
			p.refused(attempt(wide), "wide", every)
		},
		"the longest wait is returned": func(_ *testing.T, p fixture) {
			short, long := budget("short", 1, every), budget("long", 1, 3*every)
			p.allowed(attempt(short, long))
			p.refused(attempt(short, long), "long", 3*every)
			p.refused(attempt(long, short), "long", 3*every)
			p.pass(2 * every)
			p.refused(attempt(short, long), "long", every)
		},
		"keys are independent": func(_ *testing.T, p fixture) {
			one, other := budget("b", 1, every), budget("b", 1, every)
			other.Key = "another"
			p.allowed(attempt(one))
			p.allowed(attempt(other))
			p.refused(attempt(one), "b", every)
		},
		"refill": func(_ *testing.T, p fixture) {
			one, other := budget("one", 2, every), budget("other", 1, every)
			p.allowed(attempt(one, other))
			p.allowed(attempt(one))
			p.refill(one.Key, "never seen")
			p.allowed(attempt(one))
			p.allowed(attempt(one))
			p.refused(attempt(one), "one", every)
			p.refused(attempt(other), "other", every)
			p.refill()
		},
		"known callers are exempt from budgets for strangers": func(_ *testing.T, p fixture) {
			own, strangers := budget("own", 4, every), budget("strangers", 1, every)
			strangers.StrangersOnly = true
			a := attempt(own, strangers)
			a.Known = "device"
			p.allowed(a)
			p.refused(a, "strangers", every)
			p.mark(every/2, "device")
			p.allowed(a)
			p.allowed(a)
			p.pass(every / 2)
			p.refused(a, "strangers", every/2)
			p.pass(every / 2) // strangers was charged only once
			p.allowed(a)
		},
		"an unrelated mark makes no one known": func(_ *testing.T, p fixture) {
			strangers := budget("strangers", 1, every)
			strangers.StrangersOnly = true
			p.mark(every, "device")
			p.mark(every, strangers.Key)
			a := attempt(strangers)
			p.allowed(a)
			p.refused(a, "strangers", every)
			a.Known = "another"
			p.refused(a, "strangers", every)
		},
		"a hold refuses until it expires": func(_ *testing.T, p fixture) {
			a := attempt(budget("b", 2, every))
			a.Hold, a.Known = "hold", "device"
			p.mark(10*every, "hold")
			p.refused(a, ratelimit.Hold, 10*every)
			p.pass(4 * every)
			p.refused(a, ratelimit.Hold, 6*every)
			p.mark(every, "hold") // replaces the lifetime, even with a shorter one
			p.refused(a, ratelimit.Hold, every)
			p.pass(every)
			p.allowed(a) // nothing was charged before
			p.allowed(a)
			p.refused(a, "b", every)
		},
		"a hold that is removed": func(t *testing.T, p fixture) {
			a := attempt(budget("b", 1, every))
			a.Hold = "hold"
			p.mark(10*every, "hold", "other")
			p.refused(a, ratelimit.Hold, 10*every)
			if err := p.clients[0].Update(context.Background(), ratelimit.Update{Unmark: []string{"hold", "unknown"}}); err != nil {
				t.Fatal(err)
			}
			p.allowed(a)
			a.Hold = "other"
			p.refused(a, ratelimit.Hold, 10*every)
		},
		"marks": func(t *testing.T, p fixture) {
			p.mark(10*every, "a")
			p.mark(every, "b")
			p.pass(2 * every)
			left, err := p.clients[len(p.clients)-1].Marks(context.Background(), "a", "b", "c")
			if err != nil || len(left) != 3 || left[1] != 0 || left[2] != 0 {
				t.Fatalf("%v, %v", left, err)
			}
			if left[0] > 8*every || left[0] < 8*every-p.elapsed()-time.Millisecond {
				t.Errorf("a is set for %s, want %s", left[0], 8*every)
			}
			if _, err := p.clients[0].Marks(context.Background(), ""); err == nil {
				t.Error("an empty key: no error")
			}
		},
		"links": func(t *testing.T, p fixture) {
			ctx, last := context.Background(), p.clients[len(p.clients)-1]
			p.link(10*every, map[string]string{"a": "1", "b": "1"})
			p.link(every, map[string]string{"c": "3"})
			p.link(10*every, map[string]string{"b": "2"}) // replaces the link
			want := func(keys []string, want ...string) {
				t.Helper()
				if got, err := last.Links(ctx, keys...); err != nil || !slices.Equal(got, want) {
					t.Errorf("%q are linked to %q, %v, want %q", keys, got, err, want)
				}
			}
			all := []string{"a", "b", "unknown", "c", "1"}
			want(all, "1", "2", "", "3", "")
			p.pass(2 * every)
			want(all, "1", "2", "", "", "")
			want([]string{"unknown"}, "")
			want(nil)
			p.mark(every, "d") // marks and buckets are not links
			p.allowed(attempt(budget("e", 1, every)))
			want([]string{"d", "e:k"}, "", "")
			if left, err := last.Marks(ctx, "a"); err != nil || left[0] != 0 {
				t.Errorf("a link is a mark: %v, %v", left, err)
			}
			for _, keys := range [][]string{{""}, {strings.Repeat("k", 300)}, slices.Repeat([]string{"k"}, 33)} {
				if _, err := last.Links(ctx, keys...); err == nil {
					t.Errorf("%.10q: no error", keys)
				}
			}
		},
		"known callers are exempt from a hold": func(_ *testing.T, p fixture) {
			a := attempt(budget("b", 1, every))
			a.Hold, a.Known = "hold", "device"
			p.mark(10*every, "hold", "device")
			p.allowed(a)
			p.refused(a, "b", every)
		},
		"hold and a budget": func(_ *testing.T, p fixture) {
			a := attempt(budget("b", 1, every))
			p.allowed(a)
			a.Hold = "hold"
			p.mark(every/2, "hold")
			p.refused(a, "b", every)
			p.mark(2*every, "hold")
			p.refused(a, ratelimit.Hold, 2*every)
		},
		"an attempt without budgets": func(_ *testing.T, p fixture) {
			p.allowed(ratelimit.Attempt{})
		},
		"a bucket whose rate was changed is empty at worst": func(_ *testing.T, p fixture) {
			p.allowed(attempt(budget("b", 1, 100*every)))
			p.refused(attempt(budget("b", 1, every)), "b", every)
		},
		"small and large numbers": func(_ *testing.T, p fixture) {
			large := budget("large", 1000, 50*time.Minute)
			for range 3 {
				p.allowed(attempt(large, budget("small", 1_000_000, time.Microsecond)))
			}
			one := budget("one", 1, 39*24*time.Hour)
			p.allowed(attempt(one))
			p.refused(attempt(one), "one", one.Every)
		},
		"concurrent attempts get exactly the budget": func(t *testing.T, p fixture) {
			const burst, goroutines = 37, 200
			wide, narrow := budget("wide", burst+5, every), budget("narrow", burst, every)
			var allowed atomic.Int64
			var wg sync.WaitGroup
			for i := range goroutines {
				wg.Go(func() {
					d, err := p.clients[i%len(p.clients)].Take(context.Background(), attempt(wide, narrow))
					if err != nil {
						t.Error(err)
					}
					if d.RefusedBy == "" {
						allowed.Add(1)
					}
				})
			}
			wg.Wait()
			if allowed.Load() != burst {
				t.Errorf("%d attempts were allowed, want %d", allowed.Load(), burst)
			}
			for range 5 {
				p.allowed(attempt(wide))
			}
			p.refused(attempt(wide), "wide", every)
		},
		"invalid arguments": func(t *testing.T, p fixture) {
			good := budget("b", 1, every)
			change := func(f func(*ratelimit.Budget)) ratelimit.Attempt {
				b := good
				f(&b)
				return attempt(b)
			}
			for i, a := range []ratelimit.Attempt{
				change(func(b *ratelimit.Budget) { b.Name = "" }),
				change(func(b *ratelimit.Budget) { b.Name = ratelimit.Hold }),
				change(func(b *ratelimit.Budget) { b.Key = "" }),
				change(func(b *ratelimit.Budget) { b.Key = strings.Repeat("k", 300) }),
				change(func(b *ratelimit.Budget) { b.Burst = 0 }),
				change(func(b *ratelimit.Budget) { b.Burst = -1 }),
				change(func(b *ratelimit.Budget) { b.Every = 0 }),
				change(func(b *ratelimit.Budget) { b.Every = -every }),
				change(func(b *ratelimit.Budget) { b.Burst = 1 << 62 }),
				attempt(good, good),
				attempt(make([]ratelimit.Budget, 17)...),
				{Known: strings.Repeat("k", 300)},
				{Hold: strings.Repeat("k", 300)},
			} {
				if _, err := p.clients[0].Take(context.Background(), a); err == nil {
					t.Errorf("attempt %d: no error", i)
				} else if strings.Contains(err.Error(), good.Key) {
					t.Errorf("the error %q contains a key", err)
				}
			}
			p.allowed(attempt(good)) // none of them was charged
			for _, lifetime := range []time.Duration{0, -1, time.Microsecond, 1 << 62} {
				if p.clients[0].Update(context.Background(), ratelimit.Update{Mark: []string{"k"}, Lifetime: lifetime}) == nil {
					t.Errorf("mark for %s: no error", lifetime)
				}
			}
			for _, u := range []ratelimit.Update{
				{Mark: []string{""}, Lifetime: every},
				{Refill: []string{""}},
				{Unmark: []string{""}},
				{Link: map[string]string{"": "k"}, Lifetime: every},
				{Link: map[string]string{"k": ""}, Lifetime: every},
				{Link: map[string]string{"k": "l"}},
			} {
				if p.clients[0].Update(context.Background(), u) == nil {
					t.Errorf("%+v: no error", u)
				}
			}
		},
		"many keys": func(_ *testing.T, p fixture) {
			var budgets []ratelimit.Budget
			for i := range 16 {
				budgets = append(budgets, budget(fmt.Sprint("b", i), 1+i, every))
			}
			p.allowed(attempt(budgets...))
			p.refused(attempt(budgets...), "b0", every)
			p.refused(attempt(budgets[15], budgets[0]), "b0", every)
			p.allowed(attempt(budgets[1:]...))
		},
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}
