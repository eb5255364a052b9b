package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"authgraph/internal/ratelimit"
	"authgraph/internal/redisconn"
	"authgraph/internal/redisconn/redistest"
)

// outcomes counts the outcomes that a Resilient observes.
type outcomes struct {
	mu    sync.Mutex
	count map[string]int
}

func (o *outcomes) observe(outcome string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count[outcome]++
}

func (o *outcomes) of(outcome string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[outcome]
}

func newResilient(t *testing.T, url string, timeout time.Duration) (fixture, *outcomes) {
	t.Helper()
	observed := &outcomes{count: map[string]int{}}
	memory := ratelimit.NewMemory(ratelimit.MemoryOptions{})
	r := ratelimit.NewResilient(newRedis(t, url, timeout), memory, observed.observe)
	start := time.Now()
	return fixture{
		t: t, clients: []ratelimit.Counters{r},
		elapsed: func() time.Duration { return time.Since(start) + 2*time.Millisecond },
	}, observed
}

// awaitRedis waits until Redis is used again.
func awaitRedis(t *testing.T, p fixture, observed *outcomes) {
	t.Helper()
	before := observed.of("ok")
	redistest.Await(t, "Redis to be used again", func() bool {
		p.take(ratelimit.Attempt{})
		return observed.of("ok") > before
	})
}

// silent accepts connections and never replies.
func silent(t *testing.T) (url string) {
	return redistest.Serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
}

// However Redis fails, limits are enforced and most calls do not wait for it.
func TestResilientEnforcesLimitsWithoutRedis(t *testing.T) {
	paused := redistest.Start(t)
	paused.Pause()
	t.Cleanup(paused.Resume)
	for name, url := range map[string]string{
		"refuses connections": "redis://" + redistest.UnusedAddress(t),
		"paused":              paused.URL(),
		"silent":              silent(t),
		"another protocol": redistest.Serve(t, func(c net.Conn) {
			_, _ = fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}),
		"unexpected reply": redistest.Serve(t, func(c net.Conn) {
			buffer := make([]byte, 4096)
			for {
				if _, err := c.Read(buffer); err != nil {
					return
				}
				_, _ = fmt.Fprint(c, "*3\r\n:7\r\n:-1\r\n:0\r\n")
			}
		}),
		"endless reply": redistest.Serve(t, func(c net.Conn) {
			for {
				if _, err := fmt.Fprint(c, "+"); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}),
		"closes connections": redistest.Serve(t, func(net.Conn) {}),
		"closes within the reply": redistest.Serve(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 10))
			_, _ = fmt.Fprint(c, "*3\r\n:-1\r\n")
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, observed := newResilient(t, url, redisconn.DefaultTimeout)
			a := attempt(budget("b", 5, time.Hour))
			for range 5 {
				p.allowed(a)
			}
			for range 20 {
				p.refused(a, "b", time.Hour)
			}
			p.refill("b:k")
			p.allowed(a)
			a.Hold = "hold"
			p.mark(2*time.Hour, "hold")
			p.refused(a, ratelimit.Hold, 2*time.Hour)
			// Two failures open the circuit breaker, which then tries once a second.
			if failed := observed.of("failed"); failed < 2 || failed > 2+int(p.elapsed()/time.Second) {
				t.Errorf("Redis was called %d times in %s", failed, p.elapsed())
			}
			if observed.of("ok") != 0 || observed.of("local") != 29 {
				t.Errorf("observed %v", observed.count)
			}
		})
	}
}

// Two replicas share a budget. Then the server is killed and restarted empty, and a
// caller never gets more than one budget from each replica.
func TestResilientAfterRestart(t *testing.T) {
	s := redistest.Start(t)
	one, observedByOne := newResilient(t, s.URL(), time.Second)
	other, observedByOther := newResilient(t, s.URL(), time.Second)
	a := attempt(budget("b", 4, time.Hour))
	a.Known = "device"
	strangers := budget("strangers", 1, time.Hour)
	strangers.StrangersOnly = true
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
	one.refused(a, "b", time.Hour)
	other.refused(a, "b", time.Hour) // it saw the refusal in Redis
	other.refused(held, ratelimit.Hold, 3*time.Hour)
	other.allowed(known)
	other.allowed(known) // it saw the mark in Redis
	if observedByOne.of("local") == 0 || observedByOther.of("local") == 0 {
		t.Error("a replica did not notice that the server is gone")
	}

	s.Restart()
	awaitRedis(t, one, observedByOne)
	awaitRedis(t, other, observedByOther)
	b := attempt(budget("another", 2, time.Hour))
	one.allowed(b)
	other.allowed(b)
	one.refused(b, "another", time.Hour)
	other.refused(b, "another", time.Hour)

	s.Pause()
	one.refused(b, "another", time.Hour)
	one.refused(b, "another", time.Hour)
	s.Resume()
	awaitRedis(t, one, observedByOne)
}

