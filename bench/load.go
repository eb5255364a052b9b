package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// load is requests over kept HTTP/1.1 connections, from one thread that waits by
// epoll: it costs a fifth of what a server on net/http does, so it is not what is
// measured.
type load struct {
	addr string
	// exchanges are sent in turn.
	exchanges   []exchange
	connections int

	// One of the two ends the load.
	count int
	time  time.Duration

	// perSecond sends that many requests a second, however long the answers take
	// (open loop). 0 sends the next one on a connection when the answer to the last
	// has come (closed loop).
	perSecond int
}

// exchange is a request and what its answer has to be.
type exchange struct {
	request []byte
	right   func(status int, body []byte) bool
}

// outcome is what a load led to.
type outcome struct {
	done      int
	took      time.Duration
	latencies []time.Duration // sorted
}

func (o outcome) perSecond() float64 { return float64(o.done) / o.took.Seconds() }

func (o outcome) percentile(p float64) time.Duration {
	if len(o.latencies) == 0 {
		return 0
	}
	return o.latencies[min(len(o.latencies)-1, int(p*float64(len(o.latencies))))]
}

// answerTimeout is how long an answer may take.
const answerTimeout = 15 * time.Second

// errAnswer is a wrong answer; it ends the comparison, since a wrong answer may well
// be a fast one.
var errAnswer = errors.New("wrong answer")

type connection struct {
	fd       int
	sent     time.Time
	exchange int
	waiting  bool
	received []byte // of an answer that came in several pieces
}

type session struct {
	load
	epoll       int
	target      unix.SockaddrInet4
	connections []*connection // by file descriptor
	free        []*connection // open loop
	next        int
	out         int
	closing     bool
	outcome     outcome
	buffer      []byte
}

// run carries the load out. It returns once every request was answered.
func (l load) run() (outcome, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	addr, err := netip.ParseAddrPort(l.addr)
	if err != nil {
		return outcome{}, err
	}
	r := &session{load: l, target: unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}, buffer: make([]byte, 256<<10)}
	r.outcome.latencies = make([]time.Duration, 0, 1<<17)
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return outcome{}, err
	}
	defer func() {
		for _, c := range r.connections {
			if c != nil {
				_ = unix.Close(c.fd)
			}
		}
		_ = unix.Close(r.epoll)
	}()
	if l.perSecond > 0 {
		err = r.openLoop()
	} else {
		err = r.closedLoop()
	}
	slices.Sort(r.outcome.latencies)
	return r.outcome, err
}

func (r *session) closedLoop() error {
	opened := make([]*connection, r.load.connections)
	for i := range opened {
		c, err := r.open()
		if err != nil {
			return err
		}
		opened[i] = c
	}
	start := time.Now()
	end := start.Add(r.time)
	isOver := func(now time.Time) bool {
		return r.count > 0 && r.next >= r.count || r.count == 0 && !now.Before(end)
	}
	for _, c := range opened {
		if isOver(start) {
			break
		}
		if err := r.send(c, time.Now()); err != nil {
			return err
		}
	}
	events := make([]unix.EpollEvent, 256)
	for r.out > 0 {
		n, err := r.wait(events)
		if err != nil {
			return err
		}
		for _, event := range events[:n] {
			c := r.connections[event.Fd]
			answered, err := r.receive(c)
			if err != nil {
				return err
			}
			if !answered {
				continue
			}
			now := time.Now()
			// What is answered after the end took part of the load, but not of the time.
			if !r.closing {
				r.outcome.done++
				r.outcome.took = now.Sub(start)
				r.outcome.latencies = append(r.outcome.latencies, now.Sub(c.sent))
			}
			if isOver(now) {
				r.closing = r.count == 0
				continue
			}
			if err := r.send(c, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *session) openLoop() error {
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(timer)
	interval := time.Second / time.Duration(r.perSecond)
	every := unix.NsecToTimespec(int64(interval))
	if err := unix.TimerfdSettime(timer, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil); err != nil {
		return err
	}
	if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, timer, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(timer)}); err != nil {
		return err
	}
	start := time.Now()
	events := make([]unix.EpollEvent, 256)
	sent, most := 0, int(r.time/interval)
	for sent < most || r.out > 0 {
		n, err := r.wait(events)
		if err != nil {
			return err
		}
		for _, event := range events[:n] {
			if int(event.Fd) == timer {
				_, _ = unix.Read(timer, r.buffer[:8])
				// The time that counts is when the request was due, not when this
				// thread got to it.
				for ; sent < most; sent++ {
					due := start.Add(time.Duration(sent+1) * interval)
					if due.After(time.Now()) {
						break
					}
					c, err := r.idle()
					if err != nil {
						return err
					}
					if err := r.send(c, due); err != nil {
						return err
					}
				}
				continue
			}
			c := r.connections[event.Fd]
			answered, err := r.receive(c)
			if err != nil {
				return err
			}
			if answered {
				now := time.Now()
				r.outcome.done++
				r.outcome.took = now.Sub(start)
				r.outcome.latencies = append(r.outcome.latencies, now.Sub(c.sent))
				r.free = append(r.free, c)
			}
		}
	}
	return nil
}

func (r *session) idle() (*connection, error) {
	if n := len(r.free); n > 0 {
		c := r.free[n-1]
		r.free = r.free[:n-1]
		return c, nil
	}
	return r.open()
}

func (r *session) wait(events []unix.EpollEvent) (int, error) {
	for {
		n, err := unix.EpollWait(r.epoll, events, int(answerTimeout.Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err == nil && n == 0:
			return 0, fmt.Errorf("%d requests to %s have had no answer for %v", r.out, r.addr, answerTimeout)
		default:
			return n, err
		}
	}
}

func (r *session) open() (*connection, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	c := &connection{fd: fd}
	for len(r.connections) <= fd {
		r.connections = append(r.connections, nil)
	}
	r.connections[fd] = c
	if err := unix.Connect(fd, &r.target); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", r.addr, err)
	}
	return c, errors.Join(
		unix.SetNonblock(fd, true),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}),
	)
}

