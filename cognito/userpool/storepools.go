package userpool

import "go.etcd.io/bbolt"

// createPool makes a pool with its buckets and keys.
func createPool(tx *bbolt.Tx, id string, rec poolRecord, keys keyRecord, now moment) error {
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
	rec.Arn = "arn:aws:cognito-idp:" + regionOf(id) + ":" + accountID + ":userpool/" + id
	if err := save(root, []byte(recordKey), rec); err != nil {
		return err
	}
	return save(root, []byte(keysKey), keys)
}

func (p *Pool) createPool(id string, rec poolRecord, keys keyRecord, now moment) error {
	return p.commits.do(func(tx *bbolt.Tx) error { return createPool(tx, id, rec, keys, now) })
}

// dropPool deletes a pool with its users and clients, unless it is protected from deletion.
func (p *Pool) dropPool(id string, now moment) error {
	return p.commits.do(func(tx *bbolt.Tx) error {
		t, err := openPoolTx(tx, id, now)
		if err != nil {
			return err
		}
		if t.pool.DeletionProtection == "ACTIVE" {
			return invalidParameter("The user pool cannot be deleted because deletion protection is activated.")
		}
		clients, err := t.clients()
		if err != nil {
			return err
		}
		for _, client := range clients {
			if err := t.dropClient(client.ClientID); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte(poolsBucket)).DeleteBucket([]byte(id))
	})
}

// poolsAfter calls visit with each pool whose id comes after the given one, in the order of ids, until visit returns false.
func (p *Pool) poolsAfter(id string, now moment, visit func(*poolRecord) bool) error {
	return p.db.View(func(tx *bbolt.Tx) error {
		done := false
		return tx.Bucket([]byte(poolsBucket)).ForEachBucket(func(k []byte) error {
			if done || string(k) <= id {
				return nil
			}
			t, err := openPoolTx(tx, string(k), now)
			if err != nil {
				return err
			}
			done = !visit(t.pool)
			return nil
		})
	})
}

func (t *poolTx) putPool(rec poolRecord) error { return save(t.root, []byte(recordKey), rec) }
