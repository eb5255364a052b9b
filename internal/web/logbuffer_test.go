package web_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"authgraph/internal/web"
)

// written is a Writer that tells of each call.
type written struct {
	mu    sync.Mutex
	calls []string
	some  chan struct{}
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, string(p))
	select {
	case w.some <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (w *written) all() (calls int, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls), strings.Join(w.calls, "")
}

// Lines go out soon and in their order; a warning goes at once, with what waits.
func TestLogBuffer(t *testing.T) {
	t.Parallel()
	w := &written{some: make(chan struct{}, 1)}
	buffer := web.NewLogBuffer(w)
	log := web.NewLogger(buffer, slog.LevelInfo, "json")
	log.Info("first")
	log.Info("second")
	for {
		<-w.some
		_, text := w.all()
		if strings.Count(text, "\n") < 2 {
			continue
		}
		if strings.Index(text, "first") > strings.Index(text, "second") {
			t.Error(text)
		}
		break
	}
	log.Info("third")
	log.With("a", 1).Warn("fourth")
	if _, text := w.all(); !strings.Contains(text, "third") || !strings.Contains(text, "fourth") {
		t.Error(text)
	}
	log.Info("last")
	buffer.Flush()
	if _, text := w.all(); !strings.HasSuffix(strings.TrimSpace(text), `"msg":"last"}`) {
		t.Errorf("after Flush: %s", text)
	}
}

// Nothing is lost of what many goroutines log.
func TestLogBufferLosesNothing(t *testing.T) {
	t.Parallel()
	w := &written{some: make(chan struct{}, 1)}
	buffer := web.NewLogBuffer(w)
	log := web.NewLogger(buffer, slog.LevelInfo, "json")
	var logging sync.WaitGroup
	for i := range 20 {
		logging.Go(func() {
			for j := range 200 {
				log.Info("line", "n", fmt.Sprintf("<%d-%d>", i, j))
			}
		})
	}
	logging.Wait()
	buffer.Flush()
	calls, text := w.all()
	if n := strings.Count(text, "\n"); n != 4000 || calls > 400 {
		t.Errorf("%d lines by %d calls", n, calls)
	}
	for i := range 20 {
		for j := range 200 {
			if !strings.Contains(text, fmt.Sprintf("<%d-%d>", i, j)) && !strings.Contains(text, fmt.Sprintf("\\u003c%d-%d\\u003e", i, j)) {
				t.Fatalf("line %d-%d is lost", i, j)
			}
		}
	}
}
