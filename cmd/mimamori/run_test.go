package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/play"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
)

// The tests' own binary is the program's as well: the demo starts it again, and
// a test serves where it may not write.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == play.DemoProgram || os.Args[1] == "serve") {
		main()
	}
	goleak.VerifyTestMain(m)
}

// call runs the program as from a terminal.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestUsage(t *testing.T) {
	t.Setenv("MIMAMORI_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	for _, c := range []struct {
		args []string
		code int
		want string // in one of the outputs
	}{
		{nil, exitUsage, "Usage: mimamori COMMAND"},
		{[]string{"help"}, exitDone, "見守り"},
		{[]string{"--help"}, exitDone, "setup-code COUNCIL"},
		{[]string{"version"}, exitDone, "mimamori "},
		{[]string{"--version"}, exitDone, "mimamori "},
		{[]string{"fly"}, exitUsage, `no command "fly"`},
		{[]string{"card"}, exitUsage, `no command "card"`},
		{[]string{"card", "eat"}, exitUsage, `no command "card eat"`},
		{[]string{"card", "list"}, exitUsage, "Usage: mimamori card list COUNCIL"},
		{[]string{"card", "list", "minato", "more"}, exitUsage, "Usage: mimamori card list COUNCIL"},
		{[]string{"card", "list", "--help"}, exitDone, "構成員証の一覧"},
		{[]string{"serve", "now"}, exitUsage, "Usage: mimamori serve"},
		{[]string{"check", "--alive"}, exitUsage, "alive"},
		{[]string{"check", "it"}, exitUsage, `no "it"`},
		{[]string{"check", "--config"}, exitUsage, "needs a file"},
		{[]string{"check", "--config="}, exitUsage, "needs a file"},
		{[]string{"serve"}, exitFailed, "none.yaml"},
		{[]string{"check"}, exitFailed, "none.yaml"},
		{[]string{"release"}, exitFailed, "none.yaml"},
	} {
		code, out, errs := call(t, c.args...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("mimamori %s: code %d, want %d and %q:\n%s%s", strings.Join(c.args, " "), code, c.code, c.want, out, errs)
		}
	}
}

// Every command explains itself, in both languages, and no two share a name.
func TestCommandsAreDescribed(t *testing.T) {
	_, page, _ := call(t, "help")
	seen := map[string]bool{}
	for _, c := range commands() {
		if c.english == "" || c.japanese == "" || c.run == nil || seen[c.name] {
			t.Errorf("%q is not described, or twice there", c.name)
		}
		seen[c.name] = true
		if !strings.Contains(page, "  "+c.name) || !strings.Contains(page, c.japanese) {
			t.Errorf("%q is not in the help", c.name)
		}
	}
}

func TestTakeConfig(t *testing.T) {
	t.Setenv("MIMAMORI_CONFIG", "")
	for _, c := range []struct {
		args  []string
		path  string
		named bool
		rest  []string
	}{
		{[]string{"serve"}, "mimamori.yaml", false, []string{"serve"}},
		{[]string{"serve", "--config", "a"}, "a", true, []string{"serve"}},
		{[]string{"--config=a", "card", "list", "minato"}, "a", true, []string{"card", "list", "minato"}},
		{[]string{"card", "-config", "a", "list", "minato"}, "a", true, []string{"card", "list", "minato"}},
		{[]string{"org", "add", "--", "--config", "a"}, "mimamori.yaml", false, []string{"org", "add", "--config", "a"}},
	} {
		path, named, rest, err := takeConfig(c.args)
		if err != nil || path != c.path || named != c.named || !slices.Equal(rest, c.rest) {
			t.Errorf("%q: %q %v %q %v", c.args, path, named, rest, err)
		}
	}
	t.Setenv("MIMAMORI_CONFIG", "other.yaml")
	if path, named, _, err := takeConfig(nil); err != nil || path != "other.yaml" || named {
		t.Errorf("%q %v %v", path, named, err)
	}
}

