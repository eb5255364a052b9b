//go:build !unix

package cognito

import "net"

// looker sees nothing here: whether a connection is open shows when it is used.
type looker struct{}

func (looker) at(net.Conn) {}

func (looker) isOpen() bool { return true }
