package bot_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// TestNoSilentSkips holds tests to running: a test may be skipped only for want
// of something outside, in a function that also reads MIMAMORI_TEST_ALL, by
// which make test turns the skip into a failure.
func TestNoSilentSkips(t *testing.T) {
	for name, p := range load(t) {
		for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, function := range silentSkips(parsed) {
				t.Errorf("%s/%s: %s skips a test, and does not read MIMAMORI_TEST_ALL", name, file, function)
			}
		}
	}
}

// silentSkips names the functions that call Skip, Skipf or SkipNow and do not
// name the variable.
func silentSkips(file *ast.File) (functions []string) {
	if !slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing"` }) {
		return nil
	}
	for _, declared := range file.Decls {
		function, ok := declared.(*ast.FuncDecl)
		if !ok {
			continue
		}
		skips, reads := false, false
		ast.Inspect(function, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok {
					skips = skips || s.Sel.Name == "SkipNow" || s.Sel.Name == "Skipf" || s.Sel.Name == "Skip" && receiver(s) != "tx"
				}
			case *ast.BasicLit:
				value, err := strconv.Unquote(n.Value)
				reads = reads || err == nil && value == "MIMAMORI_TEST_ALL"
			}
			return true
		})
		if skips && !reads {
			functions = append(functions, function.Name.Name)
		}
	}
	return functions
}

// receiver is the name before the dot: a transaction's Skip moves a sequence on.
func receiver(s *ast.SelectorExpr) string {
	if x, ok := s.X.(*ast.Ident); ok {
		return x.Name
	}
	return ""
}

func TestNoSilentSkipsControl(t *testing.T) {
	tests := []struct {
		source string
		want   int
	}{
		{`func TestX(t *testing.T) { t.Skip("slow") }`, 1},
		{`func TestX(t *testing.T) { t.Run("a", func(t *testing.T) { t.SkipNow() }) }`, 1},
		{`func TestX(t *testing.T) { if os.Getenv("MIMAMORI_TEST_ALL") == "1" { t.Fatal() }; t.Skipf("no server") }`, 0},
		{`func TestX(t *testing.T) { tx.Skip("receipt", 5) }`, 0},
		{`func a() { _ = "MIMAMORI_TEST_ALL" }; func TestX(t *testing.T) { t.Skip() }`, 1},
	}
	for _, tt := range tests {
		file, err := parser.ParseFile(token.NewFileSet(), "c_test.go", `package p; import "testing"; `+tt.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := silentSkips(file); len(got) != tt.want {
			t.Errorf("%s: got %q, want %d", tt.source, got, tt.want)
		}
	}
}
