package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mimamori.example/mimamori/storage/postgres/postgrestest"
)

// initialised makes the configuration's store.
func initialised(t *testing.T, config string) {
	t.Helper()
	if code, out, errs := call(t, "init", "--config", config); code != exitDone {
		t.Fatalf("init: code %d:\n%s%s", code, out, errs)
	}
}

// onStore are the commands that need a store which is there.
func onStore(t *testing.T) [][]string {
	return [][]string{
		{"serve"}, {"status"}, {"release"}, {"setup-code", "minato"}, {"org", "add", "minato", "shop", "まるやま商店", "小売", "cooperator"},
		{"card", "issue", "minato", "bank", "A-001"}, {"card", "revoke", "minato", "A-001"}, {"card", "rebind", "minato", "A-001"},
		{"card", "list", "minato"}, {"backup", filepath.Join(t.TempDir(), "b")}, {"copy", configuration(t)},
	}
}

// A store that is missing, empty, shortened or damaged is never taken for a new
// one: every command says what to do and changes nothing.
func TestStoreIsNeverSilentlyNew(t *testing.T) {
	whole := configuration(t)
	initialised(t, whole)
	for i := range 3 {
		if code, _, errs := call(t, "card", "issue", "minato", "bank", "A-00"+string(rune('1'+i)), "--config", whole); code != exitDone {
			t.Fatal(errs)
		}
	}
	sound, err := os.ReadFile(filepath.Join(filepath.Dir(whole), "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	zeroed := bytes.Clone(sound)
	for at := 4 * page; at+page <= len(zeroed); at += page {
		clear(zeroed[at : at+page])
	}
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"missing":   {nil, []string{"there is no store", "`mimamori init`", "`mimamori restore BACKUP`"}},
		"empty":     {[]byte{}, []string{"damaged", "it is empty", "out of the way", "`mimamori restore BACKUP`"}},
		"shortened": {sound[:5*page], []string{"damaged", "shorter", "out of the way", "`mimamori restore BACKUP`"}},
		"damaged":   {zeroed, []string{"damaged", "page", "out of the way", "`mimamori restore BACKUP`"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := configuration(t)
			file := filepath.Join(filepath.Dir(path), "m.db")
			if c.file != nil {
				if err := os.WriteFile(file, c.file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range onStore(t) {
				code, out, errs := call(t, append(args, "--config", path)...)
				if code != exitFailed || strings.Contains(out+errs, "goroutine") {
					t.Errorf("mimamori %s: code %d:\n%s%s", strings.Join(args, " "), code, out, errs)
				}
				for _, want := range c.want {
					if !strings.Contains(errs, want) {
						t.Errorf("mimamori %s does not say %q:\n%s", strings.Join(args, " "), want, errs)
					}
				}
			}
			after, err := os.ReadFile(file)
			if c.file == nil && !errors.Is(err, os.ErrNotExist) || c.file != nil && !bytes.Equal(after, c.file) {
				t.Error("the store is another one afterwards")
			}
			if c.file == nil {
				return
			}
			if code, _, errs := call(t, "init", "--config", path); code != exitFailed || !strings.Contains(errs, "there is a store already") {
				t.Errorf("init: code %d: %s", code, errs)
			}
		})
	}
	if code, _, errs := call(t, "init", "--config", whole); code != exitFailed || !strings.Contains(errs, "there is a store already") {
		t.Errorf("init a second time: code %d: %s", code, errs)
	}
}

// The same for a database that is empty.
func TestDatabaseIsNeverSilentlyNew(t *testing.T) {
	t.Setenv("MIMAMORI_TEST_DSN", postgrestest.Schema(t))
	path := configuration(t, "engine: bolt, path: ", `engine: postgres, dsn: "env:MIMAMORI_TEST_DSN", path: `)
	for _, args := range onStore(t) {
		code, out, errs := call(t, append(args, "--config", path)...)
		if code != exitFailed || !strings.Contains(errs, "there is no store in this database") || !strings.Contains(errs, "`mimamori init`") {
			t.Errorf("mimamori %s: code %d:\n%s%s", strings.Join(args, " "), code, out, errs)
		}
	}
	initialised(t, path)
	if code, _, errs := call(t, "status", "--config", path); code != exitDone {
		t.Error(errs)
	}
	if code, _, errs := call(t, "init", "--config", path); code != exitFailed || !strings.Contains(errs, "there is a store already") {
		t.Errorf("init a second time: code %d: %s", code, errs)
	}
}

// A restore that fails leaves nothing behind, and one that succeeds only the
// store.
func TestRestoreIsWholeOrNothing(t *testing.T) {
	source, target := configuration(t), configuration(t)
	initialised(t, source)
	backup := filepath.Join(t.TempDir(), "backup")
	for _, args := range [][]string{{"card", "issue", "minato", "bank", "A-001"}, {"backup", backup}} {
		if code, _, errs := call(t, append(args, "--config", source)...); code != exitDone {
			t.Fatal(errs)
		}
	}
	archive, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut")
	if err := os.WriteFile(cut, archive[:len(archive)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	beside := func() (names []string) {
		entries, err := os.ReadDir(filepath.Dir(target))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	before := beside()
	if code, _, errs := call(t, "restore", cut, "--config", target); code != exitFailed || !strings.Contains(errs, "not a whole, sound archive") {
		t.Errorf("half a backup: code %d: %s", code, errs)
	}
	if got := beside(); len(got) != len(before) {
		t.Errorf("left behind: %v", got)
	}
	if code, _, errs := call(t, "restore", backup, "--config", target); code != exitDone {
		t.Fatal(errs)
	}
	if got := beside(); len(got) != len(before)+1 {
		t.Errorf("left behind: %v", got)
	}
}
