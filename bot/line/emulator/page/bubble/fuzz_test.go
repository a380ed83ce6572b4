package bubble_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page/bubble"
)

// FuzzHTML draws arbitrary messages: what comes out can always be parsed, runs
// nothing, loads nothing of another host, and has no button in a button.
func FuzzHTML(f *testing.F) {
	for _, pattern := range []string{"testdata/documented/*.json", "../../../testdata/golden/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: no files, %v", pattern, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			var messages []json.RawMessage
			if err := json.Unmarshal(raw, &messages); err != nil {
				f.Fatal(err)
			}
			for _, m := range messages {
				f.Add([]byte(m), "flex", "受付 R8-0012", "/contents/footer/contents/0")
			}
		}
	}
	f.Add([]byte(`{"type":"text","text":"$","emojis":[{"index":0}]}`), "text", "<script>", `"onclick="`)
	f.Add([]byte(`{"type":"flex","contents":{"type":"bubble","hero":{"type":"image","url":"https://e.example","aspectRatio":"1:1;x"}}}`), "", "", "")
	f.Add([]byte(`{"type":"textV2","text":"{a}{{"}`), "textV2", "\xff", "\x00")
	f.Fuzz(func(t *testing.T, raw []byte, kind, text, path string) {
		m := emulator.Message{ID: text, Type: kind, Text: text, JSON: raw, Buttons: []emulator.Button{
			{Path: path, Label: text, Type: kind}, {Path: "/contents/body", Label: text}, {Path: path, Label: text, Quick: true},
		}}
		for _, content := range []bool{false, true} {
			m.Content = content
			if err := judge(bubble.HTML(m)); err != nil {
				t.Errorf("%v in %s", err, bubble.HTML(m))
			}
		}
		if err := judge(bubble.Quick(m)); err != nil {
			t.Errorf("%v in %s", err, bubble.Quick(m))
		}
		menu := emulator.Menu{Name: text, Areas: []emulator.Area{{Action: raw}}}
		if err := judge(bubble.Menu(menu, path)); err != nil {
			t.Errorf("%v in %s", err, bubble.Menu(menu, path))
		}
	})
}

// FuzzValue puts an arbitrary value in the place of one that a documented
// message has, which mutation of bytes seldom does.
func FuzzValue(f *testing.F) {
	var messages []any
	files, err := filepath.Glob("testdata/documented/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var list []any
		if err := json.Unmarshal(raw, &list); err != nil {
			f.Fatal(err)
		}
		messages = append(messages, list...)
	}
	for i, m := range messages {
		for at := range count(m) {
			f.Add(uint8(i), uint16(at), []byte(`"#000000;background:url(//e.example)"`))
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, at uint16, value []byte) {
		var v any
		if json.Unmarshal(value, &v) != nil {
			v = string(value)
		}
		n := int(at)
		raw, err := json.Marshal(replaced(messages[int(i)%len(messages)], v, &n))
		if err != nil {
			t.Fatal(err)
		}
		m := emulator.Message{JSON: raw, Buttons: []emulator.Button{{Path: "/contents/body/contents/0", Label: string(value)}}}
		if err := judge(bubble.HTML(m)); err != nil {
			t.Errorf("%v in %s", err, bubble.HTML(m))
		}
	})
}

// count is the number of values in v, itself included.
func count(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			n += count(x)
		}
	case map[string]any:
		for _, x := range v {
			n += count(x)
		}
	}
	return n
}

// replaced is v with its nth value exchanged, counted by sorted keys.
func replaced(v, by any, n *int) any {
	*n--
	if *n == -1 {
		return by
	}
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = replaced(x, by, n)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = replaced(v[key], by, n)
		}
		return out
	}
	return v
}
