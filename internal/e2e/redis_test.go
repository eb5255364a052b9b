package e2e

import (
	"net"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"authgraph/internal/suite"
)

// redisServer is a real server of the store that replicas share, on an address
// that it keeps when it is started again.
type redisServer struct {
	path string
	port string

	mu      sync.Mutex
	process *exec.Cmd
}

// newRedis starts a Valkey or Redis server of Debian's.
func newRedis(t *testing.T) *redisServer {
	t.Helper()
	path, err := exec.LookPath("valkey-server")
	if err != nil {
		path, err = exec.LookPath("redis-server")
	}
	if err != nil {
		suite.LeaveOut(t, "valkey-server or redis-server")
	}
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	r := &redisServer{path: path, port: port}
	r.start(t)
	t.Cleanup(r.stop)
	return r
}

func (r *redisServer) url() string { return "redis://127.0.0.1:" + r.port + "/0" }

// start starts the server, empty, and waits until it takes connections.
func (r *redisServer) start(t *testing.T) {
	t.Helper()
	process := exec.Command(r.path, "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.process = process
	r.mu.Unlock()
	eventually(t, "the store to take connections", patience, func() bool {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+r.port, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// stop ends the server without a warning; what it held is gone.
func (r *redisServer) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process != nil {
		_ = r.process.Process.Kill()
		_ = r.process.Wait()
		r.process = nil
	}
}

// hang makes the server mute, until resume: connections stay, answers do not come.
func (r *redisServer) hang()   { r.signal(syscall.SIGSTOP) }
func (r *redisServer) resume() { r.signal(syscall.SIGCONT) }

func (r *redisServer) signal(s syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.process.Process.Signal(s)
}
