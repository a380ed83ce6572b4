package play_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/play"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
)

var update = flag.Bool("update", false, "write what the scenarios now do into their files")

// The scenarios are plays: what people do, and, indented, what reaches whom.
// A change of any word that anybody reads shows here.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.play")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	t.Cleanup(func() {
		if n := notified.Load(); n < int64(len(files)) && flag.Lookup("test.run").Value.String() == "" {
			t.Errorf("only %d notifications of the group were looked at", n)
		}
		checkedEyes(t, len(files))
	})
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".play"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := perform(t, string(want), play.Options{})
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compare(t, file, string(want), got)
		})
	}
}

// On PostgreSQL the same plays read the same.
func TestScenariosOnPostgres(t *testing.T) {
	files, err := filepath.Glob("testdata/*.play")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".play"), func(t *testing.T) {
			t.Parallel()
			dsn := postgrestest.Schema(t)
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, file, string(want), perform(t, string(want), play.Options{
				Change: func(c *config.Config) {
					c.Storage = config.Storage{Engine: config.Postgres, DSN: config.NewSecret(dsn)}
				},
				Discard: func(context.Context) error {
					name := dsn[strings.LastIndex(dsn, "search_path=")+len("search_path="):]
					postgrestest.Exec(t, dsn, "DROP SCHEMA "+name+" CASCADE", "CREATE SCHEMA "+name)
					return nil
				},
			}))
		})
	}
}

func compare(t *testing.T, file, want, got string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: differs from what happened (run with -update and read the difference):\n%s", file, firstDifference(want, got))
	}
}

func perform(t *testing.T, script string, o play.Options) string {
	t.Helper()
	lines, err := play.Parse(script)
	if err != nil {
		t.Fatal(err)
	}
	at, set := play.Preset(lines)
	if at == "" {
		at = "2026-12-01 10:00" // a Tuesday, the office is open
	}
	now, err := play.Time(at)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute) // machines are busy; a play takes some seconds
	defer cancel()
	hands := clock.NewManual(now)
	o.Clock, o.Dir, o.NoRates = hands, t.TempDir(), true
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	first := o.Change
	o.Change = func(c *config.Config) {
		if first != nil {
			first(c)
		}
		town := &c.Councils[0]
		for k, v := range set {
			switch k {
			case "group_card":
				town.GroupCard = v
			case "drill":
				town.Drill = v == "true"
			case "police":
				town.Police = append(town.Police, config.Place{Name: v, Telephone: "0000-00-0220"})
			case "centre":
				town.Centre.Telephone = v
			default:
				t.Fatalf("no setting %q", k)
			}
		}
	}
	w, err := play.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	got, err := play.NewStage(w, hands).Perform(ctx, lines)
	if errors.Is(err, context.DeadlineExceeded) {
		stacks := make([]byte, 1<<20)
		t.Logf("where everybody stands:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
	if err != nil {
		t.Fatalf("%v\nso far:\n%s", err, got)
	}
	checkNotifications(t, w)
	checkEyes(t, w)
	return got
}

// notification is all that a locked telephone in the secretariat may show of a
// card, a menu or a draft: number and urgency.
var notification = regexp.MustCompile(`^(【訓練】)?(受付D?\d{2}-(?:[A-Z]{4}-)?\d{4,}((ほか\d+件)? (至急|急ぎ|早め|通常)|の文面を確認してください|の記入があります|の指示を選んでください|でできること|の結果を選んでください)|登録されていない方がいます)$`)

// notified counts the notifications looked at: the check must see them.
var notified atomic.Int64

func checkNotifications(t *testing.T, w *play.World) {
	t.Helper()
	for _, call := range w.Line.Sends() {
		if len(call.To) != 1 || call.To[0][0] != 'C' {
			continue
		}
		var body struct {
			Messages []struct {
				AltText string `json:"altText"`
			} `json:"messages"`
		}
		if err := json.Unmarshal([]byte(call.Body), &body); err != nil || len(body.Messages) == 0 {
			t.Errorf("%s to the group: %v", call.Endpoint, err)
		}
		for _, m := range body.Messages {
			if m.AltText != "" {
				notified.Add(1)
			}
			if m.AltText != "" && !notification.MatchString(m.AltText) {
				t.Errorf("a notification in the group says %q", m.AltText)
			}
		}
	}
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return strings.Join(append(append([]string{"want:"}, a[i:min(len(a), i+8)]...), append([]string{"got:"}, b[i:min(len(b), i+8)]...)...), "\n")
		}
	}
	return "one of them is longer"
}
