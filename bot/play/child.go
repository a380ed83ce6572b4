package play

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"mimamori.example/mimamori/bot/line/emulator/page"
)

// startWithin is how long a child may take until it serves.
const startWithin = 20 * time.Second

// child is the program in a process of its own. It ends when its input does,
// and takes the data with it, so that nothing outlives the demo.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	said  *tail
	mail  func(page.Letter)
	ready chan string   // holds one: the address at which it serves
	dead  chan struct{} // closed when the process has ended

	mu      sync.Mutex
	served  bool // it has started
	killed  bool // by kill
	n       int64
	waiting map[int64]chan word
}

var errDead = errors.New("play: the program is not running")

// startChild starts the program and waits until it serves. mail is called with
// each letter, ended once when the process has ended, however that came: with
// why when it served and nobody killed it.
func startChild(ctx context.Context, command []string, s setup, mail func(page.Letter), ended func(why error)) (*child, string, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), command[0], command[1:]...) // killed by kill only
	c := &child{cmd: cmd, said: &tail{}, mail: mail, ready: make(chan string, 1), dead: make(chan struct{}), waiting: map[int64]chan word{}}
	cmd.Stderr = c.said
	// Ctrl+C is for the demo, which then ends its child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, "", fmt.Errorf("play: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("play: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("play: start the program: %w", err)
	}
	go func() {
		c.listen(out)
		why := c.unexpected(cmd.Wait())
		close(c.dead)
		ended(why)
	}()
	c.mu.Lock()
	err = writeLine(c.in, s)
	c.mu.Unlock()
	patience := time.NewTimer(startWithin)
	defer patience.Stop()
	if err == nil {
		select {
		case address := <-c.ready:
			return c, address, nil
		case <-c.dead:
			err = errors.New("it has ended")
		case <-patience.C:
			err = errors.New("it does not answer")
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return nil, "", errors.Join(fmt.Errorf("play: start the program: %w", err), c.kill(), c.said.err())
}

// listen reads what the child says until it says no more.
func (c *child) listen(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		var w word
		if err := readLine(lines, &w); err != nil {
			if !errors.Is(err, io.EOF) { // it is not the program; or it has been cut off by its end
				_, _ = c.said.Write([]byte(err.Error() + "\n"))
				_ = c.cmd.Process.Kill()
			}
			return
		}
		switch {
		case w.Mail != nil:
			c.mail(*w.Mail)
		case w.Ready != "":
			c.mu.Lock()
			c.served = true
			c.mu.Unlock()
			c.ready <- w.Ready
		default:
			c.mu.Lock()
			ch := c.waiting[w.N]
			delete(c.waiting, w.N)
			c.mu.Unlock()
			if ch != nil {
				ch <- w
			}
		}
	}
}

// ask gives an order and waits for the answer. The error is errDead when there
// is nobody to answer, ctx's, or what the child says.
func (c *child) ask(ctx context.Context, o order) (word, error) {
	ch := make(chan word, 1)
	c.mu.Lock()
	c.n++
	o.N = c.n
	c.waiting[o.N] = ch
	err := writeLine(c.in, o)
	c.mu.Unlock()
	if err != nil {
		return word{}, errDead
	}
	select {
	case w := <-ch:
		if w.Error != "" {
			return w, errors.New(w.Error)
		}
		return w, nil
	case <-c.dead:
		return word{}, errDead
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, o.N)
		return word{}, ctx.Err()
	}
}

// unexpected is why the process has ended, with its last words; nil when it was
// killed, and while it started, as who started it hears of that.
func (c *child) unexpected(how error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.killed || !c.served {
		return nil
	}
	if how == nil {
		how = errors.New("exit status 0")
	}
	why := fmt.Errorf("play: the program has ended by itself: %w", how)
	if said := c.said.err(); said != nil {
		why = fmt.Errorf("%w\n%w", why, said)
	}
	return why
}

// kill ends it as kill -9 does and returns when it is gone.
func (c *child) kill() error {
	c.mu.Lock()
	c.killed = true
	c.mu.Unlock()
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("play: kill the program: %w", err)
	}
	<-c.dead
	return nil
}

func (c *child) alive() bool {
	select {
	case <-c.dead:
		return false
	default:
		return true
	}
}

// tail keeps the end of what is written to it: room for a panic with its stack,
// whose reason stands in front.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 16 << 10

// Write takes everything.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append([]byte(nil), t.text[over:]...)
	}
	return len(p), nil
}

// err is what was written, as an error; nil when nothing was.
func (t *tail) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	if text == "" {
		return nil
	}
	return errors.New(text)
}
