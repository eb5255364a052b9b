package cognito

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
)

// maxResponseBytes bounds what is read of one answer. Cognito's largest answers are a few
// kilobytes.
const maxResponseBytes = 1 << 20

// httpClient makes the requests of calls. Their answers end after maxResponseBytes, and it
// follows no redirect, which would carry a password to wherever it points.
//
// net/http makes them where there is a proxy or HTTP/2, and until it is known that there is
// neither; [connections] do where there is just HTTP/1.1.
type httpClient struct {
	transport http.Transport
	direct    sync.Map // of server to *connections
}

// server is whom a request goes to.
type server struct{ scheme, host string }

// newHTTPClient returns a client for so many calls at once. It has no more connections,
// also when calls are given up while net/http still opens them.
func newHTTPClient(calls int) *httpClient {
	return &httpClient{transport: http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         newDialer().DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        calls,
		MaxIdleConnsPerHost: calls, // net/http's default of two closes most of them under load
		MaxConnsPerHost:     calls,
		ReadBufferSize:      6 << 10, // an answer with tokens in one read
		IdleConnTimeout:     idleTimeout,
		TLSHandshakeTimeout: dialTimeout,
		// In HTTP/2 all calls share a connection, and giving up a call does not
		// close it: one that is dead would fail every later call too.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 2 * time.Second, PingTimeout: 2 * time.Second},
	}}
}

func newDialer() *net.Dialer {
	return &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
}

// Do implements the SDK's HTTPClient.
func (c *httpClient) Do(r *http.Request) (*http.Response, error) {
	if direct := c.directTo(r); direct != nil {
		return direct.exchange(r.Context(), func(message *bytes.Buffer) error { return r.Write(message) })
	}
	if r.GetBody == nil {
		if err := holdBody(r); err != nil {
			return nil, err
		}
	}
	response, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if response.ProtoMajor == 1 {
		c.addDirect(r)
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxResponseBytes), response.Body}
	return response, nil
}

// directTo returns the connections to where a request goes, or nil where HTTP/1.1 is not
// known to be spoken.
func (c *httpClient) directTo(r *http.Request) *connections {
	if found, ok := c.direct.Load(server{r.URL.Scheme, r.URL.Host}); ok {
		return found.(*connections)
	}
	if r.URL.Scheme == "http" {
		return c.addDirect(r)
	}
	return nil
}

// addDirect opens connections from now on to where a request goes, unless that is behind
// a proxy or has a name that only net/http can look up.
func (c *httpClient) addDirect(r *http.Request) *connections {
	proxy, err := c.transport.Proxy(r)
	if err != nil || proxy != nil || strings.ContainsFunc(r.URL.Host, func(c rune) bool { return c > unicode.MaxASCII }) {
		return nil
	}
	added, _ := c.direct.LoadOrStore(server{r.URL.Scheme, r.URL.Host}, newConnections(r.URL, c.transport.TLSClientConfig))
	return added.(*connections)
}

// holdBody makes the body one that net/http knows to be in memory. Before any other it
// sends the headers in a packet of their own, and an answer that overtakes the body, whose
// reader the SDK closes then, would end the connection.
func holdBody(r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body := bytes.NewBuffer(make([]byte, 0, max(r.ContentLength, 0)+bytes.MinRead))
	if _, err := body.ReadFrom(r.Body); err != nil {
		return err
	}
	if err := r.Body.Close(); err != nil {
		return err
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body.Bytes())), nil }
	r.Body, _ = r.GetBody()
	return nil
}
