package userpool

import (
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// What has outlived its use is removed as later changes come in.
func TestSweep(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	now := momentOf(time.Now())
	for i := range 50 {
		err := p.update(p.ID(), now, func(t *poolTx) error { return t.spend(countResend, string(rune('a'+i)), 5) })
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		now = now.add(2 * time.Hour)
		if err := p.update(p.ID(), now, func(t *poolTx) error { return t.spend(countResend, "z", 5) }); err != nil {
			t.Fatal(err)
		}
	}
	err := p.view(p.ID(), now, func(tx *poolTx) error {
		if n := tx.bucket(throttlesBucket).Stats().KeyN; n > 1 {
			t.Errorf("%d records are left", n)
		}
		if n := tx.bucket(expiryBucket).Stats().KeyN; n > 2 {
			t.Errorf("%d notes are left", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLockAfter(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 9: 512 * time.Second, 10: 15 * time.Minute, 1000: 15 * time.Minute} {
		if got := lockAfter(n); got != want {
			t.Errorf("after %d: %v, want %v", n, got, want)
		}
	}
}

// leftovers counts the records of a kind.
func leftovers(t *testing.T, p *Pool, bucket string) int {
	t.Helper()
	n := 0
	err := p.view(p.poolID, momentOf(p.now()), func(tx *poolTx) error {
		return tx.bucket(bucket).ForEach(func(_, _ []byte) error {
			n++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func passkeyBuckets() []string {
	return []string{passkeysBucket, passkeyOfBucket, devicesBucket, newDevicesBucket}
}

// Deleting a user deletes passkeys and devices, and nobody else's.
func TestUserLeavesNothing(t *testing.T) {
	t.Parallel()
	p := openTest(t)
	now := momentOf(p.now())
	err := p.update(p.poolID, now, func(tx *poolTx) error {
		tx.pool.DeviceConfiguration = &deviceConfig{}
		for _, sub := range []string{"ann", "anna"} {
			u := &userRecord{Sub: sub, Username: sub, Attributes: map[string]string{}}
			if err := tx.putUser(nil, u); err != nil {
				return err
			}
			if err := tx.addPasskey(sub, &passkeyRecord{ID: []byte(sub)}); err != nil {
				return err
			}
			f := &familyRecord{ID: "of " + sub, Sub: sub, Expires: now.add(time.Hour)}
			if _, err := tx.track(f, "", ""); err != nil {
				return err
			}
			if err := tx.addDevice(sub, &deviceRecord{Key: f.Device}); err != nil {
				return err
			}
			if _, err := tx.track(f, "", ""); err != nil {
				return err
			}
		}
		u, err := tx.user("ann")
		if err != nil {
			return err
		}
		return tx.dropUser(u)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bucket := range passkeyBuckets() {
		if n := leftovers(t, p, bucket); n != 1 {
			t.Errorf("%d records in %s", n, bucket)
		}
	}
	// A key that was never confirmed goes with the sign-in that it was given to.
	err = p.update(p.poolID, now.add(2*time.Hour), func(tx *poolTx) error { return tx.sweep(100) })
	if err != nil || leftovers(t, p, newDevicesBucket) != 0 || leftovers(t, p, devicesBucket) != 1 {
		t.Error(err, leftovers(t, p, newDevicesBucket), leftovers(t, p, devicesBucket))
	}
}

// A file that was made before there were passkeys gets their buckets when it is opened.
func TestOlderFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pool.db")
	p, err := Open(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	err = p.db.Update(func(tx *bbolt.Tx) error {
		root := tx.Bucket([]byte(poolsBucket)).Bucket([]byte(p.poolID))
		for _, name := range passkeyBuckets() {
			if err := root.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if p, err = Open(Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	for _, bucket := range passkeyBuckets() {
		if n := leftovers(t, p, bucket); n != 0 {
			t.Errorf("%d records in %s", n, bucket)
		}
	}
}
