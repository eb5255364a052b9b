package inbox

import (
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"authgraph/cognito/userpool/internal/db"
)

// The inbox keeps the newest messages and drops older ones from both of its buckets.
func TestInboxBound(t *testing.T) {
	t.Parallel()
	file, err := db.Open(filepath.Join(t.TempDir(), "pool.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	err = file.Update(func(tx *bbolt.Tx) error {
		for _, name := range Buckets() {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		for range maxKept + 10 {
			if err := Put(tx, Message{To: "a@example.com"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = file.View(func(tx *bbolt.Tx) error {
		for _, name := range Buckets() {
			if n := tx.Bucket([]byte(name)).Stats().KeyN; n != maxKept {
				t.Errorf("%s holds %d", name, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
