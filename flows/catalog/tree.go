package catalog

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	yaml "github.com/goccy/go-yaml"
)

// maxSource is the size of the largest file taken, in bytes, and maxDepth its
// deepest nesting.
const (
	maxSource = 512 << 10
	maxDepth  = 24
)

type nodeKind int

const (
	scalarNode nodeKind = iota
	mapNode
	listNode
)

func (k nodeKind) String() string {
	return [...]string{"a text", "a map", "a list"}[k]
}

// node is a piece of a file that knows where it stands, so that a fault found
// long after parsing, and after a council's file was laid over ours, still
// names file and line.
type node struct {
	kind  nodeKind
	file  string
	line  int
	value string // scalars
	// bool says that a scalar was written as true or false without quotes.
	bool  bool
	keys  []string // maps, in order
	items []*node  // maps and lists
}

func (n *node) get(key string) *node {
	for i, k := range n.keys {
		if k == key {
			return n.items[i]
		}
	}
	return nil
}

func (n *node) set(key string, value *node) {
	for i, k := range n.keys {
		if k == key {
			n.items[i] = value
			return
		}
	}
	n.keys = append(n.keys, key)
	n.items = append(n.items, value)
}

func (n *node) clone() *node {
	c := *n
	c.keys = slices.Clone(n.keys)
	c.items = make([]*node, len(n.items))
	for i, item := range n.items {
		c.items[i] = item.clone()
	}
	return &c
}

// id is the id of a map in a list, or "".
func (n *node) id() string {
	if n.kind == mapNode {
		if v := n.get("id"); v != nil && v.kind == scalarNode {
			return v.value
		}
	}
	return ""
}

// locate follows a field ("a.b.other#2.c") as far as it exists.
func (n *node) locate(field string) *node {
	for part := range strings.SplitSeq(field, ".") {
		next := n.child(part)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (n *node) child(part string) *node {
	if n.kind == mapNode {
		return n.get(part)
	}
	id, times, found := strings.Cut(part, "#")
	nth, err := strconv.Atoi(times)
	if !found || err != nil {
		nth = 1
	}
	for i, item := range n.items {
		if item.id() == id || item.id() == "" && part == "["+strconv.Itoa(i)+"]" {
			if nth--; nth <= 0 {
				return item
			}
		}
	}
	return nil
}

// parse reads one file strictly: one document of maps, lists and texts, no
// key twice, none of YAML's anchors, aliases, merges and tags.
func (l *loader) parse(src Source) *node {
	empty := &node{kind: mapNode, file: src.Name, line: 1}
	if len(src.Data) > maxSource {
		l.add(src.Name, 1, "", "", "at most %d bytes", maxSource)
		return empty
	}
	if line := tooDeep(src.Data); line > 0 {
		l.add(src.Name, line, "", "", "at most %d levels of nesting", maxDepth)
		return empty
	}
	file, err := parser.ParseBytes(src.Data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, what := 1, err.Error()
		var at yaml.Error
		if errors.As(err, &at) {
			what = at.GetMessage()
			if t := at.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		l.add(src.Name, line, "", "", "correct YAML: %s", what)
		return empty
	}
	l.eaten(src)
	root := empty
	for i, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		n := l.convert(src.Name, doc.Body, "", 0)
		switch {
		case n == nil || n.kind == scalarNode && n.value == "":
		case i > 0 && len(root.keys) > 0:
			l.add(src.Name, n.line, "", "", "one document in one file")
		case n.kind != mapNode:
			l.add(src.Name, n.line, "", "", "a map of sections at the top")
		default:
			root = n
		}
	}
	return root
}

// eaten finds what YAML takes for a comment but was meant as a number: in
// "call #9110" all from the # on would silently be missing.
func (l *loader) eaten(src Source) {
	for _, t := range lexer.Tokenize(string(src.Data)) {
		if t.Type == token.CommentType && t.Value != "" && t.Value[0] >= '0' && t.Value[0] <= '9' {
			l.add(src.Name, t.Position.Line, "", "#"+clip(t.Value), "quotes around a text with # in it, or a blank after the # of a comment")
		}
	}
}

// tooDeep finds nesting that would only serve to exhaust the parser. It counts
// more than there is (brackets in texts), never less.
func tooDeep(data []byte) (line int) {
	depth, line := 0, 1
	for i, c := range data {
		switch c {
		case '\n':
			line++
			if i+1 < len(data) && data[i+1] != ' ' && data[i+1] != '-' {
				depth = 0
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '-', '?', ':':
			if i > 0 && i+1 < len(data) && data[i+1] == ' ' && (data[i-1] == ' ' || data[i-1] == '\n') {
				depth++ // "- - - -" nests too
			}
		}
		if depth > maxDepth*40 {
			return line
		}
	}
	return 0
}

func (l *loader) convert(file string, n ast.Node, field string, depth int) *node {
	out := &node{file: file, line: lineOf(n)}
	if depth > maxDepth {
		l.add(file, out.line, field, "", "at most %d levels of nesting", maxDepth)
		return out
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		out.kind = mapNode
		for _, pair := range v.Values {
			l.pair(out, pair, field, depth)
		}
	case *ast.MappingValueNode:
		out.kind = mapNode
		l.pair(out, v, field, depth)
	case *ast.SequenceNode:
		out.kind = listNode
		for i, item := range v.Values {
			out.items = append(out.items, l.convert(file, item, field+".["+strconv.Itoa(i)+"]", depth+1))
		}
	case *ast.StringNode:
		out.value = v.Value
	case *ast.LiteralNode:
		out.value = v.Value.Value
	case *ast.NullNode:
	case *ast.BoolNode:
		out.value, out.bool = v.GetToken().Value, true
	case *ast.IntegerNode, *ast.FloatNode:
		out.value = v.GetToken().Value
	default:
		l.add(file, out.line, field, "", "maps, lists and texts only, no %s", n.Type())
	}
	return out
}

func (l *loader) pair(out *node, pair *ast.MappingValueNode, field string, depth int) {
	var key string
	switch k := pair.Key.(type) {
	case *ast.StringNode:
		key = k.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		key = k.GetToken().Value
	default:
		l.add(out.file, lineOf(pair), field, "", "a plain name as key")
		return
	}
	at := join(field, key)
	if key == "" || strings.ContainsAny(key, ".#[]{} ") {
		l.add(out.file, lineOf(pair.Key), field, key, "a plain name as key")
		return
	}
	if out.get(key) != nil {
		l.add(out.file, lineOf(pair.Key), at, "", "this key once, it stands here twice")
		return
	}
	value := l.convert(out.file, pair.Value, at, depth+1)
	if line := lineOf(pair.Key); value.kind != scalarNode || value.line < line {
		value.line = line
	}
	out.set(key, value)
}

func lineOf(n ast.Node) int {
	var t *token.Token
	switch v := n.(type) {
	case *ast.MappingNode:
		if len(v.Values) > 0 {
			return lineOf(v.Values[0].Key)
		}
		t = v.Start
	case *ast.MappingValueNode:
		return lineOf(v.Key)
	default:
		t = n.GetToken()
	}
	if t == nil || t.Position == nil {
		return 1
	}
	return t.Position.Line
}

func join(field, key string) string {
	if field == "" {
		return key
	}
	return field + "." + key
}
