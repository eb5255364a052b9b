package ratelimit

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// After this many failures in a row the shared store is left alone for a while,
// and then asked by one caller. One failure may be a connection that was lost.
const (
	failuresToOpen = 2
	leaveAloneFor  = time.Second
)

// Resilient is [Counters] that are shared as long as the shared store answers and
// kept in this process otherwise: a limit is never off.
//
// While the shared store answers, the local one follows it, so that who has used
// up a budget there does not find it full here in the moment that store goes away.
// A store that does not answer costs its time-out now and then: two callers in a
// row, and then one in each second. All others are answered locally at once.
type Resilient struct {
	shared  *Redis
	local   *Memory
	observe func(outcome string)
	breaker *gobreaker.CircuitBreaker[ruling]
}

var _ Counters = (*Resilient)(nil)

// errCallerGone marks a call that failed because its caller gave up.
var errCallerGone = errors.New("ratelimit: the caller gave up")

// NewResilient returns counters in shared with a fall back to local. Observe, if
// not nil, is told "ok" for each call that the shared store answered, "local" for
// each that was answered here, and "failed" before that if the shared store was
// asked.
func NewResilient(shared *Redis, local *Memory, observe func(outcome string)) *Resilient {
	if observe == nil {
		observe = func(string) {}
	}
	return &Resilient{
		shared:  shared,
		local:   local,
		observe: observe,
		breaker: gobreaker.NewCircuitBreaker[ruling](gobreaker.Settings{
			Timeout:     leaveAloneFor,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
			IsExcluded:  func(err error) bool { return errors.Is(err, errCallerGone) },
		}),
	}
}

// ask calls the shared store. It reports whether that answered; if not, the
// answer has to be found here. An error is the end of the caller's context.
func (r *Resilient) ask(ctx context.Context, call func() (ruling, error)) (there ruling, answered bool, err error) {
	there, err = r.breaker.Execute(func() (ruling, error) {
		there, err := call()
		if err != nil && gone(ctx) != nil {
			err = errCallerGone
		}
		return there, err
	})
	switch {
	case err == nil:
		r.observe("ok")
		return there, true, nil
	case gone(ctx) != nil:
		return ruling{}, false, gone(ctx)
	case !errors.Is(err, gobreaker.ErrOpenState) && !errors.Is(err, gobreaker.ErrTooManyRequests):
		r.observe("failed")
	}
	r.observe("local")
	return ruling{}, false, nil
}

// gone is ctx.Err, and does not wait for the timer of ctx: a connection notices
// the same deadline a little earlier.
func gone(ctx context.Context) error {
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
	there, answered, err := r.ask(ctx, func() (ruling, error) { return r.shared.take(ctx, a) })
	if err != nil {
		return Decision{}, err
	}
	if !answered {
		return r.local.Take(ctx, a)
	}
	r.local.follow(a, there)
	return there.Decision, nil
}

// Refill implements [Counters]. While the shared store does not answer, the
// budgets are refilled here alone.
func (r *Resilient) Refill(ctx context.Context, keys ...string) error {
	if err := r.local.Refill(ctx, keys...); err != nil {
		return err
	}
	_, _, err := r.ask(ctx, func() (ruling, error) { return ruling{}, r.shared.Refill(ctx, keys...) })
	return err
}

// Mark implements [Counters]. While the shared store does not answer, the marks
// are set here alone.
func (r *Resilient) Mark(ctx context.Context, lifetime time.Duration, keys ...string) error {
	if err := r.local.Mark(ctx, lifetime, keys...); err != nil {
		return err
	}
	_, _, err := r.ask(ctx, func() (ruling, error) { return ruling{}, r.shared.Mark(ctx, lifetime, keys...) })
	return err
}

// Close implements [Counters]. It closes both.
func (r *Resilient) Close() error { return errors.Join(r.shared.Close(), r.local.Close()) }
