package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

// socket is a listening unix socket and the lock that makes its path ours.
type socket struct {
	net.Listener
	lock *os.File
}

// listen creates the socket at path with mode 0600. A socket whose process is
// gone is replaced; one that is alive is ErrInUse, anything else with that
// name ErrNotSocket. The lock (path.lock, which stays) keeps two processes that
// start together from each taking the other's socket for dead.
func listen(ctx context.Context, path string) (*socket, error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("control: lock the socket: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrInUse
		} else {
			err = fmt.Errorf("control: lock the socket: %w", err)
		}
		return nil, errors.Join(err, lock.Close())
	}
	l, err := replace(ctx, path)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &socket{l, lock}, nil
}

func replace(ctx context.Context, path string) (net.Listener, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("control: look at the socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return nil, ErrNotSocket
	case alive(ctx, path):
		return nil, ErrInUse
	default:
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("control: remove the dead socket: %w", err)
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("control: listen: %w", err)
	}
	// Until here the mode is the umask's; accept asks who is calling anyway.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control: protect the socket: %w", err), l.Close())
	}
	return l, nil
}

// alive tells whether a process accepts connections on the socket. What is
// neither accepted nor refused, such as a full queue, is taken for alive.
func alive(ctx context.Context, path string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err == nil {
		_ = c.Close() // only knocked
		return true
	}
	return !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, fs.ErrNotExist)
}

// Accept waits for the next caller who is the process's own user or root;
// others are hung up on.
func (s *socket) Accept() (net.Conn, error) {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if allowed(c) {
			return c, nil
		}
		_ = c.Close() // nothing was read or said
	}
}

// Close stops listening, removes the socket and gives up the lock.
func (s *socket) Close() error {
	return errors.Join(s.Listener.Close(), s.lock.Close())
}
