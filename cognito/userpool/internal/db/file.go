// Package db opens a bbolt file safely, commits changes in groups, and reads and writes records as JSON.
package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long Open waits for another process to release the file.
const lockTimeout = 500 * time.Millisecond

// Open opens a database file, or creates it with mode 0600 and its folder with mode 0700. It fails if another process
// has the file open or if the file is truncated.
func Open(path string) (*bbolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("creating the folder of the database: %w", err)
	}
	db, err := openDatabase(path)
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is in use by another process (stop it or use another file)", path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if err := checkNotTruncated(db); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), db.Close())
	}
	return db, nil
}

var errTruncated = errors.New("the file is truncated: restore it from a backup")

// openDatabase opens the file. bbolt maps it into memory, where reading beyond the end of a truncated file is a fault
// that would end the process. Here it becomes an error.
func openDatabase(path string) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, errTruncated
		}
	}()
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
}

// checkNotTruncated compares the length of the file with the size of its latest state.
func checkNotTruncated(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(db.Path())
		if err == nil && info.Size() < tx.Size() {
			err = errTruncated
		}
		return err
	})
}

var errDamaged = errors.New("the file is damaged: restore it from a backup")

// RecoverFaults runs fn, which reads a database file on this goroutine. A damaged file makes bbolt panic or read
// beyond the mapped memory; both become an error.
func RecoverFaults(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = errDamaged
		}
	}()
	return fn()
}

// CloseDamaged closes a file that could not be read. It gives up after a second, since a panic may have left a lock
// behind that Close would wait for.
func CloseDamaged(db *bbolt.DB) error {
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(time.Second):
		return nil
	}
}
