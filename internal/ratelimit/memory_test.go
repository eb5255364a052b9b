package ratelimit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"authgraph/internal/ratelimit"
)

// Strangers choose the keys. They must not exhaust memory or evict marks.
func TestMemoryIsBounded(t *testing.T) {
	c := newClock()
	m := ratelimit.NewMemory(ratelimit.MemoryOptions{MaxEntries: 10, Now: c.Now})
	p := fixture{t: t, clients: []ratelimit.Counters{m}, elapsed: func() time.Duration { return 0 }}
	b := budget("b", 1, time.Hour)
	p.mark(time.Hour, "hold")
	p.allowed(attempt(b))
	for i := range 9 {
		p.allowed(attempt(budget(fmt.Sprint("stranger", i), 1, time.Hour)))
	}
	p.refused(attempt(b), "b", time.Hour) // used last, so it is evicted last
	for i := range 9 {
		p.allowed(attempt(budget(fmt.Sprint("stranger", 10+i), 1, time.Hour)))
	}
	p.refused(attempt(b), "b", time.Hour)
	for i := range 10 {
		p.allowed(attempt(budget(fmt.Sprint("stranger", 20+i), 1, time.Hour)))
	}
	p.allowed(attempt(b)) // evicted
	p.refused(ratelimit.Attempt{Hold: "hold"}, ratelimit.Hold, time.Hour)
}

func BenchmarkMemoryTake(b *testing.B) {
	m := ratelimit.NewMemory(ratelimit.MemoryOptions{})
	var attempts []ratelimit.Attempt
	for i := range 50_000 {
		a := attempt(budget(fmt.Sprint("a", i), 1000, time.Millisecond), budget(fmt.Sprint("b", i%100), 1000, time.Millisecond))
		a.Budgets = append(a.Budgets, ratelimit.Budget{Name: "all", Key: "all", Burst: 1000, Every: time.Millisecond, StrangersOnly: true})
		a.Known, a.Hold = fmt.Sprint("known", i), fmt.Sprint("hold", i)
		attempts = append(attempts, a)
	}
	ctx := context.Background()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := m.Take(ctx, attempts[i%len(attempts)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
