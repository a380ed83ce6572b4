package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/control"
	"mimamori.example/mimamori/storage"
)

// withCommand gives the frame a command that says how it was run.
func withCommand(_ *config.Config, o *Options) {
	join := o.Join
	o.Join = func(h House) (Parts, error) {
		p, err := join(h)
		p.Commands = Commands{
			"say so": func(_ context.Context, env Env, args []string, out io.Writer) error {
				_, err := fmt.Fprintf(out, "running=%v %q", env.Running, args)
				return err
			},
			"fail": func(context.Context, Env, []string, io.Writer) error { return errors.New("it did not work") },
		}
		return p, err
	}
}

// The same command runs inside the program while it runs, and on the store
// when it does not.
func TestOperate(t *testing.T) {
	f := newFrame(t, withCommand)
	operate := func(name string, args ...string) (string, error) {
		var out bytes.Buffer
		err := Operate(t.Context(), f.config, f.o, name, args, &out)
		return out.String(), err
	}
	if out, err := operate("say so", "a", "b c"); err != nil || out != `running=false ["a" "b c"]` {
		t.Errorf("before: %q %v", out, err)
	}
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out, err := operate("say so", "a", "b c"); err != nil || out != `running=true ["a" "b c"]` {
		t.Errorf("while: %q %v", out, err)
	}
	if out, err := operate("status"); err != nil || !strings.Contains(out, "running:  yes") {
		t.Errorf("status: %q %v", out, err)
	}
	if _, err := operate("fail"); err == nil || err.Error() != "it did not work" {
		t.Errorf("fail: %v", err)
	}
	if _, err := operate("fly"); err == nil || !strings.Contains(err.Error(), "no such command") {
		t.Errorf("fly: %v", err)
	}
	if _, err := operate("restore", "x"); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("restore: %v", err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if out, err := operate("backup", file); err != nil || !strings.Contains(out, "read back") {
		t.Errorf("backup: %q %v", out, err)
	}
	if err := Restore(t.Context(), f.config, f.o, file, io.Discard); !errors.Is(err, ErrRunning) {
		t.Errorf("Restore: %v", err)
	}
	other := *f.config
	other.Storage.Path += "2"
	other.Control += "2"
	if err := Copy(t.Context(), f.config, &other, f.o, io.Discard); !errors.Is(err, ErrRunning) {
		t.Errorf("Copy: %v", err)
	}
	// Without its socket the program still has the file.
	hidden := *f.config
	hidden.Control = ""
	if err := Operate(t.Context(), &hidden, f.o, "status", nil, io.Discard); !errors.Is(err, storage.ErrHeld) {
		t.Errorf("without the socket: %v", err)
	}
	if err := Restore(t.Context(), &hidden, f.o, file, io.Discard); !errors.Is(err, ErrRunning) {
		t.Errorf("Restore without the socket: %v", err)
	}
	if err := f.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(f.config.Control); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if out, err := operate("say so"); err != nil || out != `running=false []` {
		t.Errorf("after: %q %v", out, err)
	}
	if strings.Contains(f.log.String(), "b c") {
		t.Errorf("arguments are logged:\n%s", f.log)
	}
}

// Two programs cannot share a socket: the second one has done nothing.
func TestSocketIsTaken(t *testing.T) {
	f := newFrame(t)
	f.start(t)
	g := newFrame(t, func(c *config.Config, _ *Options) { c.Control = f.config.Control })
	before, err := os.ReadFile(g.config.Storage.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Start(t.Context()); !errors.Is(err, control.ErrInUse) {
		t.Errorf("%v", err)
	}
	// Opening a store leaves a mark in it.
	if after, err := os.ReadFile(g.config.Storage.Path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the second program has opened its store: %v", err)
	}
	if err := Operate(t.Context(), f.config, f.o, "status", nil, io.Discard); err != nil {
		t.Errorf("the first program's socket: %v", err)
	}
}
