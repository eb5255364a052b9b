package userpool

import (
	"fmt"

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
