package admission

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// minPause is the first pause after throttling. Each further one doubles it, up to
	// maxPause.
	minPause = 500 * time.Millisecond
	maxPause = 5 * time.Second
	// probeRetryAfter is the RetryAfter of calls rejected while a probe is under way.
	probeRetryAfter = 500 * time.Millisecond

	// callersToPause is the number of callers that must be throttled within throttleWindow
	// for the whole category to pause.
	callersToPause = 5
	throttleWindow = 2 * time.Second
	// maxPausedCallers bounds the number of paused callers per category.
	maxPausedCallers = 1 << 10
)

// throttle backs off calls of a category after Cognito throttled some. The exception does not
// tell a limit of a single user from the account's quota, so the caller is paused first. If
// several callers are throttled at the same time, the category pauses: new callers, each
// backing off for itself, would keep Cognito throttling.
type throttle struct {
	category pause
	callers  *lru.Cache[string, *pause] // those that were throttled

	mu     sync.Mutex
	recent []throttled // one entry for each caller, oldest first
}

// throttled is a caller that was throttled.
type throttled struct {
	caller string
	at     time.Time
}

// admitted is the admission of one call.
type admitted struct {
	caller        string
	category, own ticket
}

func newThrottle() *throttle {
	callers, _ := lru.New[string, *pause](maxPausedCallers) // the error is for sizes below 1
	return &throttle{callers: callers}
}

// remaining returns how long calls of the caller are paused, 0 if one may be made.
func (t *throttle) remaining(caller string, now time.Time) time.Duration {
	left := t.category.remaining(now)
	if own, ok := t.callers.Get(caller); ok {
		left = max(left, own.remaining(now))
	}
	return left
}

// enter admits a call, which must then leave, or returns a rejection.
func (t *throttle) enter(caller string, now time.Time) (admitted, error) {
	a := admitted{caller: caller}
	var err error
	if a.category, err = t.category.enter(now); err != nil {
		return a, err
	}
	if own, ok := t.callers.Get(caller); ok {
		if a.own, err = own.enter(now); err != nil {
			t.category.leave(a.category, Inconclusive, now)
			return a, err
		}
	}
	return a, nil
}

// leave ends a call that was admitted.
func (t *throttle) leave(a admitted, outcome Outcome, now time.Time) {
	own, held := t.callers.Get(a.caller)
	if !held && outcome == Throttled {
		own, held = &pause{}, true
		if earlier, found, _ := t.callers.PeekOrAdd(a.caller, own); found {
			own = earlier
		}
	}
	if held && own.leave(a.own, outcome, now) {
		t.callers.Remove(a.caller)
	}

	if outcome == Throttled && !a.category.probe && !t.record(a.caller, now) {
		outcome = Inconclusive
	}
	t.category.leave(a.category, outcome, now)
}

// record records a throttled caller, and reports whether there are so many that the quota of
// the account appears to be used up.
func (t *throttle) record(caller string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recent = slices.DeleteFunc(t.recent, func(e throttled) bool {
		return e.caller == caller || now.Sub(e.at) > throttleWindow
	})
	t.recent = append(t.recent, throttled{caller, now})
	if len(t.recent) < callersToPause {
		return false
	}
	t.recent = t.recent[:0]
	return true
}

// pause holds back calls after one was throttled. When it is over, one call goes first as a
// probe.
type pause struct {
	mu      sync.Mutex
	length  time.Duration // of the current pause; 0 without one
	until   time.Time
	probing bool
	// round counts pauses. A call from an earlier round says nothing about the current
	// one: a burst is throttled together.
	round int
}

// ticket is the admission of one call by a pause.
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

// leave ends a call that was admitted. It reports whether that ended the pause.
func (p *pause) leave(t ticket, outcome Outcome, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.round != p.round {
		return false
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
		return true
	}
	return false
}
