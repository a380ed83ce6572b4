package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"
)

// root is the folder of the module, seen from this package.
const root = "../../.."

// shared is what all tests use: one Chromium, and the program built once.
var shared struct {
	once     sync.Once
	err      error
	missing  bool   // Chromium or axe is not installed
	dir      string // of the built program
	program  string
	axe      string // axe's source
	chromium context.Context
	close    func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := errors.Join(putAway(), goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// putAway ends Chromium and removes what was built.
func putAway() (err error) {
	if shared.close != nil {
		shared.close()
	}
	if shared.dir != "" {
		err = os.RemoveAll(shared.dir)
	}
	return err
}

// need prepares what all tests use. Where Chromium or axe is missing, the test
// is skipped.
func need(t *testing.T) {
	t.Helper()
	shared.once.Do(func() { shared.err = prepare() })
	if shared.missing && os.Getenv("MIMAMORI_TEST_ALL") != "1" {
		t.Skip("no browser: " + shared.err.Error())
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
}

func prepare() error {
	path, err := chromium()
	if err != nil {
		shared.missing = true
		return err
	}
	if shared.axe, err = axe(); err != nil {
		shared.missing = true
		return err
	}
	if shared.dir, err = os.MkdirTemp("", "mimamori-browser-"); err != nil {
		return err
	}
	shared.program = filepath.Join(shared.dir, "mimamori")
	if out, err := exec.Command("go", "build", "-o", shared.program, root+"/cmd/mimamori").CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, // root in a container has no sandbox
		chromedp.UserDataDir(filepath.Join(shared.dir, "profile")),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "ja"),
	)
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	var over context.CancelFunc
	shared.chromium, over = chromedp.NewContext(allocator)
	shared.close = func() {
		closing, cancel := context.WithTimeout(shared.chromium, 10*time.Second)
		defer cancel()
		_ = chromedp.Cancel(closing) // killed below when it does not go by itself
		over()
		end()
	}
	if err := chromedp.Do(shared.chromium); err != nil {
		return fmt.Errorf("start Chromium: %w", err)
	}
	return nil
}

// chromium finds the browser under the names that Debian and others give it.
func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("Chromium is not installed (.ci/install browser)")
}

// axe reads the accessibility checker that .ci/install has put into .cache.
func axe() (string, error) {
	files, err := filepath.Glob(root + "/.cache/axe-core-*.min.js")
	if err != nil || len(files) == 0 {
		return "", errors.New("axe is not in .cache (.ci/install browser)")
	}
	source, err := os.ReadFile(files[len(files)-1])
	return string(source), err
}
