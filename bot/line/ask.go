package line

import (
	"fmt"

	"mimamori.example/mimamori/bot/message"
)

// mark stands in front of an answer that is already chosen.
const mark = "✓ "

// ask is a question. Its answers always are a list in the bubble, where all of
// them can be compared, tapped again later, and reached from a computer; up to
// ten are quick replies too, under the thumb. Keep and Nav are buttons below
// them. The notification shows the question itself.
func (r *rendering) ask(m message.Ask) (*lineMessage, error) {
	head := part(m.Prompt, func(s string) *component { return strong(label(s, "lg", ink)) })
	head = append(head, part(m.Hint, func(s string) *component { return spaced(label(s, "md", faint), "sm") })...)
	if len(head) == 0 {
		return nil, r.problem("prompt", "is empty")
	}
	rows, quick, err := r.choices(m.Choices)
	if err != nil {
		return nil, err
	}
	keep, err := r.buttons("kept button", m.Keep)
	if err != nil {
		return nil, err
	}
	nav, err := r.buttons("navigation button", m.Nav)
	if err != nil {
		return nil, err
	}
	first := &bubble{Type: "bubble", Body: box(head...), Styles: onPaper()}
	// What stays stands below the answers: a telephone shows the end of a card.
	if below := append(keep, nav...); len(below) > 0 {
		first.Footer = box(below...)
		first.Styles.Footer = &block{BackgroundColor: paper, Separator: true}
	}
	first.Body.Contents = append(first.Body.Contents, rows...)
	out := flex(first, m.Prompt, m.Hint)
	out.QuickReply, out.rows = quick, len(rows)
	return out, nil
}

// choices are the list's rows and, where there are few enough, quick replies.
func (r *rendering) choices(cs []message.Choice) ([]*component, *quickReply, error) {
	var rows []*component
	var quick *quickReply
	if n := len(cs); n > 0 && n <= maxQuickChoices {
		quick = &quickReply{}
	}
	for i, c := range cs {
		a, err := r.button(fmt.Sprintf("choice %d", i+1), c.Button)
		if err != nil {
			return nil, nil, err
		}
		shown := a.Label
		if c.Marked {
			shown = mark + shown
		}
		hint := clean(c.Hint)
		if blank(hint) {
			hint = ""
		}
		rows = append(rows, row(shown, hint, a, c.Marked))
		if quick != nil {
			q := *a
			q.Label = shortenLabel(shown, maxLabel)
			quick.Items = append(quick.Items, quickItem{Type: "action", Action: &q})
		}
	}
	return rows, quick, nil
}

// spread divides the rows of a bubble that is larger than LINE takes among
// bubbles side by side. The question, the kept buttons and the navigation stay
// in the first, which is the one seen. A bubble without rows cannot be divided.
func (r *rendering) spread(m *lineMessage) error {
	b, ok := m.Contents.(*bubble)
	if !ok || size(b) <= maxBubble {
		return nil
	}
	if m.rows == 0 {
		return r.over("whole message", size(b), maxBubble, "bytes")
	}
	fixed := len(b.Body.Contents) - m.rows
	rows := b.Body.Contents[fixed:]
	b.Body.Contents = b.Body.Contents[:fixed:fixed]
	used := size(b)
	if used > maxBubble {
		return r.over("question", used, maxBubble, "bytes")
	}
	all := &carousel{Type: "carousel", Contents: []*bubble{b}}
	for i, c := range rows {
		n := size(c) + 1
		if n > maxBubble/2 { // its hint is unreasonably long
			return r.over(fmt.Sprintf("choice %d", i+1), n, maxBubble/2, "bytes")
		}
		if used+n > maxBubble {
			if i == 0 {
				return r.over("question", used+n, maxBubble, "bytes")
			}
			b = &bubble{Type: "bubble", Body: box(), Styles: onPaper()}
			all.Contents = append(all.Contents, b)
			used = size(b) + len(`,"contents":[]`)
		}
		b.Body.Contents = append(b.Body.Contents, c)
		used += n
	}
	if n := len(all.Contents); n > maxBubbles {
		return r.over("choices", n, maxBubbles, "bubbles")
	}
	if n := size(all); n > maxCarousel {
		return r.over("choices", n, maxCarousel, "bytes")
	}
	m.Contents = all
	return nil
}

func onPaper() *styles { return &styles{Body: &block{BackgroundColor: paper}} }
