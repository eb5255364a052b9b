package userpool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"
)

// The file, by bucket:
//
//	meta      format, defaultPool, defaultClient
//	clients   client id → clientRecord; an id alone names a client in the public operations
//	pools     pool id → a bucket for that pool, with
//	  record     poolRecord
//	  keys       keyRecord: two RSA keys and one AES key
//	  users      sub → userRecord
//	  names      kind and folded name → sub; see nameKey
//	  groups     group name → groupRecord
//	  members    group name, sub → nothing; the reverse of userRecord.Groups
//	  families   origin_jti → familyRecord: one sign-in and the tokens that come of it
//	  sessionsOf sub, origin_jti → nothing
//	  codes      sub, purpose → codeRecord
//	  throttles  purpose, account → throttleRecord
//	  spent      id → spentRecord: challenge sessions that have been answered, or answered wrongly
//	  passkeys   sub, credential id → passkeyRecord
//	  passkeyOf  credential id → sub
//	  devices    sub, device key → deviceRecord: devices that have been confirmed
//	  newDevices sub, device key → newDeviceRecord: keys that were given out and can be confirmed
//	  expiry     time, bucket, key → nothing: when to look whether a record has outlived its use
//	inbox     number → inboxRecord
//	inboxTo   folded address, number → nothing
//
// Records are JSON. Parts of a key are joined with a zero byte, which no part can contain.
const (
	metaBucket    = "meta"
	clientsBucket = "clients"
	poolsBucket   = "pools"

	recordKey = "record"
	keysKey   = "keys"

	usersBucket      = "users"
	namesBucket      = "names"
	groupsBucket     = "groups"
	membersBucket    = "members"
	familiesBucket   = "families"
	sessionsOfBucket = "sessionsOf"
	codesBucket      = "codes"
	throttlesBucket  = "throttles"
	spentBucket      = "spent"
	expiryBucket     = "expiry"
	passkeysBucket   = "passkeys"
	passkeyOfBucket  = "passkeyOf"
	devicesBucket    = "devices"
	newDevicesBucket = "newDevices"
)

const fileFormat = "authgraph-userpool-1"

func topBuckets() []string {
	return append([]string{metaBucket, clientsBucket, poolsBucket}, inboxBuckets()...)
}

func perPoolBuckets() []string {
	return []string{
		usersBucket, namesBucket, groupsBucket, membersBucket, familiesBucket, sessionsOfBucket, codesBucket, throttlesBucket,
		spentBucket, expiryBucket, passkeysBucket, passkeyOfBucket, devicesBucket, newDevicesBucket,
	}
}

// completeBuckets makes the buckets that a file of an earlier version lacks.
func completeBuckets(tx *bbolt.Tx) error {
	pools := tx.Bucket([]byte(poolsBucket))
	return pools.ForEachBucket(func(id []byte) error {
		for _, name := range perPoolBuckets() {
			if _, err := pools.Bucket(id).CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// key joins parts. A zero byte within a part, which only a name nobody can have may hold, could reach into another record's
// key; it becomes a byte that UTF-8 never uses.
func key(parts ...string) []byte {
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(part, "\x00", "\xff")
	}
	return []byte(strings.Join(parts, "\x00"))
}

// load reads a record; without one it gives nil and no error.
func load[T any](b *bbolt.Bucket, k []byte) (*T, error) {
	raw := b.Get(k)
	if raw == nil {
		return nil, nil
	}
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, fmt.Errorf("userpool: a record cannot be read: %w", err)
	}
	return v, nil
}

func save(b *bbolt.Bucket, k []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("userpool: a record cannot be written: %w", err)
	}
	return b.Put(k, raw)
}

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

func poolNotFound(poolID string) *apiError { return notFound("User pool %s does not exist.", poolID) }

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

// withPrefix calls fn with what follows prefix in each key that begins with it.
func withPrefix(b *bbolt.Bucket, prefix []byte, fn func(rest, value []byte) error) error {
	c := b.Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := fn(k[len(prefix):], v); err != nil {
			return err
		}
	}
	return nil
}

// restOf collects what follows prefix; needed where the walk is followed by deletions, which upset a cursor.
func restOf(b *bbolt.Bucket, prefix []byte) []string {
	var rest []string
	_ = withPrefix(b, prefix, func(r, _ []byte) error {
		rest = append(rest, string(r))
		return nil
	})
	return rest
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

// isNew reports whether the file is empty. It fails if the file has a format that this version cannot read.
func (p *Pool) isNew() (fresh bool, err error) {
	err = p.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte(metaBucket))
		if meta == nil {
			fresh = true
			return nil
		}
		if format := string(meta.Get([]byte("format"))); format != fileFormat {
			return fmt.Errorf("userpool: the file has the format %q, which this version cannot read", format)
		}
		return nil
	})
	return fresh, err
}

// initialize fills an empty file with the default pool and its client, in one transaction: a file has both or neither.
func (p *Pool) initialize(poolID string, pool poolRecord, keys keyRecord, client *clientRecord, now moment) error {
	return p.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range topBuckets() {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		if err := createPool(tx, poolID, pool, keys, now); err != nil {
			return err
		}
		if err := save(tx.Bucket([]byte(clientsBucket)), key(client.ClientID), client); err != nil {
			return err
		}
		meta := tx.Bucket([]byte(metaBucket))
		if err := meta.Put([]byte("defaultPool"), []byte(poolID)); err != nil {
			return err
		}
		if err := meta.Put([]byte("defaultClient"), []byte(client.ClientID)); err != nil {
			return err
		}
		return meta.Put([]byte("format"), []byte(fileFormat))
	})
}

// upgrade adds what a file of an earlier version lacks.
func (p *Pool) upgrade() error { return p.db.Update(completeBuckets) }

// defaults returns the ids of the pool and the client that the file was made with.
func (p *Pool) defaults() (poolID, clientID string, err error) {
	err = p.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte(metaBucket))
		poolID, clientID = string(meta.Get([]byte("defaultPool"))), string(meta.Get([]byte("defaultClient")))
		return nil
	})
	return poolID, clientID, err
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

// eachKeys calls fn with the keys of every pool.
func (p *Pool) eachKeys(fn func(poolID string, keys keyRecord) error) error {
	return p.db.View(func(tx *bbolt.Tx) error {
		pools := tx.Bucket([]byte(poolsBucket))
		return pools.ForEachBucket(func(id []byte) error {
			rec, err := load[keyRecord](pools.Bucket(id), []byte(keysKey))
			if err != nil {
				return err
			}
			if rec == nil {
				return fmt.Errorf("userpool: the pool %s has no keys", id)
			}
			return fn(string(id), *rec)
		})
	})
}
