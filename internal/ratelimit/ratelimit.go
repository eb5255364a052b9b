// Package ratelimit counts attempts against budgets, for one process or for
// replicas that share a Redis server.
//
// [Memory] and [Redis] implement [Counters]. [Resilient] uses Redis and falls back
// to memory while Redis is down, so that limits are always enforced.
//
// The package knows nothing of Cognito or GraphQL: callers choose keys and rates.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Bounds of an attempt. They are far above what a rate limit needs, keep numbers
// within the 53 bits that Lua has for integers, and bound the memory used by keys.
const (
	maxBudgets  = 32
	maxKeyLen   = 200
	maxLifetime = 40 * 24 * time.Hour

	// maxMarkLifetime is long enough for marks that last until they are cleared.
	maxMarkLifetime = 10 * 365 * 24 * time.Hour
)

// Hold is the value of [Decision].RefusedBy if a hold refused the attempt.
const Hold = "hold"

// Budget is a token bucket: it allows Burst attempts at once, and one more after
// each interval Every.
type Budget struct {
	// Name identifies the rate in settings and metrics. It is one of a few fixed
	// values.
	Name string

	// Key identifies the bucket: what is limited, and for whom. Two budgets of an
	// attempt must not have the same key, even if their names differ. Keys are
	// never logged. Hash what is secret.
	Key string

	// Burst is at least 1.
	Burst int
	// Every is at least a microsecond. Burst times Every is at most 40 days.
	Every time.Duration

	// StrangersOnly excludes the budget from the attempt, so that it neither
	// refuses nor is charged, while the attempt's Known mark is set.
	StrangersOnly bool
}

// Attempt charges one to each of its budgets, at most 32, or to none.
type Attempt struct {
	Budgets []Budget

	// Known is the key of a mark, or empty. While the mark is set, Hold and the
	// budgets that are StrangersOnly do not apply.
	Known string

	// Hold is the key of a mark, or empty. While the mark is set, the attempt is
	// refused, unless Known is set, too.
	Hold string
}

// Decision is the result of an attempt.
type Decision struct {
	// RefusedBy is empty if the attempt is allowed and was charged. Otherwise it is
	// the name of the budget, or [Hold], that refuses for the longest time.
	RefusedBy string

	// RetryAfter is the time until the attempt would be allowed. It is positive if
	// the attempt is refused, and zero if it is allowed.
	RetryAfter time.Duration
}

// Update lists changes to buckets and marks.
type Update struct {
	// Refill has the keys of buckets to fill.
	Refill []string

	// Mark has the keys of marks to set. They expire after Lifetime, between a
	// millisecond and ten years, which replaces the time they had left.
	Mark     []string
	Lifetime time.Duration

	// Unmark has the keys of marks to remove.
	Unmark []string

	// Link has keys with what they are linked to: other names of the same account. Links
	// expire after Lifetime, too.
	Link map[string]string

	// Durable makes the update fail with [ErrStoreDown] if only this process would know
	// of it although replicas share a store.
	Durable bool
}

// ErrStoreDown is the error of a durable update while the shared store is down.
var ErrStoreDown = errors.New("ratelimit: the shared store is down")

// Counters stores token buckets, which start full, marks, which are flags that expire,
// and links from one key to another. Each kind has separate keys. All methods are safe for concurrent
// use.
type Counters interface {
	// Take charges all budgets of the attempt that apply, or none of them if
	// anything refuses it. It is atomic: concurrent callers are never allowed more
	// than the budget. On an error there is no decision, and the caller must
	// refuse the attempt.
	Take(context.Context, Attempt) (Decision, error)

	// Update refills buckets, sets and removes marks, and sets links.
	Update(context.Context, Update) error

	// Marks returns how much longer each of the marks is set, 0 for those that are not.
	// There are at most 32.
	Marks(ctx context.Context, keys ...string) ([]time.Duration, error)

	// Links returns what each of the keys is linked to, "" for those that are not. There
	// are at most 32.
	Links(ctx context.Context, keys ...string) ([]string, error)

	Close() error
}

var errKey = errors.New("ratelimit: a key is empty or too long")

// validate returns an error for attempts that only a bug or wrong settings cause.
func (a Attempt) validate() error {
	if len(a.Budgets) > maxBudgets {
		return fmt.Errorf("ratelimit: an attempt has %d budgets, more than %d", len(a.Budgets), maxBudgets)
	}
	if len(a.Known) > maxKeyLen || len(a.Hold) > maxKeyLen {
		return errKey
	}
	for i, b := range a.Budgets {
		if b.Name == "" || b.Name == Hold {
			return fmt.Errorf("ratelimit: invalid budget name %q", b.Name)
		}
		if b.Key == "" || len(b.Key) > maxKeyLen {
			return errKey
		}
		if b.Burst < 1 || b.Every < time.Microsecond || b.Every > maxLifetime/time.Duration(b.Burst) {
			return fmt.Errorf("ratelimit: budget %q has an invalid rate: burst %d, one every %s", b.Name, b.Burst, b.Every)
		}
		for _, other := range a.Budgets[:i] {
			if other.Key == b.Key {
				return fmt.Errorf("ratelimit: budgets %q and %q have the same key", other.Name, b.Name)
			}
		}
	}
	return nil
}

// validateKeys returns an error for keys that [Counters].Marks and Links do not take.
func validateKeys(keys []string) error {
	if len(keys) > maxBudgets {
		return fmt.Errorf("ratelimit: %d keys, more than %d", len(keys), maxBudgets)
	}
	return Update{Unmark: keys}.validate()
}

func (u Update) validate() error {
	if len(u.Mark)+len(u.Link) > 0 && (u.Lifetime < time.Millisecond || u.Lifetime > maxMarkLifetime) {
		return fmt.Errorf("ratelimit: invalid lifetime of a mark or link: %s", u.Lifetime)
	}
	links := slices.AppendSeq(slices.Collect(maps.Keys(u.Link)), maps.Values(u.Link))
	for _, key := range slices.Concat(u.Refill, u.Mark, u.Unmark, links) {
		if key == "" || len(key) > maxKeyLen {
			return errKey
		}
	}
	return nil
}

// capacity returns the time, in microseconds, in which an empty bucket fills up.
func (b Budget) capacity() int64 { return int64(b.Burst) * b.Every.Microseconds() }

// charge takes one from a bucket that would be full at fullAt. It returns when the
// bucket would be full afterwards, and how long the caller would have to wait until
// the bucket has one to take. All values are in microseconds.
//
// This is the generic cell rate algorithm, which needs one number for each bucket.
// take.lua implements it, too.
func (b Budget) charge(fullAt, now int64) (charged, wait int64) {
	// The stored value is out of these bounds if the bucket is full, the clock went
	// back or the rate was changed.
	fullAt = min(max(fullAt, now), now+b.capacity())
	charged = fullAt + b.Every.Microseconds()
	return charged, max(0, charged-b.capacity()-now)
}
