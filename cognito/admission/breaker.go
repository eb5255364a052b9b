package admission

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	// failuresToOpen is the number of consecutive failures that open the circuit for
	// openTime. Then all of the first probes must succeed to close it.
	failuresToOpen = 20
	openTime       = 2 * time.Second
	probes         = 3
)

// circuit is a circuit breaker: callers get an error immediately while Cognito does not
// respond, and Cognito can recover.
type circuit struct {
	breaker   *gobreaker.TwoStepCircuitBreaker[struct{}]
	openUntil atomic.Int64 // Unix time in nanoseconds
}

// Errors reported to the breaker.
var (
	errFailed       = errors.New("failed")
	errInconclusive = errors.New("inconclusive")
)

func newCircuit() *circuit {
	c := &circuit{}
	c.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: probes,
		Timeout:     openTime,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= failuresToOpen },
		IsExcluded:  func(err error) bool { return errors.Is(err, errInconclusive) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				c.openUntil.Store(time.Now().Add(openTime).UnixNano())
			}
		},
	})
	return c
}

// check returns a rejection while the circuit is open.
func (c *circuit) check() error {
	if c.breaker.State() != gobreaker.StateOpen {
		return nil
	}
	return c.rejection()
}

// allow admits a call, or returns a rejection.
func (c *circuit) allow() (done func(Outcome), err error) {
	report, err := c.breaker.Allow()
	if err != nil {
		return nil, c.rejection()
	}
	return func(outcome Outcome) {
		switch outcome {
		case Inconclusive:
			report(errInconclusive)
		case Failed:
			report(errFailed)
		default:
			report(nil)
		}
	}, nil
}

func (c *circuit) rejection() *Rejection {
	left := time.Until(time.Unix(0, c.openUntil.Load()))
	if left <= 0 { // half-open, and the probes are under way
		left = time.Second
	}
	return Reject(CircuitOpen, left)
}
