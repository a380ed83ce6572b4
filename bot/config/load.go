package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxSize bounds the file, in bytes; a hundred councils are far below it.
const maxSize = 4 << 20

// source is what a configuration reads besides the file itself.
type source struct {
	dir      string // relative paths start here
	env      func(string) (string, bool)
	readFile func(string) ([]byte, error)
	// keep leaves secrets where they are: nothing is looked up.
	keep bool
}

func (src *source) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(src.dir, p)
}

// Load reads, completes and checks the file at path. A file that can be read
// but is not right gives [Faults], all of them at once, and as much of the
// configuration as could be read, for whoever looks for more faults; what is
// merely doubtful is in the Warnings of the result.
func Load(path string) (*Config, error) {
	return load(path, &source{env: os.LookupEnv, readFile: os.ReadFile})
}

// LoadForRehearsal is Load for a machine that has not got the secrets: the
// variables and files that env: and file: name are not looked at, and such a
// Secret holds a placeholder. All other faults are reported as by Load, also
// that a secret is not mentioned at all, or shared by two councils.
func LoadForRehearsal(path string) (*Config, error) {
	return load(path, &source{keep: true})
}

func load(path string, src *source) (*Config, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("config: read: %w", err)
	}
	if src.dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	c, err := src.parse(data)
	var faults Faults
	if errors.As(err, &faults) {
		for i := range faults {
			faults[i].File = path
		}
		return c, faults
	}
	if err != nil {
		return nil, err
	}
	for i := range c.Warnings {
		c.Warnings[i].File = path
	}
	return c, nil
}

func (src *source) parse(data []byte) (*Config, error) {
	if len(data) > maxSize {
		return nil, Faults{{Problem: "the file is larger than 4 MiB"}}
	}
	root, fault := parseYAML(data)
	if fault != nil {
		return nil, Faults{*fault}
	}
	c := New()
	d := &decoder{src: src, lines: map[string]int{}, raw: map[string]string{}, broken: map[string]bool{}}
	d.value(root, "", reflect.ValueOf(c).Elem())
	src.absolute(c)

	v := &validator{lines: d.lines, raw: d.raw, broken: d.broken, faults: d.faults, warned: d.warned}
	v.config(c)
	slices.SortStableFunc(v.faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	slices.SortStableFunc(v.warned, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	if len(v.faults) > 0 {
		return c, v.faults
	}
	c.Warnings = v.warned
	return c, nil
}

// parseYAML gives the one document of the file. The library's own message
// would quote the file, secrets included; only its summary and line are used.
func parseYAML(data []byte) (root ast.Node, fault *Fault) {
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		fault = &Fault{Problem: "this is not YAML"}
		var e yaml.Error
		if errors.As(err, &e) {
			if t := e.GetToken(); t != nil && t.Position != nil {
				fault.Line = t.Position.Line
			}
			fault.Problem += ": " + e.GetMessage()
		}
		return nil, fault
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			return nil, &Fault{Line: doc.Body.GetToken().Position.Line, Problem: "the file holds more than one document; remove the ---"}
		}
		root = doc.Body
	}
	if root == nil {
		return nil, &Fault{Problem: "the file is empty; config.example.yaml shows what belongs here"}
	}
	return root, nil
}

func (src *source) absolute(c *Config) {
	c.Control = src.path(c.Control)
	c.Storage.Path = src.path(c.Storage.Path)
	for i := range c.Councils {
		c.Councils[i].Flows = src.path(c.Councils[i].Flows)
	}
}

// Validate checks a configuration that was built in code. The error is
// [Faults], without lines.
func (c *Config) Validate() error {
	v := &validator{}
	v.config(c)
	if len(v.faults) > 0 {
		return v.faults
	}
	return nil
}
