package cognito

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// maxResponseBytes bounds the body of a response. Cognito's largest are a few
	// kilobytes.
	maxResponseBytes = 1 << 20
	// maxHeaderBytes bounds the headers of a response.
	maxHeaderBytes = 64 << 10
	// dialTimeout bounds the TCP connect and, separately, the TLS handshake.
	dialTimeout = 2 * time.Second
)

// httpClient sends the SDK's requests. It bounds responses and follows no redirects,
// since a redirect would carry a password to another host.
type httpClient struct{ transport *http.Transport }

// newHTTPClient returns an HTTP client that keeps a connection open for each of
// maxCalls concurrent calls and opens no more than that.
func newHTTPClient(maxCalls int) *httpClient {
	return &httpClient{&http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxCalls,
		MaxIdleConnsPerHost:    maxCalls, // the default of 2 closes most connections under load
		MaxConnsPerHost:        maxCalls,
		MaxResponseHeaderBytes: maxHeaderBytes,
		// net/http measures idle time by the wall clock, so a process that was frozen
		// (AWS Lambda) does not reuse connections from before the freeze.
		IdleConnTimeout: 90 * time.Second,
		// Concurrent HTTP/2 calls share a connection, and canceling a call does not
		// close it. Without pings, a dead connection would fail every later call.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 2 * time.Second, PingTimeout: 2 * time.Second},
	}}
}

// Do implements the SDK's HTTPClient.
func (c *httpClient) Do(r *http.Request) (*http.Response, error) {
	r, err := bufferBody(r)
	if err != nil {
		return nil, err
	}
	response, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		// Its body is the connection, which the request's context does not close.
		_ = response.Body.Close()
		return nil, errors.New("cognito: unexpected 101 Switching Protocols")
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxResponseBytes), response.Body}
	return response, nil
}

// bufferBody returns the request with its body in memory.
//
// net/http sends the headers and an in-memory body in one packet. It sends the headers
// of other requests first, and a response that arrives before the body is written then
// breaks the connection. A body in memory can also be sent again on a new connection
// when an idle connection turns out to be closed before anything was written.
func bufferBody(r *http.Request) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	r = r.WithContext(r.Context())
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	return r, nil
}
