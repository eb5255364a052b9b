package cognito

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// rawServer answers each request on each connection with what answer returns for it, and
// closes the connection behind an answer when answer says so.
type rawServer struct {
	*testing.T
	*connections
	opened atomic.Int64
	closed chan struct{} // gets a value when the server has closed a connection
}

func newRawServer(t *testing.T, answer func(connection, request int) (text string, closes bool)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := &rawServer{
		T: t, closed: make(chan struct{}, 100),
		connections: newConnections(&url.URL{Scheme: "http", Host: listener.Addr().String()}, nil),
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn, int(s.opened.Add(1)), answer)
		}
	}()
	return s
}

func (s *rawServer) serve(conn net.Conn, number int, answer func(int, int) (string, bool)) {
	reader := bufio.NewReader(conn)
	for request := 1; ; request++ {
		r, err := http.ReadRequest(reader)
		if err != nil {
			_ = conn.Close()
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		text, closes := answer(number, request)
		_, _ = io.WriteString(conn, text)
		if closes {
			_ = conn.Close()
			s.closed <- struct{}{}
			return
		}
	}
}

// ask makes a request and returns the body of its answer.
func (s *rawServer) ask(ctx context.Context) (string, error) {
	return bodyOf(s.exchange(ctx, aRequest))
}

func aRequest(message *bytes.Buffer) error {
	message.WriteString("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
	return nil
}

func bodyOf(response *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	return string(body), errors.Join(err, response.Body.Close())
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// A connection is used again when it can be, and no call fails because of one that cannot.
func TestConnectionsAreUsedAgain(t *testing.T) {
	tests := []struct {
		name   string
		answer string
		closes bool
		opened int64 // for three calls
	}{
		{"open", okAnswer, false, 1},
		{"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, 1},
		{"behind an announcement", "HTTP/1.1 103 Early Hints\r\n\r\n" + okAnswer, false, 1},
		{"closed without a word", okAnswer, true, 3},
		{"asked to close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false, 3},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 3},
		{"until it is closed", "HTTP/1.1 200 OK\r\n\r\nok", true, 3},
		{"more than was asked for", okAnswer + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", false, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newRawServer(t, func(int, int) (string, bool) { return tt.answer, tt.closes })
			for range 3 {
				if body, err := s.ask(t.Context()); err != nil || body != "ok" {
					t.Errorf("%q %v", body, err)
				}
				if tt.closes {
					<-s.closed
				}
			}
			if got := s.opened.Load(); got != tt.opened {
				t.Errorf("%d connections, want %d", got, tt.opened)
			}
		})
	}
}

// What comes unasked on a connection that is not in use is nobody's answer.
func TestUnaskedAnswerIsNobodys(t *testing.T) {
	theirs, ours := make(chan net.Conn, 2), 0
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			theirs <- conn
		}
	}()
	p := newConnections(&url.URL{Scheme: "http", Host: listener.Addr().String()}, nil)
	ask := func() string {
		c, err := p.send(t.Context(), aRequest)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case conn := <-theirs:
			ours++
			_, _ = io.WriteString(conn, okAnswer)
			defer func() { _, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil") }()
		case <-t.Context().Done():
			t.Fatal("no new connection")
		}
		body, err := bodyOf(c.receive())
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	if first, second := ask(), ask(); first != "ok" || second != "ok" || ours != 2 {
		t.Errorf("%q, %q on %d connections", first, second, ours)
	}
}

// A request that may have been received is not sent again.
func TestRequestIsNotSentTwice(t *testing.T) {
	var requests atomic.Int64
	s := newRawServer(t, func(connection, request int) (string, bool) {
		requests.Add(1)
		if request == 2 {
			return "", true // read, and closed without an answer
		}
		return okAnswer, false
	})
	if _, err := s.ask(t.Context()); err != nil {
		t.Fatal(err)
	}
	if body, err := s.ask(t.Context()); err == nil {
		t.Errorf("%q", body)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// An answer that is there when the time is up is read, wholly: a process that gets no
// processor would take its own delay for the server's. A call that was given up has none.
func TestAnswerThatIsThereIsNotLate(t *testing.T) {
	for _, length := range []int{2, 30_000} {
		s := newRawServer(t, func(int, int) (string, bool) {
			return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, strings.Repeat("x", length)), true
		})
		dial := s.dial
		s.dial = func(ctx context.Context) (net.Conn, error) {
			conn, err := dial(ctx)
			return &watched{Conn: conn, interrupted: make(chan struct{})}, err
		}
		receive := func(ctx context.Context) (string, error) {
			c, err := s.send(ctx, aRequest)
			if err != nil {
				t.Fatal(err)
			}
			<-s.closed // the answer is there
			<-c.conn.(*watched).interrupted
			response, err := c.receive()
			return bodyOf(response, err)
		}
		late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if body, err := receive(late); err != nil || len(body) != length {
			t.Errorf("%d of %d bytes: %v", len(body), length, err)
		}
		givenUp, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if _, err := receive(givenUp); err == nil {
			t.Error("an answer to a call that was given up")
		}
	}
}

// watched is a connection that tells when it was interrupted.
type watched struct {
	net.Conn
	interrupted chan struct{}
}

func (w *watched) SetDeadline(t time.Time) error {
	defer close(w.interrupted)
	return w.Conn.SetDeadline(t)
}

// A connection that nobody has needed for long is closed, and the others are not.
func TestIdleConnectionsAreClosed(t *testing.T) {
	s := newRawServer(t, func(int, int) (string, bool) { return okAnswer, false })
	var all [3]*connection
	for i := range all {
		c, err := s.send(t.Context(), aRequest)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = c
	}
	for _, c := range all {
		if _, err := bodyOf(c.receive()); err != nil {
			t.Fatal(err)
		}
	}
	s.idle[0].idleSince = time.Now().Add(-idleTimeout)
	s.idle[1].idleSince = time.Now().Add(-idleTimeout)
	s.closeIdle()
	if len(s.idle) != 1 || s.idle[0] != all[2] || all[0].isOpen() || all[1].isOpen() || !all[2].isOpen() {
		t.Errorf("%d connections are kept", len(s.idle))
	}
	if s.sweep == nil {
		t.Error("nobody will look again")
	}
	s.idle[0].idleSince = time.Now().Add(-idleTimeout)
	s.closeIdle()
	if len(s.idle) != 0 || s.sweep != nil {
		t.Errorf("%d connections are kept", len(s.idle))
	}
}

// A process that was frozen does not use what it kept before, though no time has passed
// for its own clocks.
func TestConnectionsFromBeforeAFreeze(t *testing.T) {
	s := newRawServer(t, func(int, int) (string, bool) { return okAnswer, false })
	for want := range int64(3) {
		if _, err := s.ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.opened.Load(); got != want+1 {
			t.Errorf("%d connections, want %d", got, want+1)
		}
		if s.idle[0].idleSince != s.idle[0].idleSince.Round(0) {
			t.Error("the time goes by a clock that can stand still")
		}
		s.idle[0].idleSince = s.idle[0].idleSince.Add(-idleTimeout)
	}
}

// rawAnswers are answers of honest and of hostile servers.
func rawAnswers() []string {
	return []string{
		okAnswer, "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 400 Bad Request\r\nX-Amzn-Errortype: NotAuthorizedException\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
		"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\nok", "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\n: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nA: \x00\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 100 Continue\r\n\r\n" + okAnswer, "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + okAnswer,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nok", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n\nHTTP/1.1 101 Switching\n", "HTTP/1.1 099 Early\r\n\r\n" + okAnswer, "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nok", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "HTTP/2.0 200 OK\r\n\r\nok",
		"HTTP/9 200 OK\r\n\r\nok", "ICY 200 OK\r\n\r\nok", "\r\n" + okAnswer, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x00\x00",
		"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nok",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("b", 900)+"\r\n", 100) + "Content-Length: 2\r\n\r\nok",
	}
}

// What is read of an answer is what net/http's own client reads.
func FuzzAnswers(f *testing.F) {
	for _, answer := range rawAnswers() {
		f.Add(answer)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		dial := func(context.Context) (net.Conn, error) {
			theirs, ours := net.Pipe()
			go func() {
				if r, err := http.ReadRequest(bufio.NewReader(theirs)); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(theirs, answer)
				}
				_ = theirs.Close()
			}()
			return ours, nil
		}
		type read struct {
			Status, Proto string
			Header        http.Header
			Trailer       http.Header
			Body          string
			Failed        bool
		}
		readFrom := func(response *http.Response, err error) (r read) {
			if err != nil {
				return read{Failed: true}
			}
			body, err := bodyOf(response, nil)
			return read{response.Status, response.Proto, response.Header, response.Trailer, body, err != nil}
		}
		transport := &http.Transport{
			DisableCompression: true, DisableKeepAlives: false, MaxResponseHeaderBytes: maxResponseBytes,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		}
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		want := readFrom(transport.RoundTrip(request))
		if strings.HasPrefix(want.Status, "101") {
			want = read{Failed: true} // another protocol there, and refused here
		}
		got := readFrom((&connections{dial: dial}).exchange(t.Context(), aRequest))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q\ngot  %+v\nwant %+v", answer, got, want)
		}
	})
}

