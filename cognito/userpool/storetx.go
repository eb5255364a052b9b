package userpool

import (
	"bytes"
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// poolTx is one user pool within a transaction.
type poolTx struct {
	tx   *bbolt.Tx
	root *bbolt.Bucket
	pool *poolRecord
	now  moment
}

func openPoolTx(tx *bbolt.Tx, poolID string, now moment) (*poolTx, error) {
	root := tx.Bucket([]byte(poolsBucket)).Bucket([]byte(poolID))
	if root == nil {
		return nil, poolNotFound(poolID)
	}
	rec, err := load[poolRecord](root, []byte(recordKey))
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, poolNotFound(poolID)
	}
	return &poolTx{tx: tx, root: root, pool: rec, now: now}, nil
}

func (t *poolTx) bucket(name string) *bbolt.Bucket { return t.root.Bucket([]byte(name)) }

// view runs fn on a consistent state of a pool.
func (p *Pool) view(poolID string, now moment, fn func(*poolTx) error) error {
	return p.db.View(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, poolID, now)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// update runs fn on a pool and returns once its changes are on the disk. fn may run more than once.
func (p *Pool) update(poolID string, now moment, fn func(*poolTx) error) error {
	return p.commits.do(func(tx *bbolt.Tx) error {
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

// updateAlone is update in a transaction of its own on the caller's goroutine, so that the caller can recover from a
// damaged file.
func (p *Pool) updateAlone(poolID string, now moment, fn func(*poolTx) error) error {
	return p.db.Update(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, poolID, now)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// decide is update for changes that must stay although the answer is a refusal, such as the count of a failure. An error
// of fn undoes everything; a refusal is returned once the changes are on the disk.
func (p *Pool) decide(poolID string, now moment, fn func(*poolTx) (refusal, err error)) error {
	var refusal error
	err := p.update(poolID, now, func(t *poolTx) (err error) {
		refusal, err = fn(t)
		return err
	})
	if err != nil {
		return err
	}
	return refusal
}

// sweepPerChange is how many due records a change looks at. More than one, so that sweeping outruns growth.
const sweepPerChange = 4

// expire notes that the record at k is to be looked at when until has passed.
func (t *poolTx) expire(bucket string, k []byte, until moment) error {
	e := binary.BigEndian.AppendUint64(nil, uint64(until))
	e = append(e, bucket...)
	e = append(e, 0)
	return t.bucket(expiryBucket).Put(append(e, k...), nil)
}

// sweep removes records whose time has passed, at most limit of them. A record that has been prolonged since it was noted
// is noted again.
func (t *poolTx) sweep(limit int) error {
	index := t.bucket(expiryBucket)
	for range limit {
		e, _ := index.Cursor().First()
		if len(e) < 8 || moment(binary.BigEndian.Uint64(e)) >= t.now {
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

func (t *poolTx) sweepRecord(bucket string, k []byte) error {
	b := t.bucket(bucket)
	rec, err := load[struct{ Until moment }](b, k)
	if err != nil || rec == nil {
		return err
	}
	if rec.Until >= t.now {
		return t.expire(bucket, k, rec.Until)
	}
	if bucket == familiesBucket {
		return t.dropFamily(string(k))
	}
	return b.Delete(k)
}
