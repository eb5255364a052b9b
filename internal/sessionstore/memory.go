package sessionstore

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxRecords bounds the memory of [Memory], to about 50 MB. The records that were used
// least recently are removed first.
const maxRecords = 100_000

// Memory is [Store] for a single process.
type Memory struct {
	lifetime time.Duration
	now      func() time.Time

	mu      sync.Mutex
	records *simplelru.LRU[key, Record]
	users   map[string]map[string]struct{} // user → origin_jti of the records
}

type key struct{ user, originJTI string }

var _ Store = (*Memory)(nil)

// NewMemory returns an empty Memory, whose records expire after the lifetime without
// activity.
func NewMemory(lifetime time.Duration) *Memory {
	m := &Memory{lifetime: lifetime, now: time.Now, users: map[string]map[string]struct{}{}}
	// NewLRU only fails for sizes below one.
	m.records, _ = simplelru.NewLRU(maxRecords, func(k key, _ Record) { m.unlist(k) })
	return m
}

// unlist removes a record from the list of its user's.
func (m *Memory) unlist(k key) {
	delete(m.users[k.user], k.originJTI)
	if len(m.users[k.user]) == 0 {
		delete(m.users, k.user)
	}
}

// Update implements [Store].
func (m *Memory) Update(_ context.Context, user, originJTI string, change func(*Record, bool)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := key{user, originJTI}
	r, known := m.records.Get(k)
	r.OriginJTI = originJTI
	change(&r, known)
	m.records.Add(k, r)
	if m.users[user] == nil {
		m.users[user] = map[string]struct{}{}
	}
	m.users[user][originJTI] = struct{}{}
	for _, id := range surplus(m.of(user), m.now(), m.lifetime) {
		m.records.Remove(key{user, id})
	}
	return nil
}

// of returns the user's records. m.mu must be held.
func (m *Memory) of(user string) []Record {
	records := make([]Record, 0, len(m.users[user]))
	for id := range m.users[user] {
		if r, ok := m.records.Peek(key{user, id}); ok {
			records = append(records, r)
		}
	}
	return records
}

// Of implements [Store].
func (m *Memory) Of(_ context.Context, user string) ([]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	records := slices.DeleteFunc(m.of(user), func(r Record) bool { return now.Sub(r.ActiveAt) > m.lifetime })
	sortByBegin(records)
	return records, nil
}

// Remove implements [Store].
func (m *Memory) Remove(_ context.Context, user string, originJTIs ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(originJTIs) == 0 {
		for _, r := range m.of(user) {
			originJTIs = append(originJTIs, r.OriginJTI)
		}
	}
	for _, id := range originJTIs {
		m.records.Remove(key{user, id})
	}
	return nil
}

// Close implements [Store]. It does nothing.
func (m *Memory) Close() error { return nil }
