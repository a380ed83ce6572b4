package line

import "mimamori.example/mimamori/bot/message"

// panel is an instruction: its heading, its text, and answers that stay.
func (r *rendering) panel(m message.Panel) (*lineMessage, error) {
	b := &bubble{Type: "bubble", Styles: onPaper()}
	body := part(m.Heading, func(s string) *component { return strong(label(s, "lg", ink)) })
	body = append(body, part(m.Body, func(s string) *component { return spaced(label(s, "md", ink), "md") })...)
	if err := r.finish(b, body, m.Buttons); err != nil {
		return nil, err
	}
	return flex(b, m.Alt, m.Heading, m.Body), nil
}

// notice is news for people who may be eighty: large letters throughout.
func (r *rendering) notice(m message.Notice) (*lineMessage, error) {
	b := &bubble{Type: "bubble", Styles: onPaper()}
	body := part(m.Heading, func(s string) *component { return strong(label(s, "xl", ink)) })
	body = append(body, part(m.Body, func(s string) *component { return spaced(label(s, "lg", ink), "lg") })...)
	if err := r.finish(b, body, m.Buttons); err != nil {
		return nil, err
	}
	return flex(b, m.Alt, m.Heading, m.Body), nil
}

// caseCard shows urgency by the header's colour and, in the same place, by a
// word. The notification never shows more than number and urgency.
func (r *rendering) caseCard(m message.CaseCard) (*lineMessage, error) {
	fill, color := tone(m.Tone)
	head := part(m.Urgency, func(s string) *component { return strong(label(s, "xl", color)) })
	head = append(head, part(m.Heading, func(s string) *component { return strong(label(s, "md", color)) })...)
	if len(head) == 0 {
		return nil, r.problem("heading", "is empty")
	}
	b := &bubble{Type: "bubble", Header: box(head...), Styles: onPaper()}
	b.Header.BackgroundColor, b.Header.PaddingAll, b.Header.Spacing = fill, "16px", "xs"
	body := rows(m.Rows)
	body = append(body, part(m.Note, func(s string) *component { return spaced(label(s, "sm", faint), "md") })...)
	if err := r.finish(b, body, m.Buttons); err != nil {
		return nil, err
	}
	return flex(b, m.Alt, joined(m.Heading, m.Urgency)), nil
}

// preview looks like nothing that goes out: a framed box on another ground
// holds the exact text.
func (r *rendering) preview(m message.Preview) (*lineMessage, error) {
	if blank(clean(m.Body)) {
		return nil, r.problem("body", "is empty")
	}
	b := &bubble{Type: "bubble", Styles: &styles{Body: &block{BackgroundColor: draft}}}
	body := part(m.Heading, func(s string) *component { return strong(label(s, "lg", draftInk)) })
	body = append(body, rows(m.Rows)...)
	exact := box(label(clean(m.Body), "md", ink))
	exact.BackgroundColor, exact.BorderColor, exact.BorderWidth = paper, draftEdge, "2px"
	exact.CornerRadius, exact.PaddingAll, exact.Margin = "8px", "12px", "md"
	body = append(body, exact)
	body = append(body, part(m.Warning, func(s string) *component { return spaced(strong(label(s, "md", danger)), "md") })...)
	if err := r.finish(b, body, m.Buttons); err != nil {
		return nil, err
	}
	if b.Footer != nil {
		b.Styles.Footer.BackgroundColor = draft
	}
	return flex(b, m.Alt, m.Heading), nil
}

// finish gives a bubble its body and, in the footer, its buttons.
func (r *rendering) finish(b *bubble, body []*component, buttons []message.Button) error {
	bs, err := r.buttons("button", buttons)
	if err != nil {
		return err
	}
	if len(body) == 0 && len(bs) == 0 && b.Header == nil {
		return r.problem("message", "is empty")
	}
	if len(body) > 0 {
		b.Body = box(body...)
	}
	if len(bs) > 0 {
		b.Footer = box(bs...)
		b.Styles.Footer = &block{BackgroundColor: paper}
	}
	return nil
}

// rows are labels and values, side by side. Both wrap.
func rows(rs []message.Row) []*component {
	var out []*component
	for _, row := range rs {
		name, value := clean(row.Label), clean(row.Value)
		if blank(value) {
			value = "－"
		}
		b := &component{Type: "box", Layout: "horizontal", Spacing: "md", Margin: "md"}
		v := strong(label(value, "md", ink))
		v.Flex = 5
		if !blank(name) {
			n := label(name, "sm", faint)
			n.Flex = 2
			b.Contents = append(b.Contents, n)
		}
		b.Contents = append(b.Contents, v)
		out = append(out, b)
	}
	return out
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

// tone is a header's ground and its letters.
func tone(t message.Tone) (fill, color string) {
	switch t {
	case message.Danger:
		return danger, paper
	case message.Soon:
		return soon, ink
	default:
		return calm, paper
	}
}
