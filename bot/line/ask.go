package line

import (
	"fmt"

	"mimamori.example/mimamori/bot/message"
)

// mark stands in front of an answer that is already chosen.
const mark = "✓ "

// ask is a question. Its answers always are a list in the bubble, where all of
// them can be compared, tapped again later, and reached from a computer; up to
// ten are quick replies too, under the thumb. Keep and Nav are buttons of the
// bubble. The notification shows the question itself.
func (r *rendering) ask(m message.Ask) (*lineMessage, error) {
	head := part(m.Prompt, func(s string) *component { return strong(label(s, "lg", ink)) })
	head = append(head, part(m.Hint, func(s string) *component { return spaced(label(s, "sm", faint), "sm") })...)
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
	first.Body.Contents = append(first.Body.Contents, keep...)
	if len(nav) > 0 {
		first.Footer = box(nav...)
		first.Styles.Footer = &block{BackgroundColor: paper, Separator: true}
	}
	contents, err := r.spread(first, rows)
	if err != nil {
		return nil, err
	}
	return &lineMessage{Type: "flex", AltText: alt([]string{m.Prompt, m.Hint}), Contents: contents, QuickReply: quick}, nil
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

// spread puts the rows into the first bubble and, when they do not fit LINE's
// size, into further ones beside it. The question, the kept buttons and the
// navigation stay in the first, which is the one seen.
func (r *rendering) spread(first *bubble, rows []*component) (any, error) {
	const slack = 64 // the carousel's own brackets
	all := &carousel{Type: "carousel"}
	b, used := first, size(first)
	if used > maxBubble {
		return nil, r.over("question", used, maxBubble, "bytes")
	}
	for i, c := range rows {
		n := size(c) + 1
		if n > maxBubble/2 { // its hint is unreasonably long
			return nil, r.over(fmt.Sprintf("choice %d", i+1), n, maxBubble/2, "bytes")
		}
		if used+n > maxBubble {
			if i == 0 {
				return nil, r.over("question", used+n, maxBubble, "bytes")
			}
			all.Contents = append(all.Contents, b)
			b = &bubble{Type: "bubble", Body: box(), Styles: onPaper()}
			used = size(b) + len(`,"contents":[]`)
		}
		b.Body.Contents = append(b.Body.Contents, c)
		used += n
	}
	if len(all.Contents) == 0 {
		return first, nil
	}
	all.Contents = append(all.Contents, b)
	if n := len(all.Contents); n > maxBubbles {
		return nil, r.over("choices", n, maxBubbles, "bubbles")
	}
	if n := size(all) + slack; n > maxCarousel {
		return nil, r.over("choices", n, maxCarousel, "bytes")
	}
	return all, nil
}

func onPaper() *styles { return &styles{Body: &block{BackgroundColor: paper}} }
