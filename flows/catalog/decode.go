package catalog

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decode fills a struct, slice, map or text from a node, strictly: a field that
// the type does not name, or of another kind, is a fault. Fields go by their
// json tags.
func (l *loader) decode(n *node, into reflect.Value, field string) {
	switch into.Kind() {
	case reflect.Struct:
		if l.kind(n, mapNode, field) {
			l.fields(n, into, field)
		}
	case reflect.Slice:
		if !l.kind(n, listNode, field) {
			return
		}
		seen := map[string]int{}
		for i, item := range n.items {
			v := reflect.New(into.Type().Elem()).Elem()
			l.decode(item, v, join(field, entryName(item, i, seen)))
			into.Set(reflect.Append(into, v))
		}
	case reflect.Map:
		if !l.kind(n, mapNode, field) {
			return
		}
		into.Set(reflect.MakeMap(into.Type()))
		for i, key := range n.keys {
			v := reflect.New(into.Type().Elem()).Elem()
			l.decode(n.items[i], v, join(field, key))
			into.SetMapIndex(reflect.ValueOf(key), v)
		}
	case reflect.Bool:
		if !n.bool {
			l.add(n.file, n.line, field, clip(n.value), "true or false")
			return
		}
		into.SetBool(n.value == "true")
	default:
		if !l.kind(n, scalarNode, field) {
			return
		}
		if n.bool {
			l.add(n.file, n.line, field, n.value, "a text; put it into quotes")
		}
		into.SetString(n.value)
	}
}

func (l *loader) kind(n *node, want nodeKind, field string) bool {
	if n.kind != want {
		l.add(n.file, n.line, field, clip(n.value), "%s, not %s", want, n.kind)
	}
	return n.kind == want
}

func (l *loader) fields(n *node, into reflect.Value, field string) {
	var names []string
	t := into.Type()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		names = append(names, name)
		if v := n.get(name); v != nil {
			l.decode(v, into.Field(i), join(field, name))
		}
	}
	for i, key := range n.keys {
		if !slices.Contains(names, key) {
			l.add(n.items[i].file, n.items[i].line, join(field, key), "", "one of the fields %s", strings.Join(names, ", "))
		}
	}
}

// entryName is how fields name an entry of a list: by its id, a second one of
// the same id as "id#2", one without by its place.
func entryName(n *node, i int, seen map[string]int) string {
	id := n.id()
	if id == "" {
		return "[" + strconv.Itoa(i) + "]"
	}
	if seen[id]++; seen[id] > 1 {
		return id + "#" + strconv.Itoa(seen[id])
	}
	return id
}
