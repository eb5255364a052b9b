package db

import (
	"errors"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"
)

// Committer writes to a database with group commit: changes that arrive during a commit share the next one. A single
// change is not delayed, and a burst costs one fsync. (bbolt's own Batch waits for a fixed time instead, which is too
// long for one caller and too short for many.)
type Committer struct {
	File *bbolt.DB

	mu      sync.Mutex
	waiting []*change
	busy    bool
}

// change is a function that waits for its transaction. It may run more than once, so it must have no effects other
// than on the transaction and on variables that it sets anew each time.
type change struct {
	apply func(*bbolt.Tx) error
	done  chan error
}

// Do runs apply in a transaction and returns once it is on disk. An error from apply rolls back its changes.
func (c *Committer) Do(apply func(*bbolt.Tx) error) error {
	ch := &change{apply: apply, done: make(chan error, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, ch)
	if !c.busy {
		c.busy = true
		go c.run()
	}
	c.mu.Unlock()
	return <-ch.done
}

func (c *Committer) run() {
	for {
		c.mu.Lock()
		batch := c.waiting
		c.waiting = nil
		if len(batch) == 0 {
			c.busy = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		c.commit(batch)
	}
}

// errRefused rolls back a transaction because one of its changes failed.
var errRefused = errors.New("a change of the group was refused")

// commit applies a batch. A change that fails is removed from the batch and retried alone at the end, so that its
// error depends only on what is on disk.
func (c *Committer) commit(batch []*change) {
	var alone []*change
	for len(batch) > 0 {
		failed := -1
		err := c.File.Update(func(tx *bbolt.Tx) error {
			for i, ch := range batch {
				if err := recovering(ch.apply, tx); err != nil {
					failed = i
					return errRefused
				}
			}
			return nil
		})
		if failed >= 0 {
			alone = append(alone, batch[failed])
			batch = append(batch[:failed:failed], batch[failed+1:]...)
			continue
		}
		for _, ch := range batch {
			ch.done <- err
		}
		break
	}
	for _, ch := range alone {
		ch.done <- c.File.Update(func(tx *bbolt.Tx) error { return recovering(ch.apply, tx) })
	}
}

// recovering turns a panic into an error. The change runs in a goroutine in which no HTTP server recovers.
func recovering(apply func(*bbolt.Tx) error, tx *bbolt.Tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in a transaction: %v", r)
		}
	}()
	return apply(tx)
}
