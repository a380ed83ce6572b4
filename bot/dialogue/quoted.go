package dialogue

import (
	"strings"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
)

// ref is what the quoted message was about: a case, a draft's preview, the
// question for a draft's value, people's talk; the zero value when nothing was
// quoted or it is not known.
type ref struct{ kind, id string }

// draft is the draft that the quoted message stands for, or "".
func (r ref) draft() string {
	if r.kind == "draft" || r.kind == "prompt" {
		return r.id
	}
	return ""
}

func (t *turn) quotedRef() (ref, error) {
	q, ok, err := records.Quotes.Get(t.Tx(), t.ev.Quoted)
	if err != nil || !ok {
		return ref{}, err
	}
	kind, id, _ := strings.Cut(q.Ref, ":")
	return ref{kind, id}, nil
}

// quoted takes words that answer an earlier message.
func (t *turn) quoted(g council.Group, who casework.Actor) error {
	about, no := t.about, t.about.id
	switch about.kind {
	case casework.RefPeople:
		return nil // people talking to each other
	case "draft", "prompt":
		d, _, err := records.Drafts.Get(t.Tx(), about.id)
		if err != nil {
			return err
		}
		if done, err := t.quotedDraft(g, who, d); done || err != nil {
			return err
		}
		no = d.Case
	case "case":
	default:
		no = ""
	}
	c, found, err := t.Case(no)
	if err != nil {
		return err
	}
	if found {
		return t.quotedCase(g, who, c)
	}
	t.ToGroup(g.ID, message.About{Kind: casework.AboutTalk}, casework.RefNothing, message.Text{Body: t.Missing("group.unclear")})
	return nil
}

// quotedDraft takes words below a draft's preview, or below a question for one
// of its values. The words of its two buttons mean this draft, without its name.
// Other words below a question are the value; below a preview they are for the
// case, which is false.
func (t *turn) quotedDraft(g council.Group, who casework.Actor, d council.Draft) (bool, error) {
	action, param, is := t.words.action(t.heard.text)
	alone := is && param == ""
	switch {
	case t.words.is(t.heard.text, "word.send") || alone && action == "send":
		return true, t.Send(g, who, d.Case, t.about.id)
	case t.words.is(t.heard.text, "word.drop") || alone && action == "drop":
		return true, t.Drop(g, who, d.Case, t.about.id)
	case t.about.kind == "prompt":
		return true, t.Fill(g, who, "", t.about.id, t.ev.Text, t.ev.MessageID)
	}
	return false, nil
}

// quotedCase: a command without its number, or words for the member.
func (t *turn) quotedCase(g council.Group, who casework.Actor, c council.Case) error {
	if action, param, ok := t.words.action(t.heard.text); ok {
		return t.obey(g, who, command{no: c.No, action: action, param: param})
	}
	return t.Relay(g, who, c, strings.TrimSpace(t.ev.Text), t.ev.MessageID)
}

// ofDraft does something with the draft that a command means: the one that it
// names, or else the one whose message it quotes. Where it names none, or another
// than the one quoted, the drafts are shown.
func (t *turn) ofDraft(g council.Group, who casework.Actor, c council.Case, name string, do func(id string) error) error {
	quoted := t.about.draft()
	id, ok := casework.DraftID(name)
	if name == "" {
		id, ok = quoted, quoted != ""
	}
	if !ok || quoted != "" && quoted != id {
		return t.Which(g, who, c)
	}
	return do(id)
}
