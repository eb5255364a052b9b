package db

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"
)

// Key joins parts. A zero byte within a part, which only a name nobody can have may hold, could reach into another record's
// key; it becomes a byte that UTF-8 never uses.
func Key(parts ...string) []byte {
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(part, "\x00", "\xff")
	}
	return []byte(strings.Join(parts, "\x00"))
}

// Load reads a record; without one it gives nil and no error.
func Load[T any](b *bbolt.Bucket, k []byte) (*T, error) {
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

func Save(b *bbolt.Bucket, k []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("userpool: a record cannot be written: %w", err)
	}
	return b.Put(k, raw)
}

// ForEachWithPrefix calls fn with what follows prefix in each key that begins with it.
func ForEachWithPrefix(b *bbolt.Bucket, prefix []byte, fn func(rest, value []byte) error) error {
	c := b.Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := fn(k[len(prefix):], v); err != nil {
			return err
		}
	}
	return nil
}

// Suffixes collects what follows prefix; needed where the walk is followed by deletions, which upset a cursor.
func Suffixes(b *bbolt.Bucket, prefix []byte) []string {
	var rest []string
	_ = ForEachWithPrefix(b, prefix, func(r, _ []byte) error {
		rest = append(rest, string(r))
		return nil
	})
	return rest
}
