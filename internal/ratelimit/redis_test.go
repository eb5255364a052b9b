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

// Keys expire when their bucket is full, so that nothing needs to be cleaned up.
func TestRedisKeysExpire(t *testing.T) {
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
		t.Errorf("the key expires after %s, want 2 h", left)
	}
	if err := r.Update(ctx, ratelimit.Update{Refill: []string{slow.Key}}); err != nil {
		t.Fatal(err)
	}
	if d, err := r.Take(ctx, attempt(budget("quick", 5, 10*time.Millisecond))); err != nil || d.RefusedBy != "" {
		t.Fatal(d, err)
	}
	if err := r.Update(ctx, ratelimit.Update{Mark: []string{"a", "b"}, Lifetime: 30 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	redistest.Await(t, "all keys to expire", func() bool { return client.DBSize(ctx).Val() == 0 })
}

// By the server's clock, an attempt is allowed after RetryAfter and not before.
func TestRedisRetryAfter(t *testing.T) {
	r := newRedis(t, redistest.Start(t).URL(), 5*time.Second)
	a := attempt(budget("b", 1, 300*time.Millisecond))
	ctx := context.Background()
	if d, err := r.Take(ctx, a); err != nil || d.RefusedBy != "" {
		t.Fatal(d, err)
	}
	before := time.Now()
	d, err := r.Take(ctx, a)
	if err != nil || d.RefusedBy != "b" {
		t.Fatal(d, err)
	}
	redistest.Await(t, "the attempt to be allowed", func() bool {
		again, err := r.Take(ctx, a)
		return err == nil && again.RefusedBy == ""
	})
	if waited := time.Since(before); waited < d.RetryAfter-2*time.Millisecond {
		t.Errorf("allowed after %s, want %s", waited, d.RetryAfter)
	}
}

// A server's error messages are not safe to log: Redis quotes commands that it does
// not know, as these servers do.
func TestRedisErrorsContainNoSecrets(t *testing.T) {
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
	mirror := strings.TrimPrefix(redistest.Serve(t, func(c net.Conn) {
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
		"refused": redistest.UnusedAddress(t), "wrong password": s.Address(), "quotes commands": echo, "mirrors bytes": mirror,
	} {
		r := newRedis(t, "redis://someone:hunter2@"+address, time.Second)
		_, err := r.Take(context.Background(), ratelimit.Attempt{Known: "hunter2", Budgets: []ratelimit.Budget{budget("hunter2", 1, time.Second)}})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, secret := range []string{"hunter2", "someone", "redis://"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error %q contains %q", name, err, secret)
			}
		}
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
