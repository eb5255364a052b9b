package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const defaultMaxEntries = 100_000

// MemoryOptions says how much a [Memory] keeps.
type MemoryOptions struct {
	// MaxEntries bounds the budgets and, apart from them, the marks: no number of
	// strangers' budgets pushes out who is known. Those used least recently go
	// first. Zero means 100,000, which is about 20 MB at most.
	MaxEntries int

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Memory is [Counters] for one process.
//
// It has one lock: an attempt touches several keys, and holding it takes far less
// time than what every attempt is about.
type Memory struct {
	now   func() time.Time
	start time.Time

	mu      sync.Mutex
	budgets *simplelru.LRU[string, int64] // when a budget is full again
	marks   *simplelru.LRU[string, int64] // when a mark ends
}

var _ Counters = (*Memory)(nil)

// NewMemory returns a Memory where every budget is full.
func NewMemory(o MemoryOptions) *Memory {
	if o.MaxEntries <= 0 {
		o.MaxEntries = defaultMaxEntries
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Memory{now: o.Now, start: o.Now()}
	// The error is about sizes below one.
	m.budgets, _ = simplelru.NewLRU[string, int64](o.MaxEntries, nil)
	m.marks, _ = simplelru.NewLRU[string, int64](o.MaxEntries, nil)
	return m
}

// clock is in microseconds and monotonic as far as the clock is, so that setting
// the time of the machine neither fills budgets nor empties them.
func (m *Memory) clock() int64 { return m.now().Sub(m.start).Microseconds() }

// Take implements [Counters].
func (m *Memory) Take(_ context.Context, a Attempt) (Decision, error) {
	if err := a.validate(); err != nil {
		return Decision{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	known := m.left(a.Known, now) > 0

	var refused string
	var longest int64
	if hold := m.left(a.Hold, now); hold > 0 && !known {
		refused, longest = Hold, hold
	}
	var charged [maxBudgets]int64
	for i, b := range a.Budgets {
		if b.Strangers && known {
			continue
		}
		fullAt, _ := m.budgets.Get(b.Key)
		var wait int64
		if charged[i], wait = b.after(fullAt, now); wait > longest {
			refused, longest = b.Name, wait
		}
	}
	if longest > 0 {
		return Decision{Refused: refused, RetryAfter: time.Duration(longest) * time.Microsecond}, nil
	}
	for i, b := range a.Budgets {
		if !b.Strangers || !known {
			m.budgets.Add(b.Key, charged[i])
		}
	}
	return Decision{}, nil
}

// follow brings m up to what another store decided about a. It charges without
// refusing, and a budget that is empty there is empty here.
func (m *Memory) follow(a Attempt, there ruling) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	if a.Known != "" && there.knownFor > 0 {
		m.marks.Add(a.Known, now+there.knownFor.Microseconds())
	}
	wait := there.RetryAfter.Microseconds()
	if there.Refused == Hold && a.Hold != "" {
		m.marks.Add(a.Hold, now+wait)
	}
	for _, b := range a.Budgets {
		if b.Strangers && there.knownFor > 0 {
			continue
		}
		every := b.Every.Microseconds()
		whole := int64(b.Burst) * every
		fullAt, _ := m.budgets.Get(b.Key)
		switch there.Refused {
		case "":
			charged, _ := b.after(fullAt, now)
			m.budgets.Add(b.Key, min(charged, now+whole))
		case b.Name:
			m.budgets.Add(b.Key, min(max(fullAt, now+wait+whole-every), now+whole))
		}
	}
}

// left is how long a mark still lives. m.mu must be held.
func (m *Memory) left(mark string, now int64) int64 {
	if mark == "" {
		return 0
	}
	end, _ := m.marks.Get(mark)
	return max(0, end-now)
}

// Refill implements [Counters].
func (m *Memory) Refill(_ context.Context, keys ...string) error {
	if err := validateKeys(keys); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		m.budgets.Remove(key)
	}
	return nil
}

// Mark implements [Counters].
func (m *Memory) Mark(_ context.Context, lifetime time.Duration, keys ...string) error {
	if err := validateKeys(keys); err != nil {
		return err
	}
	if err := validateLifetime(lifetime); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	end := m.clock() + lifetime.Microseconds()
	for _, key := range keys {
		m.marks.Add(key, end)
	}
	return nil
}

// Close implements [Counters].
func (m *Memory) Close() error { return nil }
