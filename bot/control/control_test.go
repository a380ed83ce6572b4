package control

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is a path for a socket. The system allows about 100 bytes, so the
// directory is not named after the test as t.TempDir would.
func place(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// serve runs a server until the test ends.
func serve(t *testing.T, path string, commands map[string]Command) *Server {
	t.Helper()
	s := New(path, commands, slog.New(slog.DiscardHandler))
	if err := s.Bind(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

type order struct {
	Council string `json:"council"`
	Count   int    `json:"count"`
}

func TestAsk(t *testing.T) {
	path := place(t)
	s := serve(t, path, map[string]Command{
		"card issue": Result(func(_ context.Context, o order) ([]string, error) {
			if o.Count < 1 {
				return nil, errors.New("at least one card\n日本語も")
			}
			return []string{o.Council, fmt.Sprint(o.Count)}, nil
		}),
		"panic": func(context.Context, json.RawMessage, io.Writer) error { panic("a resident's name") },
		"long": func(context.Context, json.RawMessage, io.Writer) error {
			return errors.New(strings.Repeat("あ", 5000))
		},
		"huge": func(_ context.Context, _ json.RawMessage, out io.Writer) error {
			_, err := out.Write(make([]byte, MaxResult+1))
			return err
		},
	})
	if got := strings.Join(s.Names(), ","); got != "card issue,huge,long,panic" {
		t.Errorf("names %q", got)
	}
	c := NewClient(path)
	var cards []string
	if err := c.Ask(t.Context(), "card issue", order{"example", 3}, &cards); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(cards) != "[example 3]" {
		t.Errorf("cards %v", cards)
	}

	err := c.Ask(t.Context(), "card issue", order{"example", 0}, &cards)
	if f, ok := errors.AsType[*Failed](err); !ok || f.Message != "at least one card\n日本語も" {
		t.Errorf("a command's error arrives as %#v", err)
	}
	err = c.Ask(t.Context(), "card issue", []int{1}, &cards)
	if f, ok := errors.AsType[*Failed](err); !ok || !strings.Contains(f.Message, "do not fit") {
		t.Errorf("wrong arguments give %v", err)
	}
	err = c.Call(t.Context(), "panic", nil, nil)
	if f, ok := errors.AsType[*Failed](err); !ok || strings.Contains(f.Message, "resident") {
		t.Errorf("a panic gives %v", err)
	}
	err = c.Call(t.Context(), "long", nil, nil)
	if f, ok := errors.AsType[*Failed](err); !ok || len(f.Message) > maxMessage+3 || strings.ContainsRune(f.Message, '\uFFFD') {
		t.Errorf("a long error gives %d bytes", len(fmt.Sprint(err)))
	}
	if err := c.Ask(t.Context(), "huge", nil, &cards); !errors.Is(err, errLong) {
		t.Errorf("a huge result gives %v", err)
	}
	if err := c.Call(t.Context(), "card burn", nil, nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("an unknown command gives %v", err)
	}
	if err := c.Call(t.Context(), "card issue", strings.Repeat("a", MaxArgs), nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large arguments give %v", err)
	}
	if err := c.Call(t.Context(), "card issue", make(chan int), nil); err == nil {
		t.Error("arguments that are no JSON are accepted")
	}
}

// TestStream: a backup goes through whole, whatever its size, and each piece
// as it is written.
func TestStream(t *testing.T) {
	path := place(t)
	sum := sha256.New()
	next := make(chan struct{})
	serve(t, path, map[string]Command{
		"backup": func(_ context.Context, _ json.RawMessage, out io.Writer) error {
			r := rand.NewChaCha8([32]byte{1})
			_, err := io.CopyN(io.MultiWriter(out, sum), r, 40<<20)
			return err
		},
		"slow": func(ctx context.Context, _ json.RawMessage, out io.Writer) error {
			for _, line := range []string{"one\n", "two\n"} {
				if _, err := io.WriteString(out, line); err != nil {
					return err
				}
				select {
				case <-next:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		},
	})
	c := NewClient(path)
	got := sha256.New()
	if err := c.Call(t.Context(), "backup", nil, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Sum(nil), sum.Sum(nil)) {
		t.Error("the backup arrives changed")
	}
	// The second line is written only once the first has arrived.
	var seen strings.Builder
	if err := c.Call(t.Context(), "slow", nil, writer(func(p []byte) (int, error) {
		next <- struct{}{}
		return seen.Write(p)
	})); err != nil || seen.String() != "one\ntwo\n" {
		t.Errorf("%q, %v", seen.String(), err)
	}
	full := errors.New("disk full")
	if err := c.Call(t.Context(), "backup", nil, writer(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
		t.Errorf("a full disk gives %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// TestCut: an answer without its end is no success.
func TestCut(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing at all":        "",
		"half a header":         "HTTP/1.1 200 OK\r\nContent-Ty",
		"no trailer":            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"half a body":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"until the end":         "HTTP/1.1 200 OK\r\n\r\nabc",
		"another trailer":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Mimamori-Outcome\r\n\r\n0\r\nMimamori-Outcome: perhaps\r\n\r\n",
		"a trailer not escaped": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Mimamori-Outcome\r\n\r\n0\r\nMimamori-Outcome: failed %zz\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := place(t)
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, answer)
				_ = c.Close()
			})
			defer wg.Wait()
			defer func() { _ = l.Close() }()
			if err := NewClient(path).Call(t.Context(), "backup", nil, io.Discard); !errors.Is(err, ErrCut) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCallerGone(t *testing.T) {
	path := place(t)
	begun, ended := make(chan struct{}), make(chan error, 1)
	serve(t, path, map[string]Command{"wait": func(ctx context.Context, _ json.RawMessage, _ io.Writer) error {
		close(begun)
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	if err := NewClient(path).Call(ctx, "wait", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller gets %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the command gets %v", err)
	}
}

func TestBusy(t *testing.T) {
	path := place(t)
	begun, release := make(chan struct{}), make(chan struct{})
	serve(t, path, map[string]Command{"wait": func(context.Context, json.RawMessage, io.Writer) error {
		begun <- struct{}{}
		<-release
		return nil
	}})
	c := NewClient(path)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			if err := c.Call(t.Context(), "wait", nil, nil); err != nil {
				t.Errorf("wait: %v", err)
			}
		})
	}
	for range atOnce {
		<-begun
	}
	if err := c.Call(t.Context(), "wait", nil, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many gives %v", err)
	}
	close(release)
	wg.Wait()
}

func TestShutdown(t *testing.T) {
	path := place(t)
	begun := make(chan struct{})
	s := New(path, map[string]Command{"wait": func(ctx context.Context, _ json.RawMessage, _ io.Writer) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}}, slog.New(slog.DiscardHandler))
	if err := s.Serve(); err == nil {
		t.Error("serve before bind succeeds")
	}
	if err := s.Bind(t.Context()); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	called := make(chan error, 1)
	go func() { called <- NewClient(path).Call(t.Context(), "wait", nil, nil) }()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-called; err == nil {
		t.Error("a cancelled command counts as done")
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	if err := NewClient(path).Call(t.Context(), "wait", nil, nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("calling a stopped server gives %v", err)
	}
}
