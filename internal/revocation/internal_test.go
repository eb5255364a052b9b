package revocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// When there are too many, what is dropped must not come back to life.
func TestRevocationsAreBounded(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	full := 0
	r := New(Options{
		Now: func() time.Time { return now },
		Observe: func(outcome string) {
			if outcome == "full" {
				full++
			}
		},
	})
	r.max = 10
	start := now
	for i := range 25 {
		v := Revocation{OriginJTI: fmt.Sprint("j", i), Expires: now.Add(time.Hour)}
		if i%5 == 0 {
			v = Revocation{Subject: fmt.Sprint("u", i), IssuedBefore: now, Expires: now.Add(time.Hour)}
		}
		if err := r.Revoke(context.Background(), v); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
	}
	if r.Len() != 10 || full != 15 {
		t.Errorf("%d records, %d dropped", r.Len(), full)
	}
	for i := range 25 {
		issued := start.Add(time.Duration(i) * time.Second)
		if got := r.Status(Session{OriginJTI: fmt.Sprint("j", i), Subject: fmt.Sprint("u", i), IssuedAt: issued}); got != Revoked {
			t.Errorf("the session %d is %s", i, got)
		}
	}
	if got := r.Status(Session{OriginJTI: "old", Subject: "old", IssuedAt: start}); got != Revoked {
		t.Errorf("a token as old as what was dropped is %s", got)
	}
	if got := r.Status(Session{OriginJTI: "j24", Subject: "u", IssuedAt: now}); got != Revoked {
		t.Errorf("what was kept is %s", got)
	}
	if got := r.Status(Session{OriginJTI: "young", Subject: "young", IssuedAt: now}); got != Good {
		t.Errorf("a young token is %s", got)
	}
}

// flaky is a log of this process that fails when it is told to.
type flaky struct {
	fails    bool
	appended []record
}

func (f *flaky) append(_ context.Context, records []record) error {
	if f.fails {
		return errors.New("no space left")
	}
	f.appended = append(f.appended, records...)
	return nil
}
func (f *flaky) read(context.Context) (batch, error) { return batch{complete: true}, nil }
func (f *flaky) shared() bool                        { return false }

func TestWhatCouldNotBeWrittenIsWrittenLater(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	log := &flaky{fails: true}
	r := New(Options{Log: log, Now: func() time.Time { return now }})
	for i := range 2*publishAtOnce + 1 {
		lifetime := time.Hour
		if i == 0 {
			lifetime = time.Minute
		}
		if r.Revoke(context.Background(), Revocation{OriginJTI: fmt.Sprint("j", i), Expires: now.Add(lifetime)}) == nil {
			t.Fatal("nobody said that it is not written")
		}
	}
	if r.follow(context.Background()) == nil {
		t.Error("it says that it is written")
	}
	log.fails = false
	now = now.Add(time.Minute) // one has expired
	for range 4 {
		if err := r.follow(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if len(log.appended) != 2*publishAtOnce || len(r.unpublished) != 0 {
		t.Errorf("%d were written, %d are left", len(log.appended), len(r.unpublished))
	}
	// What is known already is not written again.
	if err := r.Revoke(context.Background(), Revocation{OriginJTI: "j1", Expires: now.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if len(log.appended) != 2*publishAtOnce {
		t.Error("a sign-out was written twice")
	}
}

// A write that failed halfway must not spoil the line after it.
func TestJournalAfterHalfAWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	expires := time.Now().Add(time.Hour).UnixMicro()
	add := func(jti string) {
		t.Helper()
		if err := j.append(context.Background(), []record{{OriginJTI: jti, Expires: expires}}); err != nil {
			t.Fatal(err)
		}
	}
	add("a")
	if _, err := j.file.WriteAt([]byte(`{"originJti":"`+strings.Repeat("half a line ", 20)), j.size); err != nil {
		t.Fatal(err)
	}
	j.dirty = true
	add("b")
	if data, err := os.ReadFile(path); err != nil || int64(len(data)) != j.size || bytes.Contains(data, []byte("half")) {
		t.Errorf("the journal is %q (%v)", data, err)
	}
	// And it is written anew now and then.
	j.added = compactAfter - 1
	dead := record{OriginJTI: "dead", Expires: time.Now().Add(10 * time.Millisecond).UnixMicro()}
	if err := j.append(context.Background(), []record{dead}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(15 * time.Millisecond)
	j.added = compactAfter - 1
	add("c")
	add("d")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, size, damaged := readJournal(data)
	var names []string
	for _, rec := range records {
		names = append(names, rec.OriginJTI)
	}
	if fmt.Sprint(names) != "[a b c d]" || size != len(data) || damaged != 0 || j.size != int64(size) {
		t.Errorf("the journal has %v, %d of %d bytes, %d damaged", names, size, len(data), damaged)
	}
}

func FuzzReadJournal(f *testing.F) {
	whole, err := lines([]record{
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
		records, size, damaged := readJournal(data)
		if size > len(data) || bytes.IndexByte(data[size:], '\n') >= 0 || size > 0 && data[size-1] != '\n' {
			t.Fatalf("%d of %d bytes are lines", size, len(data))
		}
		if len(records)+damaged != bytes.Count(data, []byte("\n")) {
			t.Fatal("a line is lost")
		}
		text, err := lines(records)
		if err != nil {
			t.Fatal(err)
		}
		again, size, damaged := readJournal(text)
		if size != len(text) || damaged != 0 || len(again) != len(records) {
			t.Fatal("what was read cannot be written")
		}
		for i, rec := range again {
			if rec != records[i] || !rec.valid() {
				t.Fatalf("%+v became %+v", records[i], rec)
			}
		}
	})
}
