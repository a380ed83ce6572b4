package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func bind(t *testing.T, path string) (*Server, error) {
	t.Helper()
	s := New(path, nil, slog.New(slog.DiscardHandler))
	err := s.Bind(t.Context())
	t.Cleanup(func() { _ = s.Shutdown(context.Background()) })
	return s, err
}

func TestPermissions(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077} {
		t.Run(fmt.Sprintf("umask %03o", umask), func(t *testing.T) {
			defer syscall.Umask(syscall.Umask(umask))
			path := place(t)
			if _, err := bind(t, path); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{path, path + ".lock"} {
				info, err := os.Lstat(file)
				if err != nil {
					t.Fatal(err)
				}
				if mode := info.Mode().Perm(); mode != 0o600 {
					t.Errorf("%s has mode %o", filepath.Base(file), mode)
				}
			}
		})
	}
}

func TestAdmits(t *testing.T) {
	for _, c := range []struct {
		caller uint32
		self   int
		want   bool
	}{{0, 1000, true}, {1000, 1000, true}, {1001, 1000, false}, {1000, 0, false}, {0, 0, true}, {4294967295, -1, false}} {
		if got := admits(c.caller, c.self); got != c.want {
			t.Errorf("caller %d of %d: %v", c.caller, c.self, got)
		}
	}
}

// TestPeer: the kernel's answer about a real connection, which is our own.
func TestPeer(t *testing.T) {
	path := place(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	in, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if !allowed(in) {
		t.Error("ourselves are not admitted")
	}
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	if allowed(a) {
		t.Error("a connection without a known user is admitted")
	}
}

func TestInUse(t *testing.T) {
	path := place(t)
	first, err := bind(t, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bind(t, path); !errors.Is(err, ErrInUse) {
		t.Errorf("a second server: %v", err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the first one's socket is gone: %v", err)
	}
	if err := first.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := bind(t, path); err != nil {
		t.Errorf("after the first one's end: %v", err)
	}
}

// TestInUseByOther: a process that answers without holding the lock.
func TestInUseByOther(t *testing.T) {
	path := place(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := bind(t, path); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v", err)
	}
	if _, err := (&net.Dialer{}).DialContext(t.Context(), "unix", path); err != nil {
		t.Errorf("its socket is gone: %v", err)
	}
}

// leave makes a socket as a killed process leaves it.
func leave(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStale(t *testing.T) {
	path := place(t)
	leave(t, path)
	if err := NewClient(path).Call(t.Context(), "x", nil, nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("calling a dead socket gives %v", err)
	}
	serve(t, path, nil)
	if err := NewClient(path).Call(t.Context(), "x", nil, nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("the new server does not answer: %v", err)
	}
}

// TestStaleRace: of many that find a dead socket, one wins, and its socket
// stays.
func TestStaleRace(t *testing.T) {
	for range 20 {
		path := place(t)
		leave(t, path)
		servers := make([]*Server, 8)
		errs := make([]error, len(servers))
		var wg sync.WaitGroup
		for i := range servers {
			servers[i] = New(path, nil, slog.New(slog.DiscardHandler))
			wg.Go(func() { errs[i] = servers[i].Bind(t.Context()) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, ErrInUse):
				t.Errorf("got %v", err)
			}
		}
		if won != 1 {
			t.Fatalf("%d servers hold the socket", won)
		}
		if c, err := (&net.Dialer{}).DialContext(t.Context(), "unix", path); err != nil {
			t.Errorf("the winner's socket is gone: %v", err)
		} else {
			_ = c.Close()
		}
		for _, s := range servers {
			if err := s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestNotSocket(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"file":      func(p string) error { return os.WriteFile(p, []byte("precious"), 0o600) },
		"directory": func(p string) error { return os.Mkdir(p, 0o700) },
		"link":      func(p string) error { return os.Symlink("/nowhere", p) },
	} {
		t.Run(name, func(t *testing.T) {
			path := place(t)
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			if _, err := bind(t, path); !errors.Is(err, ErrNotSocket) {
				t.Errorf("got %v", err)
			}
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("it is gone: %v", err)
			}
			if err := NewClient(path).Call(t.Context(), "x", nil, nil); err == nil {
				t.Error("calling it succeeds")
			}
		})
	}
}

func TestNoDirectory(t *testing.T) {
	path := filepath.Join(place(t), "none", "s")
	if _, err := bind(t, path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := NewClient(path).Call(t.Context(), "x", nil, nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("got %v", err)
	}
}

// FuzzRequest: whatever a caller sends, the server answers or hangs up, runs
// nothing that was not asked for, and goes on serving.
func FuzzRequest(f *testing.F) {
	const head = "POST /command HTTP/1.1\r\nHost: control\r\nConnection: close\r\n"
	for _, body := range []string{`{"command":"x","args":1}`, `{"command":"y"}`, `{`, `[]`, `{"command":"x"}{}`, `{"command":"x","more":1}`, `null`} {
		f.Add([]byte(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)))
	}
	f.Add([]byte(head + "Content-Length: 99999999\r\n\r\n{}"))
	f.Add([]byte(head + "Transfer-Encoding: chunked\r\n\r\nzz"))
	f.Add([]byte("GET /command HTTP/1.1\r\nHost: control\r\nConnection: close\r\n\r\n"))
	f.Fuzz(func(t *testing.T, request []byte) {
		path := place(t)
		serve(t, path, map[string]Command{
			"ping": Result(func(context.Context, struct{}) (string, error) { return "pong", nil }),
		})
		c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(request) // the server may have hung up
		_ = c.CloseWrite()
		answer, _ := io.ReadAll(c)
		_ = c.Close()
		if len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.") {
			t.Errorf("the answer is %q", answer)
		}
		var pong string
		if err := NewClient(path).Ask(t.Context(), "ping", nil, &pong); err != nil || pong != "pong" {
			t.Errorf("afterwards: %q, %v", pong, err)
		}
	})
}
