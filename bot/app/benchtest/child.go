package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// secret is the channel secret of the benchmark's made-up channel.
const secret = "benchtest-channel-secret"

// A contender is one server that can be measured, printed as one line. open makes its handler on an
// empty folder; close is called after the last answer.
type contender struct {
	name string
	open func(dir string) (h http.Handler, close func() error, err error)
}

// lines are measured in this order; the first is what the others are compared to.
var lines = []contender{{"A", parseOnly}, {"B", commitEach}, {"C", commitGrouped}}

// child is a server in a process of its own. It ends when its input does, so
// that none outlives a benchmark that was killed.
type child struct {
	url   string
	cmd   *exec.Cmd
	input io.Closer
}

// start runs this program again as the server of a line and waits until it has
// told its address.
func start(ctx context.Context, line, dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve", line, dir)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, input: input}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server told no address: %w", err), c.stop())
	}
	c.url = "http://" + strings.TrimSpace(address) + "/webhook/bench"
	return c, nil
}

func (c *child) stop() error { return errors.Join(c.input.Close(), c.cmd.Wait()) }

// serve is the child's side: it serves until its input ends.
func serve(ctx context.Context, name, dir string, input io.Reader, out io.Writer) (err error) {
	for _, l := range lines {
		if l.name != name {
			continue
		}
		handler, closing, err := l.open(dir)
		if err != nil {
			return err
		}
		return errors.Join(listen(ctx, handler, input, out), closing())
	}
	return fmt.Errorf("no line %q", name)
}

func listen(ctx context.Context, h http.Handler, input io.Reader, out io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintln(out, listener.Addr())
	_, copied := io.Copy(io.Discard, input)
	closed := server.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return errors.Join(copied, closed)
}
