package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/storage"
)

// scratch holds the built program; TestMain makes and removes it.
var scratch string

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "mimamori")
	out, err := exec.Command("go", "build", "-o", path, "mimamori.example/mimamori/cmd/mimamori").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// child is the program in a process of its own, started again after each end.
type child struct {
	t       *testing.T
	program []string // and its arguments
	tool    string   // the program that runs commands
	config  string   // the file
	address string
	env     []string
	log     *os.File

	mu   sync.Mutex
	cmd  *exec.Cmd
	dead chan struct{} // closed when cmd has ended
	end  error
}

// children counts: each has environment variables of its own, because those of
// this process, which opens their stores, are shared.
var children atomic.Int64

// newChild writes the configuration. program is the command in front of
// "--config FILE"; storage the configuration's line about it, where DIR is a
// directory and DSN the name of the variable that holds dsn.
func newChild(t *testing.T, p *platform, program []string, storage, dsn string) *child {
	t.Helper()
	dir, n := t.TempDir(), strconv.FormatInt(children.Add(1), 10)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, program: program, tool: program[0], config: filepath.Join(dir, "mimamori.yaml"), address: l.Addr().String(),
		env: []string{"CHAOS_SECRET_" + n + "=" + p.bot.Secret(), "CHAOS_TOKEN_" + n + "=" + p.bot.Token(), "CHAOS_DSN_" + n + "=" + dsn}}
	for _, e := range c.env {
		name, value, _ := strings.Cut(e, "=")
		if err := os.Setenv(name, value); err != nil { //nolint:usetesting // t.Setenv is not for parallel tests
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil { // each run of the program takes this port
		t.Fatal(err)
	}
	// A control socket's path must be short.
	sockets, err := os.MkdirTemp(scratch, "s")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("DIR", dir, "CHAOS_SECRET", "CHAOS_SECRET_"+n, "CHAOS_TOKEN", "CHAOS_TOKEN_"+n, "DSN", "CHAOS_DSN_"+n).
		Replace(configuration(c.address, filepath.Join(sockets, "c"), storage, p.bot, p.server.URL))
	if err := os.WriteFile(c.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(c.config)
	if err == nil {
		err = app.InitStore(t.Context(), loaded.Storage)
	}
	if err != nil {
		t.Fatal(err)
	}
	if c.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.kill()
		if err := c.log.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := p.bot.SetWebhook("http://" + c.address + "/webhook/" + town); err != nil {
		t.Fatal(err)
	}
	return c
}

const town = "mihon"

func configuration(listen, control, storage string, bot *emulator.Channel, endpoint string) string {
	return fmt.Sprintf(`
listen: %s
control: %s
storage: %s
log: {format: text, level: warn}
councils:
  - id: %s
    name: 見本市消費者安全確保地域協議会
    network: 見本市見守りネットワーク
    municipality: 見本市
    telephone: 0000-00-0001
    centre: {name: 見本市消費生活センター, telephone: 0000-00-0002}
    office:
      name: 市民生活課
      hours: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "0:00", until: "24:00"}]
      open_new_year: true
    notices: {enabled: false}
    line:
      channel_id: "%s"
      bot_user_id: %s
      basic_id: "%s"
      secret: env:CHAOS_SECRET
      token: env:CHAOS_TOKEN
      endpoint: %s
      data_endpoint: %s
    organisations:
      - {id: shop, name: 見本移動スーパー, trade: 移動販売, status: member}
`, listen, control, storage, town, bot.ID(), bot.UserID(), bot.BasicID(), endpoint, endpoint)
}

// start runs the program. It does not wait until the program answers.
func (c *child) start() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	cmd := c.command(context.WithoutCancel(c.t.Context()), c.program...)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	dead := make(chan struct{})
	c.cmd, c.dead = cmd, dead
	go func() {
		err := cmd.Wait()
		c.mu.Lock()
		c.end = err
		c.mu.Unlock()
		close(dead)
	}()
}

func (c *child) command(ctx context.Context, program ...string) *exec.Cmd {
	return exec.CommandContext(ctx, program[0], append(slices.Clone(program[1:]), "--config", c.config)...)
}

// kill ends it with SIGKILL and returns when it is gone.
func (c *child) kill() {
	c.mu.Lock()
	cmd, dead := c.cmd, c.dead
	c.mu.Unlock()
	if cmd == nil {
		return
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Errorf("kill: %v", err)
	}
	<-dead
}

// over is closed when the program has ended.
func (c *child) over() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

// stop ends it as an operator does and expects a good end.
func (c *child) stop() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.over():
	case <-time.After(40 * time.Second):
		c.t.Fatal("the program does not stop")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		c.t.Errorf("the program ended with %v:\n%s", c.end, c.tail())
	}
	c.cmd = nil
}

// ready waits until the program answers, or has ended.
func (c *child) ready() bool {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for patience := time.After(time.Minute); ; {
		res, err := client.Get("http://" + c.address + "/healthz")
		if err == nil {
			if err := res.Body.Close(); err == nil && res.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-tick.C:
		case <-c.over():
			return false
		case <-patience:
			return false
		}
	}
}

// do runs one of the program's commands.
func (c *child) do(args ...string) string {
	c.t.Helper()
	out, err := c.command(c.t.Context(), append([]string{c.tool}, args...)...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("mimamori %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// tail is the end of what the program has said.
func (c *child) tail() string {
	text, err := os.ReadFile(c.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}

// store opens the store while the program is down.
func (c *child) store() storage.Store {
	c.t.Helper()
	loaded, err := config.Load(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := app.OpenStore(c.t.Context(), loaded.Storage, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}
