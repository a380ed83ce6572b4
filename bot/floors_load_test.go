package bot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pkg is what go list tells of one package.
type pkg struct {
	ImportPath, Name, Dir              string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
	Deps                               []string
}

// load asks the go command for every package of the module, by its path
// without the module's name.
func load(t *testing.T) map[string]pkg {
	t.Helper()
	visit(t)
	// With -e, a package that does not build is judged all the same; that it
	// does not build is for others to say.
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e",
		"-json=ImportPath,Name,Dir,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports,Deps", "./...")
	cmd.Dir = ".."
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("go list: %v\n%s", err, &problems)
	}
	house := map[string]pkg{}
	for dec := json.NewDecoder(&out); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		house[strings.TrimPrefix(p.ImportPath, module)] = p
	}
	// A list without the ground floor would let every rule pass.
	for _, name := range []string{"storage", "bot/message", "bot/clock"} {
		if len(house[name].GoFiles) == 0 {
			t.Fatalf("go list does not know %s: %d packages", name, len(house))
		}
	}
	return house
}

// visit reads every folder of the module, so that go test sees what the result
// depends on: what go list reads it would not, and would repeat an old result.
func visit(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("..", func(at string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && at != ".." {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
