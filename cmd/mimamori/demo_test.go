package main

import (
	"context"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// started begins a demo and returns its address, and what ends it: Ctrl+C when
// it is not told another way.
func started(t *testing.T, args ...string) (url string, stop func(ways ...func() error)) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	out := &lines{}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, append([]string{"demo"}, args...), out, out) }()
	out.wait(t, "Ctrl+C ends it")
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
	if address == "" {
		t.Fatalf("no address:\n%s", out)
	}
	return address, func(ways ...func() error) {
		t.Helper()
		began := time.Now()
		for _, way := range ways {
			if err := way(); err != nil {
				t.Error(err)
			}
		}
		if len(ways) == 0 {
			cancel()
		}
		if code := <-ended; code != exitDone {
			t.Errorf("code %d:\n%s", code, out)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v to end", took)
		}
		if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
			t.Errorf("it leaves behind %v %v", left, err)
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// The page is there, and the demo ends at once although a browser listens.
func TestDemoPage(t *testing.T) {
	t.Setenv("MIMAMORI_CONFIG", "none.yaml")       // of the other commands
	url, stop := started(t, "--day", "2026-12-05") // a Saturday
	if code, body := get(t, url+"/"); code != http.StatusOK || !strings.Contains(body, "見本市見守りネットワーク") ||
		!strings.Contains(body, "2026年12月7日（月）") {
		t.Errorf("%d %s", code, body)
	}
	res, err := http.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := res.Body.Read(make([]byte, 1)); err != nil {
		t.Errorf("no events: %v", err)
	}
	stop()
	_ = res.Body.Close() // broken off
	http.DefaultClient.CloseIdleConnections()
}

// A terminal that is closed leaves nothing behind either. Under nohup, as these
// tests may be themselves, the demo goes on.
func TestDemoOfAClosedTerminal(t *testing.T) {
	hangUp := func() error { return syscall.Kill(os.Getpid(), syscall.SIGHUP) }
	ignored := signal.Ignored(syscall.SIGHUP)
	url, stop := started(t)
	if !ignored {
		stop(hangUp)
		return
	}
	if err := hangUp(); err != nil {
		t.Fatal(err)
	}
	if code, _ := get(t, url+"/"); code != http.StatusOK {
		t.Errorf("code %d", code)
	}
	stop()
	http.DefaultClient.CloseIdleConnections()
}

// A council rehearses with its own words. Its secrets are not there, its
// servers hear nothing, and its store is not touched.
func TestDemoOfACouncil(t *testing.T) {
	touched := make(chan struct{}, 1)
	real, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := real.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
			touched <- struct{}{}
		}
	}()
	address := real.Addr().String()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	path := configuration(t,
		"env:MIMAMORI_TEST_SECRET", "env:NOWHERE_SECRET", "env:MIMAMORI_TEST_TOKEN", "file:gone/token",
		"http://127.0.0.1:9", "http://"+address,
		"councils:", "mail: {host: 127.0.0.1, port: "+port+", tls: none, from: a@example.jp, user: a, password: file:gone/password}\ncouncils:",
		"organisations:", "mail_to: [b@example.jp]\n    organisations:")
	store := filepath.Join(filepath.Dir(path), "m.db")
	if err := os.WriteFile(store, []byte("the council's own"), 0o600); err != nil {
		t.Fatal(err)
	}
	url, stop := started(t, "--council", path, "--council-id", "minato")
	if code, body := get(t, url+"/"); code != http.StatusOK || !strings.Contains(body, "みなと見守りネットワーク") {
		t.Errorf("%d %s", code, body)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := real.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-touched:
		t.Error("a server of the configuration was called")
	default:
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 { // the configuration and the store
		t.Errorf("beside the configuration: %v %v", entries, err)
	}
	if text, err := os.ReadFile(store); err != nil || string(text) != "the council's own" {
		t.Errorf("the store: %q %v", text, err)
	}
}

func TestDemoUsage(t *testing.T) {
	good := configuration(t)
	bad := configuration(t, "status: member", "status: friend")
	noSecret := configuration(t, "secret: env:MIMAMORI_TEST_SECRET", "")
	noFlows := configuration(t, "organisations:", "flows: gone.yaml\n    organisations:")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().String()
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"now", exitUsage, `no "now"`},
		{"--fast", exitUsage, "not defined: -fast; `mimamori demo --help`"},
		{"--terminal --listen 127.0.0.1:0", exitUsage, "--terminal goes with no other flag"},
		{"--council-id minato", exitUsage, "--council"},
		{"--config " + good, exitUsage, "use --council FILE"},
		{"--terminal --config=" + good, exitUsage, "use --council FILE"},
		{"--council " + good + " --council-id town", exitUsage, `no council "town"`},
		{"--council none.yaml", exitFailed, "none.yaml"},
		{"--council " + bad, exitFaults, "organisations[0].status"},
		{"--council " + noSecret, exitFaults, "line.secret: is missing"},
		{"--council " + noFlows, exitFaults, "gone.yaml"},
		{"--day 12/1", exitUsage, `--day "12/1" is no day; write it as 2026-12-01`},
		{"--listen 0.0.0.0:0", exitUsage, "this machine only"},
		{"--listen nowhere", exitUsage, `"nowhere": write ADDRESS:PORT`},
		{"--listen " + taken, exitFailed, "another program uses this port"},
		{"--help", exitDone, "Usage: mimamori demo [--council FILE]"},
		{"-h", exitDone, "--council-id ID"},
	} {
		code, out, errs := call(t, append([]string{"demo"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("mimamori demo %s: code %d, want %d and %q:\n%s%s", c.args, code, c.code, c.want, out, errs)
		}
	}
}

// The command that the demo starts itself by is not for people.
func TestDemoProgramIsHidden(t *testing.T) {
	_, page, _ := call(t, "help")
	if strings.Contains(page, hidden()[0].name) {
		t.Error("it stands in the help")
	}
}

// Nothing here but the demo has a clock that can be moved: no command of this
// package hands one to the program, which then takes the machine's.
func TestOnlyTheDemoHasAClock(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		looked++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(path, "bot/clock") {
				t.Errorf("%s imports %s", name, path)
			}
			if strings.Contains(path, "bot/play") && name != "demo.go" && name != "run.go" { // run.go names the hidden command
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	if looked < 5 {
		t.Errorf("only %d files were looked at", looked)
	}
}
