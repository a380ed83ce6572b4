package casework

import (
	"slices"
	"strings"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows/catalog"
	"mimamori.example/mimamori/storage"
)

// Send sends a draft to the member: once, by whoever is first, and only while
// the case is as it was when the draft was shown.
func (w *Work) Send(group council.Group, who Actor, no, id string) error {
	d, c, ok, err := w.usable(group, who, no, id)
	if err != nil || !ok {
		return err
	}
	if len(d.Missing) > 0 {
		w.ask(group, c, d)
		return nil
	}
	m, reachable, err := w.reporter(c)
	if err != nil {
		return err
	}
	if !reachable || m.ID != d.Recipient {
		return w.sayUnreachable(group, c)
	}
	if no := w.act(&c, w.actionOf(d), who, d.Kind); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	d.State, d.Who = council.DraftSent, who.Name
	if err := records.Drafts.Put(w.tx, d); err != nil {
		return err
	}
	w.assign(&c, who)
	i := council.Instruction{ID: d.ID, Kind: d.Kind, Label: d.Label, Text: d.Text, Set: d.Set, By: who.User, Sent: w.now,
		FollowUp: d.FollowUp, Ground: d.Values[valueGround], Decider: d.Values[valueDecider], Wants: council.WantsNothing}
	if w.expectsAnswer(i) {
		i.Wants = council.WantsAnswer
	}
	if wrong := correctable(c); d.Kind == DraftCorrection && wrong != nil {
		wrong.Corrected = true
		c.Unset(council.FollowUp)
	}
	c.Instructions = append(c.Instructions, i)
	w.afterSending(&c, i)
	w.ToUser(m.User, message.About{Kind: AboutInstruction, Case: c.No, Ref: i.ID}, w.instruction(c, i))
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), message.Text{
		Body:       w.drill(c, w.text("done.send", "no", c.No, "名前", who.Name, "指示", d.Label)),
		QuoteToken: quote(c, group)})
	return w.save(c)
}

// correctable is the latest instruction that nobody has taken back yet.
func correctable(c council.Case) *council.Instruction {
	for n := range slices.Backward(c.Instructions) {
		if i := &c.Instructions[n]; i.Kind != DraftCorrection && !i.Corrected {
			return i
		}
	}
	return nil
}

// actionOf a draft: whether the member is expected to answer.
func (w *Work) actionOf(d council.Draft) council.Action {
	switch {
	case d.Kind == DraftCorrection:
		return council.Correct
	case d.Kind == "thanks":
		return council.Thank
	case d.Kind == DraftFree:
		return council.Instruct
	}
	if i, ok := w.Catalog.Instruction(d.Kind); ok && len(i.Answers) == 0 && d.Set == "" {
		return council.Inform
	}
	return council.Instruct
}

// afterSending sets what is to be done next.
func (w *Work) afterSending(c *council.Case, i council.Instruction) {
	if c.State == council.Closed {
		if i.Kind == "thanks" {
			c.Result = council.NoTrouble
		}
		return
	}
	if !i.FollowUp.IsZero() {
		c.Set(council.Timer{Kind: council.FollowUp, At: i.FollowUp, Ref: i.ID})
	}
}

func (w *Work) expectsAnswer(i council.Instruction) bool {
	return len(w.answers(i)) > 0 || i.Set == setWords
}

// entry is what the catalog says of an answer to an instruction.
func (w *Work) entry(i council.Instruction, answer string) catalog.Answer {
	in, _ := w.Catalog.Instruction(i.Kind)
	a, _ := in.Answer(answer)
	return a
}

// answers are the buttons under an instruction.
func (w *Work) answers(i council.Instruction) []council.Answer {
	entry, ok := w.Catalog.Instruction(i.Kind)
	list := entry.Answers
	if ok && i.Set != "" {
		list = entry.Sets[i.Set]
	}
	var out []council.Answer
	for _, a := range list {
		out = append(out, council.Answer{IDs: []string{a.ID}, Labels: []string{a.Label}})
	}
	if i.Kind == DraftFree {
		out = append(out, council.Answer{IDs: []string{"understood"}, Labels: []string{w.text("member.understood")}})
	}
	return out
}

// AnswerData is the postback of an answer to an instruction.
func AnswerData(no, instruction, answer string) string {
	return strings.Join([]string{"i", no, instruction, answer}, ":")
}

// answerAsk is the answer that opens a question to the secretariat, answerWrite
// the one that opens a free answer.
const (
	answerAsk   = "ask_back"
	answerWrite = "write"
)

// OpensWriting tells whether a postback of AnswerData has the member write
// something.
func OpensWriting(data string) bool {
	return strings.HasSuffix(data, ":"+answerAsk) || strings.HasSuffix(data, ":"+answerWrite)
}

// What a member is to write after a tap.
const (
	WriteQuestion = answerAsk
	WriteAnswer   = answerWrite
)

