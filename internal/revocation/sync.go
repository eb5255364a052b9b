package revocation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

const (
	maxAppend  = 500 // records at once
	minBackoff = 50 * time.Millisecond
	maxBackoff = 500 * time.Millisecond
)

// Run synchronizes the list with its log until ctx ends: it adds what other replicas
// wrote, and writes what could not be written before.
func (l *List) Run(ctx context.Context) {
	if l.log == nil {
		<-ctx.Done()
		return
	}
	backoff, failing := minBackoff, false
	for ctx.Err() == nil {
		err := l.sync(ctx)
		if ctx.Err() != nil {
			return
		}
		l.observeLog(err)
		l.mu.Lock()
		l.failure = err
		l.mu.Unlock()
		switch {
		case err != nil && !failing:
			l.logger.Warn("revocation log unavailable", "err", err)
		case err == nil && failing:
			l.logger.Info("revocation log available again")
		}
		failing = err != nil
		if !failing {
			backoff = minBackoff
			continue
		}
		select {
		case <-time.After(backoff/2 + rand.N(backoff/2)):
		case <-ctx.Done():
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// sync reads the log once, and writes pending records if the list is up to date. A panic,
// which would end the process, is an error. What was read is then read again, so that no
// sign-out is missing; if the panic persists, sessions become [Unknown].
func (l *List) sync(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			l.log.rewind()
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	b, err := l.log.read(ctx)
	if err != nil {
		return err
	}
	l.receive(b)
	if !b.complete {
		return nil
	}
	return l.writePending(ctx)
}

// receive adds the records of a batch.
func (l *List) receive(b batch) {
	now := l.now()
	l.applyAll(b, now)
	if b.complete {
		l.readAt.Store(int64(max(1, now.Sub(l.start))))
	}
}

func (l *List) applyAll(b batch, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.lost {
		// Records of other replicas, too: these may not run any more. Those still in
		// the log are not pending any more when they are read.
		for _, q := range l.queue {
			l.pending[q.record] = struct{}{}
		}
	}
	for _, rec := range b.records {
		l.apply(rec, now)
		delete(l.pending, rec)
	}
	l.dropExpired(now)
}

// write appends records to the log. If that fails, they become pending.
func (l *List) write(ctx context.Context, records []record) error {
	if l.log == nil || len(records) == 0 {
		return nil
	}
	// They are in effect already, so they are written even if the caller has gone.
	err := l.log.append(context.WithoutCancel(ctx), records)
	l.observeLog(err)
	if err != nil {
		l.mu.Lock()
		for _, rec := range records {
			l.pending[rec] = struct{}{}
		}
		l.mu.Unlock()
	}
	return err
}

// writePending appends some of the pending records to the log.
func (l *List) writePending(ctx context.Context) error {
	now := l.now().UnixMicro()
	var records []record
	l.mu.Lock()
	for rec := range l.pending {
		if len(records) == maxAppend {
			break
		}
		if rec.Expires <= now {
			delete(l.pending, rec)
			continue
		}
		records = append(records, rec)
	}
	l.mu.Unlock()
	if len(records) == 0 {
		return nil
	}
	if err := l.log.append(ctx, records); err != nil {
		return err
	}
	l.mu.Lock()
	for _, rec := range records {
		delete(l.pending, rec)
	}
	l.mu.Unlock()
	return nil
}

func (l *List) observeLog(err error) {
	if err != nil {
		l.observe("failed")
	} else {
		l.observe("ok")
	}
}
