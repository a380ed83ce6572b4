package bubble

import (
	"sort"
	"strings"
	"unicode/utf16"
)

// text is a text message. LINE's own emojis stand where the text has a "$".
func (d *drawing) text(m map[string]any) {
	units := utf16.Encode([]rune(str(m["text"])))
	var at []int
	for _, e := range list(m["emojis"]) {
		if i := int(num(object(e)["index"])); i >= 0 && i < len(units) && units[i] == '$' {
			at = append(at, i)
		}
	}
	sort.Ints(at)
	d.open("span", class("ln-plain"))
	from := 0
	for _, i := range at {
		if i < from {
			continue // two emojis in one place
		}
		d.say(string(utf16.Decode(units[from:i])))
		d.emoji()
		from = i + 1
	}
	d.say(string(utf16.Decode(units[from:])))
	d.close("span")
}

func (d *drawing) words(s string) { d.element("span", s, class("ln-plain")) }

// emoji stands for an emoji of LINE's, whose pictures are not ours.
func (d *drawing) emoji() {
	d.element("span", "☺", class("ln-emoji"), attr{"role", "img"}, attr{"aria-label", "LINE絵文字"})
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
		d.element("span", "@All", class("ln-mention"))
	case str(sub["type"]) == "mention":
		d.element("span", "@"+shorten(str(who["userId"]), 8), class("ln-mention"))
	default:
		d.unknown("{" + key + "}")
	}
}