// instruction is what the member sees.
func (w *Work) instruction(c council.Case, i council.Instruction) message.Panel {
	p := message.Panel{
		Alt:     w.drill(c, w.text("member.instruction_alt", "no", c.No)),
		Heading: w.drill(c, w.text("member.instruction_heading", "no", c.No)),
		Body:    i.Text,
	}
	asks := false
	for _, a := range w.answers(i) {
		p.Buttons = append(p.Buttons, message.Button{Label: a.Labels[0], Action: message.Postback,
			Data: AnswerData(c.No, i.ID, a.IDs[0]), Say: a.Labels[0], Style: message.Primary})
		asks = asks || a.IDs[0] == answerAsk
	}
	if i.Set == setWords {
		p.Buttons = append(p.Buttons, message.Button{Label: w.text("member.write"), Action: message.Postback,
			Data: AnswerData(c.No, i.ID, answerWrite), Say: w.text("member.write"), Style: message.Primary})
	}
	if !asks && c.Open() && i.Kind != DraftCorrection {
		p.Buttons = append(p.Buttons, message.Button{Label: w.text("member.ask_back"), Action: message.Postback,
			Data: AnswerData(c.No, i.ID, answerAsk), Say: w.text("member.ask_back"), Style: message.Secondary})
	}
	return p
}

// Drop gives a draft up: it was talk among clerks. no is the case that the words
// name, or "".
func (w *Work) Drop(group council.Group, who Actor, no, id string) error {
	d, ok, err := records.Drafts.Get(w.tx, strings.ToUpper(id))
	if err != nil {
		return err
	}
	key := "done.drop"
	switch {
	case who.Role != council.RoleClerk:
		key = "refused.not_yours"
	case !ok || (no != "" && d.Case != no):
		key, d = "draft.unknown", council.Draft{Case: no}
	case d.State == council.DraftSent:
		key = "draft.already_sent"
	default:
		d.State, d.Who, d.Text, d.Values = council.DraftDropped, who.Name, "", nil
		if err := records.Drafts.Put(w.tx, d); err != nil {
			return err
		}
	}
	text := w.text(key, "no", d.Case, "名前", d.Who)
	if key == "draft.unknown" {
		text = w.Missing(key, "no", d.Case)
	}
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: d.Case}, RefCase(d.Case), message.Text{Body: text})
	return nil
}

// TakenBack drops what is held of a message in the group that its writer has
// unsent or changed: an open draft made from it.
func (w *Work) TakenBack(chatGroup, messageID string, changed bool) error {
	for d, err := range records.Drafts.Scan(w.tx, storage.Equal(records.ByMessage, messageID)) {
		if err != nil {
			return err
		}
		key := "done.unsent"
		switch {
		case d.State == council.DraftDropped:
			continue
		case d.State == council.DraftSent:
			key = "done.unsent_late"
		default:
			d.State, d.Text, d.Values = council.DraftDropped, "", nil
			if err := records.Drafts.Put(w.tx, d); err != nil {
				return err
			}
			if changed {
				key = "done.edited"
			}
		}
		w.ToGroup(chatGroup, message.About{Kind: AboutTalk, Case: d.Case}, RefCase(d.Case), message.Text{Body: w.text(key, "no", d.Case)})
	}
	return nil
}

// MarkUnsent remembers that a message was unsent, and not a word of it: the
// words themselves may still be on their way.
func (w *Work) MarkUnsent(chat, messageID string) error {
	if messageID == "" {
		return nil
	}
	return records.Quotes.Put(w.tx, records.Quote{Message: messageID, Chat: chat, Ref: RefUnsent, At: w.now})
}

// WasUnsent tells whether MarkUnsent has heard of a message.
func (w *Work) WasUnsent(messageID string) (bool, error) {
	if messageID == "" {
		return false, nil
	}
	q, ok, err := records.Quotes.Get(w.tx, messageID)
	return ok && q.Ref == RefUnsent, err
}

// TakenBackByMember drops what a case holds of a message that the member has
// unsent. What the group has seen of it stays in the group.
func (w *Work) TakenBackByMember(m council.Member, messageID string) error {
	cases, err := w.CasesOf(m.ID, openCasesLooked)
	if err != nil {
		return err
	}
	for _, c := range cases {
		for i := range c.Additions {
			a := &c.Additions[i]
			if a.MessageID != messageID || a.Text == "" {
				continue
			}
			a.Text, a.Unsent = "", true
			waited := slices.ContainsFunc(c.Untold, func(u council.Untold) bool { return u.MessageID == messageID && u.ID == "" })
			c.Untold = slices.DeleteFunc(c.Untold, func(u council.Untold) bool { return u.MessageID == messageID })
			if !waited { // the group has seen it, or will
				if err := w.tellGroup(&c, w.text("group.member_unsent", "no", c.No)); err != nil {
					return err
				}
			}
			if err := w.save(c); err != nil {
				return err
			}
		}
	}
	return nil
}
