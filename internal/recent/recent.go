// Package recent has a bounded map that forgets what was not asked for lately.
package recent

import "sync"

// shards is how many locks the entries of a [Map] share.
const shards = 16

// Key is a digest, whose first byte spreads the keys over the locks.
type Key [32]byte

// Map holds at most as many entries as it was made for. It keeps two generations:
// once the young one is full it becomes the old one, and what was not asked for
// until the next is full is gone. It is safe for concurrent use.
type Map[V any] struct {
	size   int // of a generation in one shard
	shards [shards]shard[V]
}

type shard[V any] struct {
	mu         sync.RWMutex
	young, old map[Key]V
}

// New returns a map for size entries, of which it keeps at least the half that was
// asked for last.
func New[V any](size int) *Map[V] {
	return &Map[V]{size: max(1, size/2/shards)}
}

// Get returns the value of a key, and whether there is one.
func (m *Map[V]) Get(key Key) (V, bool) {
	s := &m.shards[key[0]%shards]
	s.mu.RLock()
	v, young := s.young[key]
	if young {
		s.mu.RUnlock()
		return v, true
	}
	v, old := s.old[key]
	s.mu.RUnlock()
	if old {
		m.Add(key, v)
	}
	return v, old
}

// Add sets the value of a key.
func (m *Map[V]) Add(key Key, v V) {
	s := &m.shards[key[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.young[key]; !known && len(s.young) >= m.size {
		s.old, s.young = s.young, nil
	}
	if s.young == nil {
		s.young = map[Key]V{}
	}
	s.young[key] = v
}

// Remove forgets a key.
func (m *Map[V]) Remove(key Key) {
	s := &m.shards[key[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.young, key)
	delete(s.old, key)
}

// Len counts the entries; one that is in both generations counts twice.
func (m *Map[V]) Len() int {
	n := 0
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.RLock()
		n += len(s.young) + len(s.old)
		s.mu.RUnlock()
	}
	return n
}
