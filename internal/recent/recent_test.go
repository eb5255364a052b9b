package recent_test

import (
	"encoding/binary"
	"sync"
	"testing"

	"authgraph/internal/recent"
)

func key(n int) (k recent.Key) {
	binary.LittleEndian.PutUint64(k[:], uint64(n))
	return k
}

func TestMap(t *testing.T) {
	m := recent.New[int](320) // ten in each generation of a shard
	if _, ok := m.Get(key(1)); ok {
		t.Error("an empty map has something")
	}
	m.Add(key(1), 10)
	m.Add(key(1), 11)
	if v, ok := m.Get(key(1)); !ok || v != 11 {
		t.Errorf("got %d %t", v, ok)
	}
	m.Remove(key(1))
	if _, ok := m.Get(key(1)); ok {
		t.Error("what was removed is still there")
	}
}

// It never holds more than it was made for, and what is asked for stays.
func TestMapIsBounded(t *testing.T) {
	const size = 3200
	m := recent.New[int](size)
	m.Add(key(0), 7)
	for n := 1; n < 10*size; n++ {
		m.Add(key(n), n)
		if n%1000 == 0 {
			if _, ok := m.Get(key(0)); !ok {
				t.Fatalf("what is asked for is forgotten after %d others", n)
			}
		}
		if m.Len() > size {
			t.Fatalf("%d entries", m.Len())
		}
	}
	if _, ok := m.Get(key(1)); ok {
		t.Error("what nobody asks for is never forgotten")
	}
	if _, ok := m.Get(key(10*size - 1)); !ok {
		t.Error("the newest is gone")
	}
}

func TestMapAtOnce(t *testing.T) {
	m := recent.New[int](64)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 5000 {
				m.Add(key(n*w), n)
				m.Get(key(n))
				m.Remove(key(n + 1))
			}
		})
	}
	wg.Wait()
	if m.Len() > 64 {
		t.Errorf("%d entries", m.Len())
	}
}
