package store_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"authgraph/internal/store"
	"authgraph/internal/suite"
)

const prefix = "authgraph:{test}:"

// server is a Redis or Valkey of a test, on a port that stays when it is started
// again. It keeps nothing on the disk.
type server struct {
	t       testing.TB
	program string
	address string
	command *exec.Cmd
}

func startServer(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, address: freeAddress(t)}
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			s.program = path
			break
		}
	}
	if s.program == "" {
		suite.LeaveOut(t, "valkey-server or redis-server on the PATH")
	}
	t.Cleanup(s.kill)
	s.start()
	return s
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func (s *server) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.address)
	s.command = exec.Command(s.program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	s.command.Dir = s.t.TempDir()
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	await(s.t, 10*time.Second, "the server answers", s.answers)
}

func (s *server) answers() bool {
	connection, err := net.DialTimeout("tcp", s.address, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(time.Second))
	_, _ = fmt.Fprint(connection, "PING\r\n")
	line, _ := bufio.NewReader(connection).ReadString('\n')
	return line == "+PONG\r\n"
}

func (s *server) kill() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	s.command = nil
}

// mute stops the process: the kernel goes on to accept connections, and nobody
// answers.
func (s *server) mute()   { _ = s.command.Process.Signal(syscall.SIGSTOP) }
func (s *server) unmute() { _ = s.command.Process.Signal(syscall.SIGCONT) }

func (s *server) url() string { return "redis://" + s.address }

func newRedis(t testing.TB, url string, timeout time.Duration) *store.Redis {
	t.Helper()
	r, err := store.NewRedis(store.RedisOptions{URL: url, Prefix: prefix, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// listen answers every connection with what serve does, until the test ends.
func listen(t testing.TB, serve func(net.Conn)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
			wg.Go(func() {
				defer stop()
				defer func() { _ = connection.Close() }()
				serve(connection)
			})
		}
	})
	return "redis://" + listener.Addr().String()
}

func await(t testing.TB, within time.Duration, what string, condition func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !condition() {
		if time.Since(start) > within {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(start)
}

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
