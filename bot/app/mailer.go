package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/mail"
	"mimamori.example/mimamori/bot/outbox"
)

// mailer is the second channel, as the outbox wants it.
type mailer struct{ sender *mail.Sender }

// newMailer returns nil where no mail server is configured.
func newMailer(c config.Mail, roots *x509.CertPool, now clock.Clock) (outbox.Mailer, error) {
	if !c.Enabled() {
		return nil, nil
	}
	o := mail.Options{
		Host: c.Host, Port: c.Port, User: c.User, From: c.From, TLS: c.TLS,
		Timeout: c.Timeout, Roots: roots, Now: now.Now,
	}
	if c.User != "" {
		o.Password = c.Password.Reveal
	}
	s, err := mail.New(o)
	if err != nil {
		return nil, fmt.Errorf("app: %w", err)
	}
	return mailer{s}, nil
}

// Mail implements outbox.Mailer.
func (m mailer) Mail(ctx context.Context, _, to, id string, l outbox.Letter) error {
	err := m.sender.Send(ctx, mail.Letter{ID: id, To: to, Subject: l.Subject, Body: l.Body})
	var e *mail.Error
	if !errors.As(err, &e) {
		return err
	}
	out := &outbox.SendError{Class: outbox.Unsent, Err: err}
	switch {
	case e.Doubt:
		out.Class = outbox.Ambiguous
	case e.Class == mail.Permanent:
		out.Class = outbox.Rejected
	}
	return out
}
