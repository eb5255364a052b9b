// Package ratelimit keeps counters of attempts, in this process or shared by replicas.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bounds of an attempt. They are far above what a limit needs, and keep the
// arithmetic of the script, which has 53 bits, and the keys in memory in bounds.
const (
	maxBudgets  = 16
	maxKeyLen   = 200
	maxLifetime = 40 * 24 * time.Hour
)

// Hold is what [Decision].Refused says when a mark and no budget refused.
const Hold = "hold"

// Budget is a token bucket: Burst attempts at once, and one more every Every.
type Budget struct {
	// Name is the budget's row in the settings, from a closed set: for metrics.
	Name string

	// Key says what the budget is of and whose it is, hashed where that is a
	// secret. Name is not a part of it: budgets of two rows need two keys. It
	// is never logged.
	Key string

	Burst int
	Every time.Duration

	// Strangers says that the budget is left out, neither asked nor charged,
	// while the attempt's mark Known is set.
	Strangers bool
}

// Attempt takes one from each of its budgets, or from none.
type Attempt struct {
	Budgets []Budget

	// Known is the key of a mark, or empty. While it is set, the budgets for
	// strangers and Hold are left out.
	Known string

	// Hold is the key of a mark, or empty. While it is set, the attempt is
	// refused, unless Known is set too.
	Hold string
}

// Decision says whether an attempt may go on.
type Decision struct {
	// Refused is empty when the attempt may go on, and was charged. Otherwise it
	// names what refuses for the longest: a budget, or [Hold].
	Refused string

	// RetryAfter is when nothing will refuse any more, if nobody else tries. It
	// is above zero exactly when the attempt is refused.
	RetryAfter time.Duration
}

// Counters are token buckets and marks. They may be used by many goroutines at
// once. Budgets and marks of the same key have nothing to do with each other.
type Counters interface {
	// Take charges all budgets of the attempt that apply, or none when anything
	// refuses, in one step: of any number of callers at once exactly as many go
	// on as there is budget for. With an error there is no decision, and the
	// attempt must not go on.
	Take(context.Context, Attempt) (Decision, error)

	// Refill makes the budgets of keys full again.
	Refill(ctx context.Context, keys ...string) error

	// Mark sets the marks of keys for lifetime from now, whatever they had left.
	Mark(ctx context.Context, lifetime time.Duration, keys ...string) error

	Close() error
}

var errKey = errors.New("ratelimit: a key is empty or too long")

// validate finds what can only be a mistake in the caller or its settings.
func (a Attempt) validate() error {
	if len(a.Budgets) > maxBudgets {
		return fmt.Errorf("ratelimit: %d budgets in one attempt", len(a.Budgets))
	}
	if len(a.Known) > maxKeyLen || len(a.Hold) > maxKeyLen {
		return errKey
	}
	for i, b := range a.Budgets {
		if b.Name == "" || b.Name == Hold {
			return fmt.Errorf("ratelimit: %q is no name for a budget", b.Name)
		}
		if b.Key == "" || len(b.Key) > maxKeyLen {
			return errKey
		}
		if b.Burst < 1 || b.Every < time.Microsecond || b.Every > maxLifetime/time.Duration(b.Burst) {
			return fmt.Errorf("ratelimit: the budget %q cannot be %d at once and one every %s", b.Name, b.Burst, b.Every)
		}
		for _, other := range a.Budgets[:i] {
			if other.Key == b.Key {
				return fmt.Errorf("ratelimit: the budgets %q and %q have one key", other.Name, b.Name)
			}
		}
	}
	return nil
}

// validateKeys is validate for what is refilled or marked.
func validateKeys(keys []string) error {
	for _, key := range keys {
		if key == "" || len(key) > maxKeyLen {
			return errKey
		}
	}
	return nil
}

func validateLifetime(lifetime time.Duration) error {
	if lifetime < time.Millisecond || lifetime > maxLifetime {
		return fmt.Errorf("ratelimit: a mark cannot last %s", lifetime)
	}
	return nil
}

// after returns when the bucket is full again once one more is taken, if it would
// have been full at fullAt without, and how long that one has to wait; all in
// microseconds. It is the generic cell rate algorithm, which needs one number for
// a bucket. take.lua has the same.
func (b Budget) after(fullAt, now int64) (charged, wait int64) {
	every := b.Every.Microseconds()
	whole := int64(b.Burst) * every
	// More than empty it is only if the clock went back or the settings changed.
	fullAt = min(max(fullAt, now), now+whole)
	charged = fullAt + every
	return charged, max(0, charged-whole-now)
}
