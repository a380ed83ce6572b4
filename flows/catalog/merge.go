package catalog

import (
	"slices"
	"strconv"
)

// join lays one of our own files beside the others: sections may be spread over
// files, but nothing may be said twice.
func (l *loader) join(into, from *node, field string) {
	for i, key := range from.keys {
		at := join(field, key)
		have, value := into.get(key), from.items[i]
		switch {
		case have == nil:
			into.set(key, value)
		case have.kind == mapNode && value.kind == mapNode:
			l.join(have, value, at)
		default:
			l.add(value.file, value.line, at, "", "this once, it also stands in %s:%d", have.file, have.line)
		}
	}
}

// override lays a council's file over ours: a text replaces a text, an entry of
// a list replaces the fields it names of the entry with the same id, is
// appended when the id is new (`before: id` says where), and goes with
// `drop: true`. Lists of plain texts are replaced whole.
func (l *loader) override(into, from *node, field string) {
	for i, key := range from.keys {
		at := join(field, key)
		have, value := into.get(key), from.items[i]
		switch {
		case have == nil && texts(at):
			l.add(value.file, value.line, at, "", "the name of a text that exists")
		case have == nil:
			into.set(key, value)
		case have.kind != value.kind:
			l.add(value.file, value.line, at, clip(value.value), "%s, as in %s", have.kind, have.file)
		case have.kind == mapNode:
			l.override(have, value, at)
		case have.kind == listNode && (len(have.items) == 0 || have.items[0].kind == mapNode):
			l.entries(have, value, at)
		case have.kind == listNode:
			into.set(key, value)
		default:
			l.placeholders(have, value, at)
			into.set(key, value)
		}
	}
}

func (l *loader) entries(into, from *node, field string) {
	for i, entry := range from.items {
		id := entry.id()
		if id == "" {
			l.add(entry.file, entry.line, field+".["+strconv.Itoa(i)+"]", "", "an entry with an id")
			continue
		}
		at := join(field, id)
		where := slices.IndexFunc(into.items, func(n *node) bool { return n.id() == id })
		drop, before := entry.take("drop"), entry.take("before")
		if drop != nil {
			if where < 0 || drop.value != "true" || len(entry.keys) > 1 {
				l.add(entry.file, entry.line, at, "", "drop: true, alone, and the id of an entry that exists")
			} else {
				into.items = slices.Delete(into.items, where, where+1)
			}
			continue
		}
		if where >= 0 {
			l.override(into.items[where], entry, at)
			entry = into.items[where]
		}
		if before != nil {
			if where >= 0 {
				into.items = slices.Delete(into.items, where, where+1)
			}
			where = slices.IndexFunc(into.items, func(n *node) bool { return n.id() == before.value })
			if where < 0 {
				l.add(before.file, before.line, at+".before", before.value, "the id of another entry of this list")
				where = len(into.items)
			}
			into.items = slices.Insert(into.items, where, entry)
			continue
		}
		if where < 0 {
			into.items = append(into.items, entry)
		}
	}
}

// take removes a key from a map and returns its value, or nil.
func (n *node) take(key string) *node {
	i := slices.Index(n.keys, key)
	if i < 0 {
		return nil
	}
	v := n.items[i]
	n.keys = slices.Delete(n.keys, i, i+1)
	n.items = slices.Delete(n.items, i, i+1)
	return v
}

// placeholders compares a council's text with ours: what we fill in must stay,
// and nothing else can be filled in.
func (l *loader) placeholders(ours, theirs *node, field string) {
	have, want := Placeholders(theirs.value), Placeholders(ours.value)
	for _, name := range have {
		if !slices.Contains(want, name) && !slices.Contains(Values(), name) {
			l.add(theirs.file, theirs.line, field, "{"+name+"}", "a placeholder of this text: %s", braces(append(want, Values()...)))
		}
	}
	for _, name := range want {
		if !slices.Contains(have, name) && !slices.Contains(Values(), name) {
			l.add(theirs.file, theirs.line, field, clip(theirs.value), "the placeholder {%s}, it is missing", name)
		}
	}
}

func clip(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}
