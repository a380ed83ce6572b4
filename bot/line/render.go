package line

import (
	"encoding/json"

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
	built, room := make([]lineMessage, 0, maxMessages), 2
	var wrong error
	for i, m := range ms {
		r := rendering{index: i}
		one, err := r.message(m)
		if err != nil {
			wrong = err
			break
		}
		built, room = append(built, one), room+one.room()
	}
	out := append(make([]byte, 0, room), '[')
	for i := range built {
		r := rendering{index: i}
		var err error
		if out, err = r.encode(comma(out, i), &built[i]); err != nil {
			return nil, err
		}
	}
	if wrong != nil { // what comes before it fits
		return nil, wrong
	}
	return append(out, ']'), nil
}

// encode writes a message behind out, and looks closer where its bubble may be
// too large: the message around it is never smaller than the bubble.
func (r *rendering) encode(out []byte, m *lineMessage) ([]byte, error) {
	before := len(out)
	out = m.append(out)
	if len(out)-before > maxBubble && len(m.bubbles) > 0 {
		if err := r.spread(m, out[before:before]); err != nil {
			return nil, err
		}
		out = m.append(out[:before])
	}
	return out, nil
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

func (r *rendering) message(m message.Message) (lineMessage, error) {
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
		return lineMessage{}, r.problem("message", "is of an unknown kind")
	}
}

func (r *rendering) text(m message.Text) (lineMessage, error) {
	out := lineMessage{text: cleaned(m.Body), quote: m.QuoteToken}
	if out.text.blank {
		return lineMessage{}, r.problem("body", "is empty")
	}
	if n := out.text.units; n > maxText {
		return lineMessage{}, r.over("body", n, maxText, "UTF-16 units")
	}
	var err error
	out.quick, err = r.quick("quick reply", m.Quick)
	return out, err
}

// flex wraps a bubble. alt is what the notification and the list of talks
// show: the first of the texts that is not empty, cut to LINE's limit.
func flex(b bubble, alts ...words) lineMessage {
	return lineMessage{alt: alt(alts), bubbles: []bubble{b}}
}

func alt(texts []words) words {
	for _, t := range texts {
		if !t.blank {
			return t.shorten(maxAlt)
		}
	}
	return cleaned("…")
}

// add shortens nothing: it leaves out a text that is empty, because LINE
// refuses a whole message for one empty text.
func add(cs []component, w words, look string) []component {
	if w.blank {
		return cs
	}
	return append(cs, component{text: styled{w, look}})
}

// Unquoted takes the quote tokens out of rendered messages: the same bytes every
// time. What is no list of messages stays as it is.
func Unquoted(rendered json.RawMessage) json.RawMessage {
	var ms []map[string]json.RawMessage
	if json.Unmarshal(rendered, &ms) != nil {
		return rendered
	}
	for _, m := range ms {
		delete(m, "quoteToken")
	}
	without, err := json.Marshal(ms)
	if err != nil {
		return rendered
	}
	return without
}
