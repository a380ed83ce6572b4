package bubble

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"
)

// piece is a stretch of a text that looks different, in UTF-16 units.
type piece struct {
	from, to int
	emoji    bool
}

// text is a text message. LINE's own emojis stand where the text has a "$", a
// mention is coloured.
func (d *drawing) text(m map[string]any) {
	units := utf16.Encode([]rune(str(m["text"])))
	var pieces []piece
	add := func(v any, length float64, emoji bool) {
		from := num(object(v)["index"])
		if from >= 0 && length >= 1 && from+length <= float64(len(units)) {
			pieces = append(pieces, piece{int(from), int(from + length), emoji})
		}
	}
	for _, e := range list(m["emojis"]) {
		add(e, 1, true)
	}
	for _, w := range list(object(m["mention"])["mentionees"]) {
		add(w, num(object(w)["length"]), false)
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.from, b.from) })
	d.open("span", class("ln-plain"))
	at := 0
	for _, p := range pieces {
		if p.from < at {
			continue // lies over the one before
		}
		d.say(string(utf16.Decode(units[at:p.from])))
		if p.emoji {
			d.emoji()
		} else {
			d.span(string(utf16.Decode(units[p.from:p.to])), class("ln-mention"))
		}
		at = p.to
	}
	d.say(string(utf16.Decode(units[at:])))
	d.close("span")
}

func (d *drawing) words(s string) { d.span(s, class("ln-plain")) }

// emoji stands for an emoji of LINE's, whose pictures are not ours.
func (d *drawing) emoji() {
	d.span("☺", class("ln-emoji"), attr{"role", "img"}, attr{"aria-label", "LINE絵文字"})
}

// textV2 is a text with placeholders in braces; doubled braces are braces.
func (d *drawing) textV2(m map[string]any) {
	s, subs := str(m["text"]), object(m["substitution"])
	d.open("span", class("ln-plain"))
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			break
		}
		d.say(s[:i])
		s = s[i:]
		end := strings.IndexByte(s, '}')
		switch {
		case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
			d.say(s[:1])
			s = s[2:]
		case s[0] == '{' && end > 0:
			d.substitute(s[1:end], object(subs[s[1:end]]))
			s = s[end+1:]
		default:
			d.say(s[:1])
			s = s[1:]
		}
	}
	d.say(s)
	d.close("span")
}

// substitute is a mention or an emoji. Whoever is mentioned is known here by id
// only.
func (d *drawing) substitute(key string, sub map[string]any) {
	who := object(sub["mentionee"])
	switch {
	case str(sub["type"]) == "emoji":
		d.emoji()
	case str(sub["type"]) == "mention" && str(who["type"]) == "all":
		d.span("@All", class("ln-mention"))
	case str(sub["type"]) == "mention":
		d.span("@"+shorten(str(who["userId"]), 8), class("ln-mention"))
	default:
		d.unknown("{" + key + "}")
	}
}
