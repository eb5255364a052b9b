package httpserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"authgraph/internal/httpserver"
)

// testServer is a running server with its own port.
type testServer struct {
	addr string
	stop context.CancelFunc
	done chan error
}

// serve runs a server with inner as its GraphQL handler until the test ends.
func serve(t *testing.T, inner http.Handler, o httpserver.ServeOptions) *testServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &testServer{ln.Addr().String(), stop, make(chan error, 1)}
	handler := httpserver.NewHandler(httpserver.Options{GraphQL: inner, Drain: o.Drain})
	go func() { s.done <- httpserver.Serve(ctx, ln, handler, o) }()
	t.Cleanup(stop)
	return s
}

func (s *testServer) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	// The deadline only ends a test that hangs.
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}

// await polls until the condition holds.
func await(t *testing.T, name string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out waiting for %s", name)
		}
	}
}

// blockingHandler is a GraphQL handler whose requests wait until release is closed.
type blockingHandler struct{ started, release chan struct{} }

// newClient returns a client with connections of its own. Those of http.DefaultClient are
// closed whenever an httptest server closes.
func newClient() *http.Client { return &http.Client{Transport: &http.Transport{}} }

func newBlockingHandler() blockingHandler {
	return blockingHandler{make(chan struct{}), make(chan struct{})}
}

func (h blockingHandler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h.started <- struct{}{}
	<-h.release
	_, _ = io.WriteString(w, "done")
}

