package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// call is one connection. The library leaves it open when the greeting, TLS or
// the login fails, and sets its own deadlines, each from now; this one is
// always closed and never outlives the sending.
type call struct {
	o Options

	mu      sync.Mutex
	conn    net.Conn
	closed  bool
	secured bool // the server has shown a certificate that is accepted
}

func (c *call) tls() *tls.Config {
	return &tls.Config{
		ServerName: c.o.Host, RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12,
		VerifyConnection: func(tls.ConnectionState) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.secured = true
			return nil
		},
	}
}

// dial connects. Its ctx ends with the library's dialling, but its deadline is
// that of the whole sending.
func (c *call) dial(ctx context.Context, network, address string) (net.Conn, error) {
	plain, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	until, _ := ctx.Deadline()
	conn := &bounded{Conn: plain, until: until}
	if err := errors.Join(c.keep(conn), conn.SetDeadline(until)); err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	if c.o.TLS != Implicit {
		return conn, nil
	}
	secure := tls.Client(conn, c.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secure, nil
}

func (c *call) keep(conn net.Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return context.Canceled
	}
	c.conn = conn
	return nil
}

func (c *call) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn != nil {
		_ = c.conn.Close() // after a proper end it is closed already
	}
}

// reached tells whether there was a connection, and whether it was secured.
func (c *call) reached() (connected, secured bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn != nil, c.secured
}

// bounded keeps deadlines within that of the whole sending.
type bounded struct {
	net.Conn
	until time.Time
}

func (b *bounded) clamp(t time.Time) time.Time {
	if t.IsZero() || t.After(b.until) {
		return b.until
	}
	return t
}

// SetDeadline sets the deadline, but none later than the sending's.
func (b *bounded) SetDeadline(t time.Time) error { return b.Conn.SetDeadline(b.clamp(t)) }

// SetReadDeadline is SetDeadline for reading.
func (b *bounded) SetReadDeadline(t time.Time) error { return b.Conn.SetReadDeadline(b.clamp(t)) }

// SetWriteDeadline is SetDeadline for writing.
func (b *bounded) SetWriteDeadline(t time.Time) error { return b.Conn.SetWriteDeadline(b.clamp(t)) }
