package control

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// Client calls the process that listens on a socket. It is safe for
// concurrent use.
type Client struct {
	path string
	http *http.Client
}

// NewClient makes a client for the socket at path. It does not connect.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", path)
	}
	return &Client{path: path, http: &http.Client{Transport: &http.Transport{
		DialContext: dial, DisableKeepAlives: true, DisableCompression: true,
	}}}
}

// Call runs a command in the running process and copies what it writes to out,
// which may be nil. args is made JSON. The error is one of this package's, a
// *Failed, ctx's, or out's own.
func (c *Client) Call(ctx context.Context, command string, args any, out io.Writer) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("control: encode the arguments: %w", err)
	}
	if len(raw) > MaxArgs {
		return ErrTooLarge
	}
	body, err := json.Marshal(call{Command: command, Args: raw})
	if err != nil {
		return fmt.Errorf("control: encode the call: %w", err)
	}
	if err := c.ours(); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := c.http.Do(request)
	if err != nil {
		return c.unanswered(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // read to its end, or given up
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return ErrUnknown
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusServiceUnavailable:
		return ErrBusy
	default:
		return fmt.Errorf("control: the running process refuses the call (%d)", response.StatusCode)
	}
	return c.receive(ctx, response, out)
}

// receive copies the answer and reads its trailer.
func (c *Client) receive(ctx context.Context, response *http.Response, out io.Writer) error {
	if out == nil {
		out = io.Discard
	}
	writer := &remember{w: out}
	if _, err := io.Copy(writer, response.Body); err != nil {
		if writer.err != nil {
			return fmt.Errorf("control: write what the command answers: %w", writer.err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return ErrCut
	}
	how, message, _ := strings.Cut(response.Trailer.Get(outcome), " ")
	switch how {
	case "ok":
		return nil
	case "failed":
		text, err := base64.StdEncoding.DecodeString(message)
		if err != nil {
			return ErrCut
		}
		return &Failed{Message: string(text)}
	default:
		return ErrCut
	}
}

// Ask is Call for a command made with Result; result points to where the
// answer goes.
func (c *Client) Ask(ctx context.Context, command string, args, result any) error {
	var answer bounded
	if err := c.Call(ctx, command, args, &answer); err != nil {
		return err
	}
	if err := json.Unmarshal(answer.Bytes(), result); err != nil {
		return fmt.Errorf("control: the answer cannot be read: %w", err)
	}
	return nil
}

// ours looks whose socket it is, so that arguments reach nobody else. Root may
// call everybody's.
func (c *Client) ours() error {
	info, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("control: look at the socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return ErrNotSocket
	}
	self := int64(os.Geteuid())
	owner, ok := info.Sys().(*syscall.Stat_t)
	if ok && self != 0 && owner.Uid != 0 && int64(owner.Uid) != self {
		return ErrForeign
	}
	return nil
}

// unanswered judges a call without any answer. Before the connection nothing
// was done; after it, who knows.
func (c *Client) unanswered(ctx context.Context, err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	switch {
	case ok && op.Op == "dial" && (errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist)):
		return ErrNotRunning
	case ctx.Err() != nil:
		return ctx.Err()
	case ok && op.Op == "dial":
		return fmt.Errorf("control: connect: %w", op.Err)
	default:
		return ErrCut
	}
}

// remember keeps the writer's own error apart from the connection's.
type remember struct {
	w   io.Writer
	err error
}

func (r *remember) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err != nil {
		r.err = err
	}
	return n, err
}

// bounded is a buffer for one result.
type bounded struct{ bytes.Buffer }

var errLong = errors.New("the result is too long")

// Write refuses what exceeds MaxResult.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > MaxResult {
		return 0, errLong
	}
	return b.Buffer.Write(p)
}
