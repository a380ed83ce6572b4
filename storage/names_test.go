package storage

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrefix(t *testing.T) {
	for p, want := range map[string]string{
		"":                   "",
		"a":                  "b",
		"az":                 "a{",
		"見":                  "覌",
		"a\U0010ffff":        "b",
		"\U0010ffff":         "",
		"\ud7ff":             "\ue000",
		"a\x7f":              "a\u0080",
		"x\u00ff":            "x\u0100",
		"bad \xff":           "bad!",
		"\U0010ffff\xff\xff": "",
	} {
		if got := Prefix("i", p).Until; got != want {
			t.Errorf("behind %q comes %q, want %q", p, got, want)
		}
	}
}

// FuzzPrefix: every value with the prefix lies in the range, no other does.
func FuzzPrefix(f *testing.F) {
	f.Add("見", "見守り")
	f.Add("a\ud7ff", "a\ue000")
	f.Fuzz(func(t *testing.T, p, v string) {
		if !utf8.ValidString(p) || !utf8.ValidString(v) {
			return
		}
		for _, v := range []string{v, p + v} {
			q := Prefix("i", p)
			in := v >= q.From && (q.Until == "" || v < q.Until)
			if in != strings.HasPrefix(v, p) || !utf8.ValidString(q.Until) {
				t.Errorf("%q is in the range of %q: %v; until %q", v, p, in, q.Until)
			}
		}
	})
}

// FuzzNUL: replacing U+0000 changes nothing else, and leaves none.
func FuzzNUL(f *testing.F) {
	f.Add("a\x00b")
	f.Add("\\u0000\x00\\\x00")
	f.Fuzz(func(t *testing.T, s string) {
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		raw = replaceNUL(raw)
		var got string
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd"); utf8.ValidString(s) && got != want || findNUL(raw) >= 0 {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}
