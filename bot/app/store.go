package app

import (
	"context"
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

// OpenStore opens the store that the configuration names. It answers
// storage.ErrHeld when another process has it.
func OpenStore(ctx context.Context, c config.Storage, log *slog.Logger) (storage.Store, error) {
	switch c.Engine {
	case config.Bolt:
		s, err := bolt.Open(c.Path, Definitions(), bolt.Options{Logger: log})
		if err != nil {
			return nil, err
		}
		return s, nil
	case config.Postgres:
		// A turn that waits behind a copy that stands still must still be over in time.
		s, err := postgres.Open(ctx, c.DSN.Reveal(), Definitions(), postgres.Options{Logger: log, Stall: webhook.TurnTimeout / 2})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	return nil, fmt.Errorf("app: storage engine %q is not known", c.Engine)
}