func (r *session) send(c *connection, now time.Time) error {
	c.exchange, c.sent, c.waiting = r.next%len(r.exchanges), now, true
	r.next++
	r.out++
	request := r.exchanges[c.exchange].request
	if n, err := unix.Write(c.fd, request); err != nil || n != len(request) {
		return fmt.Errorf("send to %s: %d of %d bytes: %w", r.addr, n, len(request), err)
	}
	return nil
}

// receive reads what there is, and tells whether the answer is complete.
func (r *session) receive(c *connection) (bool, error) {
	n, err := unix.Read(c.fd, r.buffer)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("receive from %s: %w", r.addr, err)
	case n == 0:
		return false, fmt.Errorf("%s has closed a connection, with a request out: %t", r.addr, c.waiting)
	}
	text := r.buffer[:n]
	if len(c.received) > 0 {
		c.received = append(c.received, text...)
		text = c.received
	}
	status, body, complete, err := parseResponse(text)
	if err != nil {
		return false, err
	}
	if !complete {
		if len(c.received) == 0 {
			c.received = append(c.received, text...)
		}
		return false, nil
	}
	c.waiting = false
	r.out--
	if !r.exchanges[c.exchange].right(status, body) {
		return false, fmt.Errorf("%w from %s: %d %.300s", errAnswer, r.addr, status, body)
	}
	c.received = c.received[:0]
	return true, nil
}

var errResponse = errors.New("an answer that is not HTTP/1.1")

// parseResponse takes a response apart as net/http writes them. Whatever else a
// server might send is an error.
func parseResponse(text []byte) (status int, body []byte, complete bool, err error) {
	end := bytes.Index(text, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, nil, false, nil
	}
	head, rest := text[:end+2], text[end+4:]
	if len(head) < 12 || !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) {
		return 0, nil, false, errResponse
	}
	if status, err = strconv.Atoi(string(head[9:12])); err != nil {
		return 0, nil, false, errResponse
	}
	if length, ok := header(head, "\r\nContent-Length: "); ok {
		n, err := strconv.Atoi(length)
		if err != nil || len(rest) > n {
			return 0, nil, false, errResponse
		}
		return status, rest, len(rest) == n, nil
	}
	if encoding, ok := header(head, "\r\nTransfer-Encoding: "); !ok || encoding != "chunked" {
		return 0, nil, false, errResponse
	}
	for {
		line, after, found := bytes.Cut(rest, []byte("\r\n"))
		if !found {
			return 0, nil, false, nil
		}
		n, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return 0, nil, false, errResponse
		}
		if len(after) < int(n)+2 {
			return 0, nil, false, nil
		}
		if n == 0 {
			return status, body, true, nil
		}
		body = append(body, after[:n]...)
		rest = after[n+2:]
	}
}

func header(head []byte, name string) (string, bool) {
	at := bytes.Index(head, []byte(name))
	if at < 0 {
		return "", false
	}
	value, _, _ := bytes.Cut(head[at+len(name):], []byte("\r\n"))
	return string(value), true
}
