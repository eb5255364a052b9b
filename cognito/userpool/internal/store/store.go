// Package store keeps user pools in one file: the records, and the transactions that read and change them.
package store

import (
	"fmt"

	"go.etcd.io/bbolt"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/epoch"
	"authgraph/cognito/userpool/internal/inbox"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
)

// Layout of the file, by bucket:
//
//	meta      format, defaultPool, defaultClient
//	clients   client id → Client; public operations name a client by its id alone
//	pools     pool id → a bucket for that pool, with
//	  record     Pool
//	  keys       KeyRecord: two RSA keys and one AES key
//	  users      sub → User
//	  names      kind, case-folded name → sub; see nameKey
//	  groups     group name → Group
//	  members    group name, sub → nothing; the reverse of User.Groups
//	  families   origin_jti → Family: a sign-in and its tokens
//	  sessionsOf sub, origin_jti → nothing
//	  codes      sub, purpose → Code
//	  throttles  purpose, account key → throttleRecord
//	  spent      session id → sessionRecord: challenge sessions with an answer, right or wrong
//	  passkeys   sub, credential id → Credential
//	  passkeyOf  credential id → sub
//	  devices    sub, device key → Device: confirmed devices
//	  newDevices sub, device key → newDeviceRecord: keys that were issued and can be confirmed
//	  expiry     time, bucket, key → nothing: when to check whether a record has expired
//	inbox     number → Message
//	inboxTo   case-folded address, number → nothing
//
// Records are JSON. Parts of a key are joined with zero bytes, which no part can contain.
const (
	MetaBucket    = "meta"
	clientsBucket = "clients"
	poolsBucket   = "pools"

	recordKey = "record"
	keysKey   = "keys"

	usersBucket        = "users"
	namesBucket        = "names"
	groupsBucket       = "groups"
	membersBucket      = "members"
	familiesBucket     = "families"
	sessionsOfBucket   = "sessionsOf"
	codesBucket        = "codes"
	throttlesBucket    = "throttles"
	usedSessionsBucket = "spent"
	expiryBucket       = "expiry"
	passkeysBucket     = "passkeys"
	passkeyOfBucket    = "passkeyOf"
	devicesBucket      = "devices"
	newDevicesBucket   = "newDevices"
)

const fileFormat = "authgraph-userpool-1"

func topBuckets() []string {
	return append([]string{MetaBucket, clientsBucket, poolsBucket}, inbox.Buckets()...)
}

func perPoolBuckets() []string {
	return []string{
		usersBucket, namesBucket, groupsBucket, membersBucket, familiesBucket, sessionsOfBucket, codesBucket, throttlesBucket,
		usedSessionsBucket, expiryBucket, passkeysBucket, passkeyOfBucket, devicesBucket, newDevicesBucket,
	}
}

// completeBuckets adds the buckets that a file of an earlier version lacks.
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

// Store is an open file. Any number of readers, each on a consistent state, run beside the writers, which commit in
// groups.
type Store struct {
	File    *bbolt.DB
	commits *db.Committer
}

// Open opens a file, or creates an empty one.
func Open(path string) (*Store, error) {
	file, err := db.Open(path)
	if err != nil {
		return nil, err
	}
	return &Store{File: file, commits: &db.Committer{File: file}}, nil
}

// Close closes the file once running transactions have finished.
func (s *Store) Close() error { return s.File.Close() }

// IsNew reports whether the file is empty. It fails if the file has a format that this version cannot read.
func (s *Store) IsNew() (fresh bool, err error) {
	err = s.File.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte(MetaBucket))
		if meta == nil {
			fresh = true
			return nil
		}
		if format := string(meta.Get([]byte("format"))); format != fileFormat {
			return fmt.Errorf("the file has format %q, which this version cannot read", format)
		}
		return nil
	})
	return fresh, err
}

// Initialize fills an empty file with the default pool and its client, in one transaction, so that a file has both or
// neither.
func (s *Store) Initialize(poolID string, pool settings.Pool, keys tokens.KeyRecord, client *settings.Client, now epoch.Time) error {
	return s.File.Update(func(tx *bbolt.Tx) error {
		for _, name := range topBuckets() {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		if err := createPool(tx, poolID, pool, keys, now); err != nil {
			return err
		}
		if err := db.Save(tx.Bucket([]byte(clientsBucket)), db.Key(client.ClientID), client); err != nil {
			return err
		}
		meta := tx.Bucket([]byte(MetaBucket))
		if err := meta.Put([]byte("defaultPool"), []byte(poolID)); err != nil {
			return err
		}
		if err := meta.Put([]byte("defaultClient"), []byte(client.ClientID)); err != nil {
			return err
		}
		return meta.Put([]byte("format"), []byte(fileFormat))
	})
}

// Upgrade adds what a file of an earlier version lacks.
func (s *Store) Upgrade() error { return s.File.Update(completeBuckets) }

// Defaults returns the ids of the pool and client that the file was created with.
func (s *Store) Defaults() (poolID, clientID string, err error) {
	err = s.File.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte(MetaBucket))
		poolID, clientID = string(meta.Get([]byte("defaultPool"))), string(meta.Get([]byte("defaultClient")))
		return nil
	})
	return poolID, clientID, err
}

// EachKeys calls fn with the keys of every pool.
func (s *Store) EachKeys(fn func(poolID string, keys tokens.KeyRecord) error) error {
	return s.File.View(func(tx *bbolt.Tx) error {
		pools := tx.Bucket([]byte(poolsBucket))
		return pools.ForEachBucket(func(id []byte) error {
			rec, err := db.Load[tokens.KeyRecord](pools.Bucket(id), []byte(keysKey))
			if err != nil {
				return err
			}
			if rec == nil {
				return fmt.Errorf("the pool %s has no keys", id)
			}
			return fn(string(id), *rec)
		})
	})
}
