package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// program is a server that is compared, or the stand-in, in a process of its own.
type program struct {
	name string
	addr string
	cmd  *exec.Cmd
	log  string // what it writes, as in production, goes to a file
	done chan struct{}
}

// startOn starts a command on one core: a child inherits it from the thread that
// starts it.
func startOn(cpu int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return err
	}
	err := cmd.Start()
	return errors.Join(err, unix.SchedSetaffinity(0, &before))
}

// pinTo keeps this process, every thread of it, on one core.
func pinTo(cpu int) error {
	var only unix.CPUSet
	only.Set(cpu)
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, &only); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// start starts a program that prints its address.
func start(ctx context.Context, dir, name string, cpu int, binary string, args ...string) (*program, error) {
	p := &program{name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, binary, args...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.cmd.Stderr, err = os.OpenFile(p.log, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	if err := startOn(cpu, p.cmd); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s did not start; see %s: %w", name, p.log, err)
	}
	p.addr = strings.TrimSpace(line)
	go p.wait()
	return p, nil
}

// startProduct starts authgraph on a free port and waits until it serves.
func startProduct(ctx context.Context, dir, binary string, cpu int, settings ...string) (*program, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	p := &program{name: "authgraph", addr: addr, log: filepath.Join(dir, "authgraph.log"), done: make(chan struct{})}
	if err := p.startProduct(ctx, binary, cpu, settings); err != nil {
		return nil, err
	}
	return p, p.ready()
}

func (p *program) startProduct(ctx context.Context, binary string, cpu int, settings []string) error {
	p.cmd = exec.CommandContext(ctx, binary, "serve")
	p.cmd.Args = p.cmd.Args[:1]
	p.cmd.Dir = filepath.Dir(p.log)
	p.cmd.Env = append([]string{"ADDR=" + p.addr, "RATE_LIMITS=off"}, settings...)
	file, err := os.OpenFile(p.log, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	p.cmd.Stdout, p.cmd.Stderr = file, file
	if err := startOn(cpu, p.cmd); err != nil {
		return err
	}
	go p.wait()
	return nil
}

func (p *program) wait() {
	_ = p.cmd.Wait()
	close(p.done)
}

// ready waits until /readyz says so.
func (p *program) ready() error {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); {
		select {
		case <-p.done:
			text, _ := os.ReadFile(p.log)
			return fmt.Errorf("authgraph has ended:\n%s", text)
		default:
		}
		response, err := client.Get("http://" + p.addr + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.New("authgraph is not ready after a minute")
}

// stop ends the program and waits for that.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// faults returns the last lines of the log that tell of one.
func (p *program) faults() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-3):], "")
}

// clearLog empties what was logged so far: a million lines are a quarter of a
// gigabyte.
func (p *program) clearLog() { _ = os.Truncate(p.log, 0) }

// cpu is the time that all threads of the program have had a processor for.
func (p *program) cpu() (time.Duration, error) {
	// As clock_getcpuclockid(3) has it.
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^p.cmd.Process.Pid<<3|2), &t); err != nil {
		return 0, err
	}
	return time.Duration(t.Nano()), nil
}

// memory is what of the program is in memory: resident is what a container is charged
// with at most, anonymous is without what the page cache has of the binary.
type memory struct{ resident, anonymous, peak int64 }

func (p *program) memory() (memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return memory{}, err
	}
	var m memory
	for name, target := range map[string]*int64{"VmRSS:": &m.resident, "RssAnon:": &m.anonymous, "VmHWM:": &m.peak} {
		_, after, _ := bytes.Cut(text, []byte(name))
		fields := bytes.Fields(after)
		if len(fields) == 0 {
			return memory{}, fmt.Errorf("there is no %s", name)
		}
		kilobytes, err := strconv.ParseInt(string(fields[0]), 10, 64)
		if err != nil {
			return memory{}, err
		}
		*target = kilobytes << 10
	}
	return m, nil
}

// standin is the stand-in for Cognito, with its controls.
type standin struct{ *program }

func (s standin) setLatency(d time.Duration) error {
	request, err := http.NewRequest(http.MethodPut, "http://"+s.addr+"/latency", strings.NewReader(d.String()))
	if err != nil {
		return err
	}
	return s.do(request, nil)
}

// counts tells the calls by operation, and the connections.
func (s standin) counts() (map[string]int64, error) {
	request, err := http.NewRequest(http.MethodGet, "http://"+s.addr+"/counts", nil)
	if err != nil {
		return nil, err
	}
	var counts map[string]int64
	return counts, s.do(request, &counts)
}

func (s standin) do(request *http.Request, into any) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the stand-in answers %s", response.Status)
	}
	if into == nil {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func fetch(url, file string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, response.Body)
	return errors.Join(err, out.Close())
}
