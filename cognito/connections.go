package cognito

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	"authgraph/internal/buffers"
)

const (
	// idleTimeout is how long a connection is kept that nobody needs.
	idleTimeout = 90 * time.Second
	// dialTimeout bounds the opening of a connection, and then again its handshake.
	dialTimeout = 2 * time.Second
	// lateAnswer is how long an answer is still read that has come, wholly or in part,
	// by the time that the call is out of time.
	lateAnswer = 100 * time.Millisecond
)

// connections are kept connections to one server that speaks HTTP/1.1: as many as there
// were calls at once.
//
// The goroutine of whoever calls writes the request and reads the answer. net/http has two
// more for each connection, with their stacks and buffers, which wake each other three
// times for each call. What it learns from the one that reads all the time, that the
// server has closed a connection, is looked up here before a connection is used again.
type connections struct {
	dial func(context.Context) (net.Conn, error)

	mu    sync.Mutex
	idle  []*connection // whoever was used last comes last, and is used next
	sweep *time.Timer   // nil while none is idle
}

// newConnections returns connections to the server of a URL. settings are for https.
func newConnections(server *url.URL, settings *tls.Config) *connections {
	port := server.Port()
	if port == "" {
		port = server.Scheme // a service's name stands for its port
	}
	addr := net.JoinHostPort(server.Hostname(), port)
	dialer := newDialer()
	p := &connections{dial: func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", addr) }}
	if server.Scheme == "https" {
		settings = settings.Clone()
		if settings == nil {
			settings = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		settings.NextProtos = []string{"http/1.1"}
		if settings.ServerName == "" {
			settings.ServerName = server.Hostname()
		}
		dialTCP := p.dial
		p.dial = func(ctx context.Context) (net.Conn, error) {
			plain, err := dialTCP(ctx)
			if err != nil {
				return nil, err
			}
			ctx, cancel := context.WithTimeout(ctx, dialTimeout)
			defer cancel()
			conn := tls.Client(plain, settings)
			if err := conn.HandshakeContext(ctx); err != nil {
				_ = plain.Close()
				return nil, err
			}
			return conn, nil
		}
	}
	return p
}

// exchange sends a request and returns its answer, whose body must be closed. It repeats
// nothing that may have reached the server. write writes the request.
func (p *connections) exchange(ctx context.Context, write func(*bytes.Buffer) error) (*http.Response, error) {
	c, err := p.send(ctx, write)
	if err != nil {
		return nil, err
	}
	response, err := c.receive()
	if err != nil {
		c.end(false)
		return nil, contextErrorOr(ctx, err)
	}
	return response, nil
}

// send sends a request and returns the connection that its answer will come on.
func (p *connections) send(ctx context.Context, write func(*bytes.Buffer) error) (*connection, error) {
	message := messages.Get()
	defer messages.Put(message)
	if err := write(message); err != nil {
		return nil, err
	}
	for {
		c, isKept, err := p.take(ctx)
		if err != nil {
			return nil, err
		}
		c.begin(ctx)
		n, err := c.conn.Write(message.Bytes())
		if err == nil {
			return c, nil
		}
		c.end(false)
		if !isKept || n > 0 || ctx.Err() != nil {
			return nil, contextErrorOr(ctx, err)
		}
		// It was closed since it was looked at, and nothing of the request has left.
	}
}

// messages are what requests are written into, so that one is one packet.
var messages buffers.Pool //nolint:gochecknoglobals // a pool is shared by nature

// take returns a kept connection that is still open, or else a new one.
func (p *connections) take(ctx context.Context) (c *connection, isKept bool, err error) {
	for {
		c := p.last()
		if c == nil {
			break
		}
		if !c.isStale(time.Now()) && c.isOpen() {
			return c, true, nil
		}
		_ = c.conn.Close()
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return nil, false, contextErrorOr(ctx, err)
	}
	return newConnection(p, conn), false, nil
}

func (p *connections) last() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle) - 1
	if n < 0 {
		return nil
	}
	c := p.idle[n]
	p.idle[n] = nil
	p.idle = p.idle[:n]
	return c
}

// keep takes a connection back that another call may use.
func (p *connections) keep(c *connection) {
	c.idleSince = time.Now().Round(0)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(idleTimeout, p.closeIdle)
	}
}

// closeIdle closes the connections that nobody has needed for long.
func (p *connections) closeIdle() {
	for _, c := range p.takeStale(time.Now()) {
		_ = c.conn.Close() // may take long
	}
}