// configuration writes a small one and names it; change edits its text.
func configuration(t *testing.T, change ...string) string {
	t.Helper()
	dir := t.TempDir()
	text := strings.NewReplacer(change...).Replace(`
listen: 127.0.0.1:0
control: ` + filepath.Join(dir, "s") + `
storage: {engine: bolt, path: ` + filepath.Join(dir, "m.db") + `}
councils:
  - id: minato
    name: みなと市消費者安全確保地域協議会
    network: みなと見守りネットワーク
    municipality: みなと市
    telephone: 000-000-0000
    centre: {name: みなと市消費生活センター, telephone: "188"}
    office: {name: 市民生活課}
    line:
      channel_id: "1234567890"
      basic_id: "@123abcde"
      secret: env:MIMAMORI_TEST_SECRET
      token: env:MIMAMORI_TEST_TOKEN
      endpoint: http://127.0.0.1:9
      data_endpoint: http://127.0.0.1:9
    organisations:
      - {id: bank, name: みなと信用金庫, trade: 金融, status: member}
`)
	t.Setenv("MIMAMORI_TEST_SECRET", strings.Repeat("5", 32))
	t.Setenv("MIMAMORI_TEST_TOKEN", "a-token-nobody-else-has")
	path := filepath.Join(dir, "mimamori.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	code, out, errs := call(t, "check", "--config", configuration(t))
	if code != exitDone || !strings.Contains(out, "no faults, 1 council") {
		t.Errorf("code %d:\n%s%s", code, out, errs)
	}
	// All faults at once, each with its field, and never a secret.
	bad := configuration(t, "status: member", "status: friend", "engine: bolt", "engine: paper", "organisations:", "flows: gone.yaml\n    organisations:")
	code, out, errs = call(t, "check", "--config", bad)
	for _, want := range []string{"organisations[0].status", "friend", "storage.engine", "paper", "gone.yaml", "faults"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	if code != exitFaults || strings.Contains(out+errs, "nobody-else") {
		t.Errorf("code %d:\n%s%s", code, out, errs)
	}
	if code, _, errs := call(t, "serve", "--config", bad); code != exitFaults || !strings.Contains(errs, "paper") {
		t.Errorf("serve: code %d:\n%s", code, errs)
	}
}

// A council's own texts are checked too, and keep the program from starting.
func TestCheckFlows(t *testing.T) {
	path := configuration(t, "organisations:", "flows: own.yaml\n    organisations:")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "own.yaml"), []byte("nonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := call(t, "check", "--config", path)
	if code != exitFaults || !strings.Contains(out, "nonsense") || !strings.Contains(out, "own.yaml") {
		t.Errorf("code %d:\n%s%s", code, out, errs)
	}
	if code, _, errs := call(t, "serve", "--config", path); code != exitFaults || !strings.Contains(errs, "nonsense") {
		t.Errorf("serve: code %d:\n%s", code, errs)
	}
}

// LINE that cannot be reached is a finding, not a crash.
func TestCheckLive(t *testing.T) {
	code, out, errs := call(t, "check", "--live", "--config", configuration(t))
	if code != exitFaults || !strings.Contains(out, "minato: WRONG: bot") {
		t.Errorf("code %d:\n%s%s", code, out, errs)
	}
}

// Commands work on the store while nothing runs.
func TestCommandsWithoutTheProgram(t *testing.T) {
	path := configuration(t)
	do := func(want string, args ...string) {
		t.Helper()
		code, out, errs := call(t, append(args, "--config", path)...)
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("mimamori %s: code %d, want %q:\n%s%s", strings.Join(args, " "), code, want, out, errs)
		}
	}
	do("The store is there, and empty", "init")
	do("shop: stored", "org", "add", "minato", "shop", "まるやま商店", "小売", "cooperator")
	do("code:", "card", "issue", "minato", "shop", "A-001")
	do("A-001", "card", "list", "minato")
	do("revoked", "card", "revoke", "minato", "A-001")
	do("good once", "setup-code", "minato")
	do("running:  no", "status")
	do("not held", "release")
	if code, _, errs := call(t, "setup-code", "nowhere", "--config", path); code != exitFailed || !strings.Contains(errs, "nowhere") {
		t.Errorf("unknown council: code %d: %s", code, errs)
	}
}

// serve runs until it is told to stop; commands meanwhile reach it, and a
// second one is refused.
func TestServe(t *testing.T) {
	path := configuration(t)
	initialised(t, path)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := &lines{}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "--config", path}, log, log) }()
	log.wait(t, `"msg":"started"`)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"running:  yes", []string{"status"}},
		{"code:", []string{"card", "issue", "minato", "bank", "A-001"}},
		{"good once", []string{"setup-code", "minato"}},
		{"read back", []string{"backup", filepath.Join(t.TempDir(), "b")}},
	} {
		if code, out, errs := call(t, append(c.args, "--config", path)...); code != exitDone || !strings.Contains(out, c.want) {
			t.Errorf("mimamori %s: code %d, want %q:\n%s%s", strings.Join(c.args, " "), code, c.want, out, errs)
		}
	}
	if code, _, errs := call(t, "serve", "--config", path); code != exitFailed || !strings.Contains(errs, "socket") {
		t.Errorf("a second one: code %d: %s", code, errs)
	}
	if code, _, errs := call(t, "restore", "x", "--config", path); code != exitFailed || !strings.Contains(errs, "stop it first") {
		t.Errorf("restore: code %d: %s", code, errs)
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("code %d:\n%s", code, log)
	}
	for _, never := range []string{"nobody-else", "A-001", "みなと"} {
		if strings.Contains(log.String(), never) {
			t.Errorf("%q is logged:\n%s", never, log)
		}
	}
}

