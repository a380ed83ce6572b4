package outbox

import (
	"strings"

	"mimamori.example/mimamori/bot/message"
)

// Letter is a delivery to the second channel: plain text, no buttons.
type Letter struct {
	Subject string `json:"subject"` // one line
	Body    string `json:"body"`
}

// letterOf writes messages as plain text. The first one names the subject: a
// card's or notice's alternative text, or a text's first line.
func letterOf(ms []message.Message) Letter {
	var l Letter
	var parts []string
	for i, m := range ms {
		subject, body := plain(m)
		if i == 0 {
			l.Subject = oneLine(subject)
		}
		parts = append(parts, strings.TrimSpace(body))
	}
	l.Body = strings.Join(parts, "\n\n") + "\n"
	return l
}

func plain(m message.Message) (subject, body string) {
	switch m := m.(type) {
	case message.Text:
		return m.Body, m.Body
	case message.Ask:
		return m.Prompt, lines(m.Prompt, m.Hint)
	case message.Panel:
		return m.Alt, lines(m.Heading, m.Body)
	case message.CaseCard:
		return m.Alt, lines(m.Heading, m.Urgency, rows(m.Rows), m.Note)
	case message.Preview:
		return m.Alt, lines(m.Heading, rows(m.Rows), m.Body, m.Warning)
	case message.Notice:
		return m.Alt, lines(m.Heading, m.Body)
	}
	return "", ""
}

func rows(rs []message.Row) string {
	all := make([]string, len(rs))
	for i, r := range rs {
		all[i] = r.Label + "：" + r.Value
	}
	return lines(all...)
}

// lines joins what is not empty.
func lines(all ...string) string {
	var kept []string
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "\n")
}

// oneLine is the first line; a line break would end the header.
func oneLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(strings.ReplaceAll(s, "\r", " "))
}
