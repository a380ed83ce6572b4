package bot_test

import (
	"slices"
	"strings"
	"testing"
)

// TestFloorsControls gives each rule a small house with one fault, and the same
// house put right: a rule that finds nothing, or too much, is found out.
func TestFloorsControls(t *testing.T) {
	const sdk = "github.com/line/line-bot-sdk-go/v8/linebot/webhook"
	tests := []struct {
		name, rule  string
		wrong       house
		fault       string // part of the one line expected
		right       house
		programName string
	}{{
		name: "a new package", rule: "every package has a floor",
		wrong: house{"bot/util": {}}, fault: "bot/util",
		right: house{"bot/web/console": {}, "cmd/mimamori": {}, "bot": {}},
	}, {
		name: "the domain calls a door", rule: "imports run downwards",
		wrong: house{"bot/council": {"bot/webhook"}}, fault: "bot/council imports bot/webhook",
		right: house{"bot/webhook": {"bot/council"}},
	}, {
		name: "casework calls the outbox", rule: "imports run downwards",
		wrong: house{"bot/casework": {"bot/outbox"}}, fault: "bot/casework imports bot/outbox",
		right: house{"bot/outbox": {"bot/casework", "bot/line"}},
	}, {
		name: "a door calls another", rule: "imports run downwards",
		wrong: house{"bot/webhook": {"bot/schedule"}}, fault: "bot/webhook imports bot/schedule",
		right: house{"bot/web/form": {"bot/web"}},
	}, {
		name: "a folder calls into itself", rule: "imports run downwards",
		wrong: house{"bot/line": {"bot/line/emulator"}}, fault: "bot/line imports bot/line/emulator",
		right: house{"bot/line/emulator": {"bot/line"}},
	}, {
		name: "the contract knows its engine", rule: "imports run downwards",
		wrong: house{"storage": {"storage/bolt"}}, fault: "storage imports storage/bolt",
		right: house{"storage/bolt": {"storage"}},
	}, {
		name: "one engine leans on the other", rule: "imports run downwards",
		wrong: house{"storage/bolt": {"storage/postgres"}}, fault: "storage/bolt imports storage/postgres",
		right: house{"storage/postgres": {"storage"}},
	}, {
		name: "the engine of conversations knows the catalog", rule: "foundations import nothing of ours",
		wrong: house{"flows": {"bot/clock"}}, fault: "flows imports bot/clock",
		right: house{"flows/catalog": {"flows"}},
	}, {
		name: "the domain reads YAML", rule: "bot/council imports only the library",
		wrong: house{"bot/council": {"!github.com/goccy/go-yaml"}}, fault: "go-yaml",
		right: house{"bot/council": {"!encoding/json", "!time"}},
	}, {
		name: "a door parses with the SDK", rule: "SDK and engines have one importer",
		wrong: house{"bot/webhook": {"!" + sdk}}, fault: "bot/webhook imports " + sdk,
		right: house{"bot/line": {"!" + sdk}},
	}, {
		name: "the emulator leans on the SDK it checks", rule: "SDK and engines have one importer",
		wrong: house{"bot/line/emulator": {"!" + sdk}}, fault: "bot/line/emulator imports",
		right: house{"bot/line/emulator": {"bot/line"}},
	}, {
		name: "rows are read past the contract", rule: "SDK and engines have one importer",
		wrong: house{"bot/records": {"!go.etcd.io/bbolt"}}, fault: "bot/records imports go.etcd.io/bbolt",
		right: house{"storage/bolt": {"!go.etcd.io/bbolt/errors"}},
	}, {
		name: "a command opens an engine", rule: "concrete packages have named importers",
		wrong: house{"cmd/mimamori": {"storage/bolt"}}, fault: "cmd/mimamori imports storage/bolt",
		right: house{"bot/app": {"storage/bolt", "storage/postgres"}},
	}, {
		name: "the talk reads the configuration", rule: "concrete packages have named importers",
		wrong: house{"bot/dialogue": {"bot/config"}}, fault: "bot/dialogue imports bot/config",
		right: house{"cmd/mimamori": {"bot/config", "bot/line/emulator"}},
	}, {
		name: "a program links a suite", rule: "the program links no test package", programName: "cmd/mimamori",
		wrong: house{"cmd/mimamori": {"bot/app", "storage/storagetest"}}, fault: "cmd/mimamori links",
		right: house{"cmd/mimamori": {"bot/app", "bot/line/emulator"}},
	}, {
		name: "a program links the test framework", rule: "the program links no test package", programName: "cmd/mimamori",
		wrong: house{"cmd/mimamori": {"!testing"}}, fault: "links testing",
		right: house{"cmd/mimamori": {"!testingx"}},
	}, {
		name: "what serves holds the emulator", rule: "the program links no test package",
		wrong: house{"bot/app": {"bot/line/emulator"}}, fault: "bot/app links",
		right: house{"bot/app": {"bot/line"}},
	}}
	seen := map[string]bool{}
	for _, tt := range tests {
		seen[tt.rule] = true
		t.Run(tt.name, func(t *testing.T) {
			rule := rules[tt.rule]
			faults := rule(tt.wrong.packages(tt.programName))
			if len(faults) != 1 || !strings.Contains(faults[0], tt.fault) {
				t.Errorf("wrong house: got %q, want one fault with %q", faults, tt.fault)
			}
			if faults := rule(tt.right.packages(tt.programName)); len(faults) != 0 {
				t.Errorf("right house: got %q", faults)
			}
		})
	}
	for name := range rules {
		if !seen[name] {
			t.Errorf("rule %q has no control", name)
		}
	}
}

// The outside rule counts for tests as well: a test that talks to the SDK would
// prove the SDK, not us.
func TestFloorsControlsTestImports(t *testing.T) {
	sdk := []string{"github.com/line/line-bot-sdk-go/v8/linebot"}
	tests := []struct {
		house map[string]pkg
		want  int
	}{
		{map[string]pkg{"bot/webhook": {XTestImports: sdk}}, 1},
		{map[string]pkg{"bot/webhook": {TestImports: sdk}}, 1},
		{map[string]pkg{"bot/line": {TestImports: sdk}}, 0},
		{map[string]pkg{"bot/line/emulator": {TestImports: sdk}}, 0},
		{map[string]pkg{"bot/line/emulator": {Imports: sdk}}, 1},
	}
	for _, tt := range tests {
		if faults := strays(tt.house); len(faults) != tt.want {
			t.Errorf("%v: got %q, want %d faults", tt.house, faults, tt.want)
		}
	}
}

// house is a made-up module: packages and what they import, "!" before what is
// not ours.
type house map[string][]string

func (h house) packages(program string) map[string]pkg {
	made := map[string]pkg{}
	for name, imports := range h {
		p := pkg{ImportPath: module + name, Name: "p"}
		if name == program {
			p.Name = "main"
		}
		for _, i := range imports {
			if outside, ok := strings.CutPrefix(i, "!"); ok {
				p.Imports = append(p.Imports, outside)
			} else {
				p.Imports = append(p.Imports, module+i)
			}
		}
		p.Deps = slices.Clone(p.Imports)
		made[name] = p
	}
	return made
}
