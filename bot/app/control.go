package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/control"
	"mimamori.example/mimamori/storage"
)

// bindControl takes the socket for operators' commands. An empty path means
// that there is none.
func (a *App) bindControl(ctx context.Context) error {
	if a.config.Control == "" {
		return nil
	}
	s := control.New(a.config.Control, map[string]control.Command{controlled: a.answer}, a.log)
	if err := s.Bind(ctx); err != nil {
		return fmt.Errorf("app: %s: %w", a.config.Control, err)
	}
	a.socket = s
	a.undo.push("control socket", s.Shutdown)
	return nil
}

// serveControl lets commands in. Stopping waits for those that run.
func (a *App) serveControl(context.Context) error {
	if a.socket == nil {
		return nil
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := a.socket.Serve(); err != nil {
			a.fail(fmt.Errorf("app: %w", err))
		}
	}()
	a.undo.push("commands", func(ctx context.Context) error {
		err := a.socket.Shutdown(ctx)
		<-over
		return err
	})
	return nil
}

// controlled is the one command of the socket: it runs a command of ours.
const controlled = "run"

type controlCall struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
}

func (a *App) answer(ctx context.Context, raw json.RawMessage, out io.Writer) error {
	var c controlCall
	if err := json.Unmarshal(raw, &c); err != nil {
		return errors.New("the call cannot be read; is the running program another version?")
	}
	return a.Do(ctx, c.Name, c.Args, out)
}

// Operate runs an operator's command: inside the running program, which is
// asked over the control socket, or on the store itself when none runs. It
// answers storage.ErrHeld when something else has the store.
func Operate(ctx context.Context, c *config.Config, o Options, name string, args []string, out io.Writer) error {
	err := ask(ctx, c, name, args, out)
	if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	return RunCommand(ctx, c, o, name, args, out)
}

func ask(ctx context.Context, c *config.Config, name string, args []string, out io.Writer) error {
	if c.Control == "" {
		return control.ErrNotRunning
	}
	return control.NewClient(c.Control).Call(ctx, controlled, controlCall{name, args}, out)
}

// alone tells whether no program of this configuration serves. Another
// machine's, on the same PostgreSQL, is for the operator to know of.
func alone(ctx context.Context, c *config.Config) error {
	if err := ask(ctx, c, "status", nil, io.Discard); !errors.Is(err, control.ErrNotRunning) {
		return errors.Join(ErrRunning, err)
	}
	return nil
}

// openAlone opens a store that no program serves on.
func openAlone(ctx context.Context, c *config.Config) (storage.Store, error) {
	if err := alone(ctx, c); err != nil {
		return nil, err
	}
	s, err := OpenStore(ctx, c.Storage, nil)
	if errors.Is(err, storage.ErrHeld) {
		return nil, fmt.Errorf("%w: %w", ErrRunning, err)
	}
	return s, err
}
