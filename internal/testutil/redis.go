package testutil

import (
	"net"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// RedisServer is a Valkey or Redis server. It keeps its address across restarts.
type RedisServer struct {
	path string
	port string

	mu      sync.Mutex
	process *exec.Cmd
}

// NewRedis starts valkey-server or redis-server, and stops it when the test ends.
func NewRedis(t *testing.T) *RedisServer {
	t.Helper()
	path, err := exec.LookPath("valkey-server")
	if err != nil {
		path, err = exec.LookPath("redis-server")
	}
	if err != nil {
		LeaveOut(t, "valkey-server or redis-server")
	}
	_, port, err := net.SplitHostPort(FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	r := &RedisServer{path: path, port: port}
	r.Start(t)
	t.Cleanup(r.Stop)
	return r
}

// URL returns the value for REDIS_URL.
func (r *RedisServer) URL() string { return "redis://127.0.0.1:" + r.port + "/0" }

// Start starts the server without data and waits until it accepts connections.
func (r *RedisServer) Start(t *testing.T) {
	t.Helper()
	process := exec.Command(r.path, "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.process = process
	r.mu.Unlock()
	Eventually(t, "the Redis server to accept connections", Timeout, func() bool {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+r.port, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// Stop kills the server. Its data is lost.
func (r *RedisServer) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process != nil {
		_ = r.process.Process.Kill()
		_ = r.process.Wait()
		r.process = nil
	}
}

// Hang stops the server from responding until Resume. Its connections stay open.
func (r *RedisServer) Hang() { r.signal(syscall.SIGSTOP) }

// Resume ends Hang.
func (r *RedisServer) Resume() { r.signal(syscall.SIGCONT) }

func (r *RedisServer) signal(s syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.process.Process.Signal(s)
}
