package main

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// What a load has taken is given back once it is over.
func TestMemoryIsGivenBackAtRest(t *testing.T) {
	const load = 64 << 20
	garbage := make([][]byte, 64)
	for i := range garbage {
		garbage[i] = make([]byte, load/len(garbage))
		for j := 0; j < len(garbage[i]); j += 4096 {
			garbage[i][j] = 1 // or the system gives no page for it
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runtime.KeepAlive(garbage)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go giveBackAtRest(ctx, time.Millisecond)
	for {
		runtime.ReadMemStats(&after)
		if held, hold := before.HeapSys-before.HeapReleased, after.HeapSys-after.HeapReleased; hold+load/2 < held {
			return
		}
		runtime.Gosched() // the test's own time-out ends it
	}
}
