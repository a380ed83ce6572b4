package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// judgeAll judges the messages property of a request for one kind of sending
// (reply, push, multicast, narrowcast, broadcast) and returns the message
// objects, or LINE's answer to what is wrong with them.
//
// Faults of Flex messages come as "A message (messages[0]) in the request body
// is invalid" with JSON pointers from the container, as LINE is seen to answer;
// other faults as "The request body has n error(s)" with property paths, as its
// reference shows. Properties that LINE does not know are refused inside Flex
// containers and ignored elsewhere; this difference could not be confirmed.
func judgeAll(list *value, kind string) ([]*value, *answer) {
	if !list.set() {
		a := invalidBody(detail{"May not be empty", "messages"})
		return nil, &a
	}
	if list.kind != isList {
		a := propertyInvalid("messages")
		return nil, &a
	}
	messages := list.items()
	if len(messages) == 0 || len(messages) > maxMessages {
		a := invalidBody(detail{fmt.Sprintf("Size must be between 1 and %d", maxMessages), "messages"})
		return nil, &a
	}
	body := &findings{root: list, prefix: "messages"}
	for i, m := range messages {
		if m.kind != isObject {
			a := propertyInvalid(fmt.Sprintf("messages[%d]", i))
			return nil, &a
		}
		flex := &findings{pointer: true}
		judgeMessage(node{m, body}, kind, flex)
		if len(flex.found) > 0 {
			a := invalidMessage(i, flex.found...)
			return nil, &a
		}
	}
	if len(body.found) > 0 {
		a := invalidBody(body.found...)
		return nil, &a
	}
	return messages, nil
}

// findings collects what is wrong below a root, which is called prefix; pointer
// chooses JSON pointers over JavaScript-like paths, and with them the strictness
// of Flex.
type findings struct {
	pointer bool
	root    *value
	prefix  string
	found   []detail
}

// path is where a value stands. It is asked for only when something is wrong.
func (f *findings) path(v *value) string {
	var below []*value
	for ; v != f.root; v = v.parent {
		below = append(below, v)
	}
	path := []byte(f.prefix)
	for _, v := range slices.Backward(below) {
		switch inList := v.parent.kind == isList; {
		case f.pointer && inList:
			path = strconv.AppendInt(append(path, '/'), int64(v.index), 10)
		case f.pointer:
			path = append(append(path, '/'), v.key...)
		case inList:
			path = append(strconv.AppendInt(append(path, '['), int64(v.index), 10), ']')
		case len(path) == 0:
			path = append(path, v.key...)
		default:
			path = append(append(path, '.'), v.key...)
		}
	}
	return string(path)
}

// bad notes what is wrong with a value.
func (f *findings) bad(v *value, message string) {
	f.found = append(f.found, detail{message, f.path(v)})
}

// node is an object under judgement.
type node struct {
	v *value
	f *findings
}

// bad notes what is wrong with a property, whether it is there or not.
func (n node) bad(key, message string) {
	n.f.bad(&value{key: key, parent: n.v}, message)
}

// get finds a property; null counts as not set.
func (n node) get(key string) *value {
	if v := n.v.get(key); v.set() {
		return v
	}
	return nil
}

func (n node) has(key string) bool { return n.get(key) != nil }

func (n node) missing(key string) {
	if n.f.pointer {
		n.bad(key, "must be specified")
		return
	}
	n.bad(key, "May not be empty")
}

// str returns a string property, "" when it is not set or not a string; v is
// nil when it is not set.
func (n node) str(key string) (s string, v *value) {
	v = n.get(key)
	if v != nil && v.kind != isString {
		n.bad(key, "invalid property")
	}
	return v.str(), v
}

// Units in which LINE counts: UTF-16 code units, and grapheme clusters for
// labels and texts of actions ("Character counting in a text").
type unit func(string) int

func graphemes(s string) int { return uniseg.GraphemeClusterCount(s) }

// longer counts only what may be too much: there are never more grapheme
// clusters than UTF-16 units, nor more of these than bytes.
func longer(s string, limit int, count unit) bool {
	return len(s) > limit && utf16Len(s) > limit && count(s) > limit
}

// text judges a string property: whether it is there, and its length.
func (n node) text(key string, required bool, limit int, count unit) string {
	s, v := n.str(key)
	if s == "" {
		if isText := v.is(isString); required && (isText || v == nil) {
			if n.f.pointer && isText {
				n.bad(key, "must be non-empty text")
			} else {
				n.missing(key)
			}
		} else if isText {
			n.bad(key, "May not be empty")
		}
		return s
	}
	if longer(s, limit, count) {
		if n.f.pointer {
			n.bad(key, "invalid property")
		} else {
			n.bad(key, fmt.Sprintf("Length must be between 0 and %d", limit))
		}
	}
	return s
}

