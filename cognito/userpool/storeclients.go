package userpool

import (
	"encoding/json"

	"go.etcd.io/bbolt"
)

// client reads an app client of this pool.
func (t *poolTx) client(id string) (*clientRecord, error) {
	c, err := load[clientRecord](t.tx.Bucket([]byte(clientsBucket)), key(id))
	if err == nil && (c == nil || c.UserPoolID != t.pool.ID) {
		err = clientNotFound(id)
	}
	return c, err
}

// clientOf reads the app client that a public operation is called with, whichever pool it belongs to.
func (p *Pool) clientOf(id string) (*clientRecord, error) {
	var c *clientRecord
	err := p.db.View(func(tx *bbolt.Tx) (err error) {
		c, err = load[clientRecord](tx.Bucket([]byte(clientsBucket)), key(id))
		return err
	})
	if err == nil && c == nil {
		err = clientNotFound(id)
	}
	return c, err
}

// clients lists the app clients of this pool.
func (t *poolTx) clients() ([]clientRecord, error) {
	var list []clientRecord
	err := withPrefix(t.tx.Bucket([]byte(clientsBucket)), nil, func(_, raw []byte) error {
		var c clientRecord
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		if c.UserPoolID == t.pool.ID {
			list = append(list, c)
		}
		return nil
	})
	return list, err
}

func (t *poolTx) putClient(c *clientRecord) error {
	return save(t.tx.Bucket([]byte(clientsBucket)), key(c.ClientID), c)
}

func (t *poolTx) dropClient(id string) error {
	return t.tx.Bucket([]byte(clientsBucket)).Delete(key(id))
}
