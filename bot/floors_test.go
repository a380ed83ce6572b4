// Package bot_test holds the house to its plan: which package may import which,
// and which may touch the clock, the network, LINE's JSON or a concrete store.
package bot_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "mimamori.example/mimamori/"

// floors is the drawing of the house, from the ground up. An entry stands for
// the package and for those below its folder that have no entry of their own.
// Imports run to a lower floor only, or sideways where beside says so.
var floors = [][]string{
	{"storage", "storage/bolt", "storage/postgres", "flows", "bot/clock", "bot/recogniser", "bot/metrics"},
	{"bot/council", "flows/catalog", "bot/mail"},
	{"bot/records", "bot/message"},
	{"bot/casework"},
	{"bot/line", "bot/outbox", "bot/dialogue"},
	{"bot/webhook", "bot/schedule", "bot/web", "bot/control", "bot/config", "bot/line/emulator/page/bubble"},
	{"bot/app", "bot/check", "bot/line/emulator/page"},
	{"bot/play", "bot/chaos"},
	{"cmd"},
}

// beside lists what may import a package of its own floor.
var beside = map[string][]string{
	"storage/bolt":     {"storage"},
	"storage/postgres": {"storage"},
	"bot/records":      {"bot/message"},
	"bot/outbox":       {"bot/line"},
	"bot/dialogue":     {"bot/line", "bot/outbox"},
	"bot/app":          {"bot/check"},
}

// suites are test packages: any test may use them, no program links them.
// They lie in the folder of what they test and stand on its floor; bot/chaos
// tests everything.
var suites = []string{"storage/storagetest", "storage/postgres/postgrestest", "flows/flowtest", "bot/app/benchtest", "bot/chaos"}

// foundations may not import anything of ours, whatever their floor.
var foundations = []string{"storage", "flows", "bot/clock", "bot/council", "bot/recogniser"}

// owners are the only packages whose code, tests included, imports what begins
// with the path. The benchmark measures them bare, beside the whole program; the
// emulator's tests, which testers names, let the SDK speak to it.
var owners = map[string][]string{
	"github.com/line/line-bot-sdk-go": {"bot/line", "bot/app/benchtest"},
	"go.etcd.io/bbolt":                {"storage/bolt", "bot/app/benchtest"},
	"github.com/jackc/pgx":            {"storage/postgres", "storage/postgres/postgrestest", "bot/app/benchtest"},
	"github.com/chromedp":             {"bot/play/browser"},
}

var testers = map[string][]string{"github.com/line/line-bot-sdk-go": {"bot/line/emulator"}}

// importers are the only packages that may import a package of ours outside
// tests. An entry in floors below them ("cmd") stands for all of its folder.
var importers = map[string][]string{
	"storage/bolt":      {"bot/app"},
	"storage/postgres":  {"bot/app"},
	"bot/config":        {"bot/app", "bot/check", "bot/play", "cmd"},
	"bot/app":           {"bot/play", "cmd"},
	"bot/line/emulator": {"bot/play", "cmd", "bot/line/emulator/page", "bot/line/emulator/page/bubble"},
	// A deployment's clock cannot be moved.
	"bot/clock/shifted": {"bot/play"},
	// The page shows the platform; only who puts the program on it needs the page.
	"bot/line/emulator/page": {"bot/play", "cmd"},
}

// rules judge the imports of the whole module; each returns what it finds wrong.
var rules = map[string]func(map[string]pkg) []string{
	"every package has a floor":              unplaced,
	"imports run downwards":                  upward,
	"foundations import nothing of ours":     unfounded,
	"bot/council imports only the library":   foreignCouncil,
	"SDK and engines have one importer":      strays,
	"concrete packages have named importers": uninvited,
	"the program links no test package":      linked,
}

func TestFloors(t *testing.T) {
	house := load(t)
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, fault := range rule(house) {
				t.Error(fault)
			}
		})
	}
}

// place finds the entry of floors that stands for a package, and its floor.
func place(name string) (entry string, floor int, ok bool) {
	for at := name; at != "."; at = path.Dir(at) {
		for i, entries := range floors {
			if slices.Contains(entries, at) {
				return at, i, true
			}
		}
	}
	return "", 0, false
}

func unplaced(house map[string]pkg) (faults []string) {
	for name := range house {
		if _, _, ok := place(name); !ok && name != "bot" {
			faults = append(faults, name+" has no floor: draw it into the plan (floors_test.go) first")
		}
	}
	return faults
}

func upward(house map[string]pkg) (faults []string) {
	for name, p := range house {
		entry, floor, _ := place(name)
		for _, imported := range ours(p.Imports) {
			target, below, ok := place(imported)
			switch {
			case !ok, below < floor, target == entry && !strings.HasPrefix(imported, name+"/"):
			case below == floor && slices.Contains(beside[entry], target):
			default:
				faults = append(faults, fmt.Sprintf("%s imports %s, which is not below it", name, imported))
			}
		}
	}
	return faults
}

func unfounded(house map[string]pkg) (faults []string) {
	for _, name := range foundations {
		for _, imported := range ours(house[name].Imports) {
			faults = append(faults, name+" imports "+imported+", and may import nothing of ours")
		}
	}
	return faults
}

func foreignCouncil(house map[string]pkg) (faults []string) {
	for _, imported := range house["bot/council"].Imports {
		if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
			faults = append(faults, "bot/council imports "+imported+", which is not the standard library")
		}
	}
	return faults
}

func strays(house map[string]pkg) (faults []string) {
	judge := func(name string, imports []string, allowed map[string][]string) {
		for _, imported := range imports {
			for owned, by := range owners {
				by := slices.Concat(by, allowed[owned])
				if strings.HasPrefix(imported, owned) && !slices.Contains(by, name) {
					faults = append(faults, fmt.Sprintf("%s imports %s, which only %v may", name, imported, by))
				}
			}
		}
	}
	for name, p := range house {
		judge(name, p.Imports, nil)
		judge(name, slices.Concat(p.TestImports, p.XTestImports), testers)
	}
	return faults
}

func uninvited(house map[string]pkg) (faults []string) {
	for name, p := range house {
		entry, _, _ := place(name)
		for _, imported := range ours(p.Imports) {
			by, closed := importers[imported]
			if closed && !slices.Contains(by, name) && !slices.Contains(by, entry) && !slices.Contains(suites, name) {
				faults = append(faults, fmt.Sprintf("%s imports %s, which only %v may", name, imported, by))
			}
		}
	}
	return faults
}

// linked looks at all that a program is made of. The command holds the demo and
// with it the emulator; what serves, bot/app, must not.
func linked(house map[string]pkg) (faults []string) {
	for name, p := range house {
		if p.Name != "main" && name != "bot/app" || slices.Contains(suites, name) {
			continue
		}
		for _, dep := range p.Deps {
			short := strings.TrimPrefix(dep, module)
			test := dep == "testing" || strings.HasPrefix(dep, "testing/") || strings.HasSuffix(dep, "/httptest") ||
				strings.HasPrefix(dep, "go.uber.org/goleak") || slices.Contains(suites, short) ||
				name == "bot/app" && short == "bot/line/emulator"
			if test {
				faults = append(faults, name+" links "+dep)
			}
		}
	}
	return faults
}

// ours keeps the imports of this module, without its name.
func ours(imports []string) (names []string) {
	for _, i := range imports {
		if name, ok := strings.CutPrefix(i, module); ok {
			names = append(names, name)
		}
	}
	return names
}
