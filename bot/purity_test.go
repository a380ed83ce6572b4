package bot_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pure packages decide, and so get time, ids and files as arguments. Their
// closures may run twice, and their tests need no patience.
var pure = []string{"flows", "bot/council", "bot/message", "bot/recogniser", "bot/records", "bot/casework"}

// impure are the packages of the library that read what is not an argument: an
// entry stands for its folder too, save what harmless lists.
var (
	impure = []string{"os", "net", "syscall", "log", "crypto/rand", "math/rand", "hash/maphash",
		"path/filepath", "io/ioutil", "plugin", "runtime"}
	harmless = []string{"net/url", "net/netip", "net/mail", "net/textproto"}
	// Of package time, what reads the clock, waits, or reads the machine's zone
	// files and settings.
	clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker",
		"LoadLocation", "Local"}
)

// lineJSON are names that stand in LINE's requests and events and nowhere else.
var lineJSON = regexp.MustCompile(`\b(replyToken|webhookEventId|deliveryContext|isRedelivery|quoteToken|quotedMessageId|` +
	`markAsReadToken|quickReply|altText|displayText|inputOption|fillInText|mentionees|notificationDisabled|sentMessages|` +
	`chatSetting|richMenuId|paddingAll|cornerRadius)\b`)

// judges look at one file of a package.
var judges = map[string]func(file *ast.File) []string{
	"no clock, file, socket or randomness": outsideWorld,
	"LINE's JSON stays in bot/line":        knowsLINE,
}

func TestPurity(t *testing.T) {
	for name, p := range load(t) {
		for _, file := range p.GoFiles {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for judge, judged := range judges {
				if !subject(judge, name) {
					continue
				}
				for _, fault := range judged(parsed) {
					t.Errorf("%s: %s/%s: %s", judge, name, file, fault)
				}
			}
		}
	}
}

// subject tells whether a judge looks at a package. The benchmark sends what
// LINE would send, as the emulator does, and its page shows it.
func subject(judge, name string) bool {
	if judge == "LINE's JSON stays in bot/line" {
		return !slices.Contains([]string{"bot/line", "bot/line/emulator", "bot/line/emulator/page/bubble", "bot/app/benchtest"}, name)
	}
	return slices.Contains(pure, name)
}

func outsideWorld(file *ast.File) (faults []string) {
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return []string{err.Error()}
		}
		for _, banned := range impure {
			if (imported == banned || strings.HasPrefix(imported, banned+"/")) && !slices.Contains(harmless, imported) {
				faults = append(faults, "imports "+imported)
			}
		}
		if imported != "time" {
			continue
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			faults = append(faults, "imports time without its name")
		}
		faults = append(faults, uses(file, name, clocks)...)
	}
	return faults
}

// uses finds pkg.Name of an imported package, called or only taken.
func uses(file *ast.File, pkg string, names []string) (faults []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && x.Name == pkg && slices.Contains(names, selector.Sel.Name) {
			faults = append(faults, fmt.Sprintf("uses %s.%s", pkg, selector.Sel.Name))
		}
		return true
	})
	return faults
}

func knowsLINE(file *ast.File) (faults []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if found := lineJSON.FindString(lit.Value); found != "" {
				faults = append(faults, "writes or reads "+found)
			}
		}
		return true
	})
	return faults
}

func TestPurityControls(t *testing.T) {
	tests := []struct {
		name, judge, source string
		fault               string // "": none is expected
	}{
		{"reads the clock", "no clock, file, socket or randomness", `import "time"; var x = time.Now()`, "uses time.Now"},
		{"takes the clock", "no clock, file, socket or randomness", `import "time"; var x = time.Now`, "uses time.Now"},
		{"renames the clock", "no clock, file, socket or randomness", `import t "time"; var x = t.Since`, "uses t.Since"},
		{"hides the clock", "no clock, file, socket or randomness", `import . "time"; var x = Now()`, "without its name"},
		{"reads the zone's file", "no clock, file, socket or randomness", `import "time"; var z, _ = time.LoadLocation("Asia/Tokyo")`, "time.LoadLocation"},
		{"counts with time", "no clock, file, socket or randomness", `import "time"; var x = time.Unix(0, 0).Add(time.Hour)`, ""},
		{"asks an argument", "no clock, file, socket or randomness", `type c struct{ Now func() int }; func f(time c) int { return time.Now() }`, ""},
		{"opens files", "no clock, file, socket or randomness", `import "os"`, "imports os"},
		{"opens sockets", "no clock, file, socket or randomness", `import "net/http"`, "imports net/http"},
		{"reads an address", "no clock, file, socket or randomness", `import "net/url"`, ""},
		{"rolls dice", "no clock, file, socket or randomness", `import "math/rand/v2"`, "imports math/rand/v2"},
		{"draws a secret", "no clock, file, socket or randomness", `import "crypto/rand"`, "imports crypto/rand"},
		{"only hashes", "no clock, file, socket or randomness", `import "crypto/sha256"`, ""},
		{"decodes a webhook", "LINE's JSON stays in bot/line", "type e struct { T string `json:\"replyToken\"` }", "replyToken"},
		{"builds a message", "LINE's JSON stays in bot/line", `var m = map[string]any{"altText": ""}`, "altText"},
		{"builds it as text", "LINE's JSON stays in bot/line", "var m = `{\"type\":\"text\",\"quickReply\":{}}`", "quickReply"},
		{"has a word like it", "LINE's JSON stays in bot/line", "type e struct { ReplyToken string `json:\"reply_token\"` }", ""},
	}
	controlled := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, err := parser.ParseFile(token.NewFileSet(), "control.go", "package p; "+tt.source, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			faults := judges[tt.judge](file)
			switch {
			case tt.fault == "" && len(faults) != 0:
				t.Errorf("got %q, want none", faults)
			case tt.fault != "" && (len(faults) != 1 || !strings.Contains(faults[0], tt.fault)):
				t.Errorf("got %q, want one with %q", faults, tt.fault)
			}
		})
		if tt.fault != "" {
			controlled[tt.judge] = true
		}
	}
	if want := slices.Sorted(maps.Keys(judges)); !reflect.DeepEqual(slices.Sorted(maps.Keys(controlled)), want) {
		t.Errorf("controls for %v, want %v", controlled, want)
	}
}
