package app

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/outbox"
)

// post is a mail server that refuses some recipients.
type post struct {
	mu      sync.Mutex
	letters []string
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &postSession{p}, nil }

type postSession struct{ p *post }

func (*postSession) Reset()                               {}
func (*postSession) Logout() error                        { return nil }
func (*postSession) Mail(string, *smtp.MailOptions) error { return nil }
func (*postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "never"):
		return &smtp.SMTPError{Code: 550, Message: "no such box"}
	case strings.HasPrefix(to, "later"):
		return &smtp.SMTPError{Code: 450, Message: "come back"}
	}
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	all, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.letters = append(s.p.letters, string(all))
	return nil
}

// The second channel over a real server, and what its refusals mean.
func TestMailer(t *testing.T) {
	p := &post{}
	server := smtp.NewServer(p)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- server.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-over); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	})
	c := config.Mail{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "mimamori@example.jp", TLS: config.NoTLS, Timeout: 5 * time.Second}
	m, err := newMailer(c, nil, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	letter := outbox.Letter{Subject: "2026-0001", Body: "see the case\n"}
	if err := m.Mail(t.Context(), "minato", "desk@example.jp", "id-1", letter); err != nil {
		t.Error(err)
	}
	if len(p.letters) != 1 || !strings.Contains(p.letters[0], "id-1") || !strings.Contains(p.letters[0], "Subject: 2026-0001") {
		t.Errorf("letters %q", p.letters)
	}
	for to, class := range map[string]outbox.Class{"never@example.jp": outbox.Rejected, "later@example.jp": outbox.Unsent, "no address": outbox.Rejected} {
		err := m.Mail(t.Context(), "minato", to, "id-2", letter)
		var e *outbox.SendError
		if !errors.As(err, &e) || e.Class != class || strings.Contains(err.Error(), "example.jp") {
			t.Errorf("%s: %v, want %v", to, err, class)
		}
	}
}

func TestMailerConfiguration(t *testing.T) {
	if m, err := newMailer(config.Mail{}, nil, clock.System{}); m != nil || err != nil {
		t.Errorf("without a server: %v %v", m, err)
	}
	if _, err := newMailer(config.Mail{Host: "mail.example.jp", Port: 25, From: "a@example.jp", TLS: config.NoTLS}, nil, clock.System{}); err == nil {
		t.Error("plain mail over the network is accepted")
	}
	user := config.Mail{Host: "mail.example.jp", Port: 587, From: "a@example.jp", User: "u", Password: config.NewSecret("p")}
	if m, err := newMailer(user, nil, clock.System{}); m == nil || err != nil {
		t.Errorf("with a login: %v", err)
	}
	f := newFrame(t, func(c *config.Config, _ *Options) { c.Mail = config.Mail{Host: "x", Port: 0, From: "a"} })
	if err := f.Start(t.Context()); err == nil {
		t.Error("started with a mail server that cannot be")
	}
}
