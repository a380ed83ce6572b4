package app

import (
	"context"
	"io"

	"mimamori.example/mimamori/bot/config"
)

// Operate runs an operator's command: inside the running program, which is
// asked over the control socket, or on the store itself when none runs.
func Operate(ctx context.Context, c *config.Config, o Options, name string, args []string, out io.Writer) error {
	return RunCommand(ctx, c, o, name, args, out)
}

// runs tells whether a program of this configuration answers.
func runs(context.Context, *config.Config) bool { return false }
