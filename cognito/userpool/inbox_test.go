package userpool

import (
	"testing"

	"go.etcd.io/bbolt"
)

// The inbox keeps the newest messages and drops what is older from both of its buckets.
func TestInboxBound(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	err := p.update(p.ID(), 0, func(t *poolTx) error {
		for range inboxKept + 10 {
			if err := t.deliver(inboxRecord{To: "a@example.com"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = p.db.View(func(tx *bbolt.Tx) error {
		for _, name := range []string{inboxBucket, inboxToBucket} {
			if n := tx.Bucket([]byte(name)).Stats().KeyN; n != inboxKept {
				t.Errorf("%s holds %d", name, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
