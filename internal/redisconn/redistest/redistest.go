// Package redistest runs Redis or Valkey servers for tests, and stand-ins for
// broken ones.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	c, err := redisconn.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	c.Timeout = timeout
	return c.WithPrefix(Prefix)
}

// Server is a Redis or Valkey process that stores nothing on disk. It keeps its
// port when it is restarted.
type Server struct {
	t         testing.TB
	program   string
	address   string
	arguments []string
	command   *exec.Cmd
}

// Start starts a server that runs until the test ends, with further arguments of its
// command line. The test is skipped if neither valkey-server nor redis-server is
// installed.
func Start(t testing.TB, arguments ...string) *Server {
	t.Helper()
	s := &Server{t: t, address: UnusedAddress(t), arguments: arguments}
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
	arguments := append(s.arguments[:len(s.arguments):len(s.arguments)],
		"--port", s.port(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	s.command = exec.CommandContext(context.Background(), s.program, arguments...)
	s.command.Dir = s.t.TempDir()
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	Await(s.t, "the server to respond", s.responds)
}

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.address)
	return port
}

// StartCluster starts a cluster of two nodes and returns their addresses, separated by
// commas.
func StartCluster(t testing.TB) (addresses string) {
	t.Helper()
	// By default the second port of a node is 10,000 higher, which may be too high.
	_, busA, _ := net.SplitHostPort(UnusedAddress(t))
	_, busB, _ := net.SplitHostPort(UnusedAddress(t))
	a := Start(t, "--cluster-enabled", "yes", "--cluster-port", busA)
	b := Start(t, "--cluster-enabled", "yes", "--cluster-port", busB)
	run(t, a, "CLUSTER", "ADDSLOTSRANGE", 0, 8191)
	run(t, b, "CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
	// Without it, both nodes have the same epoch, and settle that first.
	run(t, b, "CLUSTER", "SET-CONFIG-EPOCH", 2)
	run(t, a, "CLUSTER", "MEET", "127.0.0.1", b.port(), busB)
	for _, node := range []*Server{a, b} {
		client := node.Client()
		Await(t, "the cluster to be complete", func() bool {
			info := client.ClusterInfo(context.Background()).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384")
		})
	}
	return a.address + "," + b.address
}

// StartSentinel starts a server that requires a password, and a sentinel that watches it
// as "main". It returns the address of the sentinel.
func StartSentinel(t testing.TB, password string) (address string) {
	t.Helper()
	master := Start(t)
	run(t, master, "CONFIG", "SET", "requirepass", password)
	s := &Server{t: t, program: master.program, address: UnusedAddress(t)}
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 %s 1\nsentinel auth-pass main %s\n",
		s.port(), master.port(), password)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	s.command = exec.CommandContext(context.Background(), s.program, file, "--sentinel")
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	Await(t, "the sentinel to respond", s.responds)
	return s.address
}

func run(t testing.TB, s *Server, command ...any) {
	t.Helper()
	if err := s.Client().Do(context.Background(), command...).Err(); err != nil {
		t.Fatalf("%v: %v", command, err)
	}
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
