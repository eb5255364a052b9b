package buffers_test

import (
	"bytes"
	"sync"
	"testing"

	"authgraph/internal/buffers"
)

// Whoever gets a buffer gets an empty one, and nobody else has it.
func TestPool(t *testing.T) {
	var pool buffers.Pool
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			mine := bytes.Repeat([]byte{byte(i)}, 100)
			for range 1000 {
				buffer := pool.Get()
				buffer.Write(mine)
				if !bytes.Equal(buffer.Bytes(), mine) {
					t.Errorf("%d bytes, not all of them mine", buffer.Len())
				}
				pool.Put(buffer)
			}
		})
	}
	all.Wait()
}

func TestPoolKeepsNoLargeBuffer(t *testing.T) {
	var pool buffers.Pool
	for range 100 {
		buffer := pool.Get()
		if buffer.Cap() > 16<<10 {
			t.Fatalf("a buffer of %d bytes is lent", buffer.Cap())
		}
		buffer.Grow(64 << 10)
		pool.Put(buffer)
	}
}
