package db

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// A change that fails or panics does not affect others in the same commit.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	file, err := Open(filepath.Join(t.TempDir(), "pool.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	bucket := []byte("b")
	if err := file.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(bucket); return err }); err != nil {
		t.Fatal(err)
	}
	put := func(k string) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put([]byte(k), []byte("x")) }
	}
	changes := []func(*bbolt.Tx) error{
		put("a"),
		func(tx *bbolt.Tx) error { _ = put("refused")(tx); return errors.New("refused") },
		put("b"),
		func(tx *bbolt.Tx) error { _ = put("panicked")(tx); panic("no") },
		put("c"),
	}
	var batch []*change
	for _, apply := range changes {
		batch = append(batch, &change{apply: apply, done: make(chan error, 1)})
	}
	(&Committer{File: file}).commit(slices.Clone(batch))
	for i, ch := range batch {
		if err := <-ch.done; (err != nil) != (i == 1 || i == 3) {
			t.Errorf("change %d: %v", i, err)
		}
	}
	err = file.View(func(tx *bbolt.Tx) error {
		for _, k := range []string{"a", "b", "c", "refused", "panicked"} {
			if has := tx.Bucket(bucket).Get([]byte(k)) != nil; has != (len(k) == 1) {
				t.Errorf("%s is there: %v", k, has)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
