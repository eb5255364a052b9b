//go:build unix

package cognito

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
)

// looker looks at a connection that is not in use.
type looker struct {
	raw      syscall.RawConn // nil where nothing can be seen
	look     func(fd uintptr) bool
	isSilent bool // what look has seen
	anything [1]byte
}

// at has the looker look at a connection.
func (l *looker) at(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	plain, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := plain.SyscallConn()
	if err != nil {
		return
	}
	l.raw = raw
	l.look = func(fd uintptr) bool {
		// What this takes away belongs to no call: the connection is not used again.
		_, err := syscall.Read(int(fd), l.anything[:])
		l.isSilent = errors.Is(err, syscall.EAGAIN)
		return true
	}
}

// isOpen tells whether a connection can carry another call: whether the server has neither
// closed it nor sent what nobody asked for.
func (l *looker) isOpen() bool {
	if l.raw == nil {
		return true
	}
	l.isSilent = false
	return l.raw.Read(l.look) == nil && l.isSilent
}
