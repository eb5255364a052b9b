package cognito

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"authgraph/internal/apierr"
)

// rawServer responds to each request with what respond returns, and then closes the
// connection if respond says so.
type rawServer struct {
	addr        string
	connections atomic.Int64
	requests    atomic.Int64
	closed      chan struct{} // receives a value for each connection that the server closed
}

func newRawServer(t *testing.T, respond func(connection, request int) (response string, closes bool)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := &rawServer{addr: listener.Addr().String(), closed: make(chan struct{}, 100)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn, int(s.connections.Add(1)), respond)
		}
	}()
	return s
}

func (s *rawServer) serve(conn net.Conn, number int, respond func(int, int) (string, bool)) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for request := 1; ; request++ {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		s.requests.Add(1)
		response, closes := respond(number, request)
		_, _ = io.WriteString(conn, response)
		if closes {
			_ = conn.Close()
			s.closed <- struct{}{}
			return
		}
	}
}

func (s *rawServer) client(t *testing.T) *Client {
	t.Helper()
	client, err := New(Options{Region: "us-east-1", ClientID: "c", Endpoint: "http://" + s.addr, UsernameAttribute: "name"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// httpOK returns an HTTP/1.1 response with tokens.
func httpOK() string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(okTokens), okTokens)
}

func TestConnectionReuse(t *testing.T) {
	chunked := fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(okTokens), okTokens)
	tests := []struct {
		name     string
		response string
		closes   bool
		want     int64 // connections for three calls
	}{
		{"keep-alive", httpOK(), false, 1},
		{"chunked", chunked, false, 1},
		{"early hints", "HTTP/1.1 103 Early Hints\r\n\r\n" + httpOK(), false, 1},
		{"Connection: close", strings.Replace(httpOK(), "\r\n", "\r\nConnection: close\r\n", 1), false, 3},
		{"HTTP/1.0", strings.Replace(httpOK(), "HTTP/1.1", "HTTP/1.0", 1), false, 3},
		{"body until close", "HTTP/1.1 200 OK\r\n\r\n" + okTokens, true, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newRawServer(t, func(int, int) (string, bool) { return tt.response, tt.closes })
			client := s.client(t)
			for range 3 {
				if err := signIn(t.Context(), client); err != nil {
					t.Error(err)
				}
			}
			if got := s.connections.Load(); got != tt.want {
				t.Errorf("%d connections, want %d", got, tt.want)
			}
		})
	}
}

// A request that the server may have processed is not sent again.
func TestRequestIsNotSentTwice(t *testing.T) {
	s := newRawServer(t, func(_, request int) (string, bool) {
		if request == 2 {
			return "", true // read, then closed without a response
		}
		return httpOK(), false
	})
	client := s.client(t)
	if err := signIn(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if err := signIn(t.Context(), client); err == nil || err.Code != apierr.ServiceUnavailable {
		t.Errorf("got %v", err)
	}
	if n := s.requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// Malformed, endless and oversized responses are errors.
func TestMalformedResponses(t *testing.T) {
	for name, response := range map[string]string{
		"switching protocols": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
		"endless early hints": strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50_000) + httpOK(),
		"headers too large":   strings.Replace(httpOK(), "\r\n", "\r\n"+strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 200), 1),
		"body too large":      "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + `{"AuthenticationResult":{"AccessToken":"` + strings.Repeat("x", 2000000),
		"not HTTP":            "ICY 200 OK\r\n\r\n" + okTokens,
		"truncated":           httpOK()[:len(httpOK())-5],
	} {
		t.Run(name, func(t *testing.T) {
			s := newRawServer(t, func(int, int) (string, bool) { return response, true })
			if err := signIn(t.Context(), s.client(t)); err == nil || err.Code != apierr.ServiceUnavailable {
				t.Errorf("got %v, want SERVICE_UNAVAILABLE", err)
			}
		})
	}
}

// Headers and body are one packet, so that a response cannot arrive between the two.
func TestRequestIsOneWrite(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	first := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		buffer := make([]byte, 64<<10)
		n, _ := conn.Read(buffer)
		first <- string(buffer[:n])
		_, _ = io.WriteString(conn, httpOK())
	}()
	s := &rawServer{addr: listener.Addr().String()}
	if err := signIn(t.Context(), s.client(t)); err != nil {
		t.Fatal(err)
	}
	if got := <-first; !strings.Contains(got, "Secret-Passw0rd") {
		t.Errorf("the first packet lacks the body:\n%s", got)
	}
}

func TestProtocols(t *testing.T) {
	for proto, isHTTP2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		var connections atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, r.Proto)
		}))
		server.EnableHTTP2 = isHTTP2
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		server.StartTLS()
		defer server.Close()
		client := newHTTPClient(10)
		client.transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
		for range 4 {
			if body, err := post(t.Context(), client, server.URL); err != nil || body != proto {
				t.Errorf("%q, %v; want %s", body, err, proto)
			}
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%s: %d connections", proto, n)
		}
	}
}

func TestProxy(t *testing.T) {
	var requested atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requested.Store(r.URL.String())
		fmt.Fprint(w, "from the proxy")
	}))
	defer proxy.Close()
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := newHTTPClient(10)
	client.transport.Proxy = http.ProxyURL(proxyURL)
	const target = "http://cognito.test/"
	if body, err := post(t.Context(), client, target); err != nil || body != "from the proxy" || requested.Load() != target {
		t.Errorf("%q, %v; the proxy got %v", body, err, requested.Load())
	}
}

// post sends a request and returns the body of the response.
func post(ctx context.Context, client *httpClient, target string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader("{}"))
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
