package line

import "mimamori.example/mimamori/bot/message"

// mark stands in front of an answer that is already chosen.
const mark = "✓ "

// ask is a question. Its answers always are a list in the bubble, where all of
// them can be compared, tapped again later, and reached from a computer; up to
// ten are quick replies too, under the thumb. Keep and Nav are buttons below
// them. The notification shows the question itself.
func (r *rendering) ask(m message.Ask) (lineMessage, error) {
	prompt, hint := cleaned(m.Prompt), cleaned(m.Hint)
	b := bubble{ground: paper, divided: true}
	b.body = make([]component, 0, 2+len(m.Choices))
	b.body = add(b.body, prompt, asPrompt)
	b.body = add(b.body, hint, asHint)
	if len(b.body) == 0 {
		return lineMessage{}, r.problem("prompt", "is empty")
	}
	var quick []quickItem
	var err error
	if b.body, quick, err = r.choices(b.body, m.Choices); err != nil {
		return lineMessage{}, err
	}
	// What stays stands below the answers: a telephone shows the end of a card.
	b.footer = make([]component, 0, len(m.Keep)+len(m.Nav))
	if b.footer, err = r.buttons(b.footer, "kept button", m.Keep); err != nil {
		return lineMessage{}, err
	}
	if b.footer, err = r.buttons(b.footer, "navigation button", m.Nav); err != nil {
		return lineMessage{}, err
	}
	out := flex(b, prompt, hint)
	out.quick, out.rows = quick, len(m.Choices)
	return out, nil
}

// choices adds the list's rows and makes, where there are few enough, quick
// replies.
func (r *rendering) choices(rows []component, cs []message.Choice) ([]component, []quickItem, error) {
	var quick []quickItem
	if n := len(cs); n > 0 && n <= maxQuickChoices {
		quick = make([]quickItem, 0, n)
	}
	for i := range cs {
		c := &cs[i]
		rows = append(rows, component{box: answerBox})
		row := &rows[len(rows)-1]
		if err := r.button(&row.action, place{"choice", i}, &c.Button); err != nil {
			return nil, nil, err
		}
		row.text = styled{row.action.label, asAnswer}
		if c.Marked {
			row.box, row.text = markedBox, styled{row.action.label.after(mark), asMarked}
		}
		if hint := cleaned(c.Hint); !hint.blank {
			row.under = styled{hint, asAnswersHint}
		}
		if quick != nil {
			quick = append(quick, quickItem{row.text.words.shortenLabel(maxLabel), &row.action})
		}
	}
	return rows, quick, nil
}

// spread divides the rows of a bubble that is larger than LINE takes among
// bubbles side by side. The question, the kept buttons and the navigation stay
// in the first, which is the one seen. A bubble without rows cannot be divided.
// The space behind scratch is used for measuring.
func (r *rendering) spread(m *lineMessage, scratch []byte) error {
	b := &m.bubbles[0]
	whole := len(b.append(scratch))
	if whole <= maxBubble {
		return nil
	}
	if m.rows == 0 {
		return r.over("whole message", whole, maxBubble, "bytes")
	}
	fixed := len(b.body) - m.rows
	rows := b.body[fixed:]
	b.body = b.body[:fixed]
	used := len(b.append(scratch))
	if used > maxBubble {
		return r.over("question", used, maxBubble, "bytes")
	}
	all := []bubble{*b}
	for i := range rows {
		n := len(rows[i].append(scratch)) + len(",")
		if n > maxBubble/2 { // its hint is unreasonably long
			return r.over(place{"choice", i}.String(), n, maxBubble/2, "bytes")
		}
		switch last := &all[len(all)-1]; {
		case used+n <= maxBubble:
			last.body = last.body[:len(last.body)+1] // the rows lie one behind the other
			used += n
		case i == 0:
			return r.over("question", used+n, maxBubble, "bytes")
		default:
			all = append(all, bubble{body: rows[i : i+1], ground: paper})
			used = len(all[len(all)-1].append(scratch)) + len(",")
		}
	}
	if n := len(all); n > maxBubbles {
		return r.over("choices", n, maxBubbles, "bubbles")
	}
	if n := len(appendBubbles(scratch, all)); n > maxCarousel {
		return r.over("choices", n, maxCarousel, "bytes")
	}
	m.bubbles = all
	return nil
}
