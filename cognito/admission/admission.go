// Package admission decides which calls to Cognito are made. It protects Cognito's
// quotas, which a whole AWS account shares, and this process when Cognito does not
// respond: with budgets, a pause after throttling, a circuit breaker and a bound on
// concurrent calls.
package admission

import (
	"context"
	"time"
)

// Outcome is the result of a call, as evidence of the state of Cognito.
type Outcome int

// The outcomes of a call.
const (
	Inconclusive Outcome = iota // canceled by the caller, or handled by something else
	Responded                   // Cognito responded, possibly with an exception
	Throttled                   // Cognito responded: too many requests
	Failed                      // no response
)

// Reason is why a call was rejected. Reasons are a closed set and serve as metric labels.
type Reason string

// The reasons for a rejection.
const (
	QuotaExceeded Reason = "QuotaExceeded" // the category's budget is used up
	Paused        Reason = "Paused"        // Cognito throttled the caller or the category
	CircuitOpen   Reason = "CircuitOpen"   // Cognito does not respond
	Overloaded    Reason = "Shed"          // too many concurrent calls
)

// Rejection is the error of a call that was not made.
type Rejection struct {
	Reason     Reason
	RetryAfter time.Duration
}

// Error implements error.
func (r *Rejection) Error() string { return "not sent: " + string(r.Reason) }

// minRetryAfter keeps RetryAfter from being rounded to nothing.
const minRetryAfter = 10 * time.Millisecond

// Reject returns a Rejection with a RetryAfter of at least 10 ms.
func Reject(reason Reason, retryAfter time.Duration) *Rejection {
	return &Rejection{Reason: reason, RetryAfter: max(retryAfter, minRetryAfter)}
}

// Options configures a [Controller].
type Options struct {
	// MaxCalls bounds concurrent calls. Required.
	MaxCalls int
	// Reserve is the time that a call needs. Waiting for one of the MaxCalls slots ends
	// that long before the context's deadline.
	Reserve time.Duration
	// Budget takes a call out of the budget of its category and returns 0, or returns how
	// long the budget is used up. Default: no budgets.
	Budget func(ctx context.Context, category string) (wait time.Duration)
}

// Controller admits calls. It is safe for concurrent use.
type Controller struct {
	budget    func(ctx context.Context, category string) (wait time.Duration)
	throttles map[string]*throttle // by category; read-only after New
	circuit   *circuit
	slots     chan struct{}
	reserve   time.Duration
}

// New returns a Controller.
func New(o Options) *Controller {
	c := &Controller{
		budget:    o.Budget,
		throttles: map[string]*throttle{},
		circuit:   newCircuit(),
		slots:     make(chan struct{}, o.MaxCalls),
		reserve:   o.Reserve,
	}
	for _, category := range Categories() {
		c.throttles[category] = newThrottle()
	}
	return c
}

// Admit waits until a call of the category may be made. Callers must report the outcome.
// caller identifies on whose behalf the call is made, such as a user id. The error is a
// [*Rejection], or that of ctx, whose deadline must be set. The checks that fail immediately
// come first, so that rejected calls use no budget.
func (c *Controller) Admit(ctx context.Context, category, caller string) (report func(Outcome), err error) {
	throttle := c.throttles[category]
	if err := c.circuit.check(); err != nil {
		return nil, err
	}
	if left := throttle.remaining(caller, time.Now()); left > 0 {
		return nil, Reject(Paused, left)
	}
	if err := c.spend(ctx, category); err != nil {
		return nil, err
	}
	if err := c.takeSlot(ctx); err != nil {
		return nil, err
	}
	ticket, err := throttle.enter(caller, time.Now())
	if err != nil {
		<-c.slots
		return nil, err
	}
	done, err := c.circuit.allow()
	if err != nil {
		throttle.leave(ticket, Inconclusive, time.Now())
		<-c.slots
		return nil, err
	}
	return func(outcome Outcome) {
		done(outcome)
		throttle.leave(ticket, outcome, time.Now())
		<-c.slots
	}, nil
}

// takeSlot waits for a free slot.
func (c *Controller) takeSlot(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	deadline, _ := ctx.Deadline()
	timer := time.NewTimer(time.Until(deadline) - c.reserve)
	defer timer.Stop()
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return Reject(Overloaded, time.Second)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Circuit returns the state of the circuit breaker: "closed" while calls are made, "open"
// after many failed in a row, and "half-open" while probes are under way.
func (c *Controller) Circuit() string { return c.circuit.breaker.State().String() }

// InFlight returns the number of calls under way.
func (c *Controller) InFlight() int { return len(c.slots) }
