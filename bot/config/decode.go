package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// decoder walks the file's tree and the structs together. The library's own
// strict decoding stops at the first fault; this one goes on, and remembers
// the line of every field for the checks that follow.
type decoder struct {
	src    *source
	lines  map[string]int    // field → line
	raw    map[string]string // field → as written; never a secret
	broken map[string]bool   // fields whose value is already reported
	faults Faults
	warned Faults
}

// scalar is a value that one word of the file stands for.
type scalar interface{ set(string) error }

type defaulter interface{ defaults() }

var (
	secretType   = reflect.TypeFor[Secret]()
	durationType = reflect.TypeFor[time.Duration]()
)

func (d *decoder) fault(line int, field, value, problem string) {
	d.broken[field] = true
	d.faults = append(d.faults, Fault{Line: line, Field: field, Value: clip(value), Problem: problem})
}

// value decodes one node into out, which can be set.
func (d *decoder) value(n ast.Node, field string, out reflect.Value) {
	line := n.GetToken().Position.Line
	if _, ok := d.lines[field]; !ok {
		d.lines[field] = line
	}
	if _, ok := n.(*ast.NullNode); ok {
		return // written, but left empty: as if it were not there
	}
	if out.Type() != secretType {
		switch out.Kind() {
		case reflect.Struct:
			d.structure(n, field, out)
			return
		case reflect.Slice:
			d.list(n, field, out)
			return
		case reflect.Map:
			d.mapping(n, field, out)
			return
		}
	}
	text, ok := word(n)
	if !ok {
		d.fault(line, field, "", "must be a single value, not "+kindOf(n))
		return
	}
	if out.Type() != secretType {
		d.raw[field] = text
	}
	if problem := d.scalar(text, line, field, out); problem != "" {
		if out.Type() == secretType {
			text = ""
		}
		d.fault(line, field, text, problem)
	}
}

func (d *decoder) scalar(text string, line int, field string, out reflect.Value) (problem string) {
	switch out.Type() {
	case secretType:
		secret, literal, problem := d.src.resolve(text)
		if problem == "" && literal {
			d.warned = append(d.warned, Fault{Line: line, Field: field, Problem: "the secret stands in the file itself; better env:NAME or file:PATH"})
		}
		out.Set(reflect.ValueOf(secret))
		return problem
	case durationType:
		length, err := parseDuration(text)
		if err != nil {
			return err.Error()
		}
		out.SetInt(int64(length))
		return ""
	}
	if s, ok := out.Addr().Interface().(scalar); ok {
		if err := s.set(text); err != nil {
			return err.Error()
		}
		return ""
	}
	switch out.Kind() {
	case reflect.String:
		out.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return "must be a whole number"
		}
		out.SetInt(int64(n))
	case reflect.Bool:
		if text != "true" && text != "false" {
			return "must be true or false"
		}
		out.SetBool(text == "true")
	default:
		panic("config: no decoding for " + out.Type().String()) // a mistake in the structs, met by every test
	}
	return ""
}

func (d *decoder) structure(n ast.Node, field string, out reflect.Value) {
	known := map[string]int{}
	var names []string
	for i := range out.NumField() {
		if name := out.Type().Field(i).Tag.Get("yaml"); name != "-" {
			known[name] = i
			names = append(names, name)
		}
	}
	d.entries(n, field, func(line int, key, path string, value ast.Node) {
		i, ok := known[key]
		if !ok {
			d.fault(line, path, "", "no such field; there are "+strings.Join(names, ", "))
			return
		}
		d.value(value, path, out.Field(i))
	})
}

func (d *decoder) mapping(n ast.Node, field string, out reflect.Value) {
	out.Set(reflect.MakeMap(out.Type()))
	d.entries(n, field, func(_ int, key, path string, value ast.Node) {
		v := reflect.New(out.Type().Elem()).Elem()
		d.value(value, path, v)
		out.SetMapIndex(reflect.ValueOf(key), v)
	})
}

// entries calls each for every entry of a mapping, once per key.
func (d *decoder) entries(n ast.Node, field string, each func(line int, key, path string, value ast.Node)) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.fault(n.GetToken().Position.Line, field, "", "must be a mapping (name: value), not "+kindOf(n))
		return
	}
	var seen []string
	for it := m.MapRange(); it.Next(); {
		line := it.Key().GetToken().Position.Line
		key := it.Key().GetToken().Value
		path := clip(key)
		if field != "" {
			path = field + "." + path
		}
		if slices.Contains(seen, key) {
			d.fault(line, path, "", "stands here a second time; keep one")
			continue
		}
		seen = append(seen, key)
		d.lines[path] = line
		each(line, key, path, it.Value())
	}
}

func (d *decoder) list(n ast.Node, field string, out reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(n.GetToken().Position.Line, field, "", "must be a list (- … or [ … ]), not "+kindOf(n))
		return
	}
	list := reflect.MakeSlice(out.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		if def, ok := list.Index(i).Addr().Interface().(defaulter); ok {
			def.defaults()
		}
		d.value(item, fmt.Sprintf("%s[%d]", field, i), list.Index(i))
	}
	out.Set(list)
}

// word is a scalar as it was written: 0120 and 188 stay as they are.
func word(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a mapping"
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		return "an alias, anchor or tag (write it out)"
	default:
		return "a single value"
	}
}
