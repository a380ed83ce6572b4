package line

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"mimamori.example/mimamori/bot/message"
)

// LINE's message objects as package json would be told of them.
type (
	jsonMessage struct {
		Type       string     `json:"type"`
		Text       string     `json:"text,omitempty"`
		QuoteToken string     `json:"quoteToken,omitempty"`
		AltText    string     `json:"altText,omitempty"`
		Contents   any        `json:"contents,omitempty"`
		QuickReply *jsonQuick `json:"quickReply,omitempty"`
	}
	jsonQuick struct {
		Items []jsonItem `json:"items"`
	}
	jsonItem struct {
		Type   string      `json:"type"`
		Action *jsonAction `json:"action"`
	}
	jsonAction struct {
		Type        string `json:"type"`
		Label       string `json:"label"`
		Data        string `json:"data,omitempty"`
		DisplayText string `json:"displayText,omitempty"`
		Text        string `json:"text,omitempty"`
		URI         string `json:"uri,omitempty"`
	}
	jsonCarousel struct {
		Type     string        `json:"type"`
		Contents []*jsonBubble `json:"contents"`
	}
	jsonBubble struct {
		Type   string         `json:"type"`
		Header *jsonComponent `json:"header,omitempty"`
		Body   *jsonComponent `json:"body,omitempty"`
		Footer *jsonComponent `json:"footer,omitempty"`
		Styles *jsonStyles    `json:"styles,omitempty"`
	}
	jsonStyles struct {
		Body   *jsonBlock `json:"body,omitempty"`
		Footer *jsonBlock `json:"footer,omitempty"`
	}
	jsonBlock struct {
		BackgroundColor string `json:"backgroundColor,omitempty"`
		Separator       bool   `json:"separator,omitempty"`
	}
	jsonComponent struct {
		Type            string           `json:"type"`
		Layout          string           `json:"layout,omitempty"`
		Text            string           `json:"text,omitempty"`
		Size            string           `json:"size,omitempty"`
		Weight          string           `json:"weight,omitempty"`
		Color           string           `json:"color,omitempty"`
		Align           string           `json:"align,omitempty"`
		Decoration      string           `json:"decoration,omitempty"`
		Wrap            bool             `json:"wrap,omitempty"`
		Scaling         bool             `json:"scaling,omitempty"`
		Flex            int              `json:"flex,omitempty"`
		Margin          string           `json:"margin,omitempty"`
		Spacing         string           `json:"spacing,omitempty"`
		PaddingAll      string           `json:"paddingAll,omitempty"`
		BackgroundColor string           `json:"backgroundColor,omitempty"`
		BorderColor     string           `json:"borderColor,omitempty"`
		BorderWidth     string           `json:"borderWidth,omitempty"`
		CornerRadius    string           `json:"cornerRadius,omitempty"`
		Contents        []*jsonComponent `json:"contents,omitempty"`
		Action          *jsonAction      `json:"action,omitempty"`
	}
)

// reference makes of a message what package json is to write.
func reference(t testing.TB, m *lineMessage) *jsonMessage {
	out := &jsonMessage{Type: "text", Text: m.text.text, QuoteToken: m.quote}
	if len(m.bubbles) > 0 {
		out = &jsonMessage{Type: "flex", AltText: m.alt.text}
		all := &jsonCarousel{Type: "carousel"}
		for i := range m.bubbles {
			all.Contents = append(all.Contents, referenceBubble(t, &m.bubbles[i]))
		}
		out.Contents = all
		if len(all.Contents) == 1 {
			out.Contents = all.Contents[0]
		}
	}
	if len(m.quick) > 0 {
		out.QuickReply = &jsonQuick{}
	}
	for _, q := range m.quick {
		out.QuickReply.Items = append(out.QuickReply.Items, jsonItem{"action", referenceAction(q.action, q.label)})
	}
	return out
}

func referenceBubble(t testing.TB, b *bubble) *jsonBubble {
	out := &jsonBubble{Type: "bubble", Styles: &jsonStyles{Body: &jsonBlock{BackgroundColor: b.ground}}}
	box := func(look string, cs []component) *jsonComponent {
		if len(cs) == 0 {
			return nil
		}
		c := shown(t, look+"]}")
		for i := range cs {
			c.Contents = append(c.Contents, referenceComponent(t, &cs[i]))
		}
		return c
	}
	out.Header, out.Body, out.Footer = box(b.head, b.header), box(plainBox, b.body), box(plainBox, b.footer)
	if out.Footer != nil {
		out.Styles.Footer = &jsonBlock{BackgroundColor: b.ground, Separator: b.divided}
	}
	return out
}

func referenceComponent(t testing.TB, c *component) *jsonComponent {
	text := func(s styled) *jsonComponent {
		out := shown(t, `{"type":"text"`+s.look)
		out.Text = s.words.text
		return out
	}
	if c.box == "" {
		return text(c.text)
	}
	out := shown(t, c.box+"]}")
	out.Contents = append(out.Contents, text(c.text))
	if c.under.look != "" {
		out.Contents = append(out.Contents, text(c.under))
	}
	if c.action.kind != "" {
		out.Action = referenceAction(&c.action, c.action.label)
	}
	return out
}

func referenceAction(a *action, label words) *jsonAction {
	out := &jsonAction{Type: a.kind, Label: label.text}
	switch a.kind {
	case "postback":
		out.Data, out.DisplayText = a.data.text, a.say.text
	case "message":
		out.Text = a.say.text
	case "uri":
		out.URI = a.data.text
	}
	return out
}

// shown reads a look back.
func shown(t testing.TB, look string) *jsonComponent {
	var c jsonComponent
	d := json.NewDecoder(strings.NewReader(look))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		t.Fatalf("%s: %v", look, err)
	}
	return &c
}

