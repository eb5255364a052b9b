package cognito

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"authgraph/internal/apierr"
)

const (
	// DefaultMaxConcurrentCalls bounds the calls to Cognito that are out at once.
	DefaultMaxConcurrentCalls = 1024

	// faultsToOpen is after how many faults in a row no further call is made, for
	// openTime; then probes calls go first, and all of them must be answered.
	faultsToOpen = 20
	openTime     = 2 * time.Second
	probes       = 3
)

// finding is what a call that was made tells about Cognito.
type finding int

const (
	nothing   finding = iota // the caller went away, or something else answered
	answered                 // Cognito did, be it with a refusal
	throttled                // Cognito did: too many requests
	faulty                   // no answer
)

// guard decides which calls are made. It protects Cognito's quotas, which are
// shared, and this process when Cognito does not answer.
type guard struct {
	budgets budgets
	brakes  map[string]*brake // by category; never written after newGuard
	circuit *circuit
	slots   chan struct{}
	// reserve is what is left of an operation's time when it stops waiting for a
	// slot: a call that began any later would end as a time-out.
	reserve time.Duration
}

func newGuard(o Options) *guard {
	g := &guard{
		budgets: o.Quota,
		brakes:  map[string]*brake{},
		circuit: newCircuit(),
		slots:   make(chan struct{}, o.MaxConcurrentCalls),
		reserve: o.Timeout / 4,
	}
	for _, category := range Categories() {
		g.brakes[category] = &brake{}
	}
	return g
}

// admit returns once a call may be made; what it tells must be reported. What
// refuses at once comes first, so that no budget is spent on calls that are not
// made.
func (g *guard) admit(ctx context.Context, category string) (report func(finding), err error) {
	brake := g.brakes[category]
	if err := g.circuit.look(); err != nil {
		return nil, err
	}
	if left := brake.look(time.Now()); left > 0 {
		return nil, paused(left)
	}
	if err := g.budgets.await(ctx, category); err != nil {
		return nil, err
	}
	if err := g.takeSlot(ctx); err != nil {
		return nil, err
	}
	pass, err := brake.enter(time.Now())
	if err != nil {
		<-g.slots
		return nil, err
	}
	done, err := g.circuit.allow()
	if err != nil {
		brake.leave(pass, nothing, time.Now())
		<-g.slots
		return nil, err
	}
	return func(how finding) {
		done(how)
		brake.leave(pass, how, time.Now())
		<-g.slots
	}, nil
}

// takeSlot waits for one of the calls that are out to come back.
func (g *guard) takeSlot(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	deadline, _ := ctx.Deadline()
	timer := time.NewTimer(time.Until(deadline) - g.reserve)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return unavailable("Shed", time.Second)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// circuit stops calling a Cognito that does not answer, so that callers are told
// at once and Cognito is let recover.
type circuit struct {
	breaker   *gobreaker.TwoStepCircuitBreaker[struct{}]
	openUntil atomic.Int64 // in nanoseconds since 1970
}

// What a call reports to the breaker besides success.
var (
	errFaulty    = errors.New("fault")
	errNoFinding = errors.New("no finding")
)

func newCircuit() *circuit {
	c := &circuit{}
	c.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: probes,
		Timeout:     openTime,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= faultsToOpen },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNoFinding) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				c.openUntil.Store(time.Now().Add(openTime).UnixNano())
			}
		},
	})
	return c
}

// look returns a refusal while no call is let through.
func (c *circuit) look() error {
	if c.breaker.State() != gobreaker.StateOpen {
		return nil
	}
	return c.refusal()
}

// allow lets a call through, or returns a refusal.
func (c *circuit) allow() (done func(finding), err error) {
	report, err := c.breaker.Allow()
	if err != nil {
		return nil, c.refusal()
	}
	return func(how finding) {
		switch how {
		case nothing:
			report(errNoFinding)
		case faulty:
			report(errFaulty)
		default:
			report(nil)
		}
	}, nil
}

func (c *circuit) refusal() *refusal {
	left := time.Until(time.Unix(0, c.openUntil.Load()))
	if left <= 0 {
		// The probes are out.
		left = time.Second
	}
	return unavailable("CircuitOpen", left)
}

func unavailable(outcome string, wait time.Duration) *refusal {
	return &refusal{outcome: outcome, code: apierr.ServiceUnavailable, message: unreachableMessage, wait: max(wait, shortestRetryAfter)}
}

// Circuit tells whether calls to Cognito are made: "closed" when they are, "open"
// when they are not, since Cognito has not answered many in a row, and "half-open"
// while the first ones try it again.
func (c *Client) Circuit() string { return c.guard.circuit.breaker.State().String() }

// CallsInFlight returns how many calls to Cognito are out.
func (c *Client) CallsInFlight() int { return len(c.guard.slots) }