// oneOf judges a property with fixed values.
func (n node) oneOf(key string, required bool, values ...string) string {
	s, v := n.str(key)
	switch {
	case v == nil:
		if required {
			n.missing(key)
		}
	case !slices.Contains(values, s):
		if n.f.pointer {
			n.bad(key, "invalid property")
		} else {
			n.bad(key, "Must be one of the following values: ["+strings.Join(values, ", ")+"]")
		}
	}
	return s
}

func (n node) bool(key string) bool {
	v := n.get(key)
	if v != nil && v.kind != isBool {
		n.bad(key, "invalid property")
	}
	return v.is(isBool) && v.text == "true"
}

// integer judges a whole number; ok is false when it is not set or wrong.
func (n node) integer(key string, low, high int64) (int64, bool) {
	v := n.get(key)
	if v == nil {
		return 0, false
	}
	i, err := strconv.ParseInt(v.text, 10, 64)
	if v.kind != isNumber || err != nil || i < low || i > high {
		n.bad(key, "invalid property")
		return 0, false
	}
	return i, true
}

// object returns a property that is an object.
func (n node) object(key string, required bool) (node, bool) {
	return n.asObject(key, n.get(key), required)
}

// asObject is object for who has found the property already.
func (n node) asObject(key string, v *value, required bool) (node, bool) {
	if !v.set() {
		if required {
			n.missing(key)
		}
		return node{}, false
	}
	if v.kind != isObject {
		n.bad(key, "invalid property")
		return node{}, false
	}
	return node{v, n.f}, true
}

// list returns a property that is a list of objects, within the limits.
func (n node) list(key string, low, high int) []node {
	v := n.get(key)
	if v == nil {
		if low >= 0 {
			n.missing(key)
		}
		return nil
	}
	if v.kind != isList {
		n.bad(key, "invalid property")
		return nil
	}
	items := v.items()
	if len(items) < low || len(items) > high {
		n.bad(key, fmt.Sprintf("Size must be between %d and %d", max(low, 0), high))
		return nil
	}
	out := make([]node, 0, len(items))
	for _, x := range items {
		if x.kind != isObject {
			n.f.bad(x, "invalid property")
			continue
		}
		out = append(out, node{x, n.f})
	}
	return out
}

// only refuses what Flex does not know.
func (n node) only(keys ...string) { n.onlyOf(keys, nil) }

func (n node) onlyOf(keys, more []string) {
	if !n.f.pointer {
		return
	}
	var unknown []string
	for x := n.v.first; x != nil; x = x.next {
		if !slices.Contains(keys, x.key) && !slices.Contains(more, x.key) {
			unknown = append(unknown, x.key)
		}
	}
	slices.Sort(unknown)
	for _, k := range slices.Compact(unknown) {
		n.bad(k, "unknown field")
	}
}

// schemes that a URI action opens.
var schemes = []string{"http", "https", "line", "tel"}

// uri judges a required URI: its length, scheme and that it is percent-encoded.
func (n node) uri(key string, limit int, allowed ...string) {
	s, _ := n.str(key)
	if s == "" {
		n.missing(key)
		return
	}
	if longer(s, limit, utf16Len) {
		n.bad(key, fmt.Sprintf("Length must be between 0 and %d", limit))
		return
	}
	u, err := url.Parse(s)
	clean := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= utf8.RuneSelf || r == 0x7f || strings.ContainsRune(`"<>\^{|}`+"`", r)
	}) < 0
	switch {
	case err != nil || !clean || (u.Host == "" && u.Opaque == "" && u.Path == ""):
		n.bad(key, "invalid uri")
	case !slices.Contains(allowed, strings.ToLower(u.Scheme)):
		n.bad(key, "invalid uri") // LINE says no more of a scheme
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host == "":
		n.bad(key, "invalid uri")
	}
}

// matches judges a string property by a pattern.
func (n node) matches(key string, p pattern) string {
	s, v := n.str(key)
	if v.is(isString) && (s == "" || !p.MatchString(s)) {
		n.bad(key, "invalid property")
	}
	return s
}

func asSyntax(err error) (*json.SyntaxError, bool) {
	var s *json.SyntaxError
	return s, errors.As(err, &s)
}

func asURL(err error, u **url.Error) bool { return errors.As(err, u) }
