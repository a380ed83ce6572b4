package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// server is a real SMTP server in the test's process. Its answers are set per
// test.
type server struct {
	host  string
	port  int
	roots *x509.CertPool

	user, password string // asked for where set
	fromErr        error
	rcptErr        error
	dataErr        error
	hang           chan struct{} // the end of DATA waits for it, where set

	mu  sync.Mutex
	got []received
}

type received struct {
	from, to string
	data     []byte
	secured  bool
	user     string
}

func (s *server) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

type session struct {
	s    *server
	conn *smtp.Conn
	mail received
}

func (c *session) AuthMechanisms() []string {
	if c.s.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != c.s.user || password != c.s.password {
			return smtp.ErrAuthFailed
		}
		c.mail.user = user
		return nil
	}), nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.s.user != "" && c.mail.user == "" {
		return &smtp.SMTPError{Code: 530, Message: "log in first"} // RFC 4954
	}
	c.mail.from = from
	return c.s.fromErr
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.mail.to = to
	return c.s.rcptErr
}

func (c *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if c.s.hang != nil {
		<-c.s.hang
	}
	if c.s.dataErr != nil {
		return c.s.dataErr
	}
	_, c.mail.secured = c.conn.TLSConnectionState()
	c.mail.data = data
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.got = append(c.s.got, c.mail)
	return nil
}

func (c *session) Reset()        {}
func (c *session) Logout() error { return nil }

// mode says how the server listens.
type mode int

const (
	withStartTLS mode = iota
	withImplicit
	plainOnly
)

// start runs s until the test ends.
func (s *server) start(t *testing.T, m mode) *server {
	t.Helper()
	cert, roots := certificate(t)
	s.host, s.roots = "127.0.0.1", roots
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{s: s, conn: c}, nil
	}))
	srv.Domain, srv.AllowInsecureAuth = "mail.example.jp", m == plainOnly
	srv.ErrorLog = quiet{}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	switch m {
	case withStartTLS:
		srv.TLSConfig = config
	case withImplicit:
		l = tls.NewListener(l, config)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		if s.hang != nil {
			close(s.hang)
		}
		if err := srv.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
		_ = l.Close() // where Serve had not begun yet
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("serving: %v", err)
		}
	})
	return s
}

// options fit the server.
func (s *server) options(mode string) Options {
	o := Options{Host: s.host, Port: s.port, From: "mimamori@example.jp", TLS: mode, Roots: s.roots, Timeout: 5 * time.Second}
	if s.user != "" {
		o.User, o.Password = s.user, func() string { return s.password }
	}
	return o
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// certificate is one for 127.0.0.1 and the authority that vouches for it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// silent accepts connections and answers as far as say goes, then nothing.
func silent(t *testing.T, say string) (port int) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				_, _ = c.Write([]byte(say))
				_, _ = io.Copy(io.Discard, c) // until the client gives up
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait() // also shows that the client closed its side
	})
	return l.Addr().(*net.TCPAddr).Port
}
