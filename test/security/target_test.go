package security_test

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

// unlimited turns the rate limits off, for tests that send more than they allow.
const unlimited = "RATE_LIMITS=off"

// maxResponseTime is the longest time to any response, to attackers and to others.
const maxResponseTime = 2 * time.Second

// unharmed asserts that the program runs, has logged no fault, and has made exactly this
// many calls to Cognito.
func (g *target) unharmed(t *testing.T, calls int) {
	t.Helper()
	if g.Exited() {
		t.Fatalf("the program exited: %v\n%s", g.ExitErr, g.Stderr.String())
	}
	if err := g.CheckLog(); err != nil {
		t.Error(err)
	}
	if asked := g.Cognito.Calls(); len(asked) != calls {
		t.Errorf("Cognito was called %d times, want %d: %.2000q", len(asked), calls, asked)
	}
}

// dial opens a TCP connection to the API.
func (g *target) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(g.APIURL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// raw sends text as it is and returns all that is received. After a moment without data it
// closes its side, so that the program closes the connection.
func (g *target) raw(t *testing.T, text string) string {
	t.Helper()
	const aMoment = 400 * time.Millisecond
	c := g.dial(t)
	// The program may close the connection before everything is written.
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
			t.Error("the connection was not closed")
			return all.String()
		default: // closed, or reset
			return all.String()
		}
	}
}

// memory returns the program's resident memory in MiB.
func (g *target) memory(t *testing.T) int { t.Helper(); return g.procStatus(t, "VmRSS") }

// peakMemory returns the program's peak resident memory in MiB.
func (g *target) peakMemory(t *testing.T) int { t.Helper(); return g.procStatus(t, "VmHWM") }

// procStatus returns a memory size from /proc/PID/status in MiB.
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
	t.Fatal("/proc/PID/status has no " + name)
	return 0
}

// maxMemoryGain is the most memory, in MiB, that a program may gain during an attack. The race
// detector uses several shadow bytes for each byte.
func maxMemoryGain() int {
	if testutil.RaceEnabled {
		return 5 * 128
	}
	return 128
}

// target is a program that the tests attack.
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
