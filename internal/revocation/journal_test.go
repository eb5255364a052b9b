package revocation_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"authgraph/internal/redisconn/redistest"
	"authgraph/internal/revocation"
)

func openJournal(t *testing.T, path string) *revocation.Journal {
	t.Helper()
	j, err := revocation.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// restart returns the list of a process that starts with the journal at path.
func restart(t *testing.T, path string) *revocation.List {
	t.Helper()
	return revocation.NewList(revocation.Options{Log: openJournal(t, path)})
}

func TestJournalKeepsSignOuts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	now := time.Now()
	r := restart(t, path)
	revoke(t, r, revocation.Revocation{OriginJTI: "j1", Expires: inAnHour()})
	revoke(t, r, revocation.Revocation{Subject: "u", Before: now.Add(2 * time.Second), Expires: inAnHour()})
	exempt(t, r, session("young", "u", now), time.Now().Add(time.Millisecond))
	revoke(t, r, revocation.Revocation{OriginJTI: "brief", Expires: time.Now().Add(200 * time.Millisecond)})

	again := restart(t, path)
	for _, r := range []*revocation.List{r, again} {
		expect(t, r, session("j1", "u1", now), revocation.Revoked)
		expect(t, r, session("old", "u", now), revocation.Revoked)
		expect(t, r, session("young", "u", now), revocation.Good)
		expect(t, r, session("other", "u1", now), revocation.Good)
		expect(t, r, session("brief", "u1", now), revocation.Revoked)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	redistest.Await(t, "a record to expire", func() bool { return again.Len() == 3 })
	_ = openJournal(t, path).Close()
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 3 || strings.Contains(string(text), "brief") {
		t.Errorf("the journal has %q (%v)", text, err)
	}
	if left, err := filepath.Glob(path + "?*"); len(left) != 0 {
		t.Errorf("left over: %v (%v)", left, err)
	}
}

// Wherever a crash cuts off the file, the complete lines are read, and so is the line
// written next.
func TestJournalTruncatedAnywhere(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "whole")
	r := restart(t, path)
	revoke(t, r, revocation.Revocation{OriginJTI: "j1", Expires: inAnHour()})
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	revoke(t, r, revocation.Revocation{OriginJTI: "j2", Expires: inAnHour()})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for end := range len(whole) + 1 {
		truncated := filepath.Join(directory, fmt.Sprint("truncated", end))
		if err := os.WriteFile(truncated, whole[:end], 0o644); err != nil {
			t.Fatal(err)
		}
		r := restart(t, truncated)
		revoke(t, r, revocation.Revocation{OriginJTI: "j3", Expires: inAnHour()})
		again := restart(t, truncated)
		for jti, revoked := range map[string]bool{"j1": end >= len(first), "j2": end == len(whole), "j3": true} {
			want := revocation.Good
			if revoked {
				want = revocation.Revoked
			}
			expect(t, r, session(jti, "u", now), want)
			expect(t, again, session(jti, "u", now), want)
		}
		if info, err := os.Stat(truncated); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
	}
}

// A damaged line affects no other line, and is counted.
func TestJournalDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	r := restart(t, path)
	for i := range 3 {
		revoke(t, r, revocation.Revocation{OriginJTI: fmt.Sprint("j", i), Expires: inAnHour()})
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[strings.Index(string(text), "j1")-3] = 0
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	j := openJournal(t, path)
	if j.Damaged() != 1 {
		t.Errorf("%d damaged lines, want 1", j.Damaged())
	}
	again := revocation.NewList(revocation.Options{Log: j})
	for jti, want := range map[string]revocation.Status{"j0": revocation.Revoked, "j1": revocation.Good, "j2": revocation.Revoked} {
		expect(t, again, session(jti, "u", time.Now()), want)
	}
	if openJournal(t, path).Damaged() != 0 {
		t.Error("the damaged line was not removed")
	}
}

// A sign-out that cannot be written is in effect anyway.
func TestJournalFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j := openJournal(t, path)
	r := revocation.NewList(revocation.Options{Log: j})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	err := r.Revoke(context.Background(), revocation.Revocation{OriginJTI: "j", Expires: inAnHour()})
	if err == nil {
		t.Error("Revoke: no error")
	}
	expect(t, r, session("j", "u", time.Now()), revocation.Revoked)

	if _, err := revocation.OpenJournal(filepath.Join(path, "below a file")); err == nil {
		t.Error("OpenJournal below a file: no error")
	}
}

// TestJournalWriter is the process that TestJournalKilled kills.
func TestJournalWriter(t *testing.T) {
	path := os.Getenv("REVOCATION_TEST_JOURNAL")
	if path == "" {
		return // only TestJournalKilled runs it
	}
	r := restart(t, path)
	for i := 0; ; i++ {
		revoke(t, r, revocation.Revocation{OriginJTI: fmt.Sprint("j", i), Expires: inAnHour()})
		fmt.Println("written", i)
	}
}

func TestJournalKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	for round := range 3 {
		command := exec.Command(os.Args[0], "-test.run=^TestJournalWriter$")
		command.Env = append(os.Environ(), "REVOCATION_TEST_JOURNAL="+path)
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		written := -1
		for lines := bufio.NewScanner(output); lines.Scan(); {
			_, _ = fmt.Sscanf(lines.Text(), "written %d", &written)
			if written == 20+7*round {
				_ = command.Process.Kill()
			}
		}
		_ = command.Wait()
		if written < 20 {
			t.Fatalf("only %d records were written", written)
		}
		r := restart(t, path)
		for i := range written + 1 {
			expect(t, r, session(fmt.Sprint("j", i), "u", time.Now()), revocation.Revoked)
		}
	}
}
