package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/archive"
)

// backup writes everything into a new file, while the store is in use or not.
func backup(ctx context.Context, env Env, args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: mimamori backup FILE")
	}
	sum, err := archive.ExportFile(ctx, env.Store, args[0], env.Clock.Now())
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	p := printer{out: out}
	p.line("%s: written and read back: %s", args[0], sum)
	p.line("It holds what people reported: keep it as you keep the store.")
	return p.err
}

// ErrRunning tells that a program serves on the store that a command needs for
// itself.
var ErrRunning = errors.New("the program is running; stop it first")

// Restore makes the store of a configuration from a backup. It is held from then
// on, so that nothing goes out twice before somebody has looked. When it fails
// there is no store.
func Restore(ctx context.Context, c *config.Config, o Options, path string, out io.Writer) error {
	if err := alone(ctx, c); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	var sum archive.Summary
	mark := ""
	err := makeStore(ctx, c.Storage, func(s storage.Store) (err error) {
		if sum, err = archive.ImportFile(ctx, path, s); err != nil {
			return err
		}
		mark, err = beginAnew(ctx, s, o, ids(c), council.Restoration{At: o.now(), Backup: sum.Created})
		return err
	})
	if errors.Is(err, storage.ErrHeld) {
		err = errors.Join(ErrRunning, err)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	p := printer{out: out}
	p.line("Restored: %s", sum)
	p.line("From now on receipt numbers bear a mark (such as 26-%s-0101): none is given out twice.", mark)
	p.line("The store is held: it takes reports, but nothing goes out until `mimamori release`.")
	p.line("Before that make sure that no other program sends from the old store.")
	return p.err
}

// Copy makes the store of one configuration from that of another, which may be
// of another engine. Both are held from then on, so that they cannot both send.
func Copy(ctx context.Context, from, to *config.Config, o Options, out io.Writer) (err error) {
	if from.Storage.Engine == to.Storage.Engine && from.Storage.Path == to.Storage.Path &&
		from.Storage.DSN.Reveal() == to.Storage.DSN.Reveal() {
		return errors.New("copy: both configurations name the same store")
	}
	source, err := openAlone(ctx, from)
	if err != nil {
		return fmt.Errorf("copy: the source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := alone(ctx, to); err != nil {
		return fmt.Errorf("copy: the target: %w", err)
	}
	var sum archive.Summary
	err = makeStore(ctx, to.Storage, func(target storage.Store) (err error) {
		sum, err = archive.Copy(ctx, source, target, os.TempDir(), o.now())
		return err
	})
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	p := printer{out: out}
	p.line("Copied: %s", sum)
	p.line("Both stores are held. Start the program on the new one, then `mimamori release` there.")
	p.line("Do not release the old one: it would send again what the new one has sent.")
	return p.err
}
