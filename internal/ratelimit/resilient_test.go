package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"authgraph/internal/ratelimit"
	"authgraph/internal/redisconn"
	"authgraph/internal/redisconn/redistest"
)

// outcomes counts what a Resilient tells.
type outcomes struct {
	mu    sync.Mutex
	count map[string]int
}

func (o *outcomes) observe(outcome string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.count == nil {
		o.count = map[string]int{}
	}
	o.count[outcome]++
}

func (o *outcomes) of(outcome string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[outcome]
}

func newResilient(t *testing.T, url string) (place, *outcomes) {
	t.Helper()
	var seen outcomes
	r := ratelimit.NewResilient(newRedis(t, url, redisconn.DefaultTimeout), ratelimit.NewMemory(ratelimit.MemoryOptions{}), seen.observe)
	start := time.Now()
	return place{
		t: t, clients: []ratelimit.Counters{r}, pass: time.Sleep,
		elapsed: func() time.Duration { return time.Since(start) + 2*time.Millisecond },
	}, &seen
}

// awaitShared waits until the shared store is asked again.
func awaitShared(t *testing.T, p place, seen *outcomes) {
	t.Helper()
	before := seen.of("ok")
	redistest.Await(t, "the shared store is asked again", func() bool {
		p.take(ratelimit.Attempt{})
		return seen.of("ok") > before
	})
}

// Whatever becomes of the shared store: every limit stays on, and nobody waits.
func TestResilientKeepsLimitsOn(t *testing.T) {
	stopped := redistest.Start(t)
	stopped.Pause()
	t.Cleanup(stopped.Resume)
	for name, url := range map[string]string{
		"refused": "redis://" + redistest.UnusedAddress(t),
		"stopped": stopped.URL(),
		"mute": redistest.Serve(t, func(c net.Conn) {
			_, _ = io.Copy(io.Discard, c)
		}),
		"garbage": redistest.Serve(t, func(c net.Conn) {
			_, _ = fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}),
		"not an answer to that": redistest.Serve(t, func(c net.Conn) {
			buffer := make([]byte, 4096)
			for {
				if _, err := c.Read(buffer); err != nil {
					return
				}
				_, _ = fmt.Fprint(c, "*3\r\n:7\r\n:-1\r\n:0\r\n")
			}
		}),
		"drip": redistest.Serve(t, func(c net.Conn) {
			for {
				if _, err := fmt.Fprint(c, "+"); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}),
		"closed at once": redistest.Serve(t, func(net.Conn) {}),
		"closed midway": redistest.Serve(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 10))
			_, _ = fmt.Fprint(c, "*3\r\n:-1\r\n")
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, seen := newResilient(t, url)
			slowest := time.Duration(0)
			timed := func(f func()) {
				start := time.Now()
				f()
				slowest = max(slowest, time.Since(start))
			}
			a := attempt(budget("b", 5, time.Hour))
			for range 5 {
				timed(func() { p.allowed(a) })
			}
			for range 20 {
				timed(func() { p.refused(a, "b", time.Hour) })
			}
			timed(func() { p.refill("b:k") })
			timed(func() { p.allowed(a) })
			a.Hold = "hold"
			timed(func() { p.mark(2*time.Hour, "hold") })
			timed(func() { p.refused(a, ratelimit.Hold, 2*time.Hour) })
			if slowest > 300*time.Millisecond {
				t.Errorf("one took %s", slowest)
			}
			// Two failures, and one probe for each second that passed.
			if failed := seen.of("failed"); failed < 2 || failed > 2+int(p.elapsed()/time.Second) {
				t.Errorf("asked %d times in %s", failed, p.elapsed())
			}
			if seen.of("ok") != 0 || seen.of("local") != 29 {
				t.Errorf("told %v", seen.count)
			}
			t.Logf("slowest %s", slowest)
		})
	}
}

