package web

import (
	"io"
	"sync"
	"time"
)

const (
	// longestInBuffer is how long a line may wait for others, and fullLogBuffer how many
	// bytes wait together at most.
	longestInBuffer = 100 * time.Millisecond
	fullLogBuffer   = 16 << 10
)

// LogBuffer writes lines of a log in groups: a system call for each would be a tenth of
// what the quickest requests cost. What [NewLogger] writes at level warn or above goes out
// at once, with all that waits. Call Flush before the process ends; one that is killed
// loses what was logged in the last tenth of a second.
type LogBuffer struct {
	w io.Writer

	mu        sync.Mutex
	lines     []byte
	scheduled bool
}

// NewLogBuffer returns a LogBuffer that writes to w.
func NewLogBuffer(w io.Writer) *LogBuffer { return &LogBuffer{w: w} }

// Write implements io.Writer. It always succeeds: nobody could be told of a log that
// cannot be written.
func (b *LogBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line...)
	switch {
	case len(b.lines) >= fullLogBuffer:
		b.flush()
	case !b.scheduled:
		b.scheduled = true
		time.AfterFunc(longestInBuffer, b.Flush)
	}
	return len(line), nil
}

// Flush writes what waits.
func (b *LogBuffer) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.scheduled = false
	b.flush()
}

func (b *LogBuffer) flush() {
	if len(b.lines) == 0 {
		return
	}
	_, _ = b.w.Write(b.lines)
	b.lines = b.lines[:0]
}
