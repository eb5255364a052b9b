package e2e

// The attack suite: what attackers send, and what must come of it. Every attack
// is a row of a table, the tables are in attack_*_test.go, one file for each
// surface. Here is what they share.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"authgraph/internal/suite"
)

// unlimited is for the programs of suites that send more than the limits by
// address and account let through. What those limits refuse is told elsewhere.
const unlimited = "RATE_LIMITS=off"

// promptly is the longest that any single answer may take.
const promptly = 2 * time.Second

// target is a program under attack, with the stand-ins that it talks to.
type target struct {
	*program
	issuer   *issuer
	upstream *upstream
	client   *http.Client
}

// newTarget starts a program on stand-ins, where the one for Cognito would let
// everybody sign up.
func newTarget(t *testing.T, settings ...string) *target {
	t.Helper()
	g := newUnreadyTarget(t, newIssuer(), settings...)
	if err := g.awaitReady(); err != nil {
		t.Fatal(err)
	}
	return g
}

// newUnreadyTarget is newTarget with an issuer of one's own, which need not let
// the program become ready.
func newUnreadyTarget(t *testing.T, keys *issuer, settings ...string) *target {
	t.Helper()
	build(t)
	g := &target{issuer: keys, upstream: newUpstream(), client: &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		CheckRedirect: browser.CheckRedirect,
		Timeout:       patience,
	}}
	g.upstream.reply(http.StatusOK, `{"UserConfirmed":false,"UserSub":"7c1e58c4-0000-4000-8000-000000000002"}`)
	t.Cleanup(g.upstream.close)
	t.Cleanup(g.issuer.close)
	t.Cleanup(g.client.CloseIdleConnections)
	g.program = startForTest(t, append([]string{
		"ADDR=127.0.0.1:0",
		"AWS_COGNITO_USER_POOL_ID=" + standInPool,
		"AWS_COGNITO_APP_CLIENT_ID=" + standInClient,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + g.upstream.url(),
		"AWS_COGNITO_ISSUER=" + g.issuer.url(),
		unlimited,
	}, settings...), nil)
	if err := g.awaitAddress(); err != nil {
		t.Fatal(err)
	}
	return g
}

// unharmed asserts that the program lives, has not complained, and asked
// Cognito for nothing but the calls that were wanted.
func (g *target) unharmed(t *testing.T, calls int) {
	t.Helper()
	if g.hasEnded() {
		t.Fatalf("the program ended: %v\n%s", g.err, g.stderr.String())
	}
	if err := g.complaints(); err != nil {
		t.Error(err)
	}
	if asked := g.upstream.asked(); len(asked) != calls {
		t.Errorf("Cognito was asked %d times, want %d: %.2000q", len(asked), calls, asked)
	}
}

// reply is an answer and how long it took.
type reply struct {
	*answer
	took time.Duration
}

// code is what the first error is called; or, where the body is none of ours,
// the HTTP status.
func (r reply) code() string {
	if _, ours := r.value.(map[string]any); !ours {
		return strconv.Itoa(r.status)
	}
	return r.text("errors.0.extensions.code")
}

// send sends a request over a connection that may have been used before.
func (g *target) send(request *http.Request) (reply, error) {
	start := time.Now()
	response, err := g.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	a, err := readAnswer(response)
	return reply{a, time.Since(start)}, err
}

// post sends a document as honest clients do, with the values of a header
// Authorization each.
func (g *target) post(document string, authorization ...string) (reply, error) {
	return g.postVariables(document, nil, authorization...)
}

func (g *target) postVariables(document string, variables any, authorization ...string) (reply, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return reply{}, err
	}
	request := g.request(http.MethodPost, "/graphql", body)
	for _, value := range authorization {
		request.Header.Add("Authorization", value)
	}
	return g.send(request)
}

// request makes a request as honest clients do, for a test to spoil.
func (g *target) request(method, path string, body []byte) *http.Request {
	request, err := http.NewRequest(method, g.api()+path, bytes.NewReader(body))
	if err != nil {
		panic(err) // the test's own fault
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	return request
}

// dial opens a connection to write to whatever one likes.
func (g *target) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(g.api(), "http://"))
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
		_ = c.SetReadDeadline(time.Now().Add(map[bool]time.Duration{false: aMoment, true: patience}[silent]))
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
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.process.Process.Pid))
	if err != nil {
		suite.LeaveOut(t, "/proc, to read the program's memory from")
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
	if raceDetector {
		return 5 * 128
	}
	return 128
}

// eventually awaits a condition and returns how long that took.
func eventually(t *testing.T, what string, bar time.Duration, condition func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !condition() {
		if time.Since(start) > bar {
			t.Fatalf("waited %v in vain for %s", bar, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(start)
}
