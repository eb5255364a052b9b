package bench

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a server in a process of its own.
type process struct {
	addr    string
	cmd     *exec.Cmd
	log     string // file with its standard output and standard error
	exited  chan struct{}
	started time.Duration // from exec to the first right response
}

// start runs a command on the servers' core until the test ends, and waits for its first
// right response.
func (b *bench) start(addr string, environment []string, first request, command ...string) *process {
	p := &process{addr: addr, log: filepath.Join(b.TempDir(), "log"), exited: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	b.check(err)
	defer log.Close()
	p.cmd = exec.Command("taskset", append([]string{"-c", strconv.Itoa(b.core)}, command...)...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = filepath.Dir(p.log), environment, log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // an interrupted test cleans nothing up
	began := time.Now()
	b.check(p.cmd.Start())
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	b.Cleanup(p.stop)
	for c := newClient(addr, 1); ; {
		err := c.send(first)
		if err == nil {
			p.started = time.Since(began)
			return p
		}
		select {
		case <-p.exited:
			b.Fatalf("%s exited\n%s", command[0], p.lastLines())
		case <-time.After(200 * time.Microsecond):
		}
		if time.Since(began) > 30*time.Second {
			b.Fatalf("%s: no right response within 30 s: %v\n%s", command[0], err, p.lastLines())
		}
	}
}

// startAuthgraph starts Authgraph with the settings of production, and with limits and
// quotas that one client under load does not reach.
func (b *bench) startAuthgraph(more ...string) *process {
	limits := ""
	for _, name := range []string{"account-address", "account", "address", "network", "token", "forged-token"} {
		limits += name + "=1000000000/1ms,"
	}
	return b.startServer(b.me(0), append([]string{
		"AWS_COGNITO_USER_POOL_ID=" + poolID,
		"AWS_COGNITO_APP_CLIENT_ID=" + clientID,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + b.cognito.url,
		"AWS_COGNITO_ISSUER=" + b.cognito.issuer,
		"COGNITO_QUOTAS=UserAuthentication=1000000,UserToken=1000000,UserRead=1000000",
		"RATE_LIMITS=" + limits,
	}, more...)...)
}

func (b *bench) startServer(first request, settings ...string) *process {
	addr := b.freeAddr()
	return b.start(addr, append(settings, "ADDR="+addr, "SSL_CERT_FILE="+b.cognito.certificate), first, b.binary("authgraph"))
}

// startPeers starts the floor, the naive build and, if possible, Apollo Server.
func (b *bench) startPeers() {
	dir := b.TempDir()
	response, jwks := filepath.Join(dir, "response.json"), filepath.Join(dir, "jwks.json")
	b.check(os.WriteFile(response, []byte(meResponse(0)), 0o600))
	b.check(os.WriteFile(jwks, b.cognito.jwks, 0o600))

	addr := b.freeAddr()
	b.floor = b.start(addr, nil, b.me(0), b.binary("floor"), "-addr", addr, "-response", response)

	addr = b.freeAddr()
	b.naive = b.start(addr, []string{"SSL_CERT_FILE=" + b.cognito.certificate}, b.me(0), b.binary("naive"), "-addr", addr,
		"-endpoint", b.cognito.url, "-issuer", b.cognito.issuer, "-client", clientID)

	if _, err := os.Stat("apollo/node_modules"); err != nil {
		install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "apollo")
		if text, err := install.CombinedOutput(); err != nil {
			b.Logf("npm ci: %v\n%s", err, text)
			return
		}
	}
	addr = b.freeAddr()
	script, err := filepath.Abs("apollo/server.mjs")
	b.check(err)
	b.apollo = b.start(addr, []string{"NODE_ENV=production", "PATH=" + os.Getenv("PATH")}, b.me(0),
		"node", script, addr, b.cognito.issuer, clientID, jwks)
}

// stop stops the process and waits until it has exited.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// lastLines returns the end of the log.
func (p *process) lastLines() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// cpu returns the CPU time of all threads; see clock_getcpuclockid(3).
func (b *bench) cpu(servers []*process) (total time.Duration) {
	for _, p := range servers {
		var t unix.Timespec
		b.check(unix.ClockGettime(int32(^p.cmd.Process.Pid<<3|2), &t))
		total += time.Duration(t.Nano())
	}
	return total
}

// memory returns a field of /proc/PID/status in MB: VmRSS is resident memory, VmHWM its
// peak.
func (b *bench) memory(p *process, field string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	b.check(err)
	_, after, _ := bytes.Cut(text, []byte(field+":"))
	kilobytes, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" "))
	n, err := strconv.Atoi(string(kilobytes))
	b.check(err)
	return float64(n) * 1024 / 1e6
}

func (b *bench) freeAddr() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	b.check(err)
	b.check(listener.Close())
	return listener.Addr().String()
}
