package control

import (
	"net"
	"os"
	"syscall"
)

// allowed asks the kernel who has connected.
func allowed(c net.Conn) bool {
	unix, ok := c.(*net.UnixConn)
	if !ok {
		return false
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return false
	}
	var who *syscall.Ucred
	var askErr error
	if err := raw.Control(func(fd uintptr) {
		who, askErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil || askErr != nil {
		return false
	}
	return admits(who.Uid, os.Geteuid())
}

// admits tells whether a caller may command a process of user self.
func admits(caller uint32, self int) bool { return caller == 0 || int64(caller) == int64(self) }
