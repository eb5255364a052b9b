package store

import (
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
	"authgraph/cognito/userpool/internal/webauthn"
)

const testPool = "us-east-1_Test12345"

// openTest creates a file with an empty pool.
func openTest(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "pool.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	err = s.Initialize(testPool, settings.StandardPool(), tokens.KeyRecord{}, &settings.Client{ClientID: "test", UserPoolID: testPool}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Expired records are removed by later changes.
func TestSweep(t *testing.T) {
	t.Parallel()
	s, now := openTest(t), epoch.Of(time.Now())
	for i := range 50 {
		err := s.Update(testPool, now, func(t *Tx) error { return t.CountUse(CountResend, string(rune('a'+i)), 5) })
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		now = now.Add(2 * time.Hour)
		if err := s.Update(testPool, now, func(t *Tx) error { return t.CountUse(CountResend, "z", 5) }); err != nil {
			t.Fatal(err)
		}
	}
	err := s.View(testPool, now, func(tx *Tx) error {
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

// leftovers counts the records in a bucket.
func leftovers(t *testing.T, s *Store, bucket string) int {
	t.Helper()
	n := 0
	err := s.View(testPool, 0, func(tx *Tx) error {
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

// Deleting a user deletes the user's passkeys and devices, but no others.
func TestDeleteUserDeletesEverything(t *testing.T) {
	t.Parallel()
	s, now := openTest(t), epoch.Of(time.Now())
	err := s.Update(testPool, now, func(tx *Tx) error {
		tx.Pool.DeviceConfiguration = &settings.DeviceConfig{}
		for _, sub := range []string{"ann", "anna"} {
			u := &User{Sub: sub, Username: sub, Attributes: map[string]string{}}
			if err := tx.PutUser(nil, u); err != nil {
				return err
			}
			if err := tx.AddPasskey(sub, &webauthn.Credential{ID: []byte(sub)}); err != nil {
				return err
			}
			f := &Family{ID: "of " + sub, Sub: sub, Expires: now.Add(time.Hour)}
			if _, err := tx.TrackDevice(f, "", ""); err != nil {
				return err
			}
			if err := tx.AddDevice(sub, &Device{Key: f.Device}); err != nil {
				return err
			}
			if _, err := tx.TrackDevice(f, "", ""); err != nil {
				return err
			}
		}
		u, err := tx.User("ann")
		if err != nil {
			return err
		}
		return tx.DeleteUser(u)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bucket := range passkeyBuckets() {
		if n := leftovers(t, s, bucket); n != 1 {
			t.Errorf("%d records in %s", n, bucket)
		}
	}
	// An unconfirmed key expires with the sign-in that it was issued to.
	err = s.Update(testPool, now.Add(2*time.Hour), func(tx *Tx) error { return tx.sweep(100) })
	if err != nil || leftovers(t, s, newDevicesBucket) != 0 || leftovers(t, s, devicesBucket) != 1 {
		t.Error(err, leftovers(t, s, newDevicesBucket), leftovers(t, s, devicesBucket))
	}
}

// A file from before passkeys gets the missing buckets.
func TestOlderFile(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	err := s.File.Update(func(tx *bbolt.Tx) error {
		root := tx.Bucket([]byte(poolsBucket)).Bucket([]byte(testPool))
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
	if err := s.Upgrade(); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range passkeyBuckets() {
		if n := leftovers(t, s, bucket); n != 0 {
			t.Errorf("%d records in %s", n, bucket)
		}
	}
}
