package bubble

import (
	"html/template"
	"slices"
	"strings"
	"unicode/utf8"
)

// writer is the only place where text becomes HTML: every value is escaped here.
// What it writes is well-formed XML as well, which the tests use.
type writer struct{ b strings.Builder }

// attr is one attribute of an element.
type attr struct{ name, value string }

func class(names ...string) attr { return attr{"class", strings.Join(names, " ")} }

// hidden keeps decoration away from screen readers.
var hidden = attr{"aria-hidden", "true"}

// open writes an opening tag. Tags and attribute names are this package's own; a
// class or style that is empty is left out.
func (w *writer) open(tag string, attrs ...attr) {
	w.b.WriteString("<" + tag)
	w.attrs(attrs)
	w.b.WriteByte('>')
}

// void writes an element without content.
func (w *writer) void(tag string, attrs ...attr) {
	w.b.WriteString("<" + tag)
	w.attrs(attrs)
	w.b.WriteString("/>")
}

func (w *writer) attrs(attrs []attr) {
	for _, a := range attrs {
		if a.value == "" && (a.name == "class" || a.name == "style") {
			continue
		}
		w.b.WriteString(" " + a.name + `="` + template.HTMLEscapeString(plain(a.value)) + `"`)
	}
}

func (w *writer) close(tag string) { w.b.WriteString("</" + tag + ">") }

func (w *writer) say(s string) { w.b.WriteString(template.HTMLEscapeString(plain(s))) }

// span is a span with nothing in it but text.
func (w *writer) span(text string, attrs ...attr) {
	w.open("span", attrs...)
	w.say(text)
	w.close("span")
}

// html is all that was written, every value escaped by this writer.
func (w *writer) html() template.HTML {
	return template.HTML(w.b.String())
}

// plain leaves out what neither HTML nor XML may hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r < ' ', r >= 0x7F && r < 0xA0:
			return -1
		case r == utf8.RuneError, r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF:
			return utf8.RuneError
		}
		return r
	}, s)
}

// shorten cuts s to n runes.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// look is the appearance of an element: classes for what LINE enumerates, rules
// for free lengths and colours. Both hold values of this package or values that
// were matched against a pattern, never text of a message.
type look struct{ classes, rules []string }

func (l *look) class(names ...string) {
	for _, n := range names {
		if !slices.Contains(l.classes, n) {
			l.classes = append(l.classes, n)
		}
	}
}

func (l *look) rule(property, value string) {
	if value != "" {
		l.rules = append(l.rules, property+":"+value)
	}
}

func (l *look) attrs() []attr {
	return []attr{class(l.classes...), {"style", strings.Join(l.rules, ";")}}
}