// takeStale takes the connections away that are stale, and sees to it that the others are
// looked at again.
func (p *connections) takeStale(now time.Time) []*connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.idle) && p.idle[n].isStale(now) {
		n++
	}
	stale := p.idle[:n]
	p.idle = slices.Clone(p.idle[n:])
	p.sweep = nil
	if len(p.idle) > 0 {
		p.sweep = time.AfterFunc(idleTimeout-now.Sub(p.idle[0].idleSince), p.closeIdle)
	}
	return stale
}

// connection carries one call after the other.
type connection struct {
	of        *connections
	conn      net.Conn
	reader    *bufio.Reader
	idleSince time.Time
	interrupt func() // ends what the connection waits for
	looker

	// Of the call that it serves:
	ctx    context.Context //nolint:containedctx // as long as the call takes
	stop   func() bool     // keeps interrupt from being called
	left   int64           // how much of the answer may still come
	isLate bool            // the time is up, and what is there is read
}

// headerBuffer holds the usual headers of an answer; a body is read past it.
const headerBuffer = 1 << 10

func newConnection(p *connections, conn net.Conn) *connection {
	c := &connection{of: p, conn: conn}
	c.reader = bufio.NewReaderSize((*answerReader)(c), headerBuffer)
	c.interrupt = func() { _ = conn.SetDeadline(time.Unix(1, 0)) }
	c.looker.at(conn)
	return c
}

// isStale tells whether nobody has needed the connection for long. That goes by the clock
// on the wall: others stand still while a process is frozen, as in Lambda, and whatever is
// between it and Cognito forgets the connection meanwhile.
func (c *connection) isStale(now time.Time) bool { return now.Sub(c.idleSince) >= idleTimeout }

// begin has the connection serve one call.
func (c *connection) begin(ctx context.Context) {
	c.ctx, c.left = ctx, maxResponseBytes
	c.stop = context.AfterFunc(ctx, c.interrupt)
}

// end ends a call; reusable tells that nothing of it is left on the connection.
func (c *connection) end(reusable bool) {
	stopped := c.stop()
	c.ctx, c.stop = nil, nil
	if stopped && reusable {
		c.of.keep(c)
		return
	}
	_ = c.conn.Close()
}

// receive reads the answer up to its body.
func (c *connection) receive() (*http.Response, error) {
	// The wait is here, and not below, where the stack that waits is deeper.
	if _, err := c.reader.Peek(1); err != nil {
		return nil, err
	}
	for {
		response, err := http.ReadResponse(c.reader, nil)
		if err != nil {
			return nil, err
		}
		switch {
		case response.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("cognito: the endpoint changes to another protocol")
		case response.StatusCode/100 != 1:
			response.Body = &answerBody{ReadCloser: response.Body, connection: c, reusable: !response.Close}
			return response, nil
		}
	}
}

// answerReader reads the answer from a connection.
type answerReader connection

// Read implements io.Reader. A process that gets no processor learns that the time is up
// before it sees what has come in time. That is no fault of Cognito's, so what is there
// by then is read.
func (r *answerReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("cognito: the answer is larger than %d bytes", maxResponseBytes)
	}
	p = p[:min(int64(len(p)), r.left)]
	n, err := r.conn.Read(p)
	if err != nil && !r.isLate && errors.Is(err, os.ErrDeadlineExceeded) && errors.Is(r.ctx.Err(), context.DeadlineExceeded) {
		r.isLate = true
		if err := r.conn.SetReadDeadline(time.Now().Add(lateAnswer)); err != nil {
			return n, err
		}
		n, err = r.conn.Read(p)
	}
	r.left -= int64(n)
	return n, err
}

// answerBody gives its connection back when it is closed.
type answerBody struct {
	io.ReadCloser
	connection *connection // nil once it is closed
	reusable   bool
	ended      bool
}

// Read implements io.Reader.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.connection == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF: //nolint:errorlint // io.Reader returns it as it is
		b.ended = true
	case err != nil:
		err = contextErrorOr(b.connection.ctx, err)
	}
	return n, err
}

// Close implements io.Closer. The connection is used again if the body was read to its end.
func (b *answerBody) Close() error {
	if c := b.connection; c != nil {
		b.connection = nil
		c.end(b.reusable && b.ended && c.reader.Buffered() == 0)
	}
	return nil
}

// contextErrorOr returns why the context ended, if it did: that is then what broke the
// connection off.
func contextErrorOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
