package userpool

import (
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// A change that fails, or panics, must not take its neighbours in the same commit along.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	put := func(k string) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket([]byte(metaBucket)).Put([]byte(k), []byte("x")) }
	}
	changes := []func(*bbolt.Tx) error{
		put("a"),
		func(tx *bbolt.Tx) error { _ = put("refused")(tx); return incorrectPassword() },
		put("b"),
		func(tx *bbolt.Tx) error { _ = put("panicked")(tx); panic("no") },
		put("c"),
	}
	var batch []*change
	for _, apply := range changes {
		batch = append(batch, &change{apply: apply, done: make(chan error, 1)})
	}
	p.commits.commit(slices.Clone(batch))
	for i, ch := range batch {
		if err := <-ch.done; (err != nil) != (i == 1 || i == 3) {
			t.Errorf("change %d: %v", i, err)
		}
	}
	err := p.db.View(func(tx *bbolt.Tx) error {
		for _, k := range []string{"a", "b", "c", "refused", "panicked"} {
			if has := tx.Bucket([]byte(metaBucket)).Get([]byte(k)) != nil; has != (len(k) == 1) {
				t.Errorf("%s is there: %v", k, has)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
