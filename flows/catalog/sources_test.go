package catalog

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	keyForm    = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)
	prefixForm = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*\.$`)
)

// Every key of a text that our sources name exists, and every call that names
// a key literally fills in all placeholders of its text: the catalog and the
// code cannot drift apart.
func TestSourcesAndTextsAgree(t *testing.T) {
	c := mustLoad(t)
	named := 0
	for _, dir := range speaking(t, "../../bot", "../../cmd") {
		set := token.NewFileSet()
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Error(err)
				continue
			}
			found, faults := textsIn(c, set, file)
			named += found
			for _, f := range faults {
				t.Error(f)
			}
		}
	}
	if named == 0 {
		t.Error("no source names a text: the test looks in the wrong place")
	}
}

// speaking lists the directories with a file that imports the catalog, and
// those that get at it through them.
func speaking(t *testing.T, roots ...string) []string {
	t.Helper()
	dirs := map[string]bool{"../../bot/dialogue": true}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, i := range file.Imports {
				if i.Path.Value == `"mimamori.example/mimamori/flows/catalog"` {
					dirs[filepath.Dir(path)] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(dirs))
}

// textsIn counts the keys that a file names and says which do not fit.
func textsIn(c *Catalog, set *token.FileSet, file *ast.File) (named int, faults []string) {
	fault := func(at token.Pos, text string) { faults = append(faults, set.Position(at).String()+": "+text) }
	skip := map[ast.Node]bool{} // literals of imports, and texts that are taken apart, not filled in
	for _, i := range file.Imports {
		skip[i.Path] = true
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.BasicLit:
			key, ok := text(v)
			if !ok || skip[v] || !c.section(key) {
				return true
			}
			switch {
			case keyForm.MatchString(key):
				named++
				if !c.Has(key) {
					fault(v.Pos(), "there is no text "+key)
				}
			case prefixForm.MatchString(key):
				named++
				if !c.begins(key) {
					fault(v.Pos(), "there are no texts "+key)
				}
			}
		case *ast.BinaryExpr:
			if key, ok := text(v.X); ok && c.section(key) {
				skip[v.X] = true
				named++
				if !c.begins(key) {
					fault(v.Pos(), "there are no texts "+key)
				}
			}
		case *ast.CallExpr:
			if f, ok := v.Fun.(*ast.SelectorExpr); ok {
				if of, ok := f.X.(*ast.Ident); ok && of.Name == "strings" {
					for _, arg := range v.Args {
						skip[arg] = true
					}
				}
			}
			if skip[v] {
				return true
			}
			if what := c.call(v); what != "" {
				fault(v.Pos(), what)
			}
		}
		return true
	})
	return named, faults
}

// begins says whether the keys of some texts begin so.
func (c *Catalog) begins(prefix string) bool {
	return slices.ContainsFunc(c.Keys(), func(k string) bool { return strings.HasPrefix(k, prefix) })
}

// section says whether a literal begins with a section of texts.
func (c *Catalog) section(key string) bool {
	top, _, found := strings.Cut(key, ".")
	return found && slices.ContainsFunc(c.Keys(), func(k string) bool { return strings.HasPrefix(k, top+".") })
}

// call checks the placeholders of one call: Text(key, name, value, …).
func (c *Catalog) call(v *ast.CallExpr) string {
	if v.Ellipsis != token.NoPos || len(v.Args) == 0 {
		return ""
	}
	name := ""
	switch f := v.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	key, ok := text(v.Args[0])
	if !ok || !c.Has(key) || !slices.Contains([]string{"Text", "text", "answer"}, name) {
		return ""
	}
	want := Placeholders(c.texts[key])
	var have []string
	for i := 1; i < len(v.Args); i += 2 {
		one, literal := text(v.Args[i])
		if !literal {
			return "" // a constant: cannot be told from here
		}
		have = append(have, one)
	}
	if len(v.Args)%2 == 0 {
		return key + ": a name without a value"
	}
	for _, w := range want {
		if !slices.Contains(have, w) && !slices.Contains(Values(), w) {
			return key + ": nothing fills in {" + w + "}"
		}
	}
	return ""
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// The test above finds what it is for.
func TestTextsInFindsFaults(t *testing.T) {
	c := mustLoad(t)
	c.texts["advice.number"] = "受付{no}、{電話}"
	for body, want := range map[string]string{
		`c.Text("advice.driving")`:                        "",
		`c.Text("advice.number", "no", n)`:                "",
		`c.Text("advice.number", "no", n, "電話", n)`:       "",
		`c.Text("advice.number", name, n)`:                "",
		`c.Text("advice.number", vars...)`:                "",
		`c.Text("advice." + id)`:                          "",
		`c.Text("advice.drivign")`:                        "there is no text advice.drivign",
		`x.anything("advice.drivign")`:                    "there is no text advice.drivign",
		`c.Text("advice.calls." + id)`:                    "there are no texts advice.calls.",
		`c.Text("advice.number")`:                         "nothing fills in {no}",
		`c.Text("advice.number", "nr", n)`:                "nothing fills in {no}",
		`c.Text("advice.number", "no")`:                   "a name without a value",
		`c.Text("advice.dri" + id)`:                       "",
		`c.Text("advice.dra" + id)`:                       "there are no texts advice.dra",
		`strings.Cut(c.Text("advice.number"), "{no}")`:    "",
		`c.Text("other.thing")`:                           "",
		`fmt.Println("see advice.drivign in the manual")`: "",
	} {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "x.go", "package x\nimport \"advice.example/x\"\nfunc f() { "+body+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		_, faults := textsIn(c, set, file)
		if got := strings.Join(faults, "\n"); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
