package app

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// sharedLog is a buffer that goroutines share.
type sharedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *sharedLog) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// A panic while the audit log is opened again, here since there is none, ends neither the
// process nor the reaction to the next SIGHUP.
func TestReopeningAuditLogPanics(t *testing.T) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // else it would end the test before the first one is awaited
	defer signal.Stop(hangup)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	logged := &sharedLog{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		new(sessions).reopenAudit(ctx, slog.New(slog.NewTextHandler(logged, nil)))
		close(done)
	}()
	testutil.Eventually(t, "two panics to be logged", 10*time.Second, func() bool {
		if err := self.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		return logged.count("reopening the audit log failed") >= 2
	})
	if logged.count("panic: ") == 0 {
		t.Errorf("logged %q", logged.text.String())
	}
	cancel()
	<-done
}