// Platforms that terminate TLS forward HTTP/2 without it, and a connection that is shut
// down loses no request.
func TestUnencryptedHTTP2(t *testing.T) {
	inner, drain := newBlockingHandler(), &httpserver.Drain{}
	s := serve(t, inner, httpserver.ServeOptions{Drain: drain, DrainDelay: -1})
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	get := func() string {
		response, err := client.Post("http://"+s.addr+"/graphql", "application/json", strings.NewReader("{}"))
		if err != nil {
			return err.Error()
		}
		defer func() { _ = response.Body.Close() }()
		all, err := io.ReadAll(response.Body)
		return fmt.Sprint(response.Proto, " ", response.StatusCode, " ", string(all), " ", err)
	}
	responses := make(chan string, 2)
	for range 2 { // two streams of one connection
		go func() { responses <- get() }()
	}
	<-inner.started
	<-inner.started
	s.stop()
	await(t, "the drain", drain.Begun)
	close(inner.release)
	for range 2 {
		if got, want := <-responses, "HTTP/2.0 200 done <nil>"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := <-s.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeFinishesRequestsInFlight(t *testing.T) {
	inner, drain := newBlockingHandler(), &httpserver.Drain{}
	s := serve(t, inner, httpserver.ServeOptions{Drain: drain, DrainDelay: -1})

	responses := make(chan string, 1)
	go func() {
		response, err := newClient().Post("http://"+s.addr+"/graphql", "application/json", nil)
		if err != nil {
			responses <- err.Error()
			return
		}
		defer func() { _ = response.Body.Close() }()
		all, _ := io.ReadAll(response.Body)
		responses <- fmt.Sprint(response.StatusCode, " ", string(all))
	}()
	<-inner.started
	idle := s.dial(t)
	s.stop()

	await(t, "the drain", drain.Begun)
	await(t, "the listener to close", func() bool {
		conn, err := net.Dial("tcp", s.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-s.done:
		t.Fatalf("Serve returned %v while a request was in flight", err)
	default:
	}
	close(inner.release)
	if got := <-responses; got != "200 done" {
		t.Errorf("the request in flight got %q", got)
	}
	_ = idle.Close() // net/http waits five seconds for a connection's first request
	if err := <-s.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestServeDrains checks that while the server drains, requests are still served with
// /readyz failing, and each response closes its connection.
func TestServeDrains(t *testing.T) {
	drain := &httpserver.Drain{}
	s := serve(t, &graphQL{}, httpserver.ServeOptions{Drain: drain, DrainDelay: time.Second})
	conn := s.dial(t)
	reader := bufio.NewReader(conn)
	get := func() *http.Response {
		t.Helper()
		if _, err := fmt.Fprint(conn, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		return response
	}
	if response := get(); response.StatusCode != 200 || response.Close {
		t.Errorf("before: %s, close %t", response.Status, response.Close)
	}
	s.stop()
	await(t, "the drain", drain.Begun)
	if response := get(); response.StatusCode != 503 || !response.Close {
		t.Errorf("while draining: %s, close %t", response.Status, response.Close)
	}
	if err := <-s.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeAbortsRequestsAfterTimeout(t *testing.T) {
	inner := newBlockingHandler()
	s := serve(t, inner, httpserver.ServeOptions{DrainDelay: -1, FinishTimeout: time.Millisecond})
	conn := s.dial(t)
	_, _ = fmt.Fprint(conn, "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
	<-inner.started
	s.stop()
	if err := <-s.done; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve: %v, want a deadline exceeded", err)
	}
	if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the connection is still open: %v", err)
	}
	close(inner.release)
}

// A flushed part of a response reaches the client before the handler returns.
func TestServeFlushes(t *testing.T) {
	h := newBlockingHandler()
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("x", 5000)))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-h.release
	}), httpserver.ServeOptions{DrainDelay: -1})
	conn := s.dial(t)
	fmt.Fprint(conn, "POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(response.Body, make([]byte, 5000)); err != nil {
		t.Error(err)
	}
	close(h.release)
	if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestServeWithoutListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if err := httpserver.Serve(t.Context(), ln, http.NotFoundHandler(), httpserver.ServeOptions{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve: %v, want closed", err)
	}
}

// TestSlowClients checks that slow clients are disconnected and do not delay others.
func TestSlowClients(t *testing.T) {
	reading := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusRequestTimeout)
		}
	})
	s := serve(t, reading, httpserver.ServeOptions{HeaderTimeout: 100 * time.Millisecond, ReadTimeout: 200 * time.Millisecond})
	slow := map[string]net.Conn{}
	for name, beginning := range map[string]string{
		"nothing":       "",
		"half a line":   "POST /gra",
		"half a header": "POST /graphql HTTP/1.1\r\nHost: a\r\nX-A: ",
		"half a body":   "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
		"half a chunk":  "POST /graphql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{",
	} {
		slow[name] = s.dial(t)
		_, _ = io.WriteString(slow[name], beginning)
	}
	response, err := newClient().Get("http://" + s.addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != 200 {
		t.Errorf("another client got %s", response.Status)
	}
	for name, conn := range slow {
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection stays open", name)
		}
	}
}

// TestMalformedRequests checks that malformed requests are rejected. net/http rejects most
// of them itself.
func TestMalformedRequests(t *testing.T) {
	inner := &graphQL{}
	s := serve(t, inner, httpserver.ServeOptions{})
	for name, test := range map[string]struct{ request, status string }{
		"headers of 80 KiB":             {"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", 80<<10) + "\r\n\r\n", "431"},
		"two lengths":                   {"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "400"},
		"a length that is not a number": {"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400"},
		"unknown coding":                {"POST /graphql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
		"no host":                       {"GET / HTTP/1.1\r\n\r\n", "400"},
		"two hosts":                     {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		"space in a name":               {"GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", "400"},
		"bytes of a handshake":          {"\x16\x03\x01\x02\x00\r\n\r\n", "400"},
		"OPTIONS *":                     {"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "400"},
		"CONNECT":                       {"CONNECT evil.example.com:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "404"},
	} {
		conn := s.dial(t)
		_, _ = io.WriteString(conn, test.request)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 "+test.status+" ") {
			t.Errorf("%s: %q, %v; want %s", name, line, err, test.status)
		}
	}
	if inner.calls > 0 {
		t.Errorf("GraphQL was called %d times", inner.calls)
	}
}
