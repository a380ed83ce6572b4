package catalog

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/flows"
)

func mustLoad(t testing.TB, overlays ...string) *Catalog {
	t.Helper()
	c, err := Load(sources(overlays)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sources(overlays []string) []Source {
	var all []Source
	for _, o := range overlays {
		all = append(all, Source{Name: "council.yaml", Data: []byte(o)})
	}
	return all
}

func TestLabelsAndTexts(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range [][3]string{
		{"urgency", "danger", "暴力・脅しの危険がある"},
		{"kind", "inspection", "屋根・外壁などの点検商法"},
		{"kind", "support_scam", "パソコンの警告画面"}, // a finer answer
		{"kind", "unknown", "わからない"},
		{"kind_other", "unknown", "わからない・その他"},
		{"keep_watch", "no_visit", "会う予定がない"},
		{"ask", "within_week", "1週間以内"},
		{"kind", "gone", "gone"},
	} {
		if got := c.Label(tt[0], tt[1]); got != tt[2] {
			t.Errorf("Label(%s, %s) = %s, want %s", tt[0], tt[1], got, tt[2])
		}
	}
	if got := c.Text("no.such_text"); got != "no.such_text" {
		t.Errorf("unknown text %q", got)
	}
	if c.Flow("nothing") != nil || c.Title("urgency") != "状況" || c.Title("x") != "x" {
		t.Error("flow or title")
	}
}

// Every kind has an example and a sentence to say; neither gives a number that
// is wrong nor is longer than a list bears.
func TestKindsHelp(t *testing.T) {
	f := mustLoad(t).Flow("report")
	kinds := 0
	for _, id := range []string{"kind", "kind_other"} {
		if !strings.Contains(f.Step(id).Hint, "迷ったら送って") {
			t.Errorf("%s does not say to send when in doubt", id)
		}
		for _, c := range f.Step(id).Choices {
			if c.Next != "" {
				continue
			}
			kinds++
			if c.Example == "" || flows.Units(c.Example) > 40 {
				t.Errorf("%s: example %q", c.ID, c.Example)
			}
			if !strings.HasSuffix(c.Say, "。") || flows.Units(c.Say) > 60 {
				t.Errorf("%s: sentence %q", c.ID, c.Say)
			}
		}
	}
	if kinds != 30 {
		t.Errorf("%d kinds", kinds)
	}
}

func TestInstructions(t *testing.T) {
	c := mustLoad(t)
	want := map[string]struct {
		needs    string
		closes   bool
		audience string
		warn     bool
		answers  int
		sets     int
	}{
		"consult_188":               {"", false, ForAll, false, 5, 0},
		"report_details":            {"期限 URL", false, ForStatutory, false, 3, 0},
		"report_details_by_consent": {"期限 URL", false, ForConsent, false, 3, 0},
		"call_110":                  {"", false, ForAll, true, 5, 0},
		"call_9110":                 {"警察署名 警察署電話", false, ForAll, false, 3, 0},
		"call_119":                  {"", false, ForAll, true, 3, 0},
		"community_support":         {"", false, ForAll, false, 2, 0},
		"keep_watch":                {"確認点 日付", false, ForAll, false, 5, 0},
		"thanks":                    {"", true, ForAll, false, 0, 0},
		"ask":                       {"質問", false, ForAll, false, 0, 3},
		"by_secretariat":            {"", false, ForAll, false, 0, 0},
	}
	for _, in := range c.Instructions() {
		w, ok := want[in.ID]
		if !ok {
			t.Errorf("instruction %s", in.ID)
			continue
		}
		delete(want, in.ID)
		if got := strings.Join(in.Needs, " "); got != w.needs || in.Closes != w.closes || in.For != w.audience || in.Warn != w.warn ||
			len(in.Answers) != w.answers || len(in.Sets) != w.sets {
			t.Errorf("%s: %+v", in.ID, in)
		}
		if in.Allowed(true) == (in.For == ForConsent) || in.Allowed(false) == (in.For == ForStatutory) {
			t.Errorf("%s: allowed to the wrong ones", in.ID)
		}
	}
	for id := range want {
		t.Errorf("no instruction %s", id)
	}
	in, _ := c.Instruction("ask")
	if len(in.Sets["when"]) != 5 || in.Sets["when"][0].Label != "きょう" || len(in.Sets["free_text"]) != 0 {
		t.Errorf("sets %+v", in.Sets)
	}
	if _, ok := c.Instruction("dance"); ok {
		t.Error("an instruction that does not exist")
	}
}

// Every urgency says how soon it must be seen. Those that a council adds without
// saying so stay without: they count as dangerous.
func TestLevels(t *testing.T) {
	want := map[string]string{"danger": "danger", "injured": "danger", "about_to_pay": "danger", "trader_present": "danger", "on_the_phone": "danger",
		"defrauded": "danger", "pays_soon": "soon", "paid_contract": "unsure", "recent_contract": "unsure", "unsure": "unsure", "not_urgent": "calm", "mine": ""}
	c := mustLoad(t, "flows:\n  report:\n    steps:\n      - id: urgency\n        choices:\n          - {id: mine, label: 火事}\n          - {id: not_urgent, label: あとでよい}\n")
	for _, choice := range c.Flow("report").Step(flows.StepUrgency).Choices {
		if w, ok := want[choice.ID]; !ok || choice.Level != w {
			t.Errorf("%s: level %q, want %q", choice.ID, choice.Level, w)
		}
		delete(want, choice.ID)
	}
	if len(want) > 0 {
		t.Errorf("no choice for %v", want)
	}
}

// What was not done, the catalog says.
func TestAnswersThatMeanNotDone(t *testing.T) {
	var got []string
	for _, in := range mustLoad(t).Instructions() {
		for _, a := range in.Answers {
			if a.Done == No {
				got = append(got, in.ID+"."+a.ID)
			}
			if a.AskAgain == No && (in.ID != "keep_watch" || a.ID != "changed_hands" && a.ID != "no_visit") {
				t.Errorf("%s.%s: not asked again", in.ID, a.ID)
			}
		}
	}
	want := "consult_188.declined consult_188.not_met consult_188.left_scene report_details.refuses report_details.cannot report_details.will_call " +
		"report_details_by_consent.refuses report_details_by_consent.cannot report_details_by_consent.will_call call_110.left_scene call_110.cannot " +
		"call_9110.declined call_9110.not_met call_119.cannot keep_watch.concern keep_watch.changed_hands keep_watch.no_visit"
	if strings.Join(got, " ") != want {
		t.Errorf("not done: %v", got)
	}
}

func TestNotices(t *testing.T) {
	c := mustLoad(t)
	for m := time.January; m <= time.December; m++ {
		n, ok := c.Notice(m)
		if !ok || n.Month != m || !strings.HasPrefix(n.Title, "【") || strings.Contains(n.Title, "\n") || !strings.Contains(n.Body, "188") {
			t.Errorf("%s: %+v", m, n)
		}
		if flows.Units(n.Text()) > 300 {
			t.Errorf("%s: %d", m, flows.Units(n.Text()))
		}
	}
	if _, ok := c.Notice(13); ok {
		t.Error("a thirteenth month")
	}
}

func TestFill(t *testing.T) {
	c := mustLoad(t).WithValues(ValueTelephone, "0885-00-0000", ValueCentreTelephone, "0885-11-1111")
	in, _ := c.Instruction("consult_188")
	if got := c.Missing(in.Text, "no", "26-0001"); len(got) != 0 {
		t.Errorf("missing %v", got)
	}
	in, _ = c.Instruction("keep_watch")
	if got := c.Missing(in.Text, "no", "26-0001", NeedDate, "7月1日"); len(got) != 1 || got[0] != NeedSign {
		t.Errorf("missing %v", got)
	}
	// What a value says is not filled in again.
	if got := c.Fill("「{質問}」{電話}", NeedQuestion, "{電話}？"); got != "「{電話}？」0885-00-0000" {
		t.Error(got)
	}
	if got := c.Fill("{a}{b", "a"); got != "{a}{b" {
		t.Error(got)
	}
	if got := mustLoad(t).WithValues(ValueTelephone, "1").WithValues(ValueTelephone, "2").Fill("{電話}", ValueTelephone, "3"); got != "3" {
		t.Error(got)
	}
}

// A council's text may name its own telephone wherever a text is said.
func TestValuesReachFlowsAndNotices(t *testing.T) {
	c := mustLoad(t, "advice:\n  keep_distance: 相手から離れ、{電話}へ。\nnotices:\n  may: |\n    【5月】{市区町村}から\n    188か{電話}へ。\n").
		WithValues(ValueTelephone, "0885-00-0000", ValueMunicipality, "みどり市")
	if got := c.Flow("report").Advice["keep_distance"]; got != "相手から離れ、0885-00-0000へ。" || got != c.Text("advice.keep_distance") {
		t.Error(got)
	}
	if n, _ := c.Notice(time.May); n.Title != "【5月】みどり市から" || n.Body != "188か0885-00-0000へ。" {
		t.Errorf("%+v", n)
	}
	if !strings.Contains(c.Flow("report").Words[flows.WordSay], "{say}") {
		t.Error("the engine's own placeholder is gone")
	}
}

func TestDistricts(t *testing.T) {
	base := mustLoad(t)
	c, err := base.WithDistricts([]District{{ID: "north", Label: "北部"}, {ID: "south", Label: "南部"}})
	if err != nil {
		t.Fatal(err)
	}
	got := c.Flow("report").Step("district").Choices
	if len(got) != 5 || got[0].ID != "north" || got[4].ID != "withheld" {
		t.Errorf("%+v", got)
	}
	if len(base.Flow("report").Step("district").Choices) != 3 {
		t.Error("the base was changed")
	}
	if c.Flow("report").Revision == base.Flow("report").Revision {
		t.Error("same revision")
	}
	for _, tt := range []struct {
		districts []District
		want      string
	}{
		{[]District{{ID: "N orth", Label: "北部"}}, "districts.N orth.id"},
		{[]District{{ID: "unknown", Label: "北部"}}, "districts.unknown#2.id"},
		{[]District{{ID: "x", Label: "市外"}}, "districts.elsewhere.label"},
		{[]District{{ID: "x", Label: strings.Repeat("北", 21)}}, "districts.x.label"},
		{make([]District, 21), "districts: \"21\""},
	} {
		_, err := base.WithDistricts(tt.districts)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.districts, err, tt.want)
		}
	}
}

