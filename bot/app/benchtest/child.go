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
	"time"
)

// The lines that are the program itself: its turns alone, and all that it does.
const (
	turns = "turns"
	whole = "whole"
)

// A contender is one server that can be measured, printed as one line. serve
// answers on the listener, with its files in dir.
type contender struct {
	name   string
	does   string // in a few words, printed
	speaks bool   // answers the emulated LINE, and puts a card for each report into its group
	serve  func(ctx context.Context, dir string, l net.Listener) (server, error)
}

// server is one that answers.
type server struct {
	// release lets out the answers to LINE that were kept back until now; nil
	// where none are.
	release func(ctx context.Context) error
	stop    func() error // closes the listener, too
}

// lines are measured in this order; the first is what the others are compared to.
var lines = []contender{
	{"A", "verify, parse", false, parseOnly},
	{"B", "verify, commit alone", false, commitEach},
	{"C", "verify, commit grouped", false, commitGrouped},
	{"D", "A + C + calls to LINE", true, floor},
	{turns, "the program, LINE later", true, patient},
	{whole, "the program", true, program},
}

// secretOf is the channel secret of a council.
func secretOf(council string) string { return "benchtest-secret-of-" + council }

// child is a server in a process of its own. It ends when its input does, so
// that none outlives a benchmark that was killed.
type child struct {
	url    string
	cmd    *exec.Cmd
	input  io.WriteCloser
	output *bufio.Reader
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
	c := &child{cmd: cmd, input: input, output: bufio.NewReader(output)}
	address, err := c.output.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server told no address: %w", err), c.stop())
	}
	c.url = "http://" + strings.TrimSpace(address)
	return c, nil
}

// used asks the server for the CPU time that it has used since it began.
func (c *child) used() (time.Duration, error) { return c.ask("used") }

// release lets the server send what it kept back.
func (c *child) release() error {
	_, err := c.ask("release")
	return err
}

// ask gives the server an order; it answers with its CPU time.
func (c *child) ask(order string) (time.Duration, error) {
	if _, err := io.WriteString(c.input, order+"\n"); err != nil {
		return 0, err
	}
	answer, err := c.output.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("the server did not answer %q: %w", order, err)
	}
	return time.ParseDuration(strings.TrimSpace(answer))
}

func (c *child) stop() error { return errors.Join(c.input.Close(), c.cmd.Wait()) }

// serve is the child's side: it serves until its input ends, does what each
// line of it orders and answers with the CPU time that it has used.
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
	s, err := lines[at].serve(ctx, dir, listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintln(out, listener.Addr())
	asked := bufio.NewScanner(input)
	for asked.Scan() {
		if asked.Text() == "release" && s.release != nil {
			if err := s.release(ctx); err != nil {
				return errors.Join(err, s.stop())
			}
		}
		fmt.Fprintln(out, cpuTime())
	}
	return errors.Join(asked.Err(), s.stop())
}
