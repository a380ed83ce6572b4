package line

import "unicode/utf8"

// Messages are not written by package json: rendering happens inside the turn's
// transaction, where all others wait, and messages are by far the most that a
// turn writes. Tests compare with what package json makes of them, byte for byte.

// append writes the message behind b.
func (m *lineMessage) append(b []byte) []byte {
	if len(m.bubbles) == 0 {
		b = append(b, `{"type":"text","text":`...)
		b = m.text.append(b)
		if m.quote != "" {
			b = append(b, `,"quoteToken":`...)
			b = quoted(b, m.quote)
		}
	} else {
		b = append(b, `{"type":"flex","altText":`...)
		b = m.alt.append(b)
		b = append(b, `,"contents":`...)
		b = appendBubbles(b, m.bubbles)
	}
	if len(m.quick) > 0 {
		b = append(b, `,"quickReply":{"items":[`...)
		for i := range m.quick {
			b = append(comma(b, i), `{"type":"action","action":`...)
			b = m.quick[i].action.append(b, m.quick[i].label)
			b = append(b, '}')
		}
		b = append(b, "]}"...)
	}
	return append(b, '}')
}

// appendBubbles writes one bubble, or a carousel of several.
func appendBubbles(b []byte, bs []bubble) []byte {
	if len(bs) == 1 {
		return bs[0].append(b)
	}
	b = append(b, `{"type":"carousel","contents":[`...)
	for i := range bs {
		b = bs[i].append(comma(b, i))
	}
	return append(b, "]}"...)
}

func (v *bubble) append(b []byte) []byte {
	b = append(b, `{"type":"bubble"`...)
	if len(v.header) > 0 {
		b = append(b, `,"header":`...)
		b = appendBox(b, v.head, v.header)
	}
	if len(v.body) > 0 {
		b = append(b, `,"body":`...)
		b = appendBox(b, plainBox, v.body)
	}
	if len(v.footer) > 0 {
		b = append(b, `,"footer":`...)
		b = appendBox(b, plainBox, v.footer)
	}
	b = append(b, `,"styles":{"body":{"backgroundColor":"`...)
	b = append(b, v.ground...)
	if len(v.footer) > 0 {
		b = append(b, `"},"footer":{"backgroundColor":"`...)
		b = append(b, v.ground...)
		if v.divided {
			return append(b, `","separator":true}}}`...)
		}
	}
	return append(b, `"}}}`...)
}

func appendBox(b []byte, look string, cs []component) []byte {
	b = append(b, look...)
	for i := range cs {
		b = cs[i].append(comma(b, i))
	}
	return append(b, "]}"...)
}

func (c *component) append(b []byte) []byte {
	if c.box == "" {
		return c.text.append(b)
	}
	b = append(b, c.box...)
	b = c.text.append(b)
	if c.under.look != "" {
		b = c.under.append(append(b, ','))
	}
	b = append(b, ']')
	if c.action.kind != "" {
		b = append(b, `,"action":`...)
		b = c.action.append(b, c.action.label)
	}
	return append(b, '}')
}

func (s *styled) append(b []byte) []byte {
	b = append(b, `{"type":"text","text":`...)
	b = s.words.append(b)
	return append(b, s.look...)
}

// append writes the action with this label.
func (a *action) append(b []byte, label words) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, a.kind...)
	b = append(b, `","label":`...)
	b = label.append(b)
	switch a.kind {
	case postback:
		b = append(b, `,"data":`...)
		b = a.data.append(b)
		if a.say.text != "" {
			b = append(b, `,"displayText":`...)
			b = a.say.append(b)
		}
	case saying:
		b = append(b, `,"text":`...)
		b = a.say.append(b)
	case link:
		b = append(b, `,"uri":`...)
		b = a.data.append(b)
	}
	return append(b, '}')
}

// append writes the words as a JSON string.
func (w words) append(b []byte) []byte {
	if !w.plain {
		return quoted(b, w.text)
	}
	b = append(b, '"')
	b = append(b, w.text...)
	return append(b, '"')
}

// comma stands before every item of a list but the first.
func comma(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	return append(b, ',')
}

// quoted writes s as package json does: what could end a script, or a line of
// JavaScript, is escaped too, and a byte that is no UTF-8 becomes U+FFFD.
func quoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	done := 0 // what is before it has been written
	for i := 0; i < len(s); {
		if n := common(s[i:]); n > 0 {
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		separator, broken := r == '\u2028' || r == '\u2029', r == utf8.RuneError && n == 1
		if r >= ' ' && (r >= utf8.RuneSelf || !needsEscape(byte(r))) && !separator && !broken {
			i += n
			continue
		}
		b = append(b, s[done:i]...)
		switch {
		case broken:
			b = append(b, `\ufffd`...)
		case separator:
			b = append(b, '\\', 'u', '2', '0', '2', hex[r&0xF])
		case r == '"', r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xF])
		}
		i += n
		done = i
	}
	b = append(b, s[done:]...)
	return append(b, '"')
}

// needsEscape tells of a printing ASCII character that JSON, or HTML around it,
// would take for its own.
func needsEscape(c byte) bool { return c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' }

// room is about how many bytes the message takes: with a little too many the
// buffer is never copied, as it is where much must be escaped.
func (m *lineMessage) room() int {
	n := 64 + m.text.room() + len(m.quote) + m.alt.room()
	for i := range m.bubbles {
		v := &m.bubbles[i]
		n += 192 + len(v.head) + roomOf(v.header) + roomOf(v.body) + roomOf(v.footer)
	}
	for i := range m.quick {
		n += 32 + m.quick[i].action.room()
	}
	return n
}

func roomOf(cs []component) int {
	n := 0
	for i := range cs {
		c := &cs[i]
		n += 32 + len(c.box) + len(c.text.look) + c.text.words.room()
		if c.under.look != "" {
			n += 24 + len(c.under.look) + c.under.words.room()
		}
		if c.action.kind != "" {
			n += 10 + c.action.room()
		}
	}
	return n
}

func (a *action) room() int {
	return 56 + a.label.room() + a.say.room() + a.data.room()
}

func (w words) room() int {
	if w.plain {
		return len(w.text)
	}
	return len(w.text) + len(w.text)/16 + 8
}