// A server that changes the protocol, or announces an answer for ever, has none.
func TestAnswersThatAreNone(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
		strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50_000) + okAnswer,
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 2000) + "Content-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + strings.Repeat("x", 2000000),
	} {
		s := newRawServer(t, func(int, int) (string, bool) { return answer, true })
		if body, err := s.ask(t.Context()); err == nil {
			t.Errorf("%.60q: %.60q", answer, body)
		}
	}
}

// secureServer counts the connections and the requests of each version of HTTP.
func secureServer(t *testing.T, isHTTP2 bool) (server *httptest.Server, connections, requests *atomic.Int64) {
	t.Helper()
	connections, requests = new(atomic.Int64), new(atomic.Int64)
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		fmt.Fprint(w, r.Proto)
	}))
	server.EnableHTTP2 = isHTTP2
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, connections, requests
}

// Over TLS it is found out which version of HTTP the server speaks.
func TestVersionsOfHTTP(t *testing.T) {
	for _, tt := range []struct {
		isHTTP2     bool
		proto       string
		isDirect    bool
		connections int64
	}{
		{false, "HTTP/1.1", true, 2}, // the first one finds out
		{true, "HTTP/2.0", false, 1},
	} {
		server, opened, _ := secureServer(t, tt.isHTTP2)
		client := newHTTPClient(10)
		client.transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if proto, err := bodyOf(client.Do(request)); err != nil || proto != tt.proto {
				t.Errorf("%q %v, want %s", proto, err, tt.proto)
			}
		}
		if isDirect := client.directTo(request) != nil; isDirect != tt.isDirect || opened.Load() != tt.connections {
			t.Errorf("%s: direct %v, %d connections, want %d", tt.proto, isDirect, opened.Load(), tt.connections)
		}
	}
}

