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
	// journalPause is how long a read waits. Nobody else writes to a journal, so
	// that is only the pace at which what could not be written is tried again.
	journalPause = 500 * time.Millisecond

	// compactAfter is the least number of lines that are added before a journal
	// is written anew.
	compactAfter = 10_000
)

// Journal is the [Log] of a single process: a file that says after a
// crash who was signed out. A line is on the disk before append returns.
type Journal struct {
	path string

	mu      sync.Mutex
	file    *os.File
	size    int64 // of the lines that are complete
	dirty   bool  // there may be more in the file, of a write that failed
	added   int   // lines, since it was written anew
	kept    int   // lines, when it was
	unread  []record
	wasRead bool
	damaged int
}

var _ Log = (*Journal)(nil)

// OpenJournal opens the file at path, or creates it. Half a line at its end, which
// a crash leaves, is cut off, and lines about dead tokens are dropped.
func OpenJournal(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("revocation: %w", err)
	}
	j := &Journal{path: path, file: file}
	if err := j.load(); err != nil {
		_ = j.file.Close()
		return nil, fmt.Errorf("revocation: %w", err)
	}
	return j, nil
}

// load reads the file and leaves nothing but complete lines in it.
func (j *Journal) load() error {
	if err := j.file.Chmod(0o600); err != nil {
		return err
	}
	data, err := os.ReadFile(j.path)
	if err != nil {
		return err
	}
	records, size, damaged := readJournal(data)
	j.unread, j.size, j.damaged = records, int64(size), damaged
	j.kept = len(records)
	j.dirty = size < len(data)
	if err := j.clean(); err != nil {
		return err
	}
	if len(live(records)) < len(records) || damaged > 0 {
		// A full disk is no reason not to start: the old file says the same.
		_ = j.compact()
	}
	return syncDirectory(j.path)
}

// readJournal returns the records of a journal, how many bytes its complete lines
// have, and how many of these say nothing that can be understood.
func readJournal(data []byte) (records []record, size, damaged int) {
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

func live(records []record) []record {
	now := time.Now().UnixMicro()
	var alive []record
	for _, rec := range records {
		if rec.Expires > now {
			alive = append(alive, rec)
		}
	}
	return alive
}

func lines(records []record) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for _, rec := range records {
		if err := encoder.Encode(rec); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// Damaged is how many lines were left out when the journal was opened because
// they could not be understood. A crash does not cause that; a disk may.
func (j *Journal) Damaged() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.damaged
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

func (j *Journal) shared() bool { return false }

func (j *Journal) append(_ context.Context, records []record) error {
	text, err := lines(records)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.write(text); err != nil {
		return fmt.Errorf("revocation: %w", err)
	}
	j.added += len(records)
	if j.added >= max(compactAfter, j.kept) {
		j.added = 0 // if it fails, it is not tried at once again
		_ = j.compact()
	}
	return nil
}

// write adds text to the file, wholly or not at all. j.mu must be held.
func (j *Journal) write(text []byte) error {
	if err := j.clean(); err != nil {
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

// clean cuts off what a write left behind that failed. j.mu must be held.
func (j *Journal) clean() error {
	if !j.dirty {
		return nil
	}
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	j.dirty = false
	return nil
}

// compact writes the file anew, without what is dead. On an error the old one
// goes on. j.mu must be held.
func (j *Journal) compact() error {
	data, err := os.ReadFile(j.path)
	if err != nil {
		return err
	}
	records, _, _ := readJournal(data[:min(int64(len(data)), j.size)])
	records = live(records)
	text, err := lines(records)
	if err != nil {
		return err
	}
	anew, err := replaceFile(j.path, text)
	if err != nil {
		return err
	}
	_ = j.file.Close()
	j.file, j.size, j.dirty = anew, int64(len(text)), false
	j.kept, j.added = len(records), 0
	return syncDirectory(j.path)
}

// replaceFile puts a file with text at path, in one step, and returns it.
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

// syncDirectory makes the name of a file last as its content does.
func syncDirectory(path string) error {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// read returns at once what was in the file when it was opened, and nothing later.
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