// lines collects a log and wakes who waits for a line of it.
type lines struct {
	mu   sync.Mutex
	b    strings.Builder
	more chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lines) wait(t *testing.T, want string) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		l.mu.Lock()
		if strings.Contains(l.b.String(), want) {
			l.mu.Unlock()
			return
		}
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		select {
		case <-more:
		case <-deadline.C:
			t.Fatalf("%q was not logged:\n%s", want, l)
		}
	}
}

// The example accepts itself.
func TestExample(t *testing.T) {
	const example = "../../config.example.yaml"
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(text)) {
		if name, ok := strings.CutPrefix(strings.Trim(word, `"',`), "env:"); ok {
			t.Setenv(name, strings.Repeat("5", 32))
		}
	}
	if code, out, errs := call(t, "check", "--config", example); code != exitDone {
		t.Errorf("code %d:\n%s%s", code, out, errs)
	}
}

// A backup comes back with everything, and held; a copy seals both sides.
func TestBackupRestoreCopy(t *testing.T) {
	do := func(code int, want, config string, args ...string) {
		t.Helper()
		got, out, errs := call(t, append(args, "--config", config)...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Errorf("mimamori %s: code %d, want %d and %q:\n%s%s", strings.Join(args, " "), got, code, want, out, errs)
		}
	}
	one, two, three := configuration(t), configuration(t), configuration(t)
	file := filepath.Join(t.TempDir(), "backup")
	initialised(t, one)
	do(exitDone, "stored", one, "org", "add", "minato", "shop", "まるやま商店", "小売", "cooperator")
	do(exitDone, "code:", one, "card", "issue", "minato", "shop", "A-001")
	do(exitDone, "written and read back", one, "backup", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v %v", info, err)
	}
	do(exitFailed, "backup", one, "backup", file) // never over an older one
	do(exitDone, "The store is held", two, "restore", file)
	do(exitDone, "A-001", two, "card", "list", "minato")
	do(exitDone, "held:     yes: restored", two, "status")
	do(exitDone, "Released", two, "release")
	do(exitDone, "held:     no", two, "status")
	do(exitFailed, "there is a store already", two, "restore", file)
	do(exitFailed, "no such file", three, "restore", file+"x")
	do(exitFailed, "there is no store", three, "status") // nothing of it was left
	do(exitDone, "Both stores are held", one, "copy", three)
	do(exitDone, "A-001", three, "card", "list", "minato")
	do(exitDone, "held:     yes", three, "status")
	do(exitDone, "held:     yes: copied", one, "status")
	do(exitFailed, "same store", one, "copy", one)
	do(exitFailed, "there is a store already", one, "copy", three)
	do(exitDone, "held:     yes: copied", one, "status")
}

// And it goes from one engine to the other.
func TestCopyToPostgreSQL(t *testing.T) {
	t.Setenv("MIMAMORI_TEST_DSN", postgrestest.Schema(t))
	small := configuration(t)
	large := configuration(t, "engine: bolt, path: ", `engine: postgres, dsn: "env:MIMAMORI_TEST_DSN", path: `)
	initialised(t, small)
	for _, c := range []struct {
		config, want string
		args         []string
	}{
		{small, "code:", []string{"card", "issue", "minato", "bank", "A-001"}},
		{small, "Both stores are held", []string{"copy", large}},
		{large, "A-001", []string{"card", "list", "minato"}},
		{large, "held:     yes: copied", []string{"status"}},
		{large, "Released", []string{"release"}},
	} {
		code, out, errs := call(t, append(c.args, "--config", c.config)...)
		if code != exitDone || !strings.Contains(out, c.want) {
			t.Errorf("mimamori %s: code %d, want %q:\n%s%s", strings.Join(c.args, " "), code, c.want, out, errs)
		}
	}
}
