package main

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/flows/catalog"
)

const root = "../.."

// readmes are one text in two languages.
var readmes = []string{"README.md", "README.ja.md"}

// page is what a README is made of.
type page struct {
	headings []string // #, ##, … in order
	blocks   []block
	rows     [][]string // code spans of each table row's first cell
	spans    []string   // all code spans outside blocks, sorted, each once
	links    []string
	images   []string
}

type block struct{ language, text string }

var (
	fence   = regexp.MustCompile("(?ms)^ *```([a-z]*)\n(.*?)^ *```$")
	span    = regexp.MustCompile("`([^`\n]+)`")
	link    = regexp.MustCompile(`(!?)\[[^\]]*\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^(#+) .+$`)
	remark  = regexp.MustCompile(`(?m)(^|\s{2,})#.*$`)
)

func readPage(t *testing.T, name string) page {
	t.Helper()
	var p page
	text := fence.ReplaceAllStringFunc(readRoot(t, name), func(s string) string {
		m := fence.FindStringSubmatch(s)
		p.blocks = append(p.blocks, block{m[1], m[2]})
		return ""
	})
	if strings.Contains(text, "```") {
		t.Errorf("%s: a code block is not closed, or names no language", name)
	}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		p.headings = append(p.headings, m[1])
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "|") {
			first, _, _ := strings.Cut(line[1:], "|")
			p.rows = append(p.rows, spansOf(first))
		}
	}
	p.spans = spansOf(text)
	slices.Sort(p.spans)
	p.spans = slices.Compact(p.spans)
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		p.links = append(p.links, m[2])
		if m[1] == "!" {
			p.images = append(p.images, m[2])
		}
	}
	return p
}

