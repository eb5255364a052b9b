package e2e

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

// patience is how long the tests wait for what must happen. It is no bar: it
// only turns a hang into a failure that says what was waited for.
const patience = 30 * time.Second

// executable builds the program, once for all tests of a package, and returns its
// path. The packages share a directory, so that only the first of them links it.
var executable = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir, args := filepath.Join(root, "build", "test"), []string{"build"}
	if raceDetector {
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

// moduleRoot returns the directory of go.mod.
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

// emptyPool returns the file of a user pool without users, made by the program
// itself. Making a pool's keys takes longer than most tests, so they start with a
// copy of this one.
var emptyPool = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "authgraph-pool-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p, err := startProgram(dir, []string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + dir}, nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.awaitReady(), p.stop()); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "userpool.db"))
})

// program is one run of the binary.
type program struct {
	process *exec.Cmd
	started time.Time
	stdout  output
	stderr  output
	ended   chan struct{} // closed when the process is gone
	err     error         // why it ended; to be read after that
}

// startProgram starts the binary with nothing in its environment but env.
func startProgram(dir string, env, flags []string) (*program, error) {
	path, err := executable()
	if err != nil {
		return nil, err
	}
	p := &program{process: exec.Command(path, flags...), ended: make(chan struct{})}
	p.process.Dir, p.process.Env = dir, env
	p.process.Stdout, p.process.Stderr = &p.stdout, &p.stderr
	// A group of its own, so that a signal from the terminal is ours to pass on.
	p.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.started = time.Now()
	if err := p.process.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.process.Wait()
		close(p.ended)
	}()
	return p, nil
}

// await waits until the condition holds. It gives up when the program ends.
func (p *program) await(what string, condition func() bool) error {
	deadline := time.Now().Add(patience)
	for !condition() {
		switch {
		case p.hasEnded():
			return fmt.Errorf("the program ended (%s) before %s\n%s", fmt.Sprint(p.err), what, p.stderr.String())
		case time.Now().After(deadline):
			return fmt.Errorf("waited in vain for %s\n%s", what, p.stderr.String())
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}

// awaitExit waits for the end and returns how it ended.
func (p *program) awaitExit() error {
	select {
	case <-p.ended:
		return p.err
	case <-time.After(patience):
		p.kill()
		return errors.New("the program does not end")
	}
}

func (p *program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// announced returns what the banner says after a label, or nothing yet.
func (p *program) announced(label string) string {
	line := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(label) + ` +(\S+)`)
	if found := line.FindStringSubmatch(p.stdout.String()); found != nil {
		return found[1]
	}
	return ""
}

// api returns the address of the API without a path, or nothing yet.
func (p *program) api() string { return strings.TrimSuffix(p.announced("GraphQL"), "/graphql") }

func (p *program) pool() string { return strings.TrimSuffix(p.announced("Inbox"), "/inbox") }

// awaitAddress waits until the program says where it listens.
func (p *program) awaitAddress() error {
	return p.await("the banner with the address", func() bool {
		// The banner is one piece of text that ends with an empty line, unless
		// there is no embedded pool to tell of.
		text := p.stdout.String()
		return p.api() != "" && (p.pool() == "" || strings.HasSuffix(text, "\n\n"))
	})
}

// awaitReady waits until the program takes traffic.
func (p *program) awaitReady() error {
	if err := p.awaitAddress(); err != nil {
		return err
	}
	return p.await("/readyz to be 200", func() bool { return p.readyz() == http.StatusOK })
}

// readyz returns the status of /readyz, 0 where nobody answers.
func (p *program) readyz() int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.api()+"/readyz", nil)
	if err != nil {
		return 0
	}
	response, err := newClient().Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// terminate asks the program to end and waits until it takes no new requests.
func (p *program) terminate() error {
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for p.readyz() == http.StatusOK {
		if time.Now().After(deadline) {
			return errors.New("/readyz stays 200 after SIGTERM")
		}
	}
	return nil
}

// stop ends the program as an operator does and returns what it did wrong.
func (p *program) stop() error {
	if p.hasEnded() {
		return nil
	}
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := p.awaitExit(); err != nil {
		return fmt.Errorf("after SIGTERM: %w", err)
	}
	return nil
}

// kill ends the program, and whatever it may have started, without a warning.
func (p *program) kill() {
	_ = syscall.Kill(-p.process.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// complaints returns what the log must never hold.
func (p *program) complaints() error {
	for _, bad := range []string{"panic", "DATA RACE", "goroutine "} {
		if log := p.stderr.String(); strings.Contains(log, bad) {
			return fmt.Errorf("the log has %q:\n%s", bad, log)
		}
	}
	return nil
}

// output is what a program has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newClient returns an HTTP client that keeps no idle connections, since a
// shutdown waits for them, and follows no redirects.
func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: noRedirects,
	}
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func poolSettings(t *testing.T) []string {
	return []string{"ADDR=127.0.0.1:0", "POOL_ADDR=127.0.0.1:0", "DATA_DIR=" + t.TempDir()}
}

// startForTest starts the binary and ends it with the test.
func startForTest(t *testing.T, settings, flags []string) *program {
	t.Helper()
	p, err := startProgram(t.TempDir(), settings, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.hasEnded() {
			p.kill()
		}
		if err := p.complaints(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// freeAddress returns an address that nobody listens on for the moment.
func freeAddress(t *testing.T) string {
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

// runMain runs the tests of a package that mostly wait, for a program to start or
// to shut down, more of them in parallel than there are processors.
func runMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("12")
	}
	os.Exit(m.Run())
}

// build builds the program before the first test that needs it, so that its time
// is nobody's.
func build(t *testing.T) {
	t.Helper()
	if _, err := executable(); err != nil {
		t.Fatal(err)
	}
}

// printSchema writes what "authgraph schema" prints to a file and returns its name.
func printSchema(t *testing.T, flags ...string) string {
	t.Helper()
	printed := startForTest(t, nil, append([]string{"schema"}, flags...))
	if err := printed.awaitExit(); err != nil {
		t.Fatalf("schema: %v\n%s", err, printed.stderr.String())
	}
	file := filepath.Join(t.TempDir(), "schema.graphql")
	if err := os.WriteFile(file, []byte(printed.stdout.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
