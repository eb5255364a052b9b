package db

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"
)

// Key joins parts with zero bytes. A zero byte inside a part, which only a forged name can contain, could reach into
// the key of another record, so it becomes a byte that never occurs in UTF-8.
func Key(parts ...string) []byte {
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(part, "\x00", "\xff")
	}
	return []byte(strings.Join(parts, "\x00"))
}

// Load reads a record. It returns nil if there is none.
func Load[T any](b *bbolt.Bucket, k []byte) (*T, error) {
	raw := b.Get(k)
	if raw == nil {
		return nil, nil
	}
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	return v, nil
}

// Save writes a record.
func Save(b *bbolt.Bucket, k []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	return b.Put(k, raw)
}

// ForEachWithPrefix calls fn for each key that begins with prefix, with the rest of the key.
func ForEachWithPrefix(b *bbolt.Bucket, prefix []byte, fn func(rest, value []byte) error) error {
	c := b.Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := fn(k[len(prefix):], v); err != nil {
			return err
		}
	}
	return nil
}

// Suffixes returns the rest of each key that begins with prefix. Use it where records are deleted on the way, which a
// cursor does not survive.
func Suffixes(b *bbolt.Bucket, prefix []byte) []string {
	var rest []string
	_ = ForEachWithPrefix(b, prefix, func(r, _ []byte) error {
		rest = append(rest, string(r))
		return nil
	})
	return rest
}
