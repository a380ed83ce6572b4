// Package control is how commands (cards, backup, …) speak to the running
// process: HTTP over a unix socket that only the process's own user and root
// may use. It knows nothing of the commands; they are registered by name.
//
// A call is one POST: a name and JSON arguments go in, whatever the command
// writes comes back as it is written (a backup as well as a line), and a
// trailer says at the end whether it succeeded. An answer without that trailer
// was cut off, and the caller is told that the outcome is unknown.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Command does one thing for an operator. args is JSON as the caller gave it
// (null for none); what is written to out reaches the caller at once. The
// error's text is shown to the caller. ctx ends when the caller goes away or
// the server has to stop.
type Command func(ctx context.Context, args json.RawMessage, out io.Writer) error

// Result makes a Command of a function that answers with one value, which the
// caller decodes with Client.Ask. Arguments that do not fit A are refused.
func Result[A, R any](f func(ctx context.Context, args A) (R, error)) Command {
	return func(ctx context.Context, raw json.RawMessage, out io.Writer) error {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return errors.New("the arguments do not fit this command") // err could repeat them
		}
		result, err := f(ctx, args)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(result); err != nil {
			return fmt.Errorf("control: write the result: %w", err)
		}
		return nil
	}
}

// What a call can come to, besides success and Failed.
var (
	// ErrNotRunning: no process listens on the socket. Nothing was done.
	ErrNotRunning = errors.New("control: no running process answers on the control socket")
	// ErrForeign: the socket belongs to another user. Nothing was sent.
	ErrForeign = errors.New("control: the control socket belongs to another user")
	// ErrUnknown: the running process has no such command.
	ErrUnknown = errors.New("control: the running process does not know this command; is it another version?")
	// ErrTooLarge: the arguments exceed MaxArgs.
	ErrTooLarge = errors.New("control: the arguments are too large")
	// ErrBusy: too many commands run already. Nothing was done.
	ErrBusy = errors.New("control: the running process is busy with other commands")
	// ErrCut: the connection broke before the command ended; it may have done
	// its work or not.
	ErrCut = errors.New("control: the connection broke before the end; the outcome is unknown")
)

// What keeps a server from listening.
var (
	// ErrInUse: another process listens on the socket already.
	ErrInUse = errors.New("control: another process holds the control socket")
	// ErrNotSocket: something that is no socket has the socket's name.
	ErrNotSocket = errors.New("control: the control socket's path is taken by something that is no socket")
)

// Failed is a command's own error, as the running process worded it.
type Failed struct{ Message string }

// Error is the message.
func (f *Failed) Error() string { return f.Message }

// Limits.
const (
	MaxArgs     = 1 << 20  // bytes of JSON arguments
	MaxResult   = 16 << 20 // bytes of a result read by Client.Ask
	maxMessage  = 2 << 10  // bytes of an error's text; net/http reads no trailer above 4 KiB
	atOnce      = 8        // commands that run at the same time
	path        = "/command"
	outcome     = "Mimamori-Outcome" // the trailer: "ok", or "failed " and the message in base64
	contentType = "application/json"
)

// call is the body of a request.
type call struct {
	Command string          `json:"command"`
	Args    json.RawMessage `json:"args"`
}