func TestOverride(t *testing.T) {
	c := mustLoad(t, `
advice:
  other_area: ほかの市の方は、局番なしの188へ。
flows:
  report:
    steps:
      - id: urgency
        ask: いまの状況を教えてください。
        choices:
          - {id: danger, label: 暴力や脅しがある}
      - id: kind
        choices:
          - {id: romance, drop: true}
          - {id: bicycle, label: 自転車の点検, before: other, example: 「点検」と言って来た, say: 急がなくて大丈夫です。}
instructions:
  - {id: thanks, label: お礼}
  - {id: phone_us, label: 電話をお願い, text: "受付{no}：事務局（{電話}）へお電話ください。"}
notices:
  may: |
    【5月】町の相談会
    困ったら188へ。
`, `
conversation:
  nav:
    - {id: stop, label: おわる, aliases: [終わり]}
`)
	f := c.Flow("report")
	danger := f.Step("urgency").Choice("danger")
	if danger.Label != "暴力や脅しがある" || danger.Advise != "call_110" || !danger.Hush || f.Step("urgency").Ask != "いまの状況を教えてください。" {
		t.Errorf("%+v", danger)
	}
	kinds := f.Step("kind").Choices
	if f.Step("kind").Choice("romance") != nil || kinds[len(kinds)-3].ID != "bicycle" || kinds[len(kinds)-2].ID != "other" {
		t.Errorf("%+v", kinds)
	}
	if in, _ := c.Instruction("thanks"); in.Label != "お礼" || !in.Closes {
		t.Errorf("%+v", in)
	}
	if in, ok := c.Instruction("phone_us"); !ok || len(in.Needs) != 0 {
		t.Errorf("%+v", in)
	}
	if n, _ := c.Notice(time.May); n.Title != "【5月】町の相談会" || n.Body != "困ったら188へ。" {
		t.Errorf("%+v", n)
	}
	if got := c.Text("advice.other_area"); got != "ほかの市の方は、局番なしの188へ。" || f.Advice["other_area"] != got {
		t.Error(got)
	}
	for _, n := range f.Nav {
		if n.ID == flows.NavStop && (n.Label != "おわる" || len(n.Aliases) != 1) {
			t.Errorf("%+v", n)
		}
	}
	if mustLoad(t).Flow("report").Revision == f.Revision {
		t.Error("same revision")
	}
}

