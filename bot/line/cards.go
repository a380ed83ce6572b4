package line

import "mimamori.example/mimamori/bot/message"

// panel is an instruction: its heading, its text, and answers that stay.
func (r *rendering) panel(m message.Panel) (lineMessage, error) {
	heading, text := cleaned(m.Heading), cleaned(m.Body)
	b := bubble{body: make([]component, 0, 2), ground: paper}
	b.body = add(b.body, heading, asHeading)
	b.body = add(b.body, text, asBody)
	if err := r.finish(&b, m.Buttons); err != nil {
		return lineMessage{}, err
	}
	return flex(b, cleaned(m.Alt), heading, text), nil
}

// notice is news for people who may be eighty: large letters throughout.
func (r *rendering) notice(m message.Notice) (lineMessage, error) {
	heading, text := cleaned(m.Heading), cleaned(m.Body)
	b := bubble{body: make([]component, 0, 2), ground: paper}
	b.body = add(b.body, heading, asNewsHeading)
	b.body = add(b.body, text, asNewsBody)
	if err := r.finish(&b, m.Buttons); err != nil {
		return lineMessage{}, err
	}
	return flex(b, cleaned(m.Alt), heading, text), nil
}

// caseCard shows urgency by the header's colour and, in the same place, by a
// word. The notification never shows more than number and urgency.
func (r *rendering) caseCard(m message.CaseCard) (lineMessage, error) {
	top := headerOf(m.Tone)
	b := bubble{head: top.box, ground: paper}
	b.header = add(make([]component, 0, 2), cleaned(m.Urgency), top.urgency)
	b.header = add(b.header, cleaned(m.Heading), top.heading)
	if len(b.header) == 0 {
		return lineMessage{}, r.problem("heading", "is empty")
	}
	b.body = pairs(make([]component, 0, len(m.Rows)+1), m.Rows)
	b.body = add(b.body, cleaned(m.Note), asNote)
	if err := r.finish(&b, m.Buttons); err != nil {
		return lineMessage{}, err
	}
	alt := cleaned(m.Alt)
	if alt.blank {
		alt = cleaned(joined(m.Heading, m.Urgency))
	}
	return flex(b, alt), nil
}

// preview looks like nothing that goes out: a framed box on another ground
// holds the exact text.
func (r *rendering) preview(m message.Preview) (lineMessage, error) {
	heading, exact := cleaned(m.Heading), cleaned(m.Body)
	if exact.blank {
		return lineMessage{}, r.problem("body", "is empty")
	}
	b := bubble{ground: draft}
	b.body = add(make([]component, 0, len(m.Rows)+3), heading, asDraftHeading)
	b.body = pairs(b.body, m.Rows)
	b.body = append(b.body, component{box: exactBox, text: styled{exact, asExact}})
	b.body = add(b.body, cleaned(m.Warning), asWarning)
	if err := r.finish(&b, m.Buttons); err != nil {
		return lineMessage{}, err
	}
	return flex(b, cleaned(m.Alt), heading), nil
}

// finish gives a bubble its buttons, in the footer.
func (r *rendering) finish(b *bubble, buttons []message.Button) error {
	var err error
	if b.footer, err = r.buttons(make([]component, 0, len(buttons)), "button", buttons); err != nil {
		return err
	}
	if len(b.header) == 0 && len(b.body) == 0 && len(b.footer) == 0 {
		return r.problem("message", "is empty")
	}
	return nil
}

// pairs adds labels and values, side by side. Both wrap.
func pairs(cs []component, rs []message.Row) []component {
	for _, row := range rs {
		name, value := cleaned(row.Label), cleaned(row.Value)
		if value.blank {
			value = cleaned("－")
		}
		c := component{box: pairBox, text: styled{name, asName}, under: styled{value, asValue}}
		if name.blank {
			c.text, c.under = c.under, styled{}
		}
		cs = append(cs, c)
	}
	return cs
}

func joined(a, b string) string {
	if blank(a) {
		return b
	}
	if blank(b) {
		return a
	}
	return a + " " + b
}

// headerOf is how a card's header looks.
func headerOf(t message.Tone) *header {
	switch t {
	case message.Danger:
		return &dangerHeader
	case message.Soon:
		return &soonHeader
	default:
		return &calmHeader
	}
}
