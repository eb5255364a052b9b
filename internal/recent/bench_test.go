package recent_test

import (
	"testing"

	"authgraph/internal/recent"
)

func BenchmarkGet(b *testing.B) {
	const entries = 10_000
	m := recent.New[int](1 << 15)
	for n := range entries {
		m.Add(key(n), n)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n++ {
			if _, ok := m.Get(key(n % entries)); !ok {
				b.Fatal("it is gone")
			}
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	m := recent.New[int](1 << 15)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		m.Add(key(n), n)
		n++
	}
}
