package cognito

import (
	"math/rand/v2"
	"sync"
	"time"

	"authgraph/internal/apierr"
)

const (
	// firstPause is how long a category rests when Cognito throttles it; each
	// further time doubles it, up to longestPause.
	firstPause   = 500 * time.Millisecond
	longestPause = 5 * time.Second
	// probeTime is how long those are told to wait who come while a probe is out.
	probeTime = 500 * time.Millisecond
)

// brake holds back all calls of a category once Cognito has throttled one of them:
// were each caller to back off for itself, those who come meanwhile would keep
// Cognito throttling. After the pause one call goes first, and the others follow
// when it comes back.
type brake struct {
	mu      sync.Mutex
	length  time.Duration // of the pause in force; 0 when there is none
	until   time.Time
	probing bool
	// round counts the pauses. An answer to a call of an earlier round says nothing
	// about this one: a burst is throttled as one.
	round int
}

// pass is what a call was let through with.
type pass struct {
	round int
	probe bool
}

// look returns how long the category still rests, 0 when a call may go.
func (b *brake) look(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left(now)
}

func (b *brake) left(now time.Time) time.Duration {
	switch {
	case b.length == 0:
		return 0
	case b.until.After(now):
		return b.until.Sub(now)
	case b.probing:
		return probeTime
	default:
		return 0
	}
}

// enter lets a call through, or returns a refusal. Who is let through must leave.
func (b *brake) enter(now time.Time) (pass, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if left := b.left(now); left > 0 {
		return pass{}, paused(left)
	}
	p := pass{round: b.round, probe: b.length > 0}
	b.probing = p.probe
	return p, nil
}

// leave tells how a call ended.
func (b *brake) leave(p pass, how finding, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.round != b.round {
		return
	}
	if p.probe {
		b.probing = false
	}
	switch {
	case how == throttled:
		b.round++
		b.length = min(max(2*b.length, firstPause), longestPause)
		// Other replicas were throttled at the same moment.
		b.until = now.Add(min(b.length*3/4+rand.N(b.length/2), longestPause))
	case how == answered && p.probe:
		b.length = 0
	}
}

func paused(left time.Duration) *refusal {
	return &refusal{
		outcome: "Paused",
		code:    apierr.RateLimited,
		message: "Too many requests. Try again shortly.",
		wait:    max(left, shortestRetryAfter),
	}
}
