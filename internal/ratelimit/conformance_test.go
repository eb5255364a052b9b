package ratelimit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/ratelimit"
	"authgraph/internal/redisconn/redistest"
)

// place is where counters are kept.
type place struct {
	t       *testing.T
	clients []ratelimit.Counters // of the same budgets
	pass    func(time.Duration)
	elapsed func() time.Duration // that passed by itself, so that figures are lower
}

func (p place) take(a ratelimit.Attempt) ratelimit.Decision {
	p.t.Helper()
	d, err := p.clients[0].Take(context.Background(), a)
	if err != nil {
		p.t.Fatal(err)
	}
	if (d.Refused == "") != (d.RetryAfter == 0) || d.RetryAfter < 0 {
		p.t.Fatalf("%+v contradicts itself", d)
	}
	return d
}

func (p place) allowed(a ratelimit.Attempt) {
	p.t.Helper()
	if d := p.take(a); d.Refused != "" {
		p.t.Fatalf("refused by %+v", d)
	}
}

func (p place) refused(a ratelimit.Attempt, by string, wait time.Duration) {
	p.t.Helper()
	d := p.take(a)
	if d.Refused != by || d.RetryAfter > wait || d.RetryAfter < wait-p.elapsed() {
		p.t.Fatalf("got %+v, and %q should refuse for %s", d, by, wait)
	}
}

func (p place) mark(lifetime time.Duration, keys ...string) {
	p.t.Helper()
	if err := p.clients[0].Mark(context.Background(), lifetime, keys...); err != nil {
		p.t.Fatal(err)
	}
}

func (p place) refill(keys ...string) {
	p.t.Helper()
	if err := p.clients[0].Refill(context.Background(), keys...); err != nil {
		p.t.Fatal(err)
	}
}

func budget(name string, burst int, every time.Duration) ratelimit.Budget {
	return ratelimit.Budget{Name: name, Key: name + ":k", Burst: burst, Every: every}
}

func attempt(budgets ...ratelimit.Budget) ratelimit.Attempt {
	return ratelimit.Attempt{Budgets: budgets}
}

func TestMemoryConforms(t *testing.T) {
	conform(t, func(t *testing.T) place {
		c := newClock()
		m := ratelimit.NewMemory(ratelimit.MemoryOptions{Now: c.Now})
		return place{t: t, clients: []ratelimit.Counters{m}, pass: c.pass, elapsed: func() time.Duration { return 0 }}
	})
}

func TestRedisConforms(t *testing.T) {
	s := redistest.Start(t)
	conform(t, func(t *testing.T) place {
		client := s.Client()
		if err := client.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
		p := place{t: t, pass: func(d time.Duration) { makeOlder(t, client, d) }}
		for range 3 {
			p.clients = append(p.clients, newRedis(t, s.URL(), 10*time.Second))
		}
		start := time.Now()
		p.elapsed = func() time.Duration { return time.Since(start) + 2*time.Millisecond }
		return p
	})
}

