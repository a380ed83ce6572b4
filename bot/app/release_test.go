package app

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/schedule"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/archive"
)

// A store restored from a backup and released before any program has run on it
// does not send the month's notice again that its original has sent.
func TestReleaseOfflineMarksTicks(t *testing.T) {
	for name, offline := range map[string]bool{"by a command alone": true, "in the running program": false} {
		t.Run(name, func(t *testing.T) { releaseMarksTicks(t, offline) })
	}
}

func releaseMarksTicks(t *testing.T, offline bool) {
	t.Helper()
	hands := clock.NewManual(time.Date(2026, 11, 30, 12, 0, 0, 0, config.Tokyo))
	whole := func(c *config.Config, o *Options) { o.Join, o.Clock = nil, hands }
	f := newFrame(t, whole)
	f.run(t, func(context.Context) {})
	backup, now := filepath.Join(t.TempDir(), "backup"), f.config
	if err := RunCommand(t.Context(), now, f.o, "backup", []string{backup}, io.Discard); err != nil {
		t.Fatal(err)
	}
	// The original goes on and sends the notice on 1 December at 10:00. Then it
	// burns down.
	hands.Advance(24 * time.Hour)
	f = newFrame(t, whole)
	if err := os.Remove(f.config.Storage.Path); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), f.config, f.o, backup, io.Discard); err != nil {
		t.Fatal(err)
	}
	release := func() {
		if err := Operate(t.Context(), f.config, f.o, "release", nil, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if offline {
		release()
	}
	f.run(t, func(context.Context) {
		if !offline {
			release()
		}
		ticks := f.ticks(t)
		if len(ticks) != 2 || ticks["notice"] != schedule.Restored || ticks["housekeeping"] != schedule.Restored {
			t.Errorf("ticks %v, want both marked as restored", ticks)
		}
	})
}

// Half a backup is no store: nobody releases it by mistake.
func TestReleaseOfHalfARestore(t *testing.T) {
	f := newFrame(t)
	f.run(t, func(ctx context.Context) {
		if err := f.Store().Hold(ctx, archive.Unfinished); err != nil {
			t.Fatal(err)
		}
		err := f.Do(ctx, "release", nil, io.Discard)
		if _, held, _ := f.Store().Held(ctx); err == nil || !held {
			t.Errorf("released: %v", err)
		}
	})
}

// run runs the program, does something, and stops it once it is idle.
func (f *frame) run(t *testing.T, do func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := f.Start(ctx); err != nil {
		t.Fatal(err)
	}
	do(ctx)
	if err := f.Idle(ctx); err != nil {
		t.Error(err)
	}
	if err := f.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func (f *frame) ticks(t *testing.T) map[string]string {
	t.Helper()
	if err := f.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	err := f.Store().View(t.Context(), "minato", func(tx storage.Tx) error {
		all, err := schedule.Ticks(tx, 10)
		for _, tick := range all {
			states[tick.Job] = tick.State
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return states
}
