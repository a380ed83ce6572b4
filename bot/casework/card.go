package casework

import (
	"errors"
	"strings"

	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
)

// postCard shows a case to the group, or has it shown on the card that its
// reporter's later cases share.
func (w *Work) postCard(c *council.Case, group council.Group) error {
	if may, err := w.mayCard(c); err != nil || !may {
		return err
	}
	return w.postOwn(c, group)
}

// postOwn shows a case to the group, on a card of its own.
func (w *Work) postOwn(c *council.Case, group council.Group) error {
	w.toGroupIfMore(group.ID, message.About{Kind: AboutCard, Case: c.No}, RefCase(c.No),
		[]message.Message{w.card(*c, false)}, []message.Message{w.card(*c, true)})
	w.out[len(w.out)-1].Urgent = c.Level() == council.Danger
	w.carded(c)
	return nil
}

// carded notes that a card that shows the case is on its way: in which form, is
// known when it has arrived.
func (w *Work) carded(c *council.Case) {
	c.Unset(council.PostCard)
	switch {
	case c.CardPut.IsZero():
		c.CardPut = w.now
	case c.CardShown.IsZero() && c.Look.NotBefore.IsZero(): // who sees it only now cannot have been slow
		fresh := *c
		fresh.CardPut, fresh.Look = w.now, council.Look{}
		c.Look.NotBefore = council.NextLook(fresh, w.Rules, w.Hours).At
	}
	c.CardNote, c.CardBare = "", false
}

// card is a case as the group sees it. While people may be in the group whom no
// clerk has approved it is bare: number and urgency only.
func (w *Work) card(c council.Case, bare bool) message.CaseCard {
	level := c.Level()
	word := w.text("level." + level.String())
	urgency := word
	if u, ok := c.Find("urgency"); ok && len(u.Labels) > 0 {
		urgency = word + " " + u.Labels[0]
	}
	heading := w.text("card.heading", "no", c.No)
	if c.CardNote != "" {
		heading = w.text("card."+string(c.CardNote)) + heading
	}
	k := message.CaseCard{
		Alt:     w.drill(c, w.text("card.alt", "no", c.No, "緊急度", word)),
		Heading: w.drill(c, heading),
		Tone:    tones[level],
		Urgency: urgency,
		Buttons: w.cardButtons(c),
	}
	switch {
	case bare:
		k.Note = w.text("card.guarded")
		k.Buttons = append(k.Buttons, w.say1(c, "show", message.Quiet))
	case w.GroupCard == CardNumber:
		k.Note = w.text("card.number_only")
	default:
		k.Rows = w.rows(c, w.GroupCard == CardFull)
		k.Note = w.text("card.quote")
		if !c.Open() {
			k.Note = w.text("card.closed", "結果", w.text("result."+string(c.Result)))
		}
	}
	if c.Shared {
		no, err := w.nextShared(c)
		w.err = errors.Join(w.err, err)
		if no != "" {
			k.Buttons = append(k.Buttons, w.showing(no, "card.shared_next"))
		}
	}
	return k
}

// rows are the lines of a card: what, whose trade and when; the rest only
// where the council has decided to show it.
func (w *Work) rows(c council.Case, full bool) []message.Row {
	rows := []message.Row{
		{Label: w.text("card.kind"), Value: w.kindOf(c)},
		{Label: w.text("card.trade"), Value: c.Trade},
		{Label: w.text("card.time"), Value: w.moment(c.Received)},
	}
	if c.Continues != "" {
		rows = append(rows, message.Row{Label: w.text("card.continues"), Value: c.Continues})
	}
	if c.AssigneeName != "" {
		rows = append(rows, message.Row{Label: w.text("card.assignee"), Value: c.AssigneeName})
	}
	if !full {
		return rows
	}
	rows = append(rows, message.Row{Label: w.text("card.organisation"), Value: c.OrganisationName + " " + c.ReporterCard})
	for _, a := range c.Answers {
		if a.Question == "urgency" || a.Question == "kind" || a.Question == "kind_other" || len(a.Labels) == 0 {
			continue
		}
		rows = append(rows, message.Row{Label: w.text("question." + a.Question), Value: strings.Join(a.Labels, w.text("list.separator"))})
	}
	return rows
}

// kindOf a case in words; the finer answer before the coarser.
func (w *Work) kindOf(c council.Case) string {
	for _, q := range []string{"kind_other", "kind"} {
		if a, ok := c.Find(q); ok && len(a.Labels) > 0 {
			return strings.Join(a.Labels, w.text("list.separator"))
		}
	}
	return w.text("card.not_told")
}

// tones are how urgent the card of each level looks; its word tells more.
var tones = [...]message.Tone{council.Calm: message.Calm, council.Unsure: message.Soon, council.Soon: message.Soon, council.Danger: message.Danger}

// cardButtons are the first things to do with a case. They are message
// actions: everybody sees who did what.
func (w *Work) cardButtons(c council.Case) []message.Button {
	if !c.Open() {
		if correctable(c) == nil && !outcomeTold(c) {
			return nil
		}
		return []message.Button{w.say1(c, "correct", message.Secondary)}
	}
	var bs []message.Button
	if c.State == council.Received {
		bs = append(bs, w.say1(c, "take", message.Primary))
	}
	return append(bs, w.say1(c, "instruct", message.Primary), w.say1(c, "more", message.Secondary))
}

// say1 is a button that says an action's words for a case.
func (w *Work) say1(c council.Case, action string, style message.Style, params ...string) message.Button {
	label := w.text("action." + action)
	return message.Button{Label: label, Action: message.Say, Style: style,
		Say: strings.Join(append([]string{w.text("command.case", "no", c.No), label}, params...), " ")}
}

// Show posts a case's card again, at a clerk's wish.
func (w *Work) Show(group council.Group, who Actor, c council.Case) error {
	if who.Role != council.RoleClerk {
		return w.refuse(group, c, council.NotYours)
	}
	if err := w.postOwn(&c, group); err != nil {
		return err
	}
	return w.save(c)
}

// refuse tells the group why something was not done.
func (w *Work) refuse(group council.Group, c council.Case, why council.Refusal) error {
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No),
		message.Text{Body: w.drill(c, w.text("refused."+string(why), "no", c.No, "名前", c.AssigneeName))})
	return nil
}
