package revocation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// journalPause is how long a read waits. No other process writes to a journal,
	// so it only determines how often failed writes are retried.
	journalPause = 500 * time.Millisecond

	// compactAfter is the number of new lines after which a journal is compacted.
	compactAfter = 10_000
)

// Journal is the [Log] of a single process: a file with a JSON record on each line,
// which survives crashes. Records are on disk before append returns.
type Journal struct {
	path string

	mu      sync.Mutex
	file    *os.File
	size    int64 // of the complete lines
	dirty   bool  // a failed write may have left something after them
	kept    int   // lines after the last compaction
	added   int   // lines since then
	unread  []record
	wasRead bool

	damaged int
}

var _ Log = (*Journal)(nil)

// OpenJournal opens or creates the journal at path. It removes an incomplete last
// line, which a crash may leave, and records that have expired.
func OpenJournal(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("revocation journal: %w", err)
	}
	j := &Journal{path: path, file: file}
	if err := j.load(); err != nil {
		_ = j.file.Close()
		return nil, fmt.Errorf("revocation journal: %w", err)
	}
	return j, nil
}

// load reads the file and truncates it to complete lines.
func (j *Journal) load() error {
	if err := j.file.Chmod(0o600); err != nil {
		return err
	}
	data, err := os.ReadFile(j.path)
	if err != nil {
		return err
	}
	records, size, damaged := decodeLines(data)
	j.unread, j.size, j.damaged = records, int64(size), damaged
	j.kept = len(records)
	j.dirty = size < len(data)
	if err := j.truncate(); err != nil {
		return err
	}
	if len(unexpired(records)) < len(records) || damaged > 0 {
		// If this fails, as on a full disk, the journal still works.
		_ = j.compact()
	}
	return syncDirectory(j.path)
}

// decodeLines returns the records of a journal, the size in bytes of its complete
// lines, and how many of these are not valid records.
func decodeLines(data []byte) (records []record, size, damaged int) {
	for {
		end := bytes.IndexByte(data[size:], '\n')
		if end < 0 {
			return records, size, damaged
		}
		var rec record
		if json.Unmarshal(data[size:size+end], &rec) == nil && rec.valid() {
			records = append(records, rec)
		} else {
			damaged++
		}
		size += end + 1
	}
}

func unexpired(records []record) []record {
	now := time.Now().UnixMicro()
	var kept []record
	for _, rec := range records {
		if rec.Expires > now {
			kept = append(kept, rec)
		}
	}
	return kept
}

func encodeLines(records []record) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for _, rec := range records {
		if err := encoder.Encode(rec); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// Damaged returns the number of lines that were ignored when the journal was opened
// because they are not valid records. A faulty disk may cause that, but not a crash.
func (j *Journal) Damaged() int { return j.damaged }

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

func (j *Journal) shared() bool { return false }

// rewind does nothing: what the file had is only read once, before the journal is in use.
func (j *Journal) rewind() {}

func (j *Journal) append(_ context.Context, records []record) error {
	text, err := encodeLines(records)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.write(text); err != nil {
		return fmt.Errorf("revocation journal: %w", err)
	}
	j.added += len(records)
	if j.added >= max(compactAfter, j.kept) {
		j.added = 0 // so that a failure is not retried at once
		_ = j.compact()
	}
	return nil
}

// write appends text to the file, completely or not at all. j.mu must be held.
func (j *Journal) write(text []byte) error {
	if err := j.truncate(); err != nil {
		return err
	}
	j.dirty = true
	if _, err := j.file.WriteAt(text, j.size); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	j.size += int64(len(text))
	j.dirty = false
	return nil
}

// truncate removes what a failed write left in the file. j.mu must be held.
func (j *Journal) truncate() error {
	if !j.dirty {
		return nil
	}
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	j.dirty = false
	return nil
}

// compact replaces the file by one without expired records. If that fails, the old
// file stays in use. j.mu must be held.
func (j *Journal) compact() error {
	data, err := os.ReadFile(j.path)
	if err != nil {
		return err
	}
	records, _, _ := decodeLines(data[:min(int64(len(data)), j.size)])
	records = unexpired(records)
	text, err := encodeLines(records)
	if err != nil {
		return err
	}
	file, err := replaceFile(j.path, text)
	if err != nil {
		return err
	}
	_ = j.file.Close()
	j.file, j.size, j.dirty = file, int64(len(text)), false
	j.kept, j.added = len(records), 0
	return syncDirectory(j.path)
}

// replaceFile atomically replaces the file at path by one with text, and returns it.
func replaceFile(path string, text []byte) (*os.File, error) {
	file, err := os.OpenFile(path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = file.Close()
		_ = os.Remove(file.Name())
		return nil, err
	}
	return file, nil
}

// syncDirectory makes a new name of the file at path durable.
func syncDirectory(path string) error {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// read returns the records that were in the file when it was opened, and none later.
func (j *Journal) read(ctx context.Context) (batch, error) {
	j.mu.Lock()
	again := j.wasRead
	b := batch{records: j.unread, complete: true}
	j.unread, j.wasRead = nil, true
	j.mu.Unlock()
	if again {
		select {
		case <-time.After(journalPause):
		case <-ctx.Done():
			return batch{}, ctx.Err()
		}
	}
	return b, nil
}
