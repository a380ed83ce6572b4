package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/archive"
)

// Env is what a command works with: the running program's, or, when none
// runs, a store opened for the command alone.
type Env struct {
	Config  *config.Config
	Store   storage.Store
	Clock   clock.Clock
	Log     *slog.Logger
	Rand    io.Reader
	Running bool // inside the running program
}

// Command does one thing for an operator. args are the words after its name;
// what it prints goes to out. Its errors are shown to the operator.
type Command func(ctx context.Context, env Env, args []string, out io.Writer) error

// Commands are found by name. A name may hold a space: "card issue".
type Commands map[string]Command

// ErrUnknownCommand tells that no command has that name.
var ErrUnknownCommand = errors.New("app: there is no such command")

// programCommands are those that know of no council's work.
func programCommands(parts Parts) Commands {
	return Commands{
		"status": status, "release": release(parts.BeforeRelease), "backup": backup,
		"restore": func(_ context.Context, env Env, _ []string, _ io.Writer) error {
			if env.Running {
				return errors.New("the program is running: stop it first, then restore")
			}
			return errors.New("restore writes a new store and is not run on an open one")
		},
	}
}

// run finds and runs a command.
func (c Commands) run(ctx context.Context, env Env, name string, args []string, out io.Writer) error {
	command, ok := c[name]
	if !ok {
		return fmt.Errorf("%w: %s", ErrUnknownCommand, name)
	}
	return command(ctx, env, args, out)
}

func (c Commands) with(others Commands) Commands {
	all := maps.Clone(c)
	maps.Copy(all, others)
	return all
}

// Do runs a command inside the running program, as the control socket does.
func (a *App) Do(ctx context.Context, name string, args []string, out io.Writer) error {
	a.log.InfoContext(ctx, "command", "command", name)
	defer a.lookSoon() // it may have released the store
	return a.commands.run(ctx, Env{
		Config: a.config, Store: a.store, Clock: a.o.Clock, Log: a.log, Rand: a.o.Rand, Running: true,
	}, name, args, out)
}

// RunCommand opens the store for one command and closes it again. It answers
// storage.ErrHeld while the program runs on the same file.
func RunCommand(ctx context.Context, c *config.Config, o Options, name string, args []string, out io.Writer) (err error) {
	a, err := New(c, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.undo.run(context.WithoutCancel(ctx))) }()
	steps := []func(context.Context) error{a.open, a.joinParts}
	if _, plain := programCommands(Parts{})[name]; !plain {
		// The program's own commands leave an empty store empty: it may be about
		// to be restored into.
		steps = append(steps, a.prepare)
	}
	for _, f := range steps {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return a.commands.run(ctx, Env{Config: c, Store: a.store, Clock: a.o.Clock, Log: a.log, Rand: a.o.Rand}, name, args, out)
}

// none refuses words that a command does not take.
func none(usage string, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("usage: mimamori %s", usage)
	}
	return nil
}

// release lets a restored or copied store send. before marks what its original
// has done, which a running program has seen to and a command alone has not.
func release(before func(context.Context) error) Command {
	return func(ctx context.Context, env Env, args []string, out io.Writer) error {
		if err := none("release", args); err != nil {
			return err
		}
		reason, held, err := env.Store.Held(ctx)
		if err != nil {
			return fmt.Errorf("release: %w", err)
		}
		if !held {
			_, err := fmt.Fprintln(out, "The store is not held; nothing was changed.")
			return err
		}
		if reason == archive.Unfinished {
			return fmt.Errorf("release: %s", reason)
		}
		if strings.HasPrefix(reason, archive.CopiedAway) { // its copy may go on as well
			now := env.Clock.Now()
			if _, err := beginAnew(ctx, env.Store, Options{Rand: env.Rand}, ids(env.Config), council.Restoration{At: now, Backup: now}); err != nil {
				return fmt.Errorf("release: %w", err)
			}
		}
		if before != nil {
			if err := before(ctx); err != nil {
				return fmt.Errorf("release: %w", err)
			}
		}
		if err := env.Store.Release(ctx); err != nil {
			return fmt.Errorf("release: %w", err)
		}
		_, err = fmt.Fprintf(out, "Released (it was held: %s). What waits goes out now.\n", reason)
		return err
	}
}

// status says what waits.
func status(ctx context.Context, env Env, args []string, out io.Writer) error {
	if err := none("status", args); err != nil {
		return err
	}
	now := env.Clock.Now()
	reason, held, err := env.Store.Held(ctx)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	stats, err := env.Store.QueueStats(ctx, now)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	running := "no"
	if env.Running {
		running = "yes"
	}
	p := printer{out: out}
	p.line("running:  %s", running)
	p.line("held:     %s", map[bool]string{false: "no", true: "yes: " + reason}[held])
	p.line("parked:   %d", stats.Parked)
	for _, lane := range slices.Sorted(maps.Keys(stats.Waiting)) {
		p.line("waiting:  %d in %s, the oldest for %s", stats.Waiting[lane], lane, now.Sub(stats.Oldest[lane]).Round(time.Second))
	}
	return p.err
}

// printer keeps the first error of many lines.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	_, err := fmt.Fprintf(p.out, format+"\n", args...)
	p.err = cmp.Or(p.err, err)
}
