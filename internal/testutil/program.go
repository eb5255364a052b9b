// Package testutil starts the built program for the tests in test, with stand-ins
// for Amazon Cognito and the token issuer, and reads its responses.
package testutil

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Timeout is how long tests wait for a condition that must come true. It only turns
// a hang into a failure.
const Timeout = 30 * time.Second

// Executable builds the program once per test package and returns its path. All
// packages build to the same path, so that only the first of them links it.
var Executable = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir, args := filepath.Join(root, "build", "test"), []string{"build"}
	if RaceEnabled {
		dir, args = filepath.Join(dir, "race"), append(args, "-race")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// The tests of several packages may run at the same time.
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }() // unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "authgraph")
	if output, err := exec.Command("go", append(args, "-o", path, "authgraph")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return path, nil
})

// moduleRoot returns the directory that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod in this directory or above")
		}
		dir = parent
	}
}

// EmptyPool returns the contents of userpool.db for a pool without users. Tests start
// from a copy of it, since generating a pool's keys takes longer than most of them.
var EmptyPool = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "authgraph-pool-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p, err := StartProgram(dir, []string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + dir}, nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.AwaitReady(), p.Stop()); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "userpool.db"))
})

// Program is a running or finished process of the binary.
type Program struct {
	Process *exec.Cmd
	Started time.Time
	Stdout  Output
	Stderr  Output
	Done    chan struct{} // closed when the process has exited
	ExitErr error         // from Wait; read it only after Done is closed
}

// StartProgram starts the binary in dir. Its environment is env and nothing else.
func StartProgram(dir string, env, flags []string) (*Program, error) {
	path, err := Executable()
	if err != nil {
		return nil, err
	}
	p := &Program{Process: exec.Command(path, flags...), Done: make(chan struct{})}
	p.Process.Dir, p.Process.Env = dir, env
	p.Process.Stdout, p.Process.Stderr = &p.Stdout, &p.Stderr
	// In its own process group, so that Ctrl-C reaches only the tests.
	p.Process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.Started = time.Now()
	if err := p.Process.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.ExitErr = p.Process.Wait()
		close(p.Done)
	}()
	return p, nil
}

// Await waits until condition returns true. It fails if the program exits first.
func (p *Program) Await(what string, condition func() bool) error {
	deadline := time.Now().Add(Timeout)
	for !condition() {
		switch {
		case p.Exited():
			return fmt.Errorf("program exited (%s) while waiting for %s\n%s", p.Process.ProcessState, what, p.Stderr.String())
		case time.Now().After(deadline):
			return fmt.Errorf("timed out waiting for %s\n%s", what, p.Stderr.String())
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}

// AwaitExit waits until the program exits and returns the error of Wait.
func (p *Program) AwaitExit() error {
	select {
	case <-p.Done:
		return p.ExitErr
	case <-time.After(Timeout):
		p.Kill()
		return errors.New("program did not exit")
	}
}

// Exited reports whether the program has exited.
func (p *Program) Exited() bool {
	select {
	case <-p.Done:
		return true
	default:
		return false
	}
}

// BannerValue returns the value after a label of the banner, or "" if it has not been
// printed.
func (p *Program) BannerValue(label string) string {
	line := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(label) + ` +(\S+)`)
	if found := line.FindStringSubmatch(p.Stdout.String()); found != nil {
		return found[1]
	}
	return ""
}

// APIURL returns the URL of the server, without BASE_PATH, or "" if the banner has not been
// printed.
func (p *Program) APIURL() string {
	scheme, rest, _ := strings.Cut(p.BannerValue("GraphQL"), "://")
	host, _, found := strings.Cut(rest, "/")
	if !found {
		return ""
	}
	return scheme + "://" + host
}

// PoolURL returns the base URL of the embedded pool, or "" if there is none.
func (p *Program) PoolURL() string { return strings.TrimSuffix(p.BannerValue("Inbox"), "/inbox") }

// AwaitAddress waits until the program has printed its banner.
func (p *Program) AwaitAddress() error {
	return p.Await("the banner", func() bool {
		// With an embedded pool the banner ends with an empty line.
		text := p.Stdout.String()
		return p.APIURL() != "" && (p.PoolURL() == "" || strings.HasSuffix(text, "\n\n"))
	})
}

// AwaitReady waits until the program is ready for traffic.
func (p *Program) AwaitReady() error {
	if err := p.AwaitAddress(); err != nil {
		return err
	}
	return p.Await("/readyz to be 200", func() bool { return p.ReadyStatus() == http.StatusOK })
}

// ReadyStatus returns the HTTP status of /readyz, or 0 if there is no response.
func (p *Program) ReadyStatus() int {
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.APIURL()+"/readyz", nil)
	if err != nil {
		return 0
	}
	response, err := NewClient().Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// BeginShutdown sends SIGTERM and waits until the program is no longer ready.
func (p *Program) BeginShutdown() error {
	if err := p.Process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	deadline := time.Now().Add(Timeout)
	for p.ReadyStatus() == http.StatusOK {
		if time.Now().After(deadline) {
			return errors.New("/readyz is still 200 after SIGTERM")
		}
	}
	return nil
}

// Stop shuts the program down by SIGTERM. It returns an error if the program does not
// exit with code 0.
func (p *Program) Stop() error {
	if p.Exited() {
		return nil
	}
	if err := p.Process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := p.AwaitExit(); err != nil {
		return fmt.Errorf("after SIGTERM: %w", err)
	}
	return nil
}

// Kill sends SIGKILL to the program and its child processes, and waits for its exit.
func (p *Program) Kill() {
	_ = syscall.Kill(-p.Process.Process.Pid, syscall.SIGKILL)
	<-p.Done
}

// CheckLog returns an error if the log has a panic, a data race or a stack trace.
func (p *Program) CheckLog() error {
	for _, bad := range []string{"panic", "DATA RACE", "goroutine "} {
		if log := p.Stderr.String(); strings.Contains(log, bad) {
			return fmt.Errorf("log contains %q:\n%s", bad, log)
		}
	}
	return nil
}

// Output collects the output of a process. It is safe for concurrent use.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns the output so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// NewClient returns an HTTP client that follows no redirects and keeps no idle
// connections, which would delay a shutdown.
func NewClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: noRedirects,
	}
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// PoolSettings returns the settings for an embedded pool of its own, on free ports.
func PoolSettings(t *testing.T) []string {
	return []string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + t.TempDir()}
}

// Start starts the binary and kills it when the test ends.
func Start(t *testing.T, settings, flags []string) *Program {
	t.Helper()
	p, err := StartProgram(t.TempDir(), settings, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.Exited() {
			p.Kill()
		}
		if err := p.CheckLog(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// FreeAddress returns a loopback address with a free port.
func FreeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// Main runs the tests of a package, twelve in parallel unless -parallel says otherwise:
// they mostly wait for processes.
func Main(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("12")
	}
	os.Exit(m.Run())
}

// Build builds the program, so that the time for that is not spent inside a timeout.
func Build(t *testing.T) {
	t.Helper()
	if _, err := Executable(); err != nil {
		t.Fatal(err)
	}
}

// PrintSchema runs "authgraph schema" and returns the name of a file with its output.
func PrintSchema(t *testing.T, flags ...string) string {
	t.Helper()
	printed := Start(t, nil, append([]string{"schema"}, flags...))
	if err := printed.AwaitExit(); err != nil {
		t.Fatalf("schema: %v\n%s", err, printed.Stderr.String())
	}
	file := filepath.Join(t.TempDir(), "schema.graphql")
	if err := os.WriteFile(file, []byte(printed.Stdout.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
