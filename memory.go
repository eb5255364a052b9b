package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Between two garbage collections somewhat more may be allocated than is in use, of which the
// runtime would allow as much, but not less than leastHeadroom: a process that holds little would
// collect every few megabytes, under load a fifth of all its work. And not more than
// mostHeadroom: ten thousand sign-ins that wait would take twice the memory that they hold.
const (
	headroomPercent = 125 // of what is in use
	leastHeadroom   = 16 << 20
	mostHeadroom    = 48 << 20
)

// keepHeadroom makes the runtime collect by that rule. GOGC, where it is set, stays in
// force.
func keepHeadroom(getenv func(string) string) {
	if getenv("GOGC") != "" {
		return
	}
	inUse := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	percent := 0
	adjust := func() {
		metrics.Read(inUse)
		total := uint64(1)
		for _, sample := range inUse {
			total += sample.Value.Uint64()
		}
		wanted := int(min(100*min(max(total*headroomPercent/100, leastHeadroom), mostHeadroom)/total, 400))
		if wanted < percent*9/10 || wanted > percent*11/10 {
			percent = wanted
			debug.SetGCPercent(percent)
		}
	}
	adjust()
	afterEachCollection(adjust)
}

// afterEachCollection calls f once a garbage collection has ended.
func afterEachCollection(f func()) {
	type garbage [32]byte // less would share its memory with others
	var again func(*garbage)
	again = func(g *garbage) {
		f()
		runtime.SetFinalizer(g, again)
	}
	runtime.SetFinalizer(new(garbage), again)
}

const (
	// lookForRest is how often it is looked whether the process has come to rest: whether
	// it has allocated less than restingAllocation since the last look.
	lookForRest       = time.Second
	restingAllocation = 256 << 10
	// worthGivingBack is how much must have been allocated since memory was given back.
	worthGivingBack = 4 << 20
)

// giveBackAtRest gives the memory that held garbage back to the system whenever the
// process comes to rest, until ctx ends, and at its first rest what only the start needed.
// The runtime itself keeps what a load has taken for minutes.
func giveBackAtRest(ctx context.Context, every time.Duration) {
	allocated := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var last, given uint64
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		now := allocated()
		started := given > 0
		if now-last < restingAllocation && (!started || now-given > worthGivingBack) {
			debug.FreeOSMemory()
			if !started {
				unmapStart()
			}
			given = now
		}
		last = now
	}
}
