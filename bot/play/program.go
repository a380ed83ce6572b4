package play

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/clock/shifted"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator/page"
	"mimamori.example/mimamori/bot/outbox"
)

// Program is the program as a child of Rehearsal: it reads its configuration
// and then orders from in, line by line, and answers on out. It is everything
// that serve is, but for its clock, which orders move on, and for its letters,
// which go to out. It returns when in ends or ctx does, as a fallen machine
// would: the process has to end then. When in ends, the demo has gone without
// a farewell, for it kills its program; the folder of the data is removed then.
// log gets its log.
func Program(ctx context.Context, in io.Reader, out, log io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signal.Ignore(syscall.SIGPIPE) // a word to a demo that has gone must not end this before it has cleared up
	lines := bufio.NewReader(in)
	var s setup
	if err := readLine(lines, &s); err != nil {
		return fmt.Errorf("play: the configuration: %w", err)
	}
	if s.Config == nil || len(s.Config.Councils) != 1 {
		return errors.New("play: the configuration must have one council")
	}
	l := &s.Config.Councils[0].LINE
	l.Secret, l.Token = config.NewSecret(s.Secret), config.NewSecret(s.Token)
	p := &program{clock: shifted.New(s.Ahead), out: out}
	listener, err := listen(ctx, s.Config.Listen)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	p.app, err = app.New(s.Config, app.Options{
		Version: "demo", Clock: p.clock, Log: app.NewLogger(s.Config.Log, log), Listener: listener, Mailer: p,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := p.app.Start(ctx); err != nil {
		return err
	}
	if err := p.say(word{Ready: p.app.Addr()}); err != nil {
		return errors.Join(err, removeData(s.Folder))
	}
	over := make(chan error, 1)
	go func() { over <- p.obey(ctx, lines) }()
	select {
	case err := <-over:
		return errors.Join(err, removeData(s.Folder))
	case err := <-p.app.Fatal():
		return err
	case <-ctx.Done():
		return nil
	}
}

// removeData removes a demo's folder, and never anything else that a line of
// input might name.
func removeData(folder string) error {
	if !strings.HasPrefix(filepath.Base(folder), dataFolder) {
		return fmt.Errorf("play: %q is not a demo's folder", filepath.Base(folder))
	}
	return os.RemoveAll(folder)
}

// listen takes the address, or another port when somebody has taken that one
// while the program was down.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	}
	return l, nil
}

type program struct {
	app   *app.App
	clock *shifted.Clock

	mu  sync.Mutex
	out io.Writer
}

func (p *program) say(w word) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return writeLine(p.out, w)
}

// Mail implements outbox.Mailer: nothing leaves the machine.
func (p *program) Mail(_ context.Context, _, to, _ string, l outbox.Letter) error {
	return p.say(word{Mail: &page.Letter{To: to, Subject: l.Subject, Body: l.Body}})
}

// obey reads orders until there are no more, or nobody hears the answers. The clock's are obeyed in their
// order, before anything that comes after them; the others take their time.
func (p *program) obey(ctx context.Context, lines *bufio.Reader) error {
	for {
		var o order
		err := readLine(lines, &o)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if o.Do == doAhead {
			p.clock.MoveAhead(o.Ahead)
			if err := p.say(word{N: o.N}); err != nil {
				return err
			}
			continue
		}
		go func() {
			w := p.do(ctx, o)
			w.N = o.N
			_ = p.say(w) // who does not listen any more ends in as well
		}()
	}
}

func (p *program) do(ctx context.Context, o order) (w word) {
	switch o.Do {
	case doIdle:
		ctx, cancel := context.WithTimeout(ctx, o.Within)
		defer cancel()
		err := p.app.Idle(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			w.Busy = true
		} else if err != nil {
			w.Error = err.Error()
		}
	case doCommand:
		var out bytes.Buffer
		if err := p.app.Do(ctx, o.Name, o.Args, &out); err != nil {
			w.Error = err.Error()
		}
		w.Text = out.String()
	case doQueue:
		q, err := p.queue(ctx)
		if err != nil {
			w.Error = err.Error()
		}
		w.Queue = &q
	default:
		w.Error = "play: there is no such order"
	}
	return w
}

func (p *program) queue(ctx context.Context) (q page.Queue, err error) {
	now := p.clock.Now()
	stats, err := p.app.Store().QueueStats(ctx, now)
	if err != nil {
		return q, fmt.Errorf("play: the queue: %w", err)
	}
	q.Parked = stats.Parked
	for _, n := range stats.Waiting {
		q.Waiting += n
	}
	for _, since := range stats.Oldest {
		q.Oldest = max(q.Oldest, now.Sub(since), time.Duration(0))
	}
	return q, nil
}
