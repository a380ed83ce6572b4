package line_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"
	"github.com/rivo/uniseg"

	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/message"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestRenderGolden(t *testing.T) {
	doc := described(t)
	seen := map[string]bool{}
	for name, ms := range samples() {
		t.Run(name, func(t *testing.T) {
			for _, m := range ms {
				seen[strings.TrimPrefix(typeName(m), "message.")] = true
			}
			raw, err := line.Renderer{}.Render(ms)
			if err != nil {
				t.Fatal(err)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, raw, "", "  "); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			file := filepath.Join("testdata", "golden", name+".json")
			if *update {
				if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(pretty.Bytes(), want) {
				t.Errorf("%s is not what is rendered; look at the difference after go test -run Golden -update", file)
			}
			check(t, ms, raw)
			request := []byte(`{"to":"` + user + `","messages":` + string(raw) + `}`)
			for _, fault := range conform(doc, "PushMessageRequest", request) {
				t.Errorf("LINE's description: %s", fault)
			}
			sdkReads(t, raw)
		})
	}
	for _, kind := range []string{"Text", "Ask", "Panel", "CaseCard", "Preview", "Notice"} {
		if !seen[kind] {
			t.Errorf("no sample of %s", kind)
		}
	}
}

func typeName(m message.Message) string {
	switch m.(type) {
	case message.Text:
		return "Text"
	case message.Ask:
		return "Ask"
	case message.Panel:
		return "Panel"
	case message.CaseCard:
		return "CaseCard"
	case message.Preview:
		return "Preview"
	case message.Notice:
		return "Notice"
	}
	return "unknown"
}

// sdkReads lets the SDK read what was rendered and write it again: all that we
// wrote must have been understood, and come back with the same values.
func sdkReads(t *testing.T, raw json.RawMessage) {
	t.Helper()
	var ms []json.RawMessage
	if err := json.Unmarshal(raw, &ms); err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		typed, err := messaging_api.UnmarshalMessage(m)
		if err != nil {
			t.Fatalf("the SDK cannot read it: %v", err)
		}
		var back []byte
		switch typed := typed.(type) {
		case messaging_api.TextMessage:
			back, err = json.Marshal(&typed)
		case messaging_api.FlexMessage:
			back, err = json.Marshal(&typed)
		default:
			t.Fatalf("the SDK takes it for %T", typed)
		}
		if err != nil {
			t.Fatal(err)
		}
		var ours, sdks any
		if err := errors.Join(json.Unmarshal(m, &ours), json.Unmarshal(back, &sdks)); err != nil {
			t.Fatal(err)
		}
		if at := lost(ours, sdks, "message"); at != "" {
			t.Errorf("the SDK does not know %s", at)
		}
	}
}

// lost names the first value of a that b does not have. The SDK may add its
// zero values, and leaves the types of components that it holds by value out.
func lost(a, b any, at string) string {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return at
		}
		for k, v := range a {
			if k == "type" && b[k] == "" {
				continue
			}
			if s := lost(v, b[k], at+"."+k); s != "" {
				return s
			}
		}
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return at
		}
		for i := range a {
			if s := lost(a[i], b[i], at+"["+strconv.Itoa(i)+"]"); s != "" {
				return s
			}
		}
	default:
		if a != b {
			return at
		}
	}
	return ""
}

// check walks through rendered messages and holds them against LINE's limits,
// counted here in another way than the renderer does.
func check(t *testing.T, ms []message.Message, raw json.RawMessage) {
	t.Helper()
	again, err := line.Renderer{}.Render(ms)
	if err != nil || !bytes.Equal(again, raw) {
		t.Error("rendered twice, it is not the same")
	}
	if want := line.Reference(t, ms); !bytes.Equal(raw, want) {
		t.Errorf("package json would have written\n%s\nand not\n%s", want, raw)
	}
	if kept, err := json.Marshal(map[string]json.RawMessage{"m": raw}); err != nil || string(kept) != `{"m":`+string(raw)+`}` {
		t.Error("keeping it as JSON changes it")
	}
	var out []map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) != len(ms) || len(out) > 5 {
		t.Fatalf("%d messages became %d", len(ms), len(out))
	}
	for _, m := range out {
		if q, ok := m["quickReply"].(map[string]any); ok {
			items := as[[]any](t, q["items"])
			if len(items) < 1 || len(items) > 13 {
				t.Errorf("%d quick replies", len(items))
			}
			for _, item := range items {
				label := as[string](t, as[map[string]any](t, as[map[string]any](t, item)["action"])["label"])
				if n := uniseg.GraphemeClusterCount(label); n < 1 || n > 20 {
					t.Errorf("quick reply label of %d characters", n)
				}
			}
		}
		switch m["type"] {
		case "text":
			if n := units(as[string](t, m["text"])); n < 1 || n > 5000 {
				t.Errorf("text of %d units", n)
			}
		case "flex":
			if n := units(as[string](t, m["altText"])); n < 1 || n > 1500 {
				t.Errorf("altText of %d units", n)
			}
			checkFlex(t, as[map[string]any](t, m["contents"]))
		default:
			t.Errorf("type %v", m["type"])
		}
		walk(t, m, "", 0)
	}
}