// Reference renders messages that LINE takes by means of package json.
func Reference(t testing.TB, ms []message.Message) []byte {
	var all []*jsonMessage
	for i, m := range ms {
		r := rendering{index: i}
		built, err := r.message(m)
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := json.Marshal(reference(t, &built)); err != nil || len(raw) > maxBubble {
			if err := r.spread(&built, nil); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, reference(t, &built))
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// composer puts messages together that no question or card would be.
type composer struct {
	*rand.Rand
	texts []string
}

// words are never empty: such texts are left out before they are written.
func (c composer) words() words {
	s := c.texts[c.IntN(len(c.texts))]
	w := words{text: s}
	switch c.IntN(3) {
	case 0:
		w, _ = look(s)
	case 1:
		w = cleaned(s)
	}
	if w.text == "" {
		return cleaned("あ")
	}
	return w
}

// texts and boxes are all looks there are.
var (
	texts = []string{asPrompt, asHint, asHeading, asBody, asNote, asNewsHeading, asNewsBody, asDraftHeading, asWarning,
		calmHeader.urgency, calmHeader.heading, soonHeader.urgency, soonHeader.heading, dangerHeader.urgency, dangerHeader.heading,
		asName, asValue, asExact, asAnswer, asMarked, asAnswersHint, asPrimary, asSecondary, asQuiet}
	boxes = []string{calmHeader.box, soonHeader.box, dangerHeader.box, plainBox, pairBox, exactBox, answerBox, markedBox, primaryBox, secondaryBox, quietBox}
)

func (c composer) styled() styled { return styled{c.words(), texts[c.IntN(len(texts))]} }

func (c composer) action() action {
	a := action{kind: []string{postback, saying, link}[c.IntN(3)], label: c.words(), say: c.words(), data: c.words()}
	if a.kind == postback && c.IntN(2) == 0 {
		a.say = words{}
	}
	return a
}

func (c composer) components(least int) (cs []component) {
	for range least + c.IntN(4) {
		v := component{text: c.styled()}
		if c.IntN(3) > 0 {
			v.box = boxes[c.IntN(len(boxes))]
			if c.IntN(2) == 0 {
				v.under = c.styled()
			}
			if c.IntN(2) == 0 {
				v.action = c.action()
			}
		}
		cs = append(cs, v)
	}
	return cs
}

func (c composer) message() *lineMessage {
	m := &lineMessage{text: c.words(), quote: c.texts[c.IntN(len(c.texts))], alt: c.words()}
	for range c.IntN(4) {
		m.bubbles = append(m.bubbles, bubble{head: boxes[c.IntN(len(boxes))], header: c.components(0), body: c.components(0),
			footer: c.components(0), ground: []string{paper, draft}[c.IntN(2)], divided: c.IntN(2) == 0})
	}
	for range c.IntN(3) {
		a := c.action()
		m.quick = append(m.quick, quickItem{c.words(), &a})
	}
	return m
}

// awkward are texts that JSON, or the way there, must look at.
var awkward = []string{
	"text", "受付26-0001 通常", "\"quoted\" \\ / <b>&amp;</b>", "line\nline\ttab\r\x00\x1f\x7f\b\f", "\u2027\u2028\u2029\u202a\ufffd", "bad \xff\xc0\xe3\x81 bytes \xed\xa0\x80",
	"👨‍👩‍👧\u0085\u00a0", " ", "\u3000", "\u3000x", "\xe3\x80", "\xe9\xbf\xbf\xe3\x80\x81\xe3\x81\x41",
}

func TestTextsAreWrittenAsByPackageJSON(t *testing.T) {
	for _, s := range awkward {
		checkText(t, s)
	}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r > 0x3100 { // there each is like its neighbours, but at these ends
			r = min(r+250, utf8.MaxRune)
		}
		checkText(t, string(r))
		checkText(t, "a"+string(r)+"\xe3")
	}
	for _, r := range []rune{0x9FFF, 0xA000, 0xD7FF, 0xE000, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000} {
		checkText(t, string(r))
	}
	for first := 0xC0; first <= 0xFF; first++ {
		for second := 0x70; second <= 0xC8; second++ {
			checkText(t, string([]byte{byte(first), byte(second), 0x80}))
			checkText(t, string([]byte{byte(first), 0x80, byte(second)}))
		}
	}
}

// checkText holds what look says of s against plainer ways to find it out.
func checkText(t *testing.T, s string) {
	t.Helper()
	want, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	w, dirty := look(s)
	if got := w.append(nil); !bytes.Equal(got, want) {
		t.Errorf("%q is written %s, want %s", s, got, want)
	}
	if got := quoted(nil, s); !bytes.Equal(got, want) {
		t.Errorf("%q is quoted %s, want %s", s, got, want)
	}
	tidy := clean(s)
	if !dirty && tidy != s {
		t.Errorf("%q should be cleaned", s)
	}
	if w = cleaned(s); w.text != tidy || w.units != utf16Len(tidy) || w.blank != blank(tidy) {
		t.Errorf("%q: got %+v, clean %q, %d units, blank %v", s, w, tidy, utf16Len(tidy), blank(tidy))
	}
}

func FuzzText(f *testing.F) {
	for _, s := range awkward {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkText(t, s)
	})
}

func FuzzEncode(f *testing.F) {
	for i, s := range awkward {
		for seed := range uint64(20) {
			f.Add(seed, s, awkward[(i+1)%len(awkward)])
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b string) {
		c := composer{rand.New(rand.NewPCG(seed, 3)), []string{a, b, a + b, "あ"}}
		m := c.message()
		want, err := json.Marshal(reference(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.append(nil); !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}
