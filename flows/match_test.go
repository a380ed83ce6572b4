package flows_test

import (
	"slices"
	"testing"

	"mimamori.example/mimamori/flows"
)

// Typed text is matched where it can mean one choice only.
func TestTyped(t *testing.T) {
	choices := []flows.Choice{
		{ID: "alone", Label: "ひとり暮らし", Aliases: []string{"独居"}},
		{ID: "days", Label: "日中はひとり"},
		{ID: "atm", Label: "電話しながらATM操作"},
		{ID: "phone", Label: "長電話・電話におびえる"},
		{ID: "young", Label: "18歳未満"},
		{ID: "adult", Label: "18〜29歳"},
		{ID: "old", Label: "75〜84歳"},
		{ID: "pay", Label: "支払い・契約（現金）"},
		{ID: "none", Label: "わからない"},
	}
	for text, want := range map[string]string{
		"ひとり暮らし":      "alone",
		"ヒトリ暮ラシ":      "alone",
		"  ひとり暮らしです。": "alone",
		"独居":          "alone",
		"ひとり暮らしではない":  "", // contains a label and denies it
		"暮らし":         "alone",
		"ひとり":         "", // begins one, ends another
		"日中":          "days",
		"ａｔｍ操作":       "atm",
		"atm":         "atm",
		"長電話":         "phone",
		"現金":          "pay",
		"契約":          "pay",
		"払い":          "", // too short to be found inside a label
		"18":          "",
		"18歳":         "young",
		"75":          "old",
		"75～84歳":      "old",
		"2":           "days",
		"２番":          "days",
		"②":           "days",
		"9":           "none",
		"10":          "",
		"0":           "",
		"-1":          "alone", // punctuation is dropped
		"わからないです":     "none",
		"わからん":        "",
		"":            "",
		"。":           "",
		"か":           "",
		"こんにちは":       "",
	} {
		f := small()
		f.Step("how").Choices = choices
		if faults := flows.Check(f); len(faults) > 0 {
			t.Fatal(faults)
		}
		r := flows.Begin(f, "s1", now)
		r = flows.Advance(f, r.Session, flows.Input{Kind: flows.Typed, Text: text}, now)
		a, ok := r.Session.Answer("how")
		if got := slices.Concat(a.IDs, []string{""})[0]; got != want || ok != (want != "") {
			t.Errorf("%q means %q, want %q", text, got, want)
		}
	}
}

func TestTypedNav(t *testing.T) {
	k := begin(t).tap("good").typed("NAV　back").want(flows.Accepted, "how")
	k.typed("nav back").want(flows.Repeated, "how") // not offered at the start
	k.typed("nav resume").want(flows.Repeated, "how")
	if k.Outputs[0].Question == nil {
		t.Error("resume says something before the question")
	}
	k.typed("good").tap("animal").typed("red").typed("done").want(flows.Accepted, "words")
	k.typed("nav skip").want(flows.Accepted, "confirm")
	k.typed("nav stop").want(flows.Repeated, "confirm") // the choice "Cancel" stands there
	k.typed("send")
	if !k.Session.Ended || !slices.Equal(k.Effects, []string{"send"}) {
		t.Errorf("%v", k.Effects)
	}
	k.typed("nav back")
	if k.Verdict != flows.Ended || len(k.Effects) != 0 {
		t.Errorf("after the end: %s %v", k.Verdict, k.Effects)
	}
}

func TestUnits(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "あ": 1, "😀": 2, "か\u3099": 2, "\xff": 1} {
		if got := flows.Units(s); got != want {
			t.Errorf("Units(%q) = %d, want %d", s, got, want)
		}
	}
}

// What Seal has prepared for typed text is never asked for words that the flow
// did not have then.
func TestTypedAfterSeal(t *testing.T) {
	f := small().Clone()
	f.Steps[0].Choices[0].Label, f.Steps[0].Choices[1].Label = "Good", "Splendid"
	for text, want := range map[string]string{"good": "bad", "Splendid!": "good"} {
		r := flows.Advance(f, flows.Begin(f, "s1", now).Session, flows.Input{Kind: flows.Typed, Text: text}, now)
		if a, _ := r.Session.Answer("how"); !slices.Equal(a.IDs, []string{want}) {
			t.Errorf("%s answers %v, want %s", text, a.IDs, want)
		}
	}
}