// as is v as a T, which it must be.
func as[T any](t *testing.T, v any) T {
	t.Helper()
	got, ok := v.(T)
	if !ok {
		t.Fatalf("%v is a %T", v, v)
	}
	return got
}

func checkFlex(t *testing.T, c map[string]any) {
	t.Helper()
	bubbles := []any{c}
	if c["type"] == "carousel" {
		bubbles = as[[]any](t, c["contents"])
		if raw := marshal(t, c); len(bubbles) < 2 || len(bubbles) > 12 || len(raw) > 50_000 {
			t.Errorf("carousel of %d bubbles, %d bytes", len(bubbles), len(raw))
		}
	}
	for _, b := range bubbles {
		if raw := marshal(t, b); len(raw) > 30_000 {
			t.Errorf("bubble of %d bytes", len(raw))
		}
		if b := as[map[string]any](t, b); b["header"] == nil && b["body"] == nil && b["footer"] == nil {
			t.Error("bubble without anything")
		}
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// walk looks at everything inside a message.
func walk(t *testing.T, v any, ground string, depth int) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			walk(t, item, ground, depth+1)
		}
	case map[string]any:
		if c, ok := v["backgroundColor"].(string); ok {
			ground = c
		}
		switch v["type"] {
		case "bubble":
			style, _ := v["styles"].(map[string]any)
			for _, part := range []string{"header", "body", "footer"} {
				ground := "" // no theme of LINE's may decide
				if s, ok := style[part].(map[string]any); ok {
					ground, _ = s["backgroundColor"].(string)
				}
				walk(t, v[part], ground, depth+1)
			}
			return
		case "text":
			if strings.TrimSpace(as[string](t, v["text"])) == "" {
				t.Error("an empty text: LINE refuses the whole message")
			}
			if depth > 0 {
				if v["wrap"] != true || v["scaling"] != true {
					t.Errorf("a text that does not wrap and grow: %v", v)
				}
				if r := contrast(t, as[string](t, v["color"]), ground); r < 7 {
					t.Errorf("contrast %.1f of %v on %v", r, v["color"], ground)
				}
			}
		case "box":
			if contents := as[[]any](t, v["contents"]); len(contents) == 0 {
				t.Error("an empty box")
			}
		case "postback", "message", "uri":
			checkAction(t, v)
		}
		for _, item := range v {
			walk(t, item, ground, depth+1)
		}
	}
}

func checkAction(t *testing.T, a map[string]any) {
	t.Helper()
	str := func(k string) string { s, _ := a[k].(string); return s }
	if n := uniseg.GraphemeClusterCount(str("label")); n < 1 || n > 40 {
		t.Errorf("label of %d characters", n)
	}
	for k, max := range map[string]int{"data": 300, "displayText": 300, "text": 300, "uri": 1000} {
		if n := units(str(k)); n > max {
			t.Errorf("%s of %d units", k, n)
		}
	}
	if need := map[string]string{"postback": "data", "message": "text", "uri": "uri"}[as[string](t, a["type"])]; str(need) == "" {
		t.Errorf("%v without %s", a["type"], need)
	}
}

// contrast is WCAG's ratio between two colours #RRGGBB.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, c string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(c, "#"), 16, 32)
	if err != nil || len(c) != 7 {
		t.Fatalf("colour %q", c)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(n>>(16-8*i)&0xFF) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
