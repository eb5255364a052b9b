package revocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// flakyLog is a log that fails until works is set.
type flakyLog struct {
	mu       sync.Mutex
	works    bool
	appended []record
}

func (f *flakyLog) append(_ context.Context, records []record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.works {
		return errors.New("no space left")
	}
	f.appended = append(f.appended, records...)
	return nil
}

func (f *flakyLog) read(ctx context.Context) (batch, error) {
	select {
	case <-time.After(journalPause):
	case <-ctx.Done():
	}
	return batch{complete: true}, ctx.Err()
}

func (f *flakyLog) shared() bool { return false }
func (f *flakyLog) rewind()      {}

func (f *flakyLog) repair() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.works = true
}

func (f *flakyLog) len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.appended)
}

func TestListRetriesFailedWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &flakyLog{}
		l := NewList(Options{Log: log})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go l.Run(ctx)
		revoke := func(name string, lifetime time.Duration) error {
			return l.Revoke(context.Background(), Revocation{OriginJTI: name, Expires: time.Now().Add(lifetime)})
		}
		if revoke("expires", time.Minute) == nil {
			t.Error("Revoke: no error")
		}
		const kept = 2*maxAppend + 1
		for i := range kept {
			if revoke(fmt.Sprint("j", i), time.Hour) == nil {
				t.Fatal("Revoke: no error")
			}
		}
		time.Sleep(time.Minute)
		log.repair()
		time.Sleep(time.Minute)
		if log.len() != kept {
			t.Errorf("%d records were written, want %d", log.len(), kept)
		}
		if err := revoke("j1", time.Minute); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if log.len() != kept {
			t.Error("a sign-out was written twice")
		}
	})
}

func openTestJournal(t *testing.T) (j *Journal, add func(...record), contents func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	add = func(records ...record) {
		t.Helper()
		if err := j.append(context.Background(), records); err != nil {
			t.Fatal(err)
		}
	}
	contents = func() string {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		records, size, damaged := decodeLines(data)
		if size != len(data) || damaged != 0 {
			t.Errorf("the journal has %d bytes, %d of them in complete lines, and %d damaged lines", len(data), size, damaged)
		}
		var names []string
		for _, rec := range records {
			names = append(names, rec.OriginJTI)
		}
		return strings.Join(names, " ")
	}
	return j, add, contents
}

func unexpiredRecord(originJTI string) record {
	return record{OriginJTI: originJTI, Expires: time.Now().Add(time.Hour).UnixMicro()}
}

// A write that failed halfway does not damage the next line.
func TestJournalAfterPartialWrite(t *testing.T) {
	j, add, contents := openTestJournal(t)
	add(unexpiredRecord("a"))
	if _, err := j.file.WriteAt([]byte(`{"originJti":"`+strings.Repeat("partial", 20)), j.size); err != nil {
		t.Fatal(err)
	}
	j.dirty = true
	add(unexpiredRecord("b"))
	if got := contents(); got != "a b" {
		t.Errorf("the journal has %q", got)
	}
}

func TestJournalIsCompacted(t *testing.T) {
	_, add, contents := openTestJournal(t)
	add(unexpiredRecord("a"))
	expired := make([]record, compactAfter)
	for i := range expired {
		expired[i] = record{OriginJTI: "expired", Expires: 1}
	}
	add(expired...)
	add(unexpiredRecord("b"))
	if got := contents(); got != "a b" {
		t.Errorf("the journal has %d bytes of names, want only a and b", len(got))
	}
}

func FuzzReadJournal(f *testing.F) {
	whole, err := encodeLines([]record{
		{OriginJTI: "j", Expires: 1},
		{Subject: "u", IssuedBefore: 1, Expires: 2},
		{Subject: "u", Except: "j", IssuedBefore: 1, Expires: 2},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(append([]byte("\n\x00\n{}\nnull\n"), whole...))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, size, damaged := decodeLines(data)
		if size > len(data) || bytes.IndexByte(data[size:], '\n') >= 0 || size > 0 && data[size-1] != '\n' {
			t.Fatalf("complete lines have %d of %d bytes", size, len(data))
		}
		if len(records)+damaged != bytes.Count(data, []byte("\n")) {
			t.Fatal("a line was neither decoded nor counted as damaged")
		}
		text, err := encodeLines(records)
		if err != nil {
			t.Fatal(err)
		}
		again, size, damaged := decodeLines(text)
		if size != len(text) || damaged != 0 || len(again) != len(records) {
			t.Fatal("encoded records cannot be decoded")
		}
		for i, rec := range again {
			if rec != records[i] || !rec.valid() {
				t.Fatalf("%+v became %+v", records[i], rec)
			}
		}
	})
}
