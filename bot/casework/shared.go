package casework

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
)

// sharedButtons are how many of the cases on a shared card have a button: more
// would hide the rest of the talk. The card of each leads to the next.
const sharedButtons = 8

// sharedCard is the one card of the cases that a member has reported in a short
// time, total in number: their numbers by urgency and kind, so that another
// emergency among them is seen.
func (w *Work) sharedCard(cases []council.Case, total int, unknown bool) message.CaseCard {
	first, last := cases[0], cases[len(cases)-1]
	worst := council.Calm
	for _, c := range cases {
		worst = max(worst, c.Level())
	}
	word := w.text("level." + worst.String())
	k := message.CaseCard{
		Alt:     w.drill(first, w.text("card.alt", "no", last.No, "緊急度", word)),
		Heading: w.drill(first, w.text("card.shared_heading")),
		Tone:    tones[worst],
		Urgency: w.text("card.shared_urgency", "緊急度", word, "件数", itoa(total)),
		Note:    w.text("card.shared_note", "no", last.No),
	}
	if total > 1 {
		k.Alt = w.drill(first, w.text("card.shared_alt", "no", last.No, "件数", itoa(total-1), "緊急度", word))
	}
	bare := unknown || w.GroupCard == CardNumber
	kinds := w.byKind(cases, bare)
	for _, kind := range kinds {
		k.Rows = append(k.Rows, message.Row{Label: kind.level, Value: kind.name + w.counted(kind.nos)})
	}
	if more := total - len(cases); more > 0 {
		k.Rows = append(k.Rows, message.Row{Label: w.text("card.shared_more"), Value: w.text("card.shared_before", "件数", itoa(more))})
	}
	if bare { // numbers and urgencies, and not the look of more
		k.Note = w.numbersOnly(k.Rows, unknown)
		k.Rows = nil
	} else {
		who := message.Row{Label: w.text("card.trade"), Value: first.Trade}
		if w.GroupCard == CardFull {
			who = message.Row{Label: w.text("card.organisation"), Value: first.OrganisationName + " " + first.ReporterCard}
		}
		k.Rows = append(k.Rows, who, message.Row{Label: w.text("card.time"), Value: w.fromTo(first.Received, last.Received)})
	}
	for _, no := range leading(kinds) {
		k.Buttons = append(k.Buttons, w.showing(no, "card.shared_show"))
	}
	return k
}

// numbersOnly writes a shared card's rows as its note.
func (w *Work) numbersOnly(rows []message.Row, unknown bool) string {
	var lines []string
	for _, r := range rows {
		lines = append(lines, r.Label+" "+r.Value)
	}
	why := w.text("card.number_only")
	if unknown {
		why = w.text("card.guarded")
	}
	return strings.Join(append(lines, why), "\n")
}

// counted lists receipt numbers, and says how many they are where that is not
// seen at once.
func (w *Work) counted(nos []string) string {
	if len(nos) < 3 {
		return w.nos(nos)
	}
	return w.text("list.counted", "一覧", w.nos(nos), "件数", itoa(len(nos)))
}

// fromTo writes two times, or one where they read the same.
func (w *Work) fromTo(from, to time.Time) string {
	first, last := w.moment(from), w.moment(to)
	if first == last {
		return first
	}
	return w.text("list.from_to", "初", first, "終", last)
}

// showing is a button that shows a case's own card.
func (w *Work) showing(no, label string) message.Button {
	return message.Button{Label: w.text(label, "no", no), Action: message.Say, Style: message.Secondary,
		Say: w.text("command.case", "no", no) + " " + w.text("action.show")}
}

// nextShared is the next of the cases on the shared card that nobody has taken;
// "" when there is none.
func (w *Work) nextShared(c council.Case) (string, error) {
	b, err := w.burst(c.Reporter)
	if err != nil {
		return "", err
	}
	at := slices.Index(b.Cases, c.No) + 1
	for _, no := range b.Cases[at:min(len(b.Cases), at+casesAtOnce)] {
		if next, ok, err := w.Case(no); err != nil || ok && next.State == council.Received && no != c.No {
			return no, err
		}
	}
	return "", nil
}

// ofKind are the numbers of cases that look alike.
type ofKind struct {
	level string // the urgency's word
	name  string // the answers about urgency and kind, as they were shown; "" where they are not
	nos   []string
}

