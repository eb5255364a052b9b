package main

import (
	"bytes"
	"errors"
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

// start runs a command on the servers' core, and waits until it answers first.
func (b *bench) start(addr string, environment []string, first request, command ...string) (*process, error) {
	p := &process{addr: addr, exited: make(chan struct{})}
	log, err := os.CreateTemp(b.dir, filepath.Base(command[0])+"-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.log = log.Name()
	p.cmd = exec.CommandContext(b.ctx, "taskset", append([]string{"-c", strconv.Itoa(b.core)}, command...)...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = b.dir, environment, log, log
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	c := newClient(addr, 1)
	for {
		err = c.send(first)
		switch {
		case err == nil:
			p.started = time.Since(began)
			return p, nil
		case time.Since(began) > 30*time.Second:
			p.stop()
			return nil, fmt.Errorf("%s: no right response within 30 s: %w\n%s", command[0], err, p.lastLines())
		}
		select {
		case <-p.exited:
			return nil, fmt.Errorf("%s: exited\n%s", command[0], p.lastLines())
		case <-time.After(200 * time.Microsecond):
		}
	}
}

// settings are those of production, with limits and quotas that one client under load
// does not reach.
func (b *bench) settings(more ...string) []string {
	const limit = "=1000000000/1ms"
	limits := ""
	for _, name := range []string{"account-address", "account", "address", "network", "token", "forged-token", "signup"} {
		limits += name + limit + ","
	}
	return append([]string{
		"AWS_COGNITO_USER_POOL_ID=" + poolID,
		"AWS_COGNITO_APP_CLIENT_ID=" + clientID,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=" + b.cognito.url,
		"AWS_COGNITO_ISSUER=" + b.cognito.issuer,
		"COGNITO_QUOTAS=UserAuthentication=1000000,UserToken=1000000,UserRead=1000000",
		"RATE_LIMITS=" + limits,
	}, more...)
}

// startAuthgraph starts Authgraph on Cognito's stand-in.
func (b *bench) startAuthgraph(settings ...string) (*process, error) {
	return b.startServer(b.me(0), settings...)
}

func (b *bench) startServer(first request, settings ...string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	return b.start(addr, append(settings, "ADDR="+addr), first, filepath.Join(b.root, "build", "bench", "authgraph"))
}

// startPeers starts the floor, the naive build and, if possible, Apollo Server.
func (b *bench) startPeers() (err error) {
	var addrs [3]string
	for i := range addrs {
		if addrs[i], err = freeAddr(); err != nil {
			return err
		}
	}
	binary := func(name string) string { return filepath.Join(b.root, "build", "bench", name) }
	response, jwks := filepath.Join(b.dir, "response.json"), filepath.Join(b.dir, "jwks.json")
	if err := errors.Join(os.WriteFile(response, []byte(meResponse(0)), 0o600), os.WriteFile(jwks, b.cognito.jwks, 0o600)); err != nil {
		return err
	}
	if b.floor, err = b.start(addrs[0], nil, b.me(0), binary("floor"), "-addr", addrs[0], "-response", response); err != nil {
		return err
	}
	b.running = append(b.running, b.floor)
	if b.naive, err = b.start(addrs[1], nil, b.me(0), binary("naive"), "-addr", addrs[1],
		"-endpoint", b.cognito.url, "-issuer", b.cognito.issuer, "-client", clientID); err != nil {
		return err
	}
	b.running = append(b.running, b.naive)
	apollo := filepath.Join(b.root, "bench", "apollo")
	install := exec.CommandContext(b.ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = apollo
	if text, err := install.CombinedOutput(); err != nil {
		fmt.Printf("Apollo Server left out: npm ci: %v\n%s", err, text)
		return nil
	}
	_, port, _ := net.SplitHostPort(addrs[2])
	if b.apollo, err = b.start(addrs[2], []string{"NODE_ENV=production", "PATH=" + os.Getenv("PATH")}, b.me(0),
		"node", filepath.Join(apollo, "server.mjs"), port, b.cognito.issuer, clientID, jwks); err != nil {
		return err
	}
	b.running = append(b.running, b.apollo)
	return nil
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
func (p *process) cpu() (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(int32(^p.cmd.Process.Pid<<3|2), &t)
	return time.Duration(t.Nano()), err
}

// memory returns a field of /proc/PID/status in MB: VmRSS is resident memory, VmHWM its
// peak.
func (p *process) memory(field string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := bytes.Cut(text, []byte(field+":"))
	kilobytes, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" "))
	n, err := strconv.Atoi(string(kilobytes))
	return float64(n) * 1024 / 1e6, err
}

func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
