package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// whole is the name of the line that is the program itself.
const whole = "whole"

// A contender is one server that can be measured, printed as one line. serve
// answers on the listener, with its files in dir, until stop, which closes the
// listener too.
type contender struct {
	name  string
	serve func(ctx context.Context, dir string, l net.Listener) (stop func() error, err error)
}

// lines are measured in this order; the first is what the others are compared to.
var lines = []contender{{"A", parseOnly}, {"B", commitEach}, {"C", commitGrouped}, {whole, program}}

// secretOf is the channel secret of a council.
func secretOf(council string) string { return "benchtest-secret-of-" + council }

// child is a server in a process of its own. It ends when its input does, so
// that none outlives a benchmark that was killed.
type child struct {
	url   string
	cmd   *exec.Cmd
	input io.Closer
}

// start runs this program again as the server of a line and waits until it has
// told its address.
func start(ctx context.Context, line, dir, profile string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve", line, dir, profile)
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
	c.url = "http://" + strings.TrimSpace(address)
	return c, nil
}

func (c *child) stop() error { return errors.Join(c.input.Close(), c.cmd.Wait()) }

// serve is the child's side: it serves until its input ends.
func serve(ctx context.Context, name, dir string, input io.Reader, out io.Writer) error {
	at := slices.IndexFunc(lines, func(l contender) bool { return l.name == name })
	if at < 0 {
		return fmt.Errorf("no line %q", name)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stop, err := lines[at].serve(ctx, dir, listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintln(out, listener.Addr())
	_, err = io.Copy(io.Discard, input)
	return errors.Join(err, stop())
}
