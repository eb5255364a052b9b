package web

import (
	"bytes"
	"net"
	"time"

	"authgraph/internal/buffers"
)

const (
	// netHTTPBuffer is how much net/http gathers of an answer before it writes. The
	// tokens of a session and the headers are a little more, and would leave in two
	// packets: the second, of a few hundred bytes, costs the kernel and the client as
	// much as the first.
	netHTTPBuffer = 4 << 10
	// mostGathered is how much of an answer is held back for what follows.
	mostGathered = 16 << 10
)

// gathered is what connections hold back.
var gathered buffers.Pool //nolint:gochecknoglobals // a pool is shared by nature

// gatheringListener accepts connections on which answers of some kilobytes leave at once.
type gatheringListener struct{ net.Listener }

// Accept implements net.Listener.
func (l gatheringListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gatheringConn{Conn: conn}, nil
}

// gatheringConn holds back what fills net/http's buffer until the rest of the answer comes.
// If there is none, the deadline does instead, which net/http lifts behind each answer.
type gatheringConn struct {
	net.Conn
	held *bytes.Buffer // nil: nothing
}

// Write implements net.Conn.
func (c *gatheringConn) Write(p []byte) (int, error) {
	isRest := len(p) < netHTTPBuffer
	switch {
	case c.held == nil && isRest:
		return c.Conn.Write(p)
	case c.held == nil:
		c.held = gathered.Get()
	}
	if c.held.Len()+len(p) > mostGathered {
		if err := c.flush(); err != nil {
			return 0, err
		}
		return c.Conn.Write(p)
	}
	c.held.Write(p)
	if !isRest {
		return len(p), nil
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// SetWriteDeadline implements net.Conn.
func (c *gatheringConn) SetWriteDeadline(t time.Time) error {
	if err := c.flush(); err != nil {
		return err
	}
	return c.Conn.SetWriteDeadline(t)
}

func (c *gatheringConn) flush() error {
	if c.held == nil {
		return nil
	}
	held := c.held
	c.held = nil
	defer gathered.Put(held)
	_, err := c.Conn.Write(held.Bytes())
	return err
}

// CloseWrite tells the client that nothing follows, and leaves the connection open, so that
// the client reads the answer to a request that it is still sending.
func (c *gatheringConn) CloseWrite() error {
	if conn, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return conn.CloseWrite()
	}
	return nil
}
