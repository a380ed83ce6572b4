package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/webhook"
	"mimamori.example/mimamori/storage"
)

// House is what the councils' own work is built from. All of it is ready to be
// used; nothing runs yet.
type House struct {
	Config   *config.Config
	Store    storage.Store
	Post     *outbox.Post
	Channels outbox.Channels
	Clock    clock.Clock
	Log      *slog.Logger
	Rand     io.Reader // for codes and ids
}

// Parts are the councils' own work, to be joined to the doors and the outbox.
type Parts struct {
	Turner webhook.Turner
	Hooks  outbox.Hooks
	// Sorry is what is said, at most once per event, when an event could not
	// be stored: the council's telephone. It is rendered once, at start.
	Sorry func(council string) []message.Message
	// Prepare, when set, runs after the store is open and before anything
	// else starts: organisations of the configuration are written, jobs that
	// were left are taken up. It may be run by several processes at once.
	Prepare func(ctx context.Context) error
	// Background are parts that run until their context ends, such as the
	// calendar. One that returns an error stops the program.
	Background map[string]func(ctx context.Context) error
	// Commands are added to the program's own.
	Commands Commands
}

// councilKinds are the kinds that the councils' own work keeps.
func councilKinds() []storage.Definition { return nil }

// joinCouncils joins dialogue, casework and calendar.
func joinCouncils(House) (Parts, error) {
	return Parts{}, errors.New("app: dialogue and casework are not joined yet")
}
