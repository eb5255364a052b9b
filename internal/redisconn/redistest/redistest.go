// Package redistest runs Redis or Valkey servers for tests, and stand-ins for
// broken ones.
package redistest

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

	"github.com/redis/go-redis/v9"

	"authgraph/internal/redisconn"
	"authgraph/internal/testutil"
)

// Prefix is the key prefix of [Config].
const Prefix = "authgraph:{test}:"

// Config returns the configuration for the server at url, with keys under
// [Prefix].
func Config(t testing.TB, url string, timeout time.Duration) redisconn.Config {
	t.Helper()
	c, err := redisconn.Parse(url, Prefix)
	if err != nil {
		t.Fatal(err)
	}
	c.Timeout = timeout
	return c
}

// Server is a Redis or Valkey process that stores nothing on disk. It keeps its
// port when it is restarted.
type Server struct {
	t       testing.TB
	program string
	address string
	command *exec.Cmd
}

// Start starts a server that runs until the test ends. The test is skipped if
// neither valkey-server nor redis-server is installed.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, address: UnusedAddress(t)}
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			s.program = path
			break
		}
	}
	if s.program == "" {
		testutil.LeaveOut(t, "valkey-server or redis-server on the PATH")
	}
	t.Cleanup(s.Kill)
	s.Restart()
	return s
}

// Address returns host:port.
func (s *Server) Address() string { return s.address }

// URL returns the address as redis://host:port.
func (s *Server) URL() string { return "redis://" + s.address }

// Client returns a plain client for looking at the server's data. It is closed
// when the test ends.
func (s *Server) Client() *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: s.address, Protocol: 2})
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

// Kill ends the process without warning. The data is lost.
func (s *Server) Kill() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	s.command = nil
}

// Restart starts the server, empty, after Kill.
func (s *Server) Restart() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.address)
	s.command = exec.CommandContext(context.Background(), s.program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	s.command.Dir = s.t.TempDir()
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	Await(s.t, "the server to respond", s.responds)
}

func (s *Server) responds() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return false
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(time.Second))
	_, _ = fmt.Fprint(connection, "PING\r\n")
	line, _ := bufio.NewReader(connection).ReadString('\n')
	return line == "+PONG\r\n"
}

// Pause stops the process: the kernel still accepts connections, but nothing
// responds.
func (s *Server) Pause() { _ = s.command.Process.Signal(syscall.SIGSTOP) }

// Resume continues after Pause.
func (s *Server) Resume() { _ = s.command.Process.Signal(syscall.SIGCONT) }

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// UnusedAddress returns a loopback address that nothing listens on.
func UnusedAddress(t testing.TB) string {
	t.Helper()
	listener := listen(t)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// Serve calls handle for every connection to the URL that it returns, until the
// test ends. Connections are closed when handle returns.
func Serve(t testing.TB, handle func(net.Conn)) (url string) {
	t.Helper()
	listener := listen(t)
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
				handle(connection)
			})
		}
	})
	return "redis://" + listener.Addr().String()
}

// Await waits until condition is true, and fails the test after a long time.
func Await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}