// makeOlder changes what is in a server as if d had passed.
func makeOlder(t *testing.T, client *redis.Client, d time.Duration) {
	t.Helper()
	ctx := context.Background()
	for _, key := range client.Keys(ctx, "*").Val() {
		if !strings.HasPrefix(key, redistest.Prefix) {
			t.Errorf("the key %q is outside of the redistest.Prefix", key)
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

// conform is what all counters have in common.
func conform(t *testing.T, open func(*testing.T) place) {
	const every = time.Hour
	for name, test := range map[string]func(*testing.T, place){
		"Burst at once and then one every Every": func(_ *testing.T, p place) {
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
		"a full budget does not grow": func(_ *testing.T, p place) {
			a := attempt(budget("b", 2, every))
			p.allowed(a)
			p.pass(1000 * every)
			p.allowed(a)
			p.allowed(a)
			p.refused(a, "b", every)
		},
		"a refusal costs nothing": func(_ *testing.T, p place) {
			a := attempt(budget("b", 1, every))
			p.allowed(a)
			for range 50 {
				p.refused(a, "b", every)
			}
			p.pass(every)
			p.allowed(a)
		},
		"all or nothing": func(_ *testing.T, p place) {
			wide, narrow := budget("wide", 5, every), budget("narrow", 1, every)
			p.allowed(attempt(wide, narrow))
			p.refused(attempt(wide, narrow), "narrow", every)
			p.refused(attempt(narrow, wide), "narrow", every)
			for range 4 {
				p.allowed(attempt(wide))
			}
			p.refused(attempt(wide), "wide", every)
		},
		"the longest wait counts": func(_ *testing.T, p place) {
			short, long := budget("short", 1, every), budget("long", 1, 3*every)
			p.allowed(attempt(short, long))
			p.refused(attempt(short, long), "long", 3*every)
			p.refused(attempt(long, short), "long", 3*every)
			p.pass(2 * every)
			p.refused(attempt(short, long), "long", every)
		},
		"keys are apart": func(_ *testing.T, p place) {
			one, other := budget("b", 1, every), budget("b", 1, every)
			other.Key = "another"
			p.allowed(attempt(one))
			p.allowed(attempt(other))
			p.refused(attempt(one), "b", every)
		},
		"refill": func(_ *testing.T, p place) {
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
		"budgets for strangers are left out for the known": func(_ *testing.T, p place) {
			own, strangers := budget("own", 4, every), budget("strangers", 1, every)
			strangers.Strangers = true
			a := attempt(own, strangers)
			a.Known = "device"
			p.allowed(a)
			p.refused(a, "strangers", every)
			p.mark(every/2, "device")
			p.allowed(a)
			p.allowed(a)
			p.pass(every / 2)
			p.refused(a, "strangers", every/2)
			p.pass(every / 2) // strangers was charged once only
			p.allowed(a)
		},
		"another mark makes nobody known": func(_ *testing.T, p place) {
			strangers := budget("strangers", 1, every)
			strangers.Strangers = true
			p.mark(every, "device")
			p.mark(every, strangers.Key)
			a := attempt(strangers)
			p.allowed(a)
			p.refused(a, "strangers", every)
			a.Known = "another"
			p.refused(a, "strangers", every)
		},
		"hold refuses as long as it lives": func(_ *testing.T, p place) {
			a := attempt(budget("b", 2, every))
			a.Hold, a.Known = "hold", "device"
			p.mark(10*every, "hold")
			p.refused(a, ratelimit.Hold, 10*every)
			p.pass(4 * every)
			p.refused(a, ratelimit.Hold, 6*every)
			p.mark(every, "hold") // a new lifetime, not a longer one
			p.refused(a, ratelimit.Hold, every)
			p.pass(every)
			p.allowed(a) // and nothing was charged before
			p.allowed(a)
			p.refused(a, "b", every)
		},
		"hold does not bind the known": func(_ *testing.T, p place) {
			a := attempt(budget("b", 1, every))
			a.Hold, a.Known = "hold", "device"
			p.mark(10*every, "hold", "device")
			p.allowed(a)
			p.refused(a, "b", every)
		},
		"hold and a budget": func(_ *testing.T, p place) {
			a := attempt(budget("b", 1, every))
			p.allowed(a)
			a.Hold = "hold"
			p.mark(every/2, "hold")
			p.refused(a, "b", every)
			p.mark(2*every, "hold")
			p.refused(a, ratelimit.Hold, 2*every)
		},
		"an attempt of nothing": func(_ *testing.T, p place) {
			p.allowed(ratelimit.Attempt{})
		},
		"a budget that shrank is never more than empty": func(_ *testing.T, p place) {
			p.allowed(attempt(budget("b", 1, 100*every)))
			p.refused(attempt(budget("b", 1, every)), "b", every)
		},
		"small and large figures": func(_ *testing.T, p place) {
			large := budget("large", 1000, 50*time.Minute)
			for range 3 {
				p.allowed(attempt(large, budget("small", 1_000_000, time.Microsecond)))
			}
			one := budget("one", 1, 39*24*time.Hour)
			p.allowed(attempt(one))
			p.refused(attempt(one), "one", one.Every)
		},
		"many at once get exactly what there is": func(t *testing.T, p place) {
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
					if d.Refused == "" {
						allowed.Add(1)
					}
				})
			}
			wg.Wait()
			if allowed.Load() != burst {
				t.Errorf("%d were allowed", allowed.Load())
			}
			for range 5 {
				p.allowed(attempt(wide))
			}
			p.refused(attempt(wide), "wide", every)
		},
		"mistakes": func(t *testing.T, p place) {
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
					t.Errorf("attempt %d is accepted", i)
				} else if strings.Contains(err.Error(), good.Key) {
					t.Errorf("%q has a key in it", err)
				}
			}
			p.allowed(attempt(good)) // so that none of them was charged
			for _, lifetime := range []time.Duration{0, -1, time.Microsecond, 1 << 62} {
				if p.clients[0].Mark(context.Background(), lifetime, "k") == nil {
					t.Errorf("a mark for %s is accepted", lifetime)
				}
			}
			if p.clients[0].Mark(context.Background(), every, "") == nil || p.clients[0].Refill(context.Background(), "") == nil {
				t.Error("an empty key is accepted")
			}
		},
		"many keys": func(_ *testing.T, p place) {
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
