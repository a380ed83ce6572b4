package browser

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// demo is `mimamori demo` as a person starts it.
type demo struct {
	url   string
	begun time.Time
}

// startDemo starts the program and waits for the address that it prints. It is
// ended as Ctrl+C ends it, and must go then with code 0.
func startDemo(t *testing.T, args ...string) demo {
	t.Helper()
	// A Tuesday: what is tested must not depend on the day on which it is tested.
	cmd := exec.Command(shared.program, append([]string{"demo", "--day", "2026-12-01"}, args...)...)
	said := &words{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d := demo{begun: time.Now()}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for d.url == "" && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://") {
			d.url = strings.TrimSpace(lines.Text())
		}
	}
	rest := make(chan struct{})
	go func() {
		defer close(rest)
		for lines.Scan() { // Wait must not close the pipe before everything is read
		}
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Errorf("end the demo: %v", err)
		}
		<-rest
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with %v\n%s", err, said)
		}
	})
	if d.url == "" {
		t.Fatalf("the demo prints no address\n%s", said)
	}
	return d
}

// words collects what is written to it.
type words struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprint(w.b.String())
}
