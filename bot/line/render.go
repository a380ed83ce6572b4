package line

import (
	"encoding/json"
	"fmt"

	"mimamori.example/mimamori/bot/message"
)

// Renderer turns neutral messages into LINE's. It has no state: the same
// messages always give the same bytes.
type Renderer struct{}

// Render makes the array of 1 to 5 message objects that is frozen and sent.
// The bytes survive json.Marshal of a RawMessage unchanged. The error is a
// *LimitError when LINE would refuse the messages; it names the part that is
// too long, never what it says.
func (Renderer) Render(ms []message.Message) (json.RawMessage, error) {
	if len(ms) == 0 || len(ms) > maxMessages {
		return nil, &LimitError{Field: "messages", Have: len(ms), Max: maxMessages, Unit: "messages"}
	}
	out := []byte{'['}
	for i, m := range ms {
		r := &rendering{index: i}
		built, err := r.message(m)
		if err != nil {
			return nil, err
		}
		raw, err := r.encode(built)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, raw...)
	}
	return append(out, ']'), nil
}

// encode writes a message, and looks closer where its bubble may be too large:
// the message around it is never smaller than the bubble.
func (r *rendering) encode(m *lineMessage) ([]byte, error) {
	raw, err := json.Marshal(m)
	if err == nil && len(raw) > maxBubble && m.Type == "flex" {
		if err := r.spread(m); err != nil {
			return nil, err
		}
		raw, err = json.Marshal(m)
	}
	if err != nil { // cannot happen: it holds strings, numbers and booleans
		return nil, fmt.Errorf("line: render: %w", err)
	}
	return raw, nil
}

// Fits tells whether Render would take these messages; the error is Render's.
// What a person wrote is checked by it before it is promised to anybody.
func Fits(ms []message.Message) error {
	_, err := Renderer{}.Render(ms)
	return err
}

// rendering is one message on its way; index is its place, for errors.
type rendering struct{ index int }

func (r *rendering) over(field string, have, max int, unit string) error {
	return &LimitError{Message: r.index, Field: field, Have: have, Max: max, Unit: unit}
}

func (r *rendering) problem(field, what string) error {
	return &LimitError{Message: r.index, Field: field, Problem: what}
}

func (r *rendering) message(m message.Message) (*lineMessage, error) {
	switch m := m.(type) {
	case message.Text:
		return r.text(m)
	case message.Ask:
		return r.ask(m)
	case message.Panel:
		return r.panel(m)
	case message.CaseCard:
		return r.caseCard(m)
	case message.Preview:
		return r.preview(m)
	case message.Notice:
		return r.notice(m)
	default:
		return nil, r.problem("message", "is of an unknown kind")
	}
}

func (r *rendering) text(m message.Text) (*lineMessage, error) {
	out := &lineMessage{Type: "text", Text: clean(m.Body), QuoteToken: m.QuoteToken}
	if blank(out.Text) {
		return nil, r.problem("body", "is empty")
	}
	if n := utf16Len(out.Text); n > maxText {
		return nil, r.over("body", n, maxText, "UTF-16 units")
	}
	var err error
	out.QuickReply, err = r.quick("quick reply", m.Quick)
	return out, err
}

// flex wraps a bubble. alt is what the notification and the list of talks
// show: the first of the texts that is not empty, cut to LINE's limit.
func flex(b *bubble, alts ...string) *lineMessage {
	return &lineMessage{Type: "flex", AltText: alt(alts), Contents: b}
}

func alt(texts []string) string {
	for _, t := range texts {
		if t = clean(t); !blank(t) {
			return shorten(t, maxAlt)
		}
	}
	return "…"
}

// size is the length of v's JSON in bytes.
func size(v any) int {
	raw, err := json.Marshal(v)
	if err != nil {
		return maxCarousel + 1 // cannot happen either
	}
	return len(raw)
}

// part shortens nothing: it leaves out a text that is empty, because LINE
// refuses a whole message for one empty text.
func part(text string, make func(string) *component) []*component {
	if text = clean(text); blank(text) {
		return nil
	}
	return []*component{make(text)}
}
