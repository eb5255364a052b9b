package web_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"authgraph/internal/web"
)

// counting counts what is written on the connections that it accepts.
type counting struct {
	net.Listener
	writes, bytes atomic.Int64
}

func (l *counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countingConn{conn, l}, nil
}

type countingConn struct {
	net.Conn
	by *counting
}

func (c *countingConn) Write(p []byte) (int, error) {
	c.by.writes.Add(1)
	c.by.bytes.Add(int64(len(p)))
	return c.Conn.Write(p)
}

func (c *countingConn) CloseWrite() error { return c.Conn.(*net.TCPConn).CloseWrite() }

// serveCounting serves a handler that answers with as many bytes as the query string says.
func serveCounting(t *testing.T) *counting {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &counting{Listener: ln}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- web.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := strconv.Atoi(r.URL.RawQuery)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Length", strconv.Itoa(n))
			_, _ = w.Write(pattern(n))
		}), web.ServeOptions{DrainDelay: -1})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

func pattern(n int) []byte {
	return bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n]
}

// An answer of some kilobytes leaves in one write, and every answer is what it would be
// otherwise: of any length around net/http's buffer, its multiples, and what is held back.
func TestAnswersLeaveAtOnce(t *testing.T) {
	l := serveCounting(t)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	var lengths []int
	for _, around := range []int{0, 2 << 10, 4 << 10, 8 << 10, 12 << 10, 16 << 10, 20 << 10} {
		for n := max(0, around-160); n <= around+10; n++ {
			lengths = append(lengths, n)
		}
	}
	lengths = append(lengths, 100_000, 1<<20)
	for _, n := range lengths {
		l.writes.Store(0)
		l.bytes.Store(0)
		fmt.Fprintf(conn, "GET /?%d HTTP/1.1\r\nHost: h\r\n\r\n", n)
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(n, err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || !bytes.Equal(body, pattern(n)) {
			t.Fatalf("%d bytes of %d, or others: %v", len(body), n, err)
		}
		if writes, size := l.writes.Load(), l.bytes.Load(); size <= 12<<10 && writes != 1 {
			t.Errorf("an answer of %d bytes left in %d writes", size, writes)
		}
	}
}

// Requests that come together are each answered, and so are those without a body to
// answer with, and one whose end nobody waits for.
func TestAnswersInARow(t *testing.T) {
	l := serveCounting(t)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const get, head = "GET /?5000 HTTP/1.1\r\nHost: h\r\n\r\n", "HEAD /?5000 HTTP/1.1\r\nHost: h\r\n\r\n"
	_, err = io.WriteString(conn, get+head+get+head+"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	for _, method := range strings.Fields("GET HEAD GET HEAD POST") {
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			t.Fatal(method, err)
		}
		if body, err := io.ReadAll(response.Body); err != nil || method == http.MethodGet && len(body) != 5000 {
			t.Errorf("%s: %d bytes, %v", method, len(body), err)
		}
		if method == http.MethodPost && response.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", response.StatusCode)
		}
	}
}
