package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// The circuit breaker opens after this many failures in a row, since a single one
// may be a lost connection, and lets one call through after breakerTimeout.
const (
	failuresToOpen = 2
	breakerTimeout = time.Second
)

// Resilient is [Counters] in Redis with a fallback to this process's memory, so
// that limits are enforced while Redis is down.
//
// The memory mirrors the decisions made in Redis, so that a bucket that is empty
// there is not full here when Redis fails. A circuit breaker keeps Redis's timeout
// from slowing down callers: at most two calls in a row wait for it, then one each
// second.
type Resilient struct {
	redis   *Redis
	memory  *Memory
	observe func(outcome string)
	breaker *gobreaker.CircuitBreaker[redisDecision]
	failure atomic.Pointer[error] // why Redis has never carried out an attempt; nil once it has
}

var _ Counters = (*Resilient)(nil)

// Pauses between the calls of [Resilient.Run].
const (
	firstProbe   = 50 * time.Millisecond
	slowestProbe = time.Second
)

var errNoReply = errors.New("no reply yet")

// errCallerGone replaces the error of a call whose own context ended, which says
// nothing about the state of Redis.
var errCallerGone = errors.New("ratelimit: the caller's context ended")

// NewResilient returns a Resilient. observe, if not nil, is called with the outcome
// of every call: "ok" if Redis replied, "local" if memory was used instead, and
// "failed" before "local" if Redis was called and failed.
func NewResilient(redis *Redis, memory *Memory, observe func(outcome string)) *Resilient {
	if observe == nil {
		observe = func(string) {}
	}
	r := &Resilient{
		redis:   redis,
		memory:  memory,
		observe: observe,
		breaker: gobreaker.NewCircuitBreaker[redisDecision](gobreaker.Settings{
			Timeout:     breakerTimeout,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
			IsExcluded:  func(err error) bool { return errors.Is(err, errCallerGone) },
		}),
	}
	r.failure.Store(&errNoReply)
	return r
}

// Run calls Redis until it carries out an attempt, which shows that the login, the
// database and the permissions are right, or until ctx ends.
func (r *Resilient) Run(ctx context.Context, log *slog.Logger) {
	probe := Attempt{Budgets: []Budget{{Name: "probe", Key: "probe", Burst: 1, Every: time.Millisecond}}}
	for pause, failed := firstProbe, false; ; pause = min(2*pause, slowestProbe) {
		err := r.call(ctx, probe)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			r.failure.Store(nil)
			if failed {
				log.Info("shared store available")
			}
			return
		case !failed:
			log.Warn("shared store unavailable, check REDIS_URL: address, TLS (rediss://), login and database", "err", err)
		}
		failed = true
		r.failure.Store(&err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// call carries out an attempt in Redis. A panic, which would end the process, is an error.
func (r *Resilient) call(ctx context.Context, a Attempt) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	_, err = r.redis.take(ctx, a)
	return err
}

// Ready returns nil once Redis has carried out the attempt of [Resilient.Run], even if
// later ones fail, and otherwise the reason.
func (r *Resilient) Ready() error {
	if failure := r.failure.Load(); failure != nil {
		return fmt.Errorf("ratelimit: the shared store is not usable yet: %w", *failure)
	}
	return nil
}

// try calls Redis, unless the circuit breaker is open, and reports whether it
// replied. It only returns an error if the caller's context ended.
func (r *Resilient) try(ctx context.Context, call func() (redisDecision, error)) (d redisDecision, ok bool, err error) {
	d, err = r.breaker.Execute(func() (redisDecision, error) {
		d, err := call()
		if err != nil && contextErr(ctx) != nil {
			err = errCallerGone
		}
		return d, err
	})
	if err == nil {
		r.observe("ok")
		return d, true, nil
	}
	if err := contextErr(ctx); err != nil {
		return redisDecision{}, false, err
	}
	if !errors.Is(err, gobreaker.ErrOpenState) && !errors.Is(err, gobreaker.ErrTooManyRequests) {
		r.observe("failed")
	}
	r.observe("local")
	return redisDecision{}, false, nil
}

// contextErr is ctx.Err, but does not depend on ctx's timer: a connection notices
// the same deadline a little earlier.
func contextErr(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// Take implements [Counters].
func (r *Resilient) Take(ctx context.Context, a Attempt) (Decision, error) {
	if err := a.validate(); err != nil {
		return Decision{}, err
	}
	d, ok, err := r.try(ctx, func() (redisDecision, error) { return r.redis.take(ctx, a) })
	if err != nil {
		return Decision{}, err
	}
	if !ok {
		return r.memory.Take(ctx, a)
	}
	r.memory.mirror(a, d)
	return d.Decision, nil
}

// Update implements [Counters]. While Redis is down, it only changes the counters in
// memory, and what it marks there lasts until Redis is back.
func (r *Resilient) Update(ctx context.Context, u Update) error {
	if err := r.memory.Update(ctx, u); err != nil {
		return err
	}
	_, ok, err := r.try(ctx, func() (redisDecision, error) { return redisDecision{}, r.redis.Update(ctx, u) })
	if err == nil && !ok && u.Durable {
		return ErrStoreDown
	}
	return err
}

// Marks implements [Counters]. While Redis is down, it knows the marks that it has seen.
func (r *Resilient) Marks(ctx context.Context, keys ...string) (left []time.Duration, err error) {
	if err := validateKeys(keys); err != nil {
		return nil, err
	}
	_, ok, err := r.try(ctx, func() (redisDecision, error) {
		left, err = r.redis.Marks(ctx, keys...)
		return redisDecision{}, err
	})
	if err != nil {
		return nil, err
	}
	if !ok {
		return r.memory.Marks(ctx, keys...)
	}
	r.memory.mirrorMarks(keys, left)
	return left, nil
}

// Links implements [Counters]. While Redis is down, it knows the links that this process
// has set.
func (r *Resilient) Links(ctx context.Context, keys ...string) (linked []string, err error) {
	if err := validateKeys(keys); err != nil {
		return nil, err
	}
	_, ok, err := r.try(ctx, func() (redisDecision, error) {
		linked, err = r.redis.Links(ctx, keys...)
		return redisDecision{}, err
	})
	if err != nil || ok {
		return linked, err
	}
	return r.memory.Links(ctx, keys...)
}

// Close implements [Counters]. It closes the connections to Redis.
func (r *Resilient) Close() error { return r.redis.Close() }
