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

// lockTimeout is how long Open waits for another process to let go of the file.
const lockTimeout = 500 * time.Millisecond

func Open(path string) (*bbolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("userpool: making the folder of the database: %w", err)
	}
	db, err := openDatabase(path)
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("userpool: %s is in use by another process; only one can own the data", path)
	}
	if err != nil {
		return nil, fmt.Errorf("userpool: opening %s: %w", path, err)
	}
	if err := checkNotTruncated(db); err != nil {
		return nil, errors.Join(fmt.Errorf("userpool: opening %s: %w", path, err), db.Close())
	}
	return db, nil
}

var errTruncated = errors.New("the file is damaged: it ends before its last page; put back a copy of it")

// openDatabase opens the file. bbolt maps it into memory, where reading beyond the end of a file that was cut short is a
// fault that would end the process; here it becomes an error.
func openDatabase(path string) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, errTruncated
		}
	}()
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
}

// checkNotTruncated compares the file's length with what its newest state spans.
func checkNotTruncated(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(db.Path())
		if err == nil && info.Size() < tx.Size() {
			err = errTruncated
		}
		return err
	})
}

var errDamaged = errors.New("the file is damaged; put back a copy of it")

// RecoverFaults runs fn, which reads a database file. A file that is damaged inside makes bbolt panic or read beyond the
// mapped memory; both become an error.
func RecoverFaults(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = errDamaged
		}
	}()
	return fn()
}

// CloseDamaged closes a file that could not be used. A panic may have left a lock
// behind that Close would wait for; the process ends anyway.
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
