package ratelimit_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"authgraph/internal/ratelimit"
	"authgraph/internal/redisconn/redistest"
)

// A key is there as long as its budget is not full, so that nothing has to be
// cleared away.
func TestRedisForgets(t *testing.T) {
	s := redistest.Start(t)
	r := newRedis(t, s.URL(), 5*time.Second)
	client := s.Client()
	ctx := context.Background()

	slow := budget("slow", 5, time.Hour)
	for range 2 {
		if _, err := r.Take(ctx, attempt(slow)); err != nil {
			t.Fatal(err)
		}
	}
	left := client.PTTL(ctx, redistest.Prefix+"budget:"+slow.Key).Val()
	if left > 2*time.Hour || left < 2*time.Hour-time.Minute {
		t.Errorf("the key lives for %s", left)
	}
	if err := r.Refill(ctx, slow.Key); err != nil {
		t.Fatal(err)
	}
	if d, err := r.Take(ctx, attempt(budget("quick", 5, 10*time.Millisecond))); err != nil || d.Refused != "" {
		t.Fatal(d, err)
	}
	if err := r.Mark(ctx, 30*time.Millisecond, "a", "b"); err != nil {
		t.Fatal(err)
	}
	redistest.Await(t, "nothing is left", func() bool { return client.DBSize(ctx).Val() == 0 })
}

// With the server's own clock an attempt may go on after RetryAfter and not before.
func TestRedisRetryAfterIsTrue(t *testing.T) {
	r := newRedis(t, redistest.Start(t).URL(), 5*time.Second)
	a := attempt(budget("b", 1, 300*time.Millisecond))
	ctx := context.Background()
	if d, err := r.Take(ctx, a); err != nil || d.Refused != "" {
		t.Fatal(d, err)
	}
	before := time.Now()
	d, err := r.Take(ctx, a)
	if err != nil || d.Refused != "b" {
		t.Fatal(d, err)
	}
	redistest.Await(t, "it may go on", func() bool {
		again, err := r.Take(ctx, a)
		return err == nil && again.Refused == ""
	})
	if waited := time.Since(before); waited < d.RetryAfter-2*time.Millisecond {
		t.Errorf("it went on after %s, and not %s", waited, d.RetryAfter)
	}
}

// What a server says is not fit for a log: this one repeats what it is sent, as
// Redis does when it does not know a command.
func TestRedisErrorsHaveNoSecrets(t *testing.T) {
	s := redistest.Start(t)
	echo := strings.TrimPrefix(redistest.Serve(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, "hunter2") {
				_, _ = fmt.Fprintf(c, "-ERR unknown command, with args beginning with: %s", line)
			}
		}
	}), "redis://")
	same := strings.TrimPrefix(redistest.Serve(t, func(c net.Conn) {
		buffer := make([]byte, 4096)
		for {
			n, err := c.Read(buffer)
			if err != nil {
				return
			}
			_, _ = c.Write(buffer[:n])
		}
	}), "redis://")
	for name, address := range map[string]string{
		"refused": redistest.UnusedAddress(t), "wrong password": s.Address(), "repeats": echo, "says the same": same,
	} {
		r := newRedis(t, "redis://someone:hunter2@"+address, time.Second)
		_, err := r.Take(context.Background(), ratelimit.Attempt{Known: "hunter2", Budgets: []ratelimit.Budget{budget("hunter2", 1, time.Second)}})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, secret := range []string{"hunter2", "someone", "redis://"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %q has %q in it", name, err, secret)
			}
		}
		t.Logf("%s: %v", name, err)
	}
}

func BenchmarkRedisTake(b *testing.B) {
	r := newRedis(b, redistest.Start(b).URL(), 5*time.Second)
	a := attempt(budget("a", 1_000_000, time.Microsecond), budget("b", 1_000_000, time.Microsecond), budget("c", 1_000_000, time.Microsecond))
	a.Known, a.Hold = "known", "hold"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Take(context.Background(), a); err != nil {
			b.Fatal(err)
		}
	}
}
