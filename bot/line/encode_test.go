package line

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// filled sets every field of the structs below v, so that one that the encoder
// forgets is missed. String fields get text, and every second level of
// pointers and slices ends at depth.
func filled(v reflect.Value, text string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			filled(v.Elem(), text, depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), text, depth-1)
		filled(v.Index(1), text, depth-1)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				filled(v.Field(i), text, depth)
			}
		}
	}
}

func same(t *testing.T, m *lineMessage) {
	t.Helper()
	want, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.encode(nil); string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

var awkward = []string{
	"", "text", "受付26-0001 通常", "\"quoted\" \\ / <b>&amp;</b>", "line\nline\ttab\r\x00\x1f\x7f", "\u2028\u2029\ufffd", "bad \xff\xc0 bytes", "👨‍👩‍👧",
}

func TestEncodeAsJSONDoes(t *testing.T) {
	for _, text := range awkward {
		for depth := range 5 {
			for _, contents := range []any{nil, new(bubble), new(carousel)} {
				m := &lineMessage{}
				filled(reflect.ValueOf(m).Elem(), text, depth)
				if contents != nil {
					filled(reflect.ValueOf(contents).Elem(), text, depth)
				}
				m.Contents = contents
				same(t, m)
			}
		}
	}
	for _, m := range []*lineMessage{
		{}, {Contents: &bubble{Styles: &styles{}}}, {Contents: &bubble{Styles: &styles{Footer: &block{Separator: true}}}},
		{Contents: &carousel{}}, {Contents: &carousel{Contents: []*bubble{}}}, {QuickReply: &quickReply{}},
		{QuickReply: &quickReply{Items: []quickItem{}}}, {Contents: &bubble{Body: &component{Contents: []*component{}, Flex: -1}}},
	} {
		same(t, m)
	}
}

func FuzzEncode(f *testing.F) {
	for _, text := range awkward {
		f.Add(text, strings.ToUpper(text))
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		same(t, &lineMessage{Type: a, Text: b, Contents: &bubble{Type: b, Body: box(label(a, b, ink), tappable(b, &action{Label: a, Data: b}, a, b))}})
	})
}
