package store

import (
	"bytes"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
)

// Tx is a transaction on one user pool. Changes to Pool are not stored until PutPool.
type Tx struct {
	tx   *bbolt.Tx
	root *bbolt.Bucket
	Pool *settings.Pool
	Now  epoch.Time
}

func openPoolTx(tx *bbolt.Tx, poolID string, now epoch.Time) (*Tx, error) {
	root := tx.Bucket([]byte(poolsBucket)).Bucket([]byte(poolID))
	if root == nil {
		return nil, exception.PoolNotFound(poolID)
	}
	rec, err := db.Load[settings.Pool](root, []byte(recordKey))
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, exception.PoolNotFound(poolID)
	}
	return &Tx{tx: tx, root: root, Pool: rec, Now: now}, nil
}

func (t *Tx) bucket(name string) *bbolt.Bucket { return t.root.Bucket([]byte(name)) }

// View runs fn in a read-only transaction on a pool.
func (s *Store) View(poolID string, now epoch.Time, fn func(*Tx) error) error {
	return s.File.View(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, poolID, now)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// Update runs fn in a transaction on a pool and returns once its changes are on disk. fn may run more than once.
func (s *Store) Update(poolID string, now epoch.Time, fn func(*Tx) error) error {
	return s.commits.Do(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, poolID, now)
		if err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.sweep(sweepPerChange)
	})
}

// UpdateDirect is Update in a transaction of its own on the caller's goroutine, so that the caller can recover from a
// damaged file.
func (s *Store) UpdateDirect(poolID string, now epoch.Time, fn func(*Tx) error) error {
	return s.File.Update(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, poolID, now)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// Decide is Update for changes that must be kept even if the call is refused, such as the count of a failure. An
// error from fn rolls everything back. A refusal is returned once the changes are on disk.
func (s *Store) Decide(poolID string, now epoch.Time, fn func(*Tx) (refusal, err error)) error {
	var refusal error
	err := s.Update(poolID, now, func(t *Tx) (err error) {
		refusal, err = fn(t)
		return err
	})
	if err != nil {
		return err
	}
	return refusal
}

// sweepPerChange is how many due records a change checks. It is more than one, so that sweeping outruns growth.
const sweepPerChange = 4

// noteExpiry schedules the record at k to be checked after until.
func (t *Tx) noteExpiry(bucket string, k []byte, until epoch.Time) error {
	e := binary.BigEndian.AppendUint64(nil, uint64(until))
	e = append(e, bucket...)
	e = append(e, 0)
	return t.bucket(expiryBucket).Put(append(e, k...), nil)
}

// sweep removes up to limit expired records. A record that has been extended in the meantime is scheduled again.
func (t *Tx) sweep(limit int) error {
	index := t.bucket(expiryBucket)
	for range limit {
		e, _ := index.Cursor().First()
		if len(e) < 8 || epoch.Time(binary.BigEndian.Uint64(e)) >= t.Now {
			return nil
		}
		e = bytes.Clone(e)
		if err := index.Delete(e); err != nil {
			return err
		}
		name, k, _ := bytes.Cut(e[8:], []byte{0})
		if err := t.sweepRecord(string(name), k); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) sweepRecord(bucket string, k []byte) error {
	b := t.bucket(bucket)
	rec, err := db.Load[struct{ Until epoch.Time }](b, k)
	if err != nil || rec == nil {
		return err
	}
	if rec.Until >= t.Now {
		return t.noteExpiry(bucket, k, rec.Until)
	}
	if bucket == familiesBucket {
		return t.DeleteFamily(string(k))
	}
	return b.Delete(k)
}
