package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var letter = Letter{
	ID:      "0b7c2b9e-8f4c-4a53-9a59-2f3d5f0f6a11",
	To:      "shohi@example.jp",
	Subject: "【見守り】受付26-0012（暴力・脅しの危険がある）がLINEで届いていません。電話で確認してください",
	Body:    "受付26-0012がグループに届いていません。\n緊急度：暴力・脅しの危険がある\n.\n.始まりの点も届く\n",
}

func send(t *testing.T, o Options, l Letter) error {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s.Send(t.Context(), l)
}

func TestDelivered(t *testing.T) {
	for _, c := range []struct {
		name   string
		listen mode
		tls    string
		login  bool
	}{
		{"starttls", withStartTLS, StartTLS, false},
		{"starttls by default", withStartTLS, "", false},
		{"starttls with login", withStartTLS, StartTLS, true},
		{"implicit", withImplicit, Implicit, false},
		{"implicit with login", withImplicit, Implicit, true},
		{"none on this machine", plainOnly, None, false},
		{"none on this machine with login", plainOnly, None, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := &server{}
			if c.login {
				srv.user, srv.password = "mimamori", "correct horse"
			}
			srv.start(t, c.listen)
			o := srv.options(c.tls)
			o.Now = func() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }
			if err := send(t, o, letter); err != nil {
				t.Fatal(err)
			}
			got := srv.received()
			if len(got) != 1 {
				t.Fatalf("%d letters arrived", len(got))
			}
			if got[0].secured != (c.listen != plainOnly) {
				t.Errorf("secured: %v", got[0].secured)
			}
			if got[0].user != srv.user {
				t.Errorf("logged in as %q, want %q", got[0].user, srv.user)
			}
			if got[0].from != o.From || got[0].to != letter.To {
				t.Errorf("from %q to %q", got[0].from, got[0].to)
			}
			checkLetter(t, got[0].data)
		})
	}
}