// mostKinds is how many lines of kinds a shared card has.
const mostKinds = 20

// byKind puts together the cases that look alike, the most urgent first.
func (w *Work) byKind(cases []council.Case, bare bool) []ofKind {
	var kinds []ofKind
	for _, level := range council.Levels {
		from := len(kinds)
		for _, c := range cases {
			if c.Level() != level {
				continue
			}
			name := ""
			if !bare && len(kinds) < mostKinds {
				urgency := ""
				if u, ok := c.Find("urgency"); ok {
					urgency = strings.Join(u.Labels, "")
				}
				name = w.text("card.shared_kind", "緊急度", urgency, "種類", w.kindOf(c))
			}
			i := slices.IndexFunc(kinds[from:], func(k ofKind) bool { return k.name == name })
			if i < 0 {
				i = len(kinds) - from
				kinds = append(kinds, ofKind{level: w.text("level." + level.String()), name: name})
			}
			kinds[from+i].nos = append(kinds[from+i].nos, c.No)
		}
	}
	return kinds
}

// leading are the cases whose buttons a shared card has: the latest of each
// kind, then the earliest of the others.
func leading(kinds []ofKind) []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.nos[len(k.nos)-1])
	}
	for _, k := range kinds {
		out = append(out, k.nos[:len(k.nos)-1]...)
	}
	return out[:min(len(out), sharedButtons)]
}

var numbered = regexp.MustCompile(`^(.*?)([0-9]+)$`)

// nos lists receipt numbers, those that follow each other by the first and last.
func (w *Work) nos(all []string) string {
	var out []string
	for len(all) > 0 {
		n := 1
		for n < len(all) && follows(all[n-1], all[n]) {
			n++
		}
		if n < 3 {
			n = 1
			out = append(out, all[0])
		} else {
			out = append(out, w.text("list.from_to", "初", all[0], "終", all[n-1]))
		}
		all = all[n:]
	}
	return strings.Join(out, w.text("list.separator"))
}

func follows(a, b string) bool {
	x, y := numbered.FindStringSubmatch(a), numbered.FindStringSubmatch(b)
	if x == nil || y == nil || x[1] != y[1] {
		return false
	}
	m, err1 := strconv.Atoi(x[2])
	n, err2 := strconv.Atoi(y[2])
	return err1 == nil && err2 == nil && n == m+1
}

// gatheredText is one text of what a member has said about one or more cases.
type gatheredText struct {
	lines []string
	units int
	parts []message.About
	quote string
}

// gather adds to the texts, at most room of them, what waits of a case. apart:
// there is room for a text of its own.
func (w *Work) gather(texts []*gatheredText, c *council.Case, apart bool, room int, group council.Group) []*gatheredText {
	id, fresh := "", apart
	for i := range c.Untold {
		u := &c.Untold[i]
		if u.ID != "" {
			continue
		}
		n := utf16Len(u.Body) + 1
		if fresh || len(texts) == 0 || texts[len(texts)-1].units+n > untoldLimit {
			if len(texts) >= room {
				return texts
			}
			texts, fresh, id = append(texts, &gatheredText{}), false, ""
		}
		t := texts[len(texts)-1]
		if id == "" {
			id = w.NewID()[:8]
			t.parts = append(t.parts, message.About{Kind: AboutAnswer, Case: c.No, Ref: id})
			t.quote = quote(*c, group)
		}
		u.ID = id
		t.lines, t.units = append(t.lines, w.drill(*c, u.Body)), t.units+n
	}
	return texts
}

// say puts a text among what goes to the group. Quoting it means its case, when
// it is about one.
func (t *gatheredText) say(w *Work, group council.Group) {
	ref, text := RefNothing, message.Text{Body: strings.Join(t.lines, "\n")}
	if len(t.parts) == 1 {
		ref, text.QuoteToken = RefCase(t.parts[0].Case), t.quote
	}
	var nos []string
	for _, about := range t.parts {
		nos = append(nos, about.Case)
	}
	full := []message.Message{text}
	text.Body = w.text("group.guarded", "no", w.nos(nos))
	bare := []message.Message{text}
	for _, about := range t.parts {
		w.ToGroupIfKnown(group.ID, about, ref, full, bare)
		full, bare = nil, nil
	}
}
