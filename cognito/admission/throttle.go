package admission

import (
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// minPause is the first pause after throttling. Each further one doubles it, up to
	// maxPause.
	minPause = 500 * time.Millisecond
	maxPause = 5 * time.Second
	// probeRetryAfter is the RetryAfter of calls rejected while a probe is under way.
	probeRetryAfter = 500 * time.Millisecond
)

// pause holds back all calls of a category after Cognito throttled one of them. If each
// caller backed off for itself, new callers would keep Cognito throttling. After the
// pause, one call goes first as a probe.
type pause struct {
	mu      sync.Mutex
	length  time.Duration // of the current pause; 0 without one
	until   time.Time
	probing bool
	// round counts pauses. A call from an earlier round says nothing about the current
	// one: a burst is throttled together.
	round int
}

// ticket is the admission of one call.
type ticket struct {
	round int
	probe bool
}

// remaining returns how long the pause lasts, 0 if a call may be made.
func (p *pause) remaining(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left(now)
}

func (p *pause) left(now time.Time) time.Duration {
	switch {
	case p.length == 0:
		return 0
	case p.until.After(now):
		return p.until.Sub(now)
	case p.probing:
		return probeRetryAfter
	default:
		return 0
	}
}

// enter admits a call, which must then leave, or returns a rejection.
func (p *pause) enter(now time.Time) (ticket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := p.left(now); left > 0 {
		return ticket{}, Reject(Paused, left)
	}
	t := ticket{round: p.round, probe: p.length > 0}
	p.probing = t.probe
	return t, nil
}

// leave ends a call that was admitted.
func (p *pause) leave(t ticket, outcome Outcome, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.round != p.round {
		return
	}
	if t.probe {
		p.probing = false
	}
	switch {
	case outcome == Throttled:
		p.round++
		p.length = min(max(2*p.length, minPause), maxPause)
		// The jitter spreads replicas, which were throttled at the same moment.
		p.until = now.Add(min(p.length*3/4+rand.N(p.length/2), maxPause))
	case outcome == Responded && t.probe:
		p.length = 0
	}
}