// The buckets in memory mirror those in Redis without ever being more than empty,
// however often they are charged or refused there.
func TestResilientMirrorsRedis(t *testing.T) {
	s := redistest.Start(t)
	c := newClock()
	r := ratelimit.NewResilient(newRedis(t, s.URL(), time.Second), ratelimit.NewMemory(ratelimit.MemoryOptions{Now: c.Now}), nil)
	start := time.Now()
	p := fixture{
		t: t, clients: []ratelimit.Counters{r},
		elapsed: func() time.Duration { return time.Since(start) + 2*time.Millisecond },
	}
	charged, refused := attempt(budget("charged", 3, time.Hour)), attempt(budget("refused", 3, time.Hour))
	for range 5 {
		for range 3 {
			p.allowed(charged)
		}
		// As if another replica had seen a successful sign-in.
		if err := newRedis(t, s.URL(), time.Second).Update(context.Background(), ratelimit.Update{Refill: []string{"charged:k"}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		p.allowed(refused)
	}
	for range 10 {
		p.refused(refused, "refused", time.Hour)
	}
	s.Kill()
	for _, a := range []ratelimit.Attempt{charged, refused} {
		p.refused(a, a.Budgets[0].Name, time.Hour)
	}
	c.pass(time.Hour)
	for _, a := range []ratelimit.Attempt{charged, refused} {
		p.allowed(a)
	}
}

// While Redis is down, a process knows the links that it has set itself, and no others.
func TestResilientLinksWithoutRedis(t *testing.T) {
	s := redistest.Start(t)
	one, _ := newResilient(t, s.URL(), time.Second)
	other, _ := newResilient(t, s.URL(), time.Second)
	want := func(p fixture, want ...string) {
		t.Helper()
		if got, err := p.clients[0].Links(context.Background(), "a", "b"); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	one.link(time.Hour, map[string]string{"a": "1"})
	want(other, "1", "")
	s.Kill()
	one.link(time.Hour, map[string]string{"b": "2"})
	want(one, "1", "2")
	want(other, "", "")
}

// A call that ends because its caller gave up does not count as a failure of Redis.
func TestResilientIgnoresCanceledCalls(t *testing.T) {
	p, observed := newResilient(t, silent(t), redisconn.DefaultTimeout)
	for range 6 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		d, err := p.clients[0].Take(ctx, attempt(budget("b", 1, time.Hour)))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || d != (ratelimit.Decision{}) {
			t.Fatalf("got %+v, %v", d, err)
		}
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.clients[0].Update(canceled, ratelimit.Update{Refill: []string{"k"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v", err)
	}
	if len(observed.count) != 0 {
		t.Errorf("observed %v", observed.count)
	}
	p.allowed(attempt(budget("b", 1, time.Hour))) // it was not charged before
	if observed.of("failed") != 1 {
		t.Error("the circuit breaker is open although Redis never failed")
	}
}

func TestResilientConcurrentCallsWithoutRedis(t *testing.T) {
	p, _ := newResilient(t, silent(t), redisconn.DefaultTimeout)
	var wg sync.WaitGroup
	var allowed atomic.Int64
	for range 500 {
		wg.Go(func() {
			d, err := p.clients[0].Take(context.Background(), attempt(budget("b", 7, time.Hour)))
			if err != nil {
				t.Error(err)
			} else if d.RefusedBy == "" {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 7 {
		t.Errorf("%d attempts were allowed, want 7", allowed.Load())
	}
}

// A durable update fails while Redis is down, instead of being known to this process only.
func TestResilientDurableUpdates(t *testing.T) {
	p, _ := newResilient(t, "redis://"+redistest.UnusedAddress(t), time.Second)
	mark := ratelimit.Update{Mark: []string{"m"}, Lifetime: time.Hour}
	for range 4 { // before and after the circuit breaker opens
		if err := p.clients[0].Update(t.Context(), mark); err != nil {
			t.Errorf("an update that is not durable: %v", err)
		}
		durable := mark
		durable.Durable = true
		if err := p.clients[0].Update(t.Context(), durable); !errors.Is(err, ratelimit.ErrStoreDown) {
			t.Errorf("a durable update: %v", err)
		}
	}
}

// A panic in the call that waits for Redis, here since there is no client, makes the store
// unready and does not end the process.
func TestResilientRunPanics(t *testing.T) {
	r := ratelimit.NewResilient(nil, ratelimit.NewMemory(ratelimit.MemoryOptions{}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		r.Run(ctx, slog.New(slog.DiscardHandler))
		close(done)
	}()
	redistest.Await(t, "the panic", func() bool { return strings.Contains(r.Ready().Error(), "panic") })
	cancel()
	<-done
}
