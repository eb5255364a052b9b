// Package buffers lends buffers that are used again.
package buffers

import (
	"bytes"
	"sync"
)

// largest is how large a buffer may have grown and still be lent again; larger ones are
// left to the garbage collector.
const largest = 16 << 10

// Pool lends buffers of one kind of content, which are about as large as each other. Its
// zero value is ready to use, by many at once.
type Pool struct{ pool sync.Pool }

// Get lends an empty buffer.
func (p *Pool) Get() *bytes.Buffer {
	if buffer, ok := p.pool.Get().(*bytes.Buffer); ok {
		return buffer
	}
	return new(bytes.Buffer)
}

// Put takes a buffer back, to which nothing may refer any more.
func (p *Pool) Put(buffer *bytes.Buffer) {
	if buffer.Cap() <= largest {
		buffer.Reset()
		p.pool.Put(buffer)
	}
}
