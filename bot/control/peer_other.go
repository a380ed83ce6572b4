//go:build !linux

package control

import "net"

// allowed relies on the socket's mode where the kernel does not tell who calls.
func allowed(net.Conn) bool { return true }
