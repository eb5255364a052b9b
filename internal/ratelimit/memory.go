package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const defaultMaxEntries = 100_000

// MemoryOptions are the options of [NewMemory].
type MemoryOptions struct {
	// MaxEntries bounds the number of buckets, and separately those of marks and of links,
	// so that buckets of strangers never evict a mark. The least recently used entry
	// is evicted first. The default is 100,000, which takes 20 MB at most.
	MaxEntries int

	// Now is the clock. The default is time.Now.
	Now func() time.Time
}

// Memory is [Counters] for a single process.
type Memory struct {
	now   func() time.Time
	start time.Time

	// One lock for everything, since an attempt has several keys. It is held much
	// shorter than any attempt takes.
	mu      sync.Mutex
	buckets *simplelru.LRU[string, int64] // when a bucket is full
	marks   *simplelru.LRU[string, int64] // when a mark expires
	links   *simplelru.LRU[string, link]
}

// link is what a key is linked to, and when that expires.
type link struct {
	to  string
	end int64
}

var _ Counters = (*Memory)(nil)

// NewMemory returns a Memory in which every bucket is full.
func NewMemory(o MemoryOptions) *Memory {
	if o.MaxEntries <= 0 {
		o.MaxEntries = defaultMaxEntries
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Memory{now: o.Now, start: o.Now()}
	// NewLRU only fails for sizes below one.
	m.buckets, _ = simplelru.NewLRU[string, int64](o.MaxEntries, nil)
	m.marks, _ = simplelru.NewLRU[string, int64](o.MaxEntries, nil)
	m.links, _ = simplelru.NewLRU[string, link](o.MaxEntries, nil)
	return m
}

// clock returns the microseconds since m was created. It is monotonic, so that
// setting the system time does not change any bucket.
func (m *Memory) clock() int64 { return m.now().Sub(m.start).Microseconds() }

// Take implements [Counters].
func (m *Memory) Take(_ context.Context, a Attempt) (Decision, error) {
	if err := a.validate(); err != nil {
		return Decision{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	known := m.timeLeft(a.Known, now) > 0

	var refusedBy string
	var longest int64
	if hold := m.timeLeft(a.Hold, now); hold > 0 && !known {
		refusedBy, longest = Hold, hold
	}
	var charged [maxBudgets]int64
	for i, b := range a.Budgets {
		if b.StrangersOnly && known {
			continue
		}
		fullAt, _ := m.buckets.Get(b.Key)
		var wait int64
		if charged[i], wait = b.charge(fullAt, now); wait > longest {
			refusedBy, longest = b.Name, wait
		}
	}
	if refusedBy != "" {
		return Decision{RefusedBy: refusedBy, RetryAfter: time.Duration(longest) * time.Microsecond}, nil
	}
	for i, b := range a.Budgets {
		if !b.StrangersOnly || !known {
			m.buckets.Add(b.Key, charged[i])
		}
	}
	return Decision{}, nil
}

// mirror applies a decision that was made in Redis. If the attempt was allowed, it is
// charged without being refused here, and its buckets are empty at worst. If it was
// refused, the bucket that refused it is as empty here as it is there.
func (m *Memory) mirror(a Attempt, d redisDecision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	if a.Known != "" && d.knownFor > 0 {
		m.marks.Add(a.Known, now+d.knownFor.Microseconds())
	}
	wait := d.RetryAfter.Microseconds()
	if a.Hold != "" && d.RefusedBy == Hold {
		m.marks.Add(a.Hold, now+wait)
	}
	for _, b := range a.Budgets {
		if b.StrangersOnly && d.knownFor > 0 {
			continue
		}
		empty := now + b.capacity()
		fullAt, _ := m.buckets.Get(b.Key)
		switch d.RefusedBy {
		case "":
			charged, _ := b.charge(fullAt, now)
			m.buckets.Add(b.Key, min(charged, empty))
		case b.Name:
			m.buckets.Add(b.Key, min(max(fullAt, empty+wait-b.Every.Microseconds()), empty))
		}
	}
}

// timeLeft returns how long a mark is still set. m.mu must be held.
func (m *Memory) timeLeft(mark string, now int64) int64 {
	if mark == "" {
		return 0
	}
	end, _ := m.marks.Get(mark)
	return max(0, end-now)
}

// Update implements [Counters].
func (m *Memory) Update(_ context.Context, u Update) error {
	if err := u.validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range u.Refill {
		m.buckets.Remove(key)
	}
	end := m.clock() + u.Lifetime.Microseconds()
	for _, key := range u.Mark {
		m.marks.Add(key, end)
	}
	for _, key := range u.Unmark {
		m.marks.Remove(key)
	}
	for key, to := range u.Link {
		m.links.Add(key, link{to, end})
	}
	return nil
}

// Marks implements [Counters].
func (m *Memory) Marks(_ context.Context, keys ...string) ([]time.Duration, error) {
	if err := validateKeys(keys); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	left := make([]time.Duration, len(keys))
	for i, key := range keys {
		left[i] = time.Duration(m.timeLeft(key, now)) * time.Microsecond
	}
	return left, nil
}

// mirrorMarks applies what Redis says about marks.
func (m *Memory) mirrorMarks(keys []string, left []time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	for i, key := range keys {
		if left[i] > 0 {
			m.marks.Add(key, now+left[i].Microseconds())
		} else {
			m.marks.Remove(key)
		}
	}
}

// Links implements [Counters].
func (m *Memory) Links(_ context.Context, keys ...string) ([]string, error) {
	if err := validateKeys(keys); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	linked := make([]string, len(keys))
	for i, key := range keys {
		if l, ok := m.links.Get(key); ok && l.end > now {
			linked[i] = l.to
		}
	}
	return linked, nil
}

// Close implements [Counters]. It does nothing.
func (m *Memory) Close() error { return nil }