// Two replicas share a budget; then the server is killed, and started again on the
// same port, and nobody gets more than one budget at a time.
func TestResilientOverARestart(t *testing.T) {
	s := redistest.Start(t)
	one, seenByOne := newResilient(t, s.URL())
	other, seenByOther := newResilient(t, s.URL())
	a := attempt(budget("b", 4, time.Hour))
	a.Known = "device"
	strangers := budget("strangers", 1, time.Hour)
	strangers.Strangers = true
	a.Budgets = append(a.Budgets, strangers)
	one.mark(time.Hour, "device")
	for range 4 {
		one.allowed(a)
	}
	other.refused(a, "b", time.Hour)
	one.mark(3*time.Hour, "hold")
	held := ratelimit.Attempt{Hold: "hold"}
	other.refused(held, ratelimit.Hold, 3*time.Hour)
	known := attempt(strangers)
	known.Known = "device"
	other.allowed(known)

	s.Kill()
	start := time.Now()
	one.refused(a, "b", time.Hour)   // it charged them
	other.refused(a, "b", time.Hour) // it was only told so
	other.refused(held, ratelimit.Hold, 3*time.Hour)
	other.allowed(known)
	other.allowed(known) // so it learned who is known, too
	if took := time.Since(start); took > 600*time.Millisecond {
		t.Errorf("took %s without the server", took)
	}
	if seenByOne.of("local") == 0 || seenByOther.of("local") == 0 {
		t.Error("the server is gone, and nobody noticed")
	}

	s.Restart()
	awaitShared(t, one, seenByOne)
	awaitShared(t, other, seenByOther)
	b := attempt(budget("another", 2, time.Hour))
	one.allowed(b)
	other.allowed(b)
	one.refused(b, "another", time.Hour)
	other.refused(b, "another", time.Hour)

	// And while it is mute.
	s.Pause()
	start = time.Now()
	one.refused(b, "another", time.Hour)
	one.refused(b, "another", time.Hour)
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("took %s with a mute server", took)
	}
	s.Resume()
	awaitShared(t, one, seenByOne)
}

// The local budgets follow the shared ones and never ask for more than is there:
// after a time of plenty they are as full.
func TestResilientFollowsWithoutRefusing(t *testing.T) {
	s := redistest.Start(t)
	p, _ := newResilient(t, s.URL())
	a := attempt(budget("b", 3, time.Hour))
	for range 5 {
		for range 3 {
			p.allowed(a)
		}
		// Another replica was told that the sign-in succeeded.
		if err := newRedis(t, s.URL(), time.Second).Refill(context.Background(), "b:k"); err != nil {
			t.Fatal(err)
		}
	}
	s.Kill()
	p.refused(a, "b", time.Hour) // one is there after an hour, and not after 13
}

// A caller who goes away says nothing about the store.
func TestResilientWhenTheCallerLeaves(t *testing.T) {
	mute := redistest.Serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	p, seen := newResilient(t, mute)
	for range 6 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		d, err := p.clients[0].Take(ctx, attempt(budget("b", 1, time.Hour)))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || d != (ratelimit.Decision{}) {
			t.Fatalf("got %+v, %v", d, err)
		}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.clients[0].Refill(gone, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := p.clients[0].Mark(gone, time.Hour, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if seen.of("failed")+seen.of("local")+seen.of("ok") != 0 {
		t.Errorf("told %v", seen.count)
	}
	p.allowed(attempt(budget("b", 1, time.Hour))) // it was never charged
	if seen.of("failed") != 1 {
		t.Error("the store is left alone because callers left")
	}
}

func TestResilientManyAtOnceWithoutAServer(t *testing.T) {
	p, _ := newResilient(t, redistest.Serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }))
	var wg sync.WaitGroup
	var mu sync.Mutex
	allowed, slowest := 0, time.Duration(0)
	for range 500 {
		wg.Go(func() {
			start := time.Now()
			d, err := p.clients[0].Take(context.Background(), attempt(budget("b", 7, time.Hour)))
			mu.Lock()
			defer mu.Unlock()
			slowest = max(slowest, time.Since(start))
			if err != nil {
				t.Error(err)
			} else if d.Refused == "" {
				allowed++
			}
		})
	}
	wg.Wait()
	if allowed != 7 || slowest > time.Second {
		t.Errorf("%d were allowed, and one waited for %s", allowed, slowest)
	}
	t.Logf("slowest %s", slowest)
}
