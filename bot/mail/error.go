package mail

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Class says whether trying again makes sense.
type Class int

// The classes of errors.
const (
	// Temporary: the server cannot be reached, does not answer in time, does
	// not accept the login, or asks to come back later (4xx).
	Temporary Class = iota
	// Permanent: this letter is refused (5xx) or cannot be one.
	Permanent
)

// String names the class.
func (c Class) String() string {
	if c == Permanent {
		return "permanent"
	}
	return "temporary"
}

// Step is how far a letter came.
type Step string

// The steps, in their order.
const (
	Compose   Step = "compose" // nothing was sent
	Connect   Step = "connect"
	TLS       Step = "tls"
	Login     Step = "login"
	From      Step = "from"
	Recipient Step = "recipient"
	Data      Step = "data" // before the letter's last byte
	End       Step = "end"  // after it
)

// Error is why a letter did not go out.
type Error struct {
	Class Class
	Step  Step
	Code  int  // the server's answer, such as 450; 0: it gave none
	Doubt bool // the server may have taken the letter all the same
	why   string
}

// Error names step, answer and class, in words of our own.
func (e *Error) Error() string {
	switch {
	case e.why != "":
		return fmt.Sprintf("mail: %s: %s (%s)", e.Step, e.why, e.Class)
	case e.Code != 0:
		return fmt.Sprintf("mail: %s: the server answered %d (%s)", e.Step, e.Code, e.Class)
	default:
		return fmt.Sprintf("mail: %s: no answer (%s)", e.Step, e.Class)
	}
}

// loginCodes are the server's answers about the account (RFC 4954).
var loginCodes = []int{432, 454, 530, 534, 535, 538}

// dialError judges what failed before the letter itself: the server's or the
// account's fault, never this letter's, so it is temporary even with a 5xx.
func dialError(c *call, err error) *Error {
	e := &Error{Class: Temporary, Step: Connect}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		e.Code = answer.Code
	}
	connected, secured := c.reached()
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case untrusted:
		e.Step, e.why = TLS, "the server's certificate is not accepted"
	case connected && c.o.TLS == StartTLS && strings.Contains(err.Error(), "does not support STARTTLS"):
		e.Step, e.why = TLS, "the server offers no STARTTLS"
	case slices.Contains(loginCodes, e.Code), secured && c.o.User != "":
		e.Step = Login
	}
	return e
}

var steps = map[gomail.SendErrReason]Step{
	gomail.ErrGetSender: Compose, gomail.ErrGetRcpts: Compose,
	gomail.ErrSMTPMailFrom: From, gomail.ErrSMTPRcptTo: Recipient,
	gomail.ErrSMTPData: Data, gomail.ErrWriteContent: Data, gomail.ErrSMTPDataClose: End,
}

// sendError judges what failed with the letter under way.
func sendError(err error) *Error {
	e := &Error{Class: Temporary, Step: Data}
	answer, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return e
	}
	e.Code = answer.ErrorCode()
	if step, ok := steps[answer.Reason]; ok {
		e.Step = step
	}
	if e.Code >= 500 && !slices.Contains(loginCodes, e.Code) || e.Step == Compose {
		e.Class = Permanent
	}
	e.Doubt = e.Step == End && e.Code == 0
	return e
}
