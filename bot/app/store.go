package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/bot/webhook"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
	"mimamori.example/mimamori/storage/postgres"
)

// Definitions are all kinds that the program keeps.
func Definitions() []storage.Definition {
	defs := append(councilKinds(), outbox.Definitions()...)
	return append(defs, probes.Definition())
}

// OpenStore opens the store that the configuration names, and never makes one.
// It answers storage.ErrHeld when another process has it, and tells what to do
// when it is absent or damaged.
func OpenStore(ctx context.Context, c config.Storage, log *slog.Logger) (storage.Store, error) {
	s, err := openStore(ctx, c, log)
	switch {
	case errors.Is(err, storage.ErrAbsent):
		return nil, fmt.Errorf("%w\nIs it a new installation? Then `mimamori init` makes its store, once. Otherwise the store is lost, "+
			"or the configuration names the wrong place: `mimamori restore BACKUP` reads the last backup", err)
	case errors.Is(err, storage.ErrDamaged):
		return nil, fmt.Errorf("%w\n%s, then `mimamori restore BACKUP` reads the last backup. Nothing has been changed", err, aside(c))
	}
	return s, err
}

// aside tells how a store makes room for another.
func aside(c config.Storage) string {
	if c.Engine == config.Postgres {
		return "Keep a copy of the database (pg_dump) and empty it (DROP and CREATE its schema)"
	}
	return "Move " + c.Path + " out of the way, and keep it"
}

func openStore(ctx context.Context, c config.Storage, log *slog.Logger) (storage.Store, error) {
	switch c.Engine {
	case config.Bolt:
		s, err := bolt.Open(c.Path, Definitions(), bolt.Options{Logger: log})
		if err != nil {
			return nil, err
		}
		return s, nil
	case config.Postgres:
		s, err := postgres.Open(ctx, c.DSN.Reveal(), Definitions(), onPostgres(log))
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	return nil, fmt.Errorf("app: storage engine %q is not known", c.Engine)
}

func onPostgres(log *slog.Logger) postgres.Options {
	// A turn that waits behind a copy that stands still must still be over in time.
	return postgres.Options{Logger: log, Stall: webhook.TurnTimeout / 2}
}

// InitStore makes the empty store of a new installation. Nothing else but
// Restore and Copy makes a store; demo and tests call it for theirs.
func InitStore(ctx context.Context, c config.Storage) error {
	return makeStore(ctx, c, func(storage.Store) error { return nil })
}

// makeStore makes a store with what fill puts into it: whole, or not at all.
func makeStore(ctx context.Context, c config.Storage, fill func(storage.Store) error) error {
	var err error
	switch c.Engine {
	case config.Bolt:
		err = bolt.Make(c.Path, Definitions(), bolt.Options{}, fill)
	case config.Postgres:
		err = postgres.Make(ctx, c.DSN.Reveal(), Definitions(), onPostgres(nil), fill)
	default:
		err = fmt.Errorf("app: storage engine %q is not known", c.Engine)
	}
	if errors.Is(err, storage.ErrPresent) {
		return fmt.Errorf("%w. Nothing has been changed. If another is to take its place: stop the program. %s", err, aside(c))
	}
	return err
}
