package security_test

// The attack suite: what attackers send, and what must come of it. Every attack
// is a row of a table, the tables are in the files of this package, one for each
// surface. Here is what they share.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"authgraph/internal/testutil"
)

// unlimited is for the programs of suites that send more than the limits by
// address and account let through. What those limits refuse is told elsewhere.
const unlimited = "RATE_LIMITS=off"

// promptly is the longest that any single answer may take.
const promptly = 2 * time.Second

// unharmed asserts that the program lives, has not complained, and asked
// Cognito for nothing but the calls that were wanted.
func (g *target) unharmed(t *testing.T, calls int) {
	t.Helper()
	if g.Exited() {
		t.Fatalf("the program ended: %v\n%s", g.ExitErr, g.Stderr.String())
	}
	if err := g.CheckLog(); err != nil {
		t.Error(err)
	}
	if asked := g.Cognito.Calls(); len(asked) != calls {
		t.Errorf("Cognito was asked %d times, want %d: %.2000q", len(asked), calls, asked)
	}
}

// dial opens a connection to write to whatever one likes.
func (g *target) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(g.APIURL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// raw sends text as it is and returns all that comes back. It stops sending when
// the program has been silent for a moment, so that it closes the connection.
func (g *target) raw(t *testing.T, text string) string {
	t.Helper()
	const aMoment = 400 * time.Millisecond
	c := g.dial(t)
	// A program that has seen enough closes before all was written.
	_, _ = io.WriteString(c, text)
	var all bytes.Buffer
	buffer := make([]byte, 64<<10)
	for silent := false; ; {
		_ = c.SetReadDeadline(time.Now().Add(map[bool]time.Duration{false: aMoment, true: testutil.Timeout}[silent]))
		n, err := c.Read(buffer)
		all.Write(buffer[:n])
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && !silent:
			silent = true
			_ = c.CloseWrite()
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.Error("the connection stays open")
			return all.String()
		default: // closed, or reset
			return all.String()
		}
	}
}

// memory returns the program's resident memory in MiB.
func (g *target) memory(t *testing.T) int { t.Helper(); return g.procStatus(t, "VmRSS") }

// peakMemory returns the most resident memory that the program has had, in MiB.
func (g *target) peakMemory(t *testing.T) int { t.Helper(); return g.procStatus(t, "VmHWM") }

// procStatus returns a size that Linux knows of the program, in MiB.
func (g *target) procStatus(t *testing.T, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.Process.Process.Pid))
	if err != nil {
		testutil.LeaveOut(t, "/proc, to read the program's memory from")
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, _ := fmt.Sscanf(line, name+": %d kB", &kib); n == 1 {
			return kib >> 10
		}
	}
	t.Fatal("/proc says nothing of " + name)
	return 0
}

// memoryBar is how many MiB more a program may have under attack. The race
// detector keeps a shadow of several bytes for each byte that was touched.
func memoryBar() int {
	if testutil.RaceEnabled {
		return 5 * 128
	}
	return 128
}

// target is a program under attack.
type target struct{ *testutil.Target }

func newTarget(t *testing.T, settings ...string) *target {
	t.Helper()
	return &target{testutil.NewTarget(t, settings...)}
}

func newUnreadyTarget(t *testing.T, keys *testutil.FakeIssuer, settings ...string) *target {
	t.Helper()
	return &target{testutil.NewUnreadyTarget(t, keys, settings...)}
}

func newReplicas(t *testing.T, n int, settings ...string) []*target {
	t.Helper()
	var replicas []*target
	for _, g := range testutil.NewReplicas(t, n, settings...) {
		replicas = append(replicas, &target{g})
	}
	return replicas
}
