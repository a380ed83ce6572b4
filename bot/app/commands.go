package app

import (
	"context"
	"io"
	"log/slog"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/storage"
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
