package store

import (
	"go.etcd.io/bbolt"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
)

// createPool creates a pool with its buckets and keys.
func createPool(tx *bbolt.Tx, id string, rec settings.Pool, keys tokens.KeyRecord, now epoch.Time) error {
	root, err := tx.Bucket([]byte(poolsBucket)).CreateBucket([]byte(id))
	if err != nil {
		return err
	}
	for _, name := range perPoolBuckets() {
		if _, err := root.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	rec.ID, rec.CreationDate, rec.LastModifiedDate = id, now, now
	rec.Arn = settings.PoolARN(id)
	if err := db.Save(root, []byte(recordKey), rec); err != nil {
		return err
	}
	return db.Save(root, []byte(keysKey), keys)
}

// CreatePool creates a pool.
func (s *Store) CreatePool(id string, rec settings.Pool, keys tokens.KeyRecord, now epoch.Time) error {
	return s.commits.Do(func(tx *bbolt.Tx) error { return createPool(tx, id, rec, keys, now) })
}

// DeletePool deletes a pool with its users and clients, unless deletion protection is active.
func (s *Store) DeletePool(id string, now epoch.Time) error {
	return s.commits.Do(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, id, now)
		if err != nil {
			return err
		}
		if t.Pool.DeletionProtection == "ACTIVE" {
			return exception.InvalidParameter("The user pool cannot be deleted because deletion protection is activated.")
		}
		clients, err := t.Clients()
		if err != nil {
			return err
		}
		for _, client := range clients {
			if err := t.DeleteClient(client.ClientID); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte(poolsBucket)).DeleteBucket([]byte(id))
	})
}

// PoolsAfter calls visit with each pool whose id comes after the given one, in order, until visit returns false.
func (s *Store) PoolsAfter(id string, now epoch.Time, visit func(*settings.Pool) bool) error {
	return s.File.View(func(tx *bbolt.Tx) error {
		done := false
		return tx.Bucket([]byte(poolsBucket)).ForEachBucket(func(k []byte) error {
			if done || string(k) <= id {
				return nil
			}
			t, err := openPoolTx(tx, string(k), now)
			if err != nil {
				return err
			}
			done = !visit(t.Pool)
			return nil
		})
	})
}

// PutPool stores the settings of the pool.
func (t *Tx) PutPool(rec settings.Pool) error { return db.Save(t.root, []byte(recordKey), rec) }