func checkLetter(t *testing.T, data []byte) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != letter.Subject {
		t.Errorf("subject %q (%v)", subject, err)
	}
	body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil || string(body) != strings.ReplaceAll(letter.Body, "\n", "\r\n") {
		t.Errorf("body %q (%v)", body, err)
	}
	for name, want := range map[string]string{
		"Message-ID":     "<" + letter.ID + "@example.jp>",
		"Auto-Submitted": "auto-generated",
		"To":             "<shohi@example.jp>",
		"From":           "<mimamori@example.jp>",
		"Date":           "Sat, 21 Nov 2026 10:00:00 +0000",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if kind := m.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") || !strings.Contains(strings.ToLower(kind), "utf-8") {
		t.Errorf("Content-Type: %q", kind)
	}
	for line := range strings.SplitSeq(string(data), "\r\n") {
		if len(line) > 998 { // RFC 5322, 2.1.1
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestLongSubject(t *testing.T) {
	srv := (&server{}).start(t, withStartTLS)
	l := letter
	l.ID, l.Subject = "", strings.Repeat("あ", 500)
	for range 2 {
		if err := send(t, srv.options(StartTLS), l); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	for _, got := range srv.received() {
		m, err := mail.ReadMessage(strings.NewReader(string(got.data)))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if want := strings.Repeat("あ", 199) + "…"; err != nil || subject != want {
			t.Errorf("subject %q (%v)", subject, err)
		}
		ids[m.Header.Get("Message-ID")] = true
	}
	if len(ids) != 2 {
		t.Errorf("two letters without an id share one: %v", ids)
	}
}

func TestRefused(t *testing.T) {
	answer := func(code int) error {
		return &smtp.SMTPError{Code: code, Message: "not for shohi@example.jp from mimamori@example.jp, password correct horse"}
	}
	for _, c := range []struct {
		name   string
		server *server
		listen mode
		tls    string
		change func(*Options)
		want   Error
	}{
		{name: "recipient unknown", server: &server{rcptErr: answer(550)}, want: Error{Class: Permanent, Step: Recipient, Code: 550}},
		{name: "recipient later", server: &server{rcptErr: answer(450)}, want: Error{Class: Temporary, Step: Recipient, Code: 450}},
		{name: "mailbox full", server: &server{rcptErr: answer(452)}, want: Error{Class: Temporary, Step: Recipient, Code: 452}},
		{name: "sender refused", server: &server{fromErr: answer(553)}, want: Error{Class: Permanent, Step: From, Code: 553}},
		{name: "sender later", server: &server{fromErr: answer(451)}, want: Error{Class: Temporary, Step: From, Code: 451}},
		{name: "letter refused", server: &server{dataErr: answer(554)}, want: Error{Class: Permanent, Step: End, Code: 554}},
		{name: "letter later", server: &server{dataErr: answer(451)}, want: Error{Class: Temporary, Step: End, Code: 451}},
		{name: "shutting down", server: &server{fromErr: answer(421)}, want: Error{Class: Temporary, Step: From, Code: 421}},
		{name: "wrong password", server: &server{user: "mimamori", password: "correct horse"},
			change: func(o *Options) { o.Password = func() string { return "wrong" } },
			want:   Error{Class: Temporary, Step: Login, Code: 535}},
		{name: "login required", server: &server{user: "mimamori", password: "correct horse"},
			change: func(o *Options) { o.User, o.Password = "", nil },
			want:   Error{Class: Temporary, Step: From, Code: 530}},
		{name: "login not offered", change: func(o *Options) { o.User, o.Password = "u", func() string { return "p" } },
			want: Error{Class: Temporary, Step: Login}},
		{name: "no starttls", listen: plainOnly, tls: StartTLS, want: Error{Class: Temporary, Step: TLS}},
		{name: "unknown authority", change: func(o *Options) { o.Roots = nil }, want: Error{Class: Temporary, Step: TLS}},
		{name: "unknown authority, implicit", listen: withImplicit, tls: Implicit,
			change: func(o *Options) { o.Roots = nil }, want: Error{Class: Temporary, Step: TLS}},
		{name: "other name in the certificate", change: func(o *Options) { o.Host = "localhost" },
			want: Error{Class: Temporary, Step: TLS}},
		{name: "nobody there", change: func(o *Options) { o.Port = 1 }, want: Error{Class: Temporary, Step: Connect}},
		{name: "no such host", change: func(o *Options) { o.Host = "mail.invalid" }, want: Error{Class: Temporary, Step: Connect}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := c.server
			if srv == nil {
				srv = &server{}
			}
			srv.start(t, c.listen)
			o := srv.options(c.tls)
			if c.change != nil {
				c.change(&o)
			}
			got := mustFail(t, send(t, o, letter))
			if got.Class != c.want.Class || got.Step != c.want.Step || got.Code != c.want.Code || got.Doubt {
				t.Errorf("got %+v, want %+v", *got, c.want)
			}
			if n := len(srv.received()); n != 0 {
				t.Errorf("%d letters arrived", n)
			}
		})
	}
}

// mustFail gives the *Error and sees that it keeps silent about the letter.
func mustFail(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error is %T (%v), want *Error", err, err)
	}
	for _, private := range []string{"shohi", "mimamori@", "example.jp", "受付", "26-0012", "correct horse", "not for"} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("the error tells %q: %v", private, err)
		}
	}
	return e
}

