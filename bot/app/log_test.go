package app

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/config"
)

type person struct{ Name string }

// Whatever is logged by mistake does not come out; what is meant to be logged
// does.
func TestRedact(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		var b bytes.Buffer
		l := NewLogger(config.Log{Format: format, Level: "debug"}, &b)
		l = l.With("council", "minato", "user", alice).WithGroup("g").With("token", "t-secret")
		l.Info("turn of "+alice+" done, 田中さん said",
			"text", "よろしく", "status", 503, "took", 3*time.Second, "lane", "casework",
			"error", errors.New("call 090-1234-5678 or tanaka@example.jp: "+strings.Repeat("a", 60)),
			"reason", "電話番号 0120456789 disk full", "what", person{"Tanaka"}, "kind", &person{"Suzuki"},
			slog.Group("event", slog.String("outcome", "late"), slog.String("reply_token", "r-1")),
			"problem", []string{"Yamada"}, "address", "127.0.0.1:8080")
		got := b.String()
		for _, never := range []string{alice, "田中", "よろしく", "t-secret", "090-1234", "1234-5678", "tanaka@", "aaaaaaaaaa", "電話",
			"0120456789", "Tanaka", "Suzuki", "Yamada", "r-1"} {
			if strings.Contains(got, never) {
				t.Errorf("%s: %q came out:\n%s", format, never, got)
			}
		}
		for _, want := range []string{"minato", "503", "casework", "disk full", "late", "127.0.0.1:8080", "done"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing:\n%s", format, want, got)
			}
		}
	}
}

func TestLogLevel(t *testing.T) {
	var b bytes.Buffer
	l := NewLogger(config.Log{Format: "text", Level: "warn"}, &b)
	l.Info("quiet")
	l.Warn("loud")
	if got := b.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") {
		t.Errorf("%s", got)
	}
}

// A stack keeps its use: functions and lines.
func TestScrubKeepsStacks(t *testing.T) {
	const stack = "goroutine 34 [running]:\nmimamori.example/mimamori/bot/webhook.(*Handler).turn(0xc0000a4000, {0x1})\n\t/src/bot/webhook/turns.go:80 +0x1b"
	if got := scrub(stack); !strings.Contains(got, "webhook.(*Handler).turn") || !strings.Contains(got, "turns.go:80") {
		t.Errorf("%s", got)
	}
}

// Every key that the program logs under is on the list: what is missing there
// would come out as three stars, and what is added to it has been thought about.
func TestKeysAreListed(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return filepath.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, key := range loggedKeys(n) {
				used[key] = true
				if !slices.Contains(loggable, key) {
					t.Errorf("%s logs under %q, which is not on the list", path, key)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !used["council"] || !used["error"] {
		t.Errorf("the search finds too little: %v", used)
	}
}

// loggedKeys are the keys in a call such as log.Info("…", "key", value) or
// slog.String("key", value).
func loggedKeys(n ast.Node) []string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	args := call.Args
	from, step := 0, len(args)+1
	pkg, named := f.X.(*ast.Ident)
	switch name := strings.TrimSuffix(f.Sel.Name, "Context"); {
	case named && pkg.Name == "slog" && slices.Contains([]string{"String", "Int", "Int64", "Any", "Duration", "Bool", "Time"}, name):
	case named && pkg.Name == "http": // http.Error answers, and does not log
		return nil
	case slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, name) && len(args) > 2:
		from, step = 1, 2
		if name != f.Sel.Name {
			from = 2
		}
	default:
		return nil
	}
	var keys []string
	for i := from; i < len(args); i += step {
		if lit, ok := args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			key, err := strconv.Unquote(lit.Value)
			if err == nil {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
