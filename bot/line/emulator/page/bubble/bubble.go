// Package bubble draws one message of a talk as HTML, the way LINE shows it: what
// stands in the speech bubble, the rich menu and the quick replies. Who sent it,
// when, and what it quotes is up to the page around it.
//
// What it writes stands inside a form of that page: everything that can be
// tapped is a submit button named "path" (in rich menus "area"), and everything
// else is made of phrasing elements, so that a tappable box is a button too.
// Nothing is loaded but pictures of the page's own host, and nothing of a
// message is dropped in silence: what this package does not know is marked.
//
// LINE documents the order of its size keywords, not their lengths. The lengths
// in bubble.css are what is reported of its Flex Message Simulator, confirmed by
// nothing of LINE's; telephones differ from it and from each other.
package bubble

import (
	"bytes"
	_ "embed" // for the stylesheet
	"encoding/json"
	"html/template"

	"mimamori.example/mimamori/bot/line/emulator"
)

//go:embed bubble.css
var css string

// Styles is the stylesheet for what this package writes. All of its classes
// begin with "ln-". The page chooses the speech bubble's colours by the custom
// properties --ln-bubble and --ln-ink.
func Styles() string { return css }

// HTML is what stands inside the bubble of a message. Actions that can be tapped
// now are buttons named "path" with the Button's Path as value, its label in
// data-label and its type in data-type; actions that cannot be are disabled.
// The notification's text is not in it.
func HTML(m emulator.Message) template.HTML {
	d := newDrawing(m)
	switch {
	case m.Unsent:
		d.note("メッセージの送信を取り消しました")
	case m.Type == "system":
		d.note(m.Text)
	default:
		d.message(m)
	}
	return d.html()
}

// drawing is one message on its way to the page.
type drawing struct {
	writer
	id      string
	content bool
	buttons map[string]emulator.Button // what can be tapped in the bubble, by path
}

func newDrawing(m emulator.Message) *drawing {
	d := &drawing{id: m.ID, content: m.Content, buttons: map[string]emulator.Button{}}
	for _, b := range m.Buttons {
		if !b.Quick {
			d.buttons[b.Path] = b
		}
	}
	return d
}

// message draws a message object by its type.
func (d *drawing) message(m emulator.Message) {
	obj := decode(m.JSON)
	kind := str(obj["type"])
	if kind == "" {
		kind = m.Type
	}
	draw := map[string]func(map[string]any){
		"text": d.text, "textV2": d.textV2,
		"sticker": d.sticker, "image": d.image, "video": d.video, "audio": d.audio, "file": d.file, "location": d.location,
		"template": d.template, "imagemap": d.imagemap, "flex": d.flex,
	}[kind]
	switch {
	case draw != nil && obj != nil:
		draw(obj)
	case kind == "text":
		d.words(m.Text)
	default:
		d.unknown(kind)
		if m.Text != "" {
			d.words(m.Text)
		}
	}
}

// note is a line of the platform itself.
func (d *drawing) note(text string) { d.span(text, class("ln-note")) }

// unknown marks what cannot be drawn.
func (d *drawing) unknown(what string) {
	if what == "" {
		what = "？"
	}
	d.span("表示できない要素："+shorten(what, 60), class("ln-unknown"))
}

// decode reads an object and keeps its numbers as they were written; it is nil
// when raw is none.
func decode(raw []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return object(v)
}

// object is v as an object, nil when it is none.
func object(v any) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return m
}

// list is v as a list, nil when it is none.
func list(v any) []any {
	l, ok := v.([]any)
	if !ok {
		return nil
	}
	return l
}

// str is v as a string, empty when it is none.
func str(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	return s
}

// num is v as a number, 0 when it is none.
func num(v any) float64 {
	n, ok := v.(json.Number)
	if !ok {
		return 0
	}
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return f
}