// TestHang: whatever the server leaves unanswered, a sending ends in time and
// leaves no connection behind (silent waits for its end).
func TestHang(t *testing.T) {
	for name, say := range map[string]string{
		"before the greeting":     "",
		"inside the greeting":     "220",
		"after the greeting":      "220 mail.example.jp ESMTP\r\n",
		"in the list of features": "220 mail.example.jp ESMTP\r\n250-mail.example.jp\r\n250-SIZE\r\n",
		"after STARTTLS": "220 mail.example.jp ESMTP\r\n250-mail.example.jp\r\n250 STARTTLS\r\n" +
			"220 go ahead\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			port := silent(t, say)
			start := time.Now()
			e := mustFail(t, send(t, Options{Host: "127.0.0.1", Port: port, From: "mimamori@example.jp", Timeout: 200 * time.Millisecond}, letter))
			if e.Class != Temporary || e.Code != 0 {
				t.Errorf("got %+v", *e)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestDoubt: the letter is whole, the answer is missing.
func TestDoubt(t *testing.T) {
	srv := (&server{hang: make(chan struct{})}).start(t, withStartTLS)
	o := srv.options(StartTLS)
	o.Timeout = 500 * time.Millisecond
	e := mustFail(t, send(t, o, letter))
	if e.Class != Temporary || e.Step != End || !e.Doubt {
		t.Errorf("got %+v", *e)
	}
}

// TestCancelled: who stops waiting gets an answer at once.
func TestCancelled(t *testing.T) {
	port := silent(t, "220 mail.example.jp ESMTP\r\n")
	s, err := New(Options{Host: "127.0.0.1", Port: port, From: "mimamori@example.jp", Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if e := mustFail(t, s.Send(ctx, letter)); e.Class != Temporary || e.Code != 0 {
		t.Errorf("got %+v", *e)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestInjection: nothing becomes a header, a command or a second recipient.
func TestInjection(t *testing.T) {
	srv := (&server{}).start(t, withStartTLS)
	for name, change := range map[string]func(*Letter){
		"line break in the recipient":    func(l *Letter) { l.To = "a@example.jp\r\nBcc: b@example.jp" },
		"line feed in the recipient":     func(l *Letter) { l.To = "a@example.jp\nRCPT TO:<b@example.jp>" },
		"two recipients":                 func(l *Letter) { l.To = "a@example.jp, b@example.jp" },
		"a name with the recipient":      func(l *Letter) { l.To = "A <a@example.jp>" },
		"no recipient":                   func(l *Letter) { l.To = "" },
		"no address":                     func(l *Letter) { l.To = "shohi" },
		"recipient outside ASCII":        func(l *Letter) { l.To = "消費@example.jp" },
		"line break in the subject":      func(l *Letter) { l.Subject = "件名\r\nBcc: b@example.jp" },
		"carriage return in the subject": func(l *Letter) { l.Subject = "件名\rBcc: b@example.jp" },
		"NUL in the subject":             func(l *Letter) { l.Subject = "件名\x00" },
		"no subject":                     func(l *Letter) { l.Subject = "" },
		"NUL in the body":                func(l *Letter) { l.Body = "a\x00b" },
		"body too long":                  func(l *Letter) { l.Body = strings.Repeat("a", 256<<10+1) },
		"id with a bracket":              func(l *Letter) { l.ID = "a>\r\nBcc: b@example.jp" },
		"id with an at":                  func(l *Letter) { l.ID = "a@b" },
	} {
		t.Run(name, func(t *testing.T) {
			l := letter
			change(&l)
			e := mustFail(t, send(t, srv.options(StartTLS), l))
			if e.Class != Permanent || e.Step != Compose {
				t.Errorf("got %+v", *e)
			}
			if strings.Contains(e.Error(), "Bcc") {
				t.Errorf("the error repeats it: %v", e)
			}
		})
	}
	if n := len(srv.received()); n != 0 {
		t.Errorf("%d letters arrived", n)
	}
}

func TestNew(t *testing.T) {
	good := Options{Host: "smtp.example.jp", Port: 587, From: "mimamori@example.jp"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"no host":            func(o *Options) { o.Host = "" },
		"no port":            func(o *Options) { o.Port = 0 },
		"port too high":      func(o *Options) { o.Port = 65536 },
		"unknown mode":       func(o *Options) { o.TLS = "opportunistic" },
		"none to elsewhere":  func(o *Options) { o.TLS = None },
		"user, no password":  func(o *Options) { o.User = "u" },
		"password, no user":  func(o *Options) { o.Password = func() string { return "p" } },
		"no sender":          func(o *Options) { o.From = "" },
		"sender with a name": func(o *Options) { o.From = "M <m@example.jp>" },
		"negative timeout":   func(o *Options) { o.Timeout = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			if _, err := New(o); err == nil {
				t.Error("it is accepted")
			}
		})
	}
}
