package emulator

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// plain is a value as encoding/json decodes it with UseNumber.
func plain(v *value) any {
	switch v.kind {
	case isBool:
		return v.text == "true"
	case isNumber:
		return json.Number(v.text)
	case isString:
		return v.text
	case isList:
		out := []any{}
		for _, x := range v.items() {
			out = append(out, plain(x))
		}
		return out
	case isObject:
		out := map[string]any{}
		for key, x := range v.properties() {
			out[key] = plain(x)
		}
		return out
	}
	return nil
}

// written tells whether a value is what stands in raw.
func written(v *value, raw json.RawMessage) bool {
	var s string
	if v.kind == isString && json.Unmarshal(raw, &s) == nil {
		return v.text == s
	}
	return v.text == string(raw)
}

// FuzzValue compares the reader with encoding/json: what is JSON, what it says,
// how it was written, and strings where only strings may be.
func FuzzValue(f *testing.F) {
	deep := func(n int, inner string) string {
		return strings.Repeat("[", n) + inner + strings.Repeat("]", n)
	}
	for _, s := range []string{
		``, ` `, `null`, ` true `, `false`, `tru`, `truer`, `nul`, `"`, `"a`, `"a"b`, `{}`, `[]`, `[ ]`, `{ }`, `[1,]`, `[,1]`, `{,}`, `{"a"}`,
		`{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{"a" : 1 , "b" : [ true , null ] }`, `{a:1}`, `[1 2]`, `]`, `[}`, `{]`, `[[1],[2,[3]]]`, "\ufeff[]",
		`{"a":1,"b":2,"a":3,"A":4}`, `{"a":{"x":1},"a":{"y":2}}`, `{"":1,"":null}`, `{"\u0061":1,"a":2}`, `{"a":[],"a":null}`,
		`0`, `-0`, `01`, `-`, `+1`, `1.`, `.1`, `1.5`, `1e`, `1e5`, `1E+5`, `1e-05`, `1e+`, `0e0`, `00`, `0.0.0`, `1_0`, `0x1`, `NaN`, `-Infinity`,
		`12345678901234567890123`, `1.0000000000000000000000001e400`,
		`"\"\\\/\b\f\n\r\t"`, `"\'"`, `"\a"`, `"\u00e9\u3042"`, `"\uD83D\uDE00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`,
		`"\ud83d\n"`, `"\ud83d\ud83d\ude00"`, `"\u12"`, `"\u12G4"`, `"\u"`, `"\`, `"\u0000"`, `"\uFFFD"`, "\"\x00\"", "\"\n\"", "\"\\\n\"", "\"\x1f\"", "\"\x7f\"",
		"\"\xff\"", "\"a\xc3\"", "\"\xe3\x81\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc0\x80\"", "\"\xff\\n\xfe\"", "{\"\xff\":1,\"\xfe\":2}", "\"\ufffd\u2028\"",
		`"道\n😀"`, "\xff", "[\"\\ud800\xed\xb0\x80\"]",
		"\t[\r\n1\v]", "[1]\x00", `{"a":1}{"b":2}`, `[1]//`, `["a","b"]`, `["a",null,1]`, `[null]`,
		deep(9_999, ""), deep(10_000, ""), deep(10_001, ""), deep(9_999, `{"a":1}`), deep(10_000, `{"a":1}`), strings.Repeat("[", 20_000),
		deep(3, strings.Repeat(`{"key":"value","list":[1,2,3]},`, 60)+"0"),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, isJSON := readValue(string(raw))
		if isJSON != json.Valid(raw) {
			t.Fatalf("JSON: %t", isJSON)
		}
		if !isJSON {
			return
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := plain(v); !reflect.DeepEqual(got, want) {
			t.Fatalf("%#v, want %#v", got, want)
		}
		var fields map[string]json.RawMessage
		if v.kind == isObject && json.Unmarshal(raw, &fields) == nil {
			properties := v.properties()
			if len(properties) != len(fields) {
				t.Errorf("%d properties, want %d", len(properties), len(fields))
			}
			for key, want := range fields {
				x := v.get(key)
				if x == nil || x != properties[key] || !written(x, want) || x.key != key || x.parent != v {
					t.Errorf("%q is %+v, want %s", key, x, want)
				}
			}
		}
		var items []json.RawMessage
		if v.kind == isList && json.Unmarshal(raw, &items) == nil {
			for i, x := range v.items() {
				if !written(x, items[i]) || int(x.index) != i || x.parent != v {
					t.Errorf("item %d is %+v, want %s", i, x, items[i])
				}
			}
		}
		var words []string
		err := json.Unmarshal(raw, &words)
		if got, isList := v.strings(); isList != (err == nil) || (isList && !reflect.DeepEqual(got, words)) {
			t.Errorf("strings: %#v %t, want %#v %v", got, isList, words, err)
		}
	})
}
