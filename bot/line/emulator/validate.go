package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// judge reads the messages property of a request for one kind of sending
// (reply, push, multicast, narrowcast, broadcast) and returns the message
// objects, or LINE's answer to what is wrong with them.
//
// Faults of Flex messages come as "A message (messages[0]) in the request body
// is invalid" with JSON pointers from the container, as LINE is seen to answer;
// other faults as "The request body has n error(s)" with property paths, as its
// reference shows. Properties that LINE does not know are refused inside Flex
// containers and ignored elsewhere; this difference could not be confirmed.
func judge(raw json.RawMessage, kind string) ([]json.RawMessage, *answer) {
	messages, _, bad := judgeAll(raw, kind)
	return messages, bad
}

// judgeAll is judge; it also gives the messages decoded, so that they need not
// be read again.
func judgeAll(raw json.RawMessage, kind string) ([]json.RawMessage, []map[string]any, *answer) {
	var messages []json.RawMessage
	if raw != nil && json.Unmarshal(raw, &messages) != nil {
		a := propertyInvalid("messages")
		return nil, nil, &a
	}
	if messages == nil {
		a := invalidBody(detail{"May not be empty", "messages"})
		return nil, nil, &a
	}
	if len(messages) == 0 || len(messages) > maxMessages {
		a := invalidBody(detail{fmt.Sprintf("Size must be between 1 and %d", maxMessages), "messages"})
		return nil, nil, &a
	}
	body := &findings{}
	objects := make([]map[string]any, 0, len(messages))
	for i, m := range messages {
		v, err := decode(m)
		obj, isObject := v.(map[string]any)
		if err != nil || !isObject {
			a := propertyInvalid(fmt.Sprintf("messages[%d]", i))
			return nil, nil, &a
		}
		objects = append(objects, obj)
		flex := &findings{pointer: true}
		judgeMessage(node{obj, fmt.Sprintf("messages[%d]", i), body}, kind, m, flex)
		if len(flex.found) > 0 {
			a := invalidMessage(i, flex.found...)
			return nil, nil, &a
		}
	}
	if len(body.found) > 0 {
		a := invalidBody(body.found...)
		return nil, nil, &a
	}
	return messages, objects, nil
}

// decode keeps numbers as they were written.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// findings collects what is wrong; pointer chooses JSON pointers over
// JavaScript-like paths, and with them the strictness of Flex.
type findings struct {
	pointer bool
	found   []detail
}

// node is an object under judgement and where it stands.
type node struct {
	obj  map[string]any
	path string
	f    *findings
}

func (n node) at(key string) string {
	switch {
	case n.f.pointer:
		return n.path + "/" + key
	case n.path == "":
		return key
	}
	return n.path + "." + key
}

func (n node) index(key string, i int) string {
	if n.f.pointer {
		return n.at(key) + "/" + strconv.Itoa(i)
	}
	return n.at(key) + "[" + strconv.Itoa(i) + "]"
}

func (n node) bad(key, message string) {
	n.f.found = append(n.f.found, detail{message, n.at(key)})
}

// has tells whether a property is set; null counts as not set.
func (n node) has(key string) bool { return n.obj[key] != nil }

func (n node) missing(key string) {
	if n.f.pointer {
		n.bad(key, "must be specified")
		return
	}
	n.bad(key, "May not be empty")
}

// str returns a string property, "" when it is not set or not a string.
func (n node) str(key string) string {
	v := n.obj[key]
	if v == nil {
		return ""
	}
	s, isString := v.(string)
	if !isString {
		n.bad(key, "invalid property")
	}
	return s
}

// Units in which LINE counts: UTF-16 code units, and grapheme clusters for
// labels and texts of actions ("Character counting in a text").
type unit func(string) int

func graphemes(s string) int { return uniseg.GraphemeClusterCount(s) }

// text judges a string property: whether it is there, and its length.
func (n node) text(key string, required bool, limit int, count unit) string {
	s := n.str(key)
	if s == "" {
		if _, isString := n.obj[key].(string); required && (isString || !n.has(key)) {
			if n.f.pointer && n.has(key) {
				n.bad(key, "must be non-empty text")
			} else {
				n.missing(key)
			}
		} else if isString {
			n.bad(key, "May not be empty")
		}
		return s
	}
	if count(s) > limit {
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
	s := n.str(key)
	switch {
	case !n.has(key):
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
	v := n.obj[key]
	b, isBool := v.(bool)
	if v != nil && !isBool {
		n.bad(key, "invalid property")
	}
	return b
}

// integer judges a whole number; ok is false when it is not set or wrong.
func (n node) integer(key string, low, high int64) (int64, bool) {
	v := n.obj[key]
	if v == nil {
		return 0, false
	}
	num, isNumber := v.(json.Number)
	i, err := num.Int64()
	if !isNumber || err != nil || i < low || i > high {
		n.bad(key, "invalid property")
		return 0, false
	}
	return i, true
}

// object returns a property that is an object.
func (n node) object(key string, required bool) (node, bool) {
	v := n.obj[key]
	if v == nil {
		if required {
			n.missing(key)
		}
		return node{}, false
	}
	m, isObject := v.(map[string]any)
	if !isObject {
		n.bad(key, "invalid property")
		return node{}, false
	}
	return node{m, n.at(key), n.f}, true
}

// list returns a property that is a list of objects, within the limits.
func (n node) list(key string, low, high int) []node {
	v := n.obj[key]
	if v == nil {
		if low >= 0 {
			n.missing(key)
		}
		return nil
	}
	items, isList := v.([]any)
	if !isList {
		n.bad(key, "invalid property")
		return nil
	}
	if len(items) < low || len(items) > high {
		n.bad(key, fmt.Sprintf("Size must be between %d and %d", max(low, 0), high))
		return nil
	}
	var out []node
	for i, x := range items {
		m, isObject := x.(map[string]any)
		if !isObject {
			n.f.found = append(n.f.found, detail{"invalid property", n.index(key, i)})
			continue
		}
		out = append(out, node{m, n.index(key, i), n.f})
	}
	return out
}

// only refuses what Flex does not know.
func (n node) only(keys ...string) {
	if !n.f.pointer {
		return
	}
	unknown := []string{}
	for k := range n.obj {
		if !slices.Contains(keys, k) {
			unknown = append(unknown, k)
		}
	}
	slices.Sort(unknown)
	for _, k := range unknown {
		n.bad(k, "unknown field")
	}
}

// schemes that a URI action opens.
var schemes = []string{"http", "https", "line", "tel"}

// uri judges a required URI: its length, scheme and that it is percent-encoded.
func (n node) uri(key string, limit int, allowed ...string) {
	s := n.str(key)
	if s == "" {
		n.missing(key)
		return
	}
	if utf16Len(s) > limit {
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
func (n node) matches(key string, pattern *regexp.Regexp) string {
	s := n.str(key)
	if n.has(key) && s != "" && !pattern.MatchString(s) {
		n.bad(key, "invalid property")
	}
	if _, isString := n.obj[key].(string); isString && s == "" {
		n.bad(key, "invalid property")
	}
	return s
}

func asSyntax(err error) (*json.SyntaxError, bool) {
	var s *json.SyntaxError
	return s, errors.As(err, &s)
}

func asURL(err error, u **url.Error) bool { return errors.As(err, u) }