// One broken council's file per rule: the fault names the line and the field.
func TestOverrideFaults(t *testing.T) {
	for _, tt := range []struct{ name, yaml, want string }{
		{"not YAML", "a: [", "council.yaml:1"},
		{"not a map", "- a\n- b\n", "council.yaml:1: want a map"},
		{"two documents", "advice:\n  driving: a\n---\nadvice:\n  driving: b\n", "council.yaml:4: want one document"},
		{"key twice", "advice:\n  driving: a\n  driving: b\n", "council.yaml:3: advice.driving: want this key once"},
		{"anchor", "advice:\n  driving: &a x\n", "council.yaml:2: advice.driving: want maps, lists and texts only"},
		{"alias", "advice:\n  driving: *a\n", "council.yaml:"},
		{"tag", "advice:\n  driving: !!str x\n", "council.yaml:2: advice.driving: want maps"},
		{"merge", "advice:\n  <<: {a: b}\n", "council.yaml:2: advice: want a plain name"},
		{"unknown text", "\nadvice:\n  drivign: x\n", "council.yaml:3: advice.drivign: want the name of a text that exists"},
		{"unknown section", "advise:\n  driving: x\n", "council.yaml:1: advise: want the name of a text that exists"},
		{"text is a list", "advice:\n  driving: [x]\n", "council.yaml:2: advice.driving: want a text, as in"},
		{"empty text", "advice:\n  driving: ''\n", "council.yaml:2: advice.driving: want a text, nothing stands there"},
		{"truth", "advice:\n  driving: true\n", `council.yaml:2: advice.driving: "true": want a text; put it into quotes`},
		{"wrong number", "advice:\n  driving: 189へ\n", `council.yaml:2: advice.driving: "189"`},
		{"forbidden number", "advice:\n  driving: 03-3507-9341\n", `council.yaml:2: advice.driving: "03-3507-9341"`},
		{"number lost", "advice:\n  call_110: すぐに警察へ。\n", "council.yaml:2: advice.call_110: \"すぐに警察へ。\": want a text that says 110"},
		{"unknown placeholder", "instructions:\n  - id: thanks\n    text: 受付{no}：{名前}さん\n", `council.yaml:3: instructions.thanks.text: "{名前}"`},
		{"placeholder lost", "instructions:\n  - id: keep_watch\n    text: 受付{no}：{日付}まで\n", `council.yaml:3: instructions.keep_watch.text: "受付{no}：{日付}まで": want the placeholder {確認点}`},
		{"no number", "instructions:\n  - {id: mine, label: あ, text: 来てください}\n", `council.yaml:2: instructions.mine.text: "来てください": want the placeholder {no}`},
		{"no text", "instructions:\n  - {id: mine, label: あ}\n", `council.yaml:2: instructions.mine.text`},
		{"unknown field", "instructions:\n  - id: thanks\n    colour: red\n", "council.yaml:3: instructions.thanks.colour: want one of the fields id, label"},
		{"entry without id", "instructions:\n  - {label: x}\n", "council.yaml:2: instructions.[0]: want an entry with an id"},
		{"for nobody", "instructions:\n  - id: thanks\n    for: nobody\n", `council.yaml:3: instructions.thanks.for: "nobody"`},
		{"closes and asks", "instructions:\n  - id: thanks\n    answers: [{id: ok, label: はい}]\n", "council.yaml:3: instructions.thanks.answers: want no answers"},
		{"label too long", "instructions:\n  - id: thanks\n    label: あああああああああああああああああああああ\n", "council.yaml:3: instructions.thanks.label"},
		{"label of another", "instructions:\n  - {id: thanks, label: 110番へ通報}\n", "instructions.thanks"},
		{"answers twice", "instructions:\n  - id: call_110\n    answers:\n      - {id: more, label: 通報しました}\n", "council.yaml:4: instructions.call_110.answers.more.label"},
		{"drop what is not there", "instructions:\n  - {id: nothing, drop: true}\n", "council.yaml:2: instructions.nothing: want drop"},
		{"before what is not there", "instructions:\n  - {id: thanks, before: nothing}\n", `council.yaml:2: instructions.thanks.before: "nothing"`},
		{"not true or false", "instructions:\n  - id: thanks\n    warn: maybe\n", `council.yaml:3: instructions.thanks.warn: "maybe": want true or false`},
		{"unknown level", "flows:\n  report:\n    steps:\n      - id: urgency\n        choices:\n          - {id: mine, label: 火事, level: urgent}\n",
			`council.yaml:6: flows.report.steps.urgency.choices.mine.level: "urgent": want one of danger, soon, unsure, calm`},
		{"level elsewhere", "flows:\n  report:\n    steps:\n      - id: kind\n        choices:\n          - id: inspection\n            level: calm\n",
			`council.yaml:7: flows.report.steps.kind.choices.inspection.level: "calm": want no level here`},
		{"neither done nor not", "instructions:\n  - id: call_110\n    answers:\n      - id: gone\n        done: later\n", `council.yaml:5: instructions.call_110.answers.gone.done: "later": want no, or nothing`},
		{"neither asked nor not", "instructions:\n  - id: call_110\n    answers:\n      - id: gone\n        ask_again: 'yes'\n", `council.yaml:5: instructions.call_110.answers.gone.ask_again: "yes": want no, or nothing`},
		{"done is no truth", "instructions:\n  - id: call_110\n    answers:\n      - id: gone\n        done: false\n", `council.yaml:5: instructions.call_110.answers.gone.done: "false": want a text`},
		{"unknown month", "notices:\n  smarch: |\n    a\n    188\n", `council.yaml:2: notices.smarch: "smarch"`},
		{"notice without title", "notices:\n  may: 188へ\n", "council.yaml:2: notices.may"},
		{"notice without 188", "notices:\n  may: |\n    【5月】\n    相談を\n", "council.yaml:2: notices.may"},
		{"long notice", "notices:\n  may: |\n    【5月】\n    188" + strings.Repeat("あ", 300) + "\n", "council.yaml:2: notices.may"},
		{"placeholder in notice", "notices:\n  may: |\n    【5月】\n    {名前}188\n", `council.yaml:2: notices.may: "{名前}"`},
		{"unknown next", "flows:\n  report:\n    steps:\n      - id: kind\n        choices:\n          - id: other\n            next: mars\n", `council.yaml:7: flows.report.steps.kind.choices.other.next: "mars"`},
		{"unreachable", "flows:\n  report:\n    steps:\n      - {id: island, kind: text, ask: 何か, next: confirm}\n", "council.yaml:4: flows.report.steps.island"},
		{"long choice", "flows:\n  report:\n    steps:\n      - id: kind\n        choices:\n          - id: other\n            label: あああああああああああああああああああああ\n", "council.yaml:7: flows.report.steps.kind.choices.other.label"},
		{"word lost", "conversation:\n  words:\n    stale: ''\n", "council.yaml:3: conversation.words.stale"},
		{"say without say", "conversation:\n  words:\n    say: 声かけ\n", "council.yaml:3: conversation.words.say"},
		{"unknown word", "conversation:\n  words:\n    hello: x\n", "council.yaml:3: conversation.words.hello"},
		{"unknown nav", "conversation:\n  nav:\n    - {id: up, label: うえ}\n", `council.yaml:3: conversation.nav.up.id: "up"`},
		{"nav dropped", "conversation:\n  nav:\n    - {id: stop, drop: true}\n", `conversation.nav: "stop"`},
		{"too deep", strings.Repeat("[", 2000), "council.yaml:1: want at most"},
		{"too large", "# " + strings.Repeat("x", maxSource), "council.yaml:1: want at most"},
		{"eaten by a comment", "advice:\n  driving: 急がないときは #9110 へ\n", `council.yaml:2: "#9110 へ": want quotes`},
		{"braces", "advice:\n  driving: 運転中は{ 操作しないで\n", "council.yaml:2: advice.driving"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Load(sources([]string{tt.yaml})...)
			if err == nil {
				t.Fatal("taken", c)
			}
			var one Fault
			if !errors.As(err, &one) {
				t.Fatalf("%T is no fault", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

// All faults come at once, in the order of the lines.
func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Load(sources([]string{"advice:\n  driving: 118\n  hang_up: 189\nnotices:\n  may: x\ninstructions:\n  - {id: thanks, label: ''}\n"})...)
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var lines []int
	for _, f := range faults {
		if f.File != "council.yaml" || f.Want == "" {
			t.Errorf("%+v", f)
		}
		lines = append(lines, f.Line)
	}
	if len(lines) < 4 || lines[0] != 2 || lines[1] != 3 || lines[len(lines)-1] != 7 {
		t.Errorf("lines %v\n%v", lines, err)
	}
}

// Our own files may not say a thing twice.
func TestOwnFilesDoNotOverlap(t *testing.T) {
	_, err := load(parseAll([]Source{{"a.yaml", []byte("x:\n  y: 1\n")}, {"b.yaml", []byte("x:\n  y: 2\n")}}), nil)
	if err == nil || !strings.Contains(err.Error(), "b.yaml:2: x.y: want this once, it also stands in a.yaml:2") {
		t.Error(err)
	}
}

// FuzzLoad lays any bytes over our files: they are taken whole, without a
// fault in the flow, or refused.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{"", "a: b", "advice:\n  driving: x\n", "flows:\n  report:\n    steps:\n      - {id: kind, drop: true}\n", "- [", "? a\n: b", "a: |\n  b\n", "{a: {b: {c: d}}}", "instructions: [{id: x, before: x}]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &loader{}
		root := l.parse(Source{Name: "council.yaml", Data: data})
		if len(l.faults) > 0 || len(root.keys) == 0 {
			return
		}
		c, err := Load(Source{Name: "council.yaml", Data: data})
		if (c == nil) == (err == nil) {
			t.Fatal("neither or both")
		}
		if err == nil && len(flows.Check(c.Flow("report"))) > 0 {
			t.Fatal("a flow with faults was taken")
		}
	})
}
