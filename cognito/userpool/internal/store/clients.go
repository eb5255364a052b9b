package store

import (
	"encoding/json"

	"go.etcd.io/bbolt"

	"authgraph/cognito/userpool/internal/db"
	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/settings"
)

// Client returns an app client of this pool. It fails if there is none.
func (t *Tx) Client(id string) (*settings.Client, error) {
	c, err := db.Load[settings.Client](t.tx.Bucket([]byte(clientsBucket)), db.Key(id))
	if err == nil && (c == nil || c.UserPoolID != t.Pool.ID) {
		err = exception.ClientNotFound(id)
	}
	return c, err
}

// Client returns an app client of any pool. It fails if there is none.
func (s *Store) Client(id string) (*settings.Client, error) {
	var c *settings.Client
	err := s.File.View(func(tx *bbolt.Tx) (err error) {
		c, err = db.Load[settings.Client](tx.Bucket([]byte(clientsBucket)), db.Key(id))
		return err
	})
	if err == nil && c == nil {
		err = exception.ClientNotFound(id)
	}
	return c, err
}

// Clients returns the app clients of this pool.
func (t *Tx) Clients() ([]settings.Client, error) {
	var list []settings.Client
	err := db.ForEachWithPrefix(t.tx.Bucket([]byte(clientsBucket)), nil, func(_, raw []byte) error {
		var c settings.Client
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		if c.UserPoolID == t.Pool.ID {
			list = append(list, c)
		}
		return nil
	})
	return list, err
}

// PutClient stores an app client.
func (t *Tx) PutClient(c *settings.Client) error {
	return db.Save(t.tx.Bucket([]byte(clientsBucket)), db.Key(c.ClientID), c)
}

// DeleteClient deletes an app client.
func (t *Tx) DeleteClient(id string) error {
	return t.tx.Bucket([]byte(clientsBucket)).Delete(db.Key(id))
}