func readRoot(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func spansOf(text string) []string {
	var all []string
	for _, m := range span.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// Both languages have the same sections, the same code but for its remarks,
// and name the same things.
func TestReadmesAreInStep(t *testing.T) {
	en, ja := readPage(t, readmes[0]), readPage(t, readmes[1])
	if len(en.headings) < 20 || !slices.Equal(en.headings, ja.headings) {
		t.Errorf("headings differ:\n%v\n%v", en.headings, ja.headings)
	}
	if !slices.Equal(en.images, ja.images) || len(en.images) == 0 {
		t.Errorf("pictures differ: %v %v", en.images, ja.images)
	}
	if len(en.rows) != len(ja.rows) {
		t.Fatalf("%d rows of tables and %d", len(en.rows), len(ja.rows))
	}
	for i, row := range en.rows {
		if !slices.Equal(row, ja.rows[i]) {
			t.Errorf("table row %d: %v and %v", i+1, row, ja.rows[i])
		}
	}
	for _, s := range en.spans {
		if !slices.Contains(ja.spans, s) {
			t.Errorf("%s names `%s`, %s does not", readmes[0], s, readmes[1])
		}
	}
	for _, s := range ja.spans {
		if !slices.Contains(en.spans, s) {
			t.Errorf("%s names `%s`, %s does not", readmes[1], s, readmes[0])
		}
	}
	if len(en.blocks) != len(ja.blocks) {
		t.Fatalf("%d code blocks and %d", len(en.blocks), len(ja.blocks))
	}
	for i, b := range en.blocks {
		if b.language == "" || b.language != ja.blocks[i].language || plain(b.text) != plain(ja.blocks[i].text) {
			t.Errorf("code block %d differs:\n%s\n%s", i+1, b.text, ja.blocks[i].text)
		}
	}
}

// plain is code without its remarks.
func plain(code string) string {
	lines := strings.Split(remark.ReplaceAllString(code, ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

var substitution = regexp.MustCompile(`\$\([^)]*\)`)

// called finds the program's own arguments in a line of a shell or unit file.
func called(line string) ([]string, bool) {
	line = strings.TrimPrefix(strings.TrimSpace(substitution.ReplaceAllString(line, "X")), "ExecStart=")
	for _, lead := range []string{"sudo -u mimamori ", "go run ./cmd/"} {
		line = strings.TrimPrefix(line, lead)
	}
	words := strings.Fields(line)
	if len(words) == 0 || filepath.Base(words[0]) != "mimamori" {
		return nil, false
	}
	return words[1:], true
}

// Every call in a block is one that the program takes, with as many words as
// it wants; every command named in passing exists, and so does every make target.
func TestReadmesNameRealCommands(t *testing.T) {
	targets := readRoot(t, "Makefile")
	for _, name := range readmes {
		p, calls, makes := readPage(t, name), 0, 0
		var lines []string
		for _, b := range p.blocks {
			if b.language == "sh" || b.language == "ini" {
				lines = append(lines, strings.Split(b.text, "\n")...)
			}
		}
		for _, line := range lines {
			if args, ok := called(line); ok {
				calls++
				tryCall(t, name, line, args)
			}
		}
		for _, s := range append(slices.Clone(p.spans), lines...) {
			if target, ok := strings.CutPrefix(s, "make "); ok {
				makes++
				if !strings.Contains(targets, "\n"+target+": ## ") {
					t.Errorf("%s: there is no target %q", name, target)
				}
			}
			if rest, ok := strings.CutPrefix(s, "mimamori "); ok {
				if _, _, known := find(strings.Fields(rest)); !known {
					t.Errorf("%s: there is no command %q", name, rest)
				}
			}
		}
		if calls < 15 || makes < 2 {
			t.Errorf("%s: only %d calls and %d targets were found: the test looks in the wrong place", name, calls, makes)
		}
	}
}

func tryCall(t *testing.T, name, line string, args []string) {
	t.Helper()
	_, _, args, err := takeConfig(args)
	if err != nil {
		t.Errorf("%s: %s: %v", name, line, err)
		return
	}
	c, rest, ok := find(args)
	switch {
	case !ok:
		t.Errorf("%s: %s: there is no such command", name, line)
	case c.takes() >= 0 && len(rest) != c.takes():
		t.Errorf("%s: %s: %s takes %q", name, line, c.name, c.args)
	case c.takes() < 0:
		for _, word := range rest {
			if !strings.Contains(c.args, "["+word+"]") {
				t.Errorf("%s: %s: %s takes %q", name, line, c.name, c.args)
			}
		}
	}
}

var dotted = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)*$`)

// Every key of the configuration that a block or the table names exists, and
// the table leaves none out. What is no configuration is a council's own texts,
// and taken as such.
func TestReadmesNameRealKeys(t *testing.T) {
	for _, name := range readmes {
		p := readPage(t, name)
		configurations, texts := 0, 0
		for _, b := range p.blocks {
			if b.language != "yaml" {
				continue
			}
			var tree map[string]any
			if err := yaml.Unmarshal([]byte(b.text), &tree); err != nil {
				t.Errorf("%s: %v:\n%s", name, err, b.text)
				continue
			}
			if _, ok := tree["advice"]; ok {
				texts++
				if _, err := catalog.Load(catalog.Source{Name: name, Data: []byte(b.text)}); err != nil {
					t.Error(err)
				}
				continue
			}
			configurations++
			for _, fault := range unknown(reflect.TypeFor[config.Config](), tree, "") {
				t.Errorf("%s: no key %s in the configuration", name, fault)
			}
		}
		if configurations == 0 || texts == 0 {
			t.Errorf("%s: %d configurations and %d texts were found", name, configurations, texts)
		}
		named := map[string]bool{}
		for _, row := range p.rows {
			for _, s := range row {
				named[s] = true
			}
		}
		for _, key := range keys(reflect.TypeFor[config.Config](), "") {
			key = strings.TrimPrefix(key, "councils.")
			section, _, _ := strings.Cut(key, ".")
			if !named[key] && !named[section] && !slices.Contains(onlyForTests, key) && !covered(named, key) {
				t.Errorf("%s: the table does not name %s", name, key)
			}
		}
		known := append(keys(reflect.TypeFor[config.Config](), ""), keys(reflect.TypeFor[config.Council](), "")...)
		for _, s := range tableOf(p, "listen", "drill") {
			if dotted.MatchString(s) && !slices.ContainsFunc(known, func(k string) bool { return k == s || strings.HasPrefix(k, s+".") }) {
				t.Errorf("%s: the table names %s, which does not exist", name, s)
			}
		}
	}
}

// onlyForTests are keys that lead to the emulator.
var onlyForTests = []string{"line.endpoint", "line.data_endpoint", "id", "office.name"}

// covered: something above the key is named.
func covered(named map[string]bool, key string) bool {
	for i := strings.LastIndex(key, "."); i > 0; i = strings.LastIndex(key, ".") {
		if key = key[:i]; named[key] {
			return true
		}
	}
	return false
}

// tableOf lists the first cells from the row that names first to the one that
// names last.
func tableOf(p page, first, last string) []string {
	from := slices.IndexFunc(p.rows, func(r []string) bool { return slices.Contains(r, first) })
	to := slices.IndexFunc(p.rows, func(r []string) bool { return slices.Contains(r, last) })
	if from < 0 || to < from {
		return []string{"no table from " + first + " to " + last}
	}
	return slices.Concat(p.rows[from : to+1]...)
}

// unknown lists the keys of a YAML tree that a type has no field for.
func unknown(of reflect.Type, tree any, at string) []string {
	switch tree := tree.(type) {
	case []any:
		if of.Kind() != reflect.Slice {
			return []string{at}
		}
		var all []string
		for _, x := range tree {
			all = append(all, unknown(of.Elem(), x, at)...)
		}
		return all
	case map[string]any:
		if of.Kind() == reflect.Map {
			return nil
		}
		var all []string
		for key, x := range tree {
			field, ok := fieldOf(of, key)
			if !ok {
				all = append(all, at+"."+key)
				continue
			}
			all = append(all, unknown(field, x, at+"."+key)...)
		}
		return all
	}
	return nil
}

func fieldOf(of reflect.Type, key string) (reflect.Type, bool) {
	if of.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range of.NumField() {
		if f := of.Field(i); f.Tag.Get("yaml") == key {
			return f.Type, true
		}
	}
	return nil, false
}

// keys lists the paths of a type's fields; a list's own are below its name.
func keys(of reflect.Type, at string) []string {
	if of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	var all []string
	if of.Kind() == reflect.Struct {
		for i := range of.NumField() {
			if tag := of.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
				all = append(all, keys(of.Field(i).Type, strings.TrimPrefix(at+"."+tag, "."))...)
			}
		}
	}
	if len(all) == 0 {
		return []string{at}
	}
	return all
}

var metric = regexp.MustCompile(`^mimamori_([a-z_]+)$`)

// Every number, file and module that is named exists; every module that the
// program needs is named.
func TestReadmesNameWhatExists(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join(root, "bot/metrics/*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	var numbers strings.Builder
	for _, path := range sources {
		if !strings.HasSuffix(path, "_test.go") {
			numbers.WriteString(readRoot(t, "bot/metrics/"+filepath.Base(path)))
		}
	}
	needed := readRoot(t, "go.mod")
	for _, name := range readmes {
		p := readPage(t, name)
		for _, s := range p.spans {
			if m := metric.FindStringSubmatch(s); m != nil && !strings.Contains(numbers.String(), `"`+m[1]+`"`) {
				t.Errorf("%s: there is no number %s", name, s)
			}
			if regexp.MustCompile(`^(github\.com|go\.|golang\.org)`).MatchString(s) && !strings.Contains(needed, "\t"+s+" v") {
				t.Errorf("%s: go.mod does not need %s", name, s)
			}
		}
		for _, line := range strings.Split(needed, "\n") {
			words := strings.Fields(line)
			if strings.HasPrefix(line, "\t") && !strings.Contains(line, "// indirect") && !slices.Contains(p.spans, words[0]) {
				t.Errorf("%s: %s is needed and not named", name, words[0])
			}
		}
		for _, to := range p.links {
			if u, err := url.Parse(to); err != nil || u.Scheme != "" || u.Path == "" {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The demo plays to its end, and the picture says nothing that the demo does
// not say.
func TestDemoAndPicture(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &lines{}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"demo", "--terminal"}, out, out) }()
	out.wait(t, "実演は終わりました")
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("code %d", code)
	}
	said := squeeze(out.String())
	words := pictureWords(t, ".readme/way-of-a-report.svg")
	if len(words) < 30 {
		t.Errorf("only %d texts were found in the picture", len(words))
	}
	for _, w := range words {
		for _, part := range strings.Fields(w) { // a button says a number and its own words
			if !strings.Contains(said, squeeze(strings.TrimSuffix(part, "…"))) {
				t.Errorf("the picture says %q, the demo does not", w)
			}
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// pictureWords are the texts of the class said, each with its lines joined.
func pictureWords(t *testing.T, name string) []string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(readRoot(t, name)))
	var words []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "text" {
			continue
		}
		var text struct {
			Class string `xml:"class,attr"`
			Inner string `xml:",innerxml"`
		}
		if err := d.DecodeElement(&text, &start); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(strings.Fields(text.Class), "said") {
			words = append(words, regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text.Inner, ""))
		}
	}
}