// A certificate that is not for the server, or of nobody we know, ends the connection.
func TestCertificatesAreVerified(t *testing.T) {
	server, _, requests := secureServer(t, false)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	known := server.Client().Transport.(*http.Transport).TLSClientConfig
	another := known.Clone()
	another.ServerName = "another.test"
	for _, settings := range []*tls.Config{nil, {}, another} {
		if body, err := bodyOf(newConnections(target, settings).exchange(t.Context(), aRequest)); err == nil {
			t.Errorf("%q", body)
		}
	}
	if requests.Load() != 0 {
		t.Error("the request went out")
	}
	if body, err := bodyOf(newConnections(target, known).exchange(t.Context(), aRequest)); err != nil || body != "HTTP/1.1" {
		t.Errorf("%q %v", body, err)
	}
}

// What is behind a proxy is asked for through it.
func TestProxyIsUsed(t *testing.T) {
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.String())
		fmt.Fprint(w, "by the proxy")
	}))
	defer proxy.Close()
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := newHTTPClient(10)
	client.transport.Proxy = http.ProxyURL(proxyURL)
	for range 2 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://cognito.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := bodyOf(client.Do(request)); err != nil || body != "by the proxy" || asked.Load() != "http://cognito.test/" {
			t.Errorf("%q %v, asked for %v", body, err, asked.Load())
		}
	}
}
