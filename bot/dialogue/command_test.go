package dialogue

import (
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/flows/catalog"
)

func reader(t testing.TB) (*catalog.Catalog, *vocabulary) {
	t.Helper()
	words, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return words, newVocabulary(words)
}

func TestCommand(t *testing.T) {
	_, r := reader(t)
	for text, want := range map[string]command{
		"受付26-0012 担当する":                {"26-0012", "take", ""},
		"受付番号26-0012 担当する":              {"26-0012", "take", ""},
		"受付番号：２６－００１２　担当する":             {"26-0012", "take", ""},
		"受付26ー0012 担当する":                {"26-0012", "take", ""},
		"受付26−0012 担当する":                {"26-0012", "take", ""},
		"受付26‐ABCD‐0012 担当する":           {"26-ABCD-0012", "take", ""},
		"受付26-0012担当する":                 {"26-0012", "take", ""},
		"受付 26-0012 担当する":               {"26-0012", "take", ""},
		"受付２６－００１２　担当する":                {"26-0012", "take", ""},
		"受付D26-0012 担当を替わる":             {"D26-0012", "take_over", ""},
		"受付d26-0012 担当する":               {"D26-0012", "take", ""},
		"受付26-KWXT-0101 担当する":           {"26-KWXT-0101", "take", ""}, // of a restored store
		"受付ｄ２６－ｋｗｘｔ－０１０１ 担当する":          {"D26-KWXT-0101", "take", ""},
		"受付26-12345 終了 未然防止":            {"26-12345", "close", "未然防止"},
		"受付26-0012 指示する 188・センターを案内":    {"26-0012", "instruct", "188・センターを案内"},
		"受付26-0012 送らない（職員の相談） AAAAAA":  {"26-0012", "drop", "AAAAAA"},
		"受付26-0012 記入 AAAAAA 次の週 12月1日": {"26-0012", "value", "AAAAAA 次の週 12月1日"},
		"受付26-0012  構成員へ送る   ABCDEF":    {"26-0012", "send", "ABCDEF"},
		"受付26-0012 センターへ引き継いだ":          {"26-0012", "hand_over", ""},
	} {
		if got, ok := r.command(casework.Normal(text)); !ok || got != want {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "受付", "受付26-0012", "受付26-0012の件ですが", "受付26-0012 担当するのはだれですか", "26-0012 担当する",
		"担当する", "受付26-12 担当する", "受付26-KWX-0101 担当する", "受付26-KWXT0101 担当する", "受付26-0012 担当", "きょうの受付26-0012 担当する"} {
		if got, ok := r.command(casework.Normal(text)); ok {
			t.Errorf("%q was taken for %+v", text, got)
		}
	}
}

// Every button of the group is read as what it says.
func TestButtonsAreRead(t *testing.T) {
	words, r := reader(t)
	for _, a := range actions {
		label := words.Text("action." + a)
		for _, param := range []string{"", "AAAAAA", "値 つき"} {
			say := strings.TrimSpace(words.Text("command.case", "no", "26-0001") + " " + label + " " + param)
			if got, ok := r.command(casework.Normal(say)); !ok || got != (command{"26-0001", a, param}) {
				t.Errorf("%q: %+v, %v", say, got, ok)
			}
		}
	}
}

func FuzzCommand(f *testing.F) {
	_, r := reader(f)
	for _, s := range []string{"受付26-0001 担当する", "受付D26-0001 終了 未然防止", "受付ſ6-0001 担当する", "受付26-0001 ", "受付\u0000", "受\xff付26-0001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := casework.Normal(s)
		c, ok := r.command(text)
		if !ok {
			return
		}
		text = stroke.ReplaceAllString(text, "-")
		c.param = stroke.ReplaceAllString(c.param, "-")
		if !receiptNo.MatchString(c.no) || c.action == "" || !strings.Contains(text, strings.ToUpper(c.no)) && !strings.Contains(strings.ToUpper(text), c.no) {
			t.Errorf("%q: %+v", text, c)
		}
		if c.param != "" && !strings.HasSuffix(text, c.param) {
			t.Errorf("%q: the parameter %q is not what was said", text, c.param)
		}
	})
}

func TestLooksLikeCard(t *testing.T) {
	_, r := reader(t)
	code := strings.Repeat("A", 26)
	for _, s := range []string{code, "構成員証 " + code, "構成員証" + code, strings.ToLower(code), "構成員証", "構成員証 ABC", "ABCDEFGHIJKLMNOPQ", "これです " + code} {
		if !r.looksLikeCard(hear(s)) {
			t.Errorf("%q is not taken for a card", s)
		}
	}
	for _, s := range []string{"", "構成員証をなくしました", "https://example.com/ABCDEFGHIJKLMNOP", "hello", "a long text about something", "報告"} {
		if r.looksLikeCard(hear(s)) {
			t.Errorf("%q is taken for a card", s)
		}
	}
}
