package ratelimit

import (
	"context"
	"testing"
	"time"
)

// However often a budget is charged elsewhere, here it is empty at most: one is
// there again after Every.
func TestMemoryFollowsUpToEmpty(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := NewMemory(MemoryOptions{Now: func() time.Time { return now }})
	a := Attempt{Budgets: []Budget{{Name: "b", Key: "k", Burst: 3, Every: time.Hour}}}
	for _, there := range []ruling{{}, {Decision: Decision{Refused: "b", RetryAfter: time.Hour}}} {
		for range 10 {
			m.follow(a, there)
		}
		if d, err := m.Take(context.Background(), a); err != nil || d != (Decision{"b", time.Hour}) {
			t.Errorf("got %+v, %v", d, err)
		}
		now = now.Add(time.Hour)
		if d, err := m.Take(context.Background(), a); err != nil || d.Refused != "" {
			t.Errorf("got %+v, %v", d, err)
		}
	}
}
