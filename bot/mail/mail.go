// Package mail is the second channel: plain e-mail over SMTP, for when LINE
// itself is what fails.
//
// A letter goes to one recipient over a connection of its own. Errors say how
// far it came and whether trying again makes sense; they never hold an
// address, the letter or what the server wrote, which often repeats both.
package mail

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net"
	"net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// How the connection is encrypted.
const (
	StartTLS = "starttls" // required: a server that does not offer it gets nothing
	Implicit = "implicit" // from the first byte
	None     = "none"     // only to a server on the same machine
)

// Options are a mail server and the account on it.
type Options struct {
	Host     string
	Port     int
	User     string        // empty: no login
	Password func() string // asked at each login, so that no printed Options hold it
	From     string        // a bare address
	TLS      string        // StartTLS where empty
	Timeout  time.Duration // for one whole sending; 20 s where zero
	// Roots are the authorities that may vouch for the server; nil: the system's.
	Roots *x509.CertPool
	// Now dates the letters; nil: the system's clock.
	Now func() time.Time
}

// Letter is one mail to one recipient.
type Letter struct {
	// ID is the same at every attempt of one letter and becomes its
	// Message-ID, by which many mail servers drop a repetition. Letters, digits
	// and hyphens; empty: random.
	ID      string
	To      string // a bare address
	Subject string // one line; cut after 200 characters, for an alarm is not refused for its length
	Body    string // plain text, at most 256 KiB
}

// Limits of a letter.
const (
	maxSubject = 200
	maxBody    = 256 << 10
)

// Sender sends letters. It is safe for concurrent use.
type Sender struct{ o Options }

// New checks the options; it does not connect.
func New(o Options) (*Sender, error) {
	if o.TLS == "" {
		o.TLS = StartTLS
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case o.Host == "" || o.Port < 1 || o.Port > 65535:
		return nil, errors.New("mail: a host and a port are required")
	case o.TLS != StartTLS && o.TLS != Implicit && o.TLS != None:
		return nil, errors.New("mail: TLS must be starttls, implicit or none")
	case o.TLS == None && !loopback(o.Host):
		return nil, errors.New("mail: TLS none is for a server on the same machine only")
	case (o.User == "") != (o.Password == nil):
		return nil, errors.New("mail: user and password belong together")
	case !address(o.From):
		return nil, errors.New("mail: the sender must be a bare address")
	case o.Timeout < 0:
		return nil, errors.New("mail: the timeout must be positive")
	}
	return &Sender{o}, nil
}

// Send delivers one letter to the server. Its errors are *Error. It ends when
// ctx does, at the latest after the timeout.
func (s *Sender) Send(ctx context.Context, l Letter) error {
	msg, err := s.message(l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()

	call := &call{o: s.o}
	defer call.close()
	defer context.AfterFunc(ctx, call.close)()
	client, err := gomail.NewClient(s.o.Host, s.settings(call)...)
	if err != nil {
		return &Error{Class: Temporary, Step: Connect}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return dialError(call, err)
	}
	err = client.SendWithSMTPClient(session, msg)
	if msg.IsDelivered() {
		// The server has it; what failed afterwards does not matter.
		_ = client.CloseWithSMTPClient(session)
		return nil
	}
	return sendError(err)
}

// message builds the letter and refuses what must not become one.
func (s *Sender) message(l Letter) (*gomail.Msg, error) {
	refuse := func(why string) (*gomail.Msg, error) {
		return nil, &Error{Class: Permanent, Step: Compose, why: why}
	}
	switch {
	case !address(l.To):
		return refuse("the recipient is no bare address")
	case strings.ContainsFunc(l.Subject, unicode.IsControl) || l.Subject == "":
		return refuse("the subject must be one line")
	case len(l.Body) > maxBody || strings.ContainsRune(l.Body, 0):
		return refuse("the body is too long or holds a NUL")
	case strings.ContainsFunc(l.ID, func(c rune) bool {
		return c != '-' && !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9')
	}):
		return refuse("the id must be letters, digits and hyphens")
	}
	id := l.ID
	if id == "" {
		id = rand.Text()
	}
	m := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingB64), gomail.WithNoDefaultUserAgent())
	if err := errors.Join(m.From(s.o.From), m.To(l.To)); err != nil {
		return refuse("an address is refused")
	}
	subject := []rune(l.Subject)
	if len(subject) > maxSubject {
		subject = append(subject[:maxSubject-1], '…')
	}
	m.Subject(string(subject))
	m.SetDateWithValue(s.o.Now())
	m.SetMessageIDWithValue(id + s.o.From[strings.LastIndex(s.o.From, "@"):])
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	m.SetBodyString(gomail.TypeTextPlain, strings.ReplaceAll(strings.ReplaceAll(l.Body, "\r\n", "\n"), "\n", "\r\n"))
	return m, nil
}

func (s *Sender) settings(call *call) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.o.Port), gomail.WithTimeout(s.o.Timeout), gomail.WithDialContextFunc(call.dial),
		gomail.WithoutNoop(), gomail.WithoutSMTPUTF8(),
		gomail.WithHELO("localhost"), // the machine's name is nobody's business
	}
	switch s.o.TLS {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(call.tls()))
	case Implicit:
		options = append(options, gomail.WithSSL(), gomail.WithTLSConfig(call.tls())) // call.dial speaks TLS
	case None:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.o.User != "" {
		options = append(options, gomail.WithUsername(s.o.User), gomail.WithPassword(s.o.Password()),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

// address takes a bare ASCII address and nothing that could become a header.
func address(s string) bool {
	if strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
