package casework

import (
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/flows"
	"mimamori.example/mimamori/flows/catalog"
)

// Kinds of drafts beside the catalog's instructions.
const (
	DraftFree       = "free"       // a relayed text
	DraftCorrection = "correction" // takes an earlier instruction back
)

// Placeholders that a clerk fills in. They are the catalog's names.
const (
	valuePolice   = "警察署名"
	valueWatch    = "確認点"
	valueDate     = "日付"
	valueQuestion = "質問"
	valueSet      = "答え" // the answer set of a question: not in the text
	valueGround   = "根拠" // recorded, not in the text
	valueDecider  = "判断者"
)

// Prepare opens a draft of an instruction. source is the LINE message that
// asked for it.
func (w *Work) Prepare(group council.Group, who Actor, c council.Case, i catalog.Instruction, source string) error {
	d, ok, err := w.open(group, who, &c, i.ID, i.Label, source)
	if err != nil || !ok {
		return err
	}
	d.Missing = w.missing(i, c, d)
	return w.advance(group, c, d)
}

// Relay opens a draft of a clerk's own words.
func (w *Work) Relay(group council.Group, who Actor, c council.Case, text, source string) error {
	if done, err := w.noRelay(group, who, c, text, source); done || err != nil {
		return err
	}
	if w.Personal(text) {
		return w.warnPersonal(group, c)
	}
	d, ok, err := w.open(group, who, &c, DraftFree, w.text("draft.free"), source)
	if err != nil || !ok {
		return err
	}
	d.Text = w.drill(c, w.text("draft.free_text", "no", c.No, "文", text))
	return w.advance(group, c, d)
}

// noRelay takes what is no message to the member: nothing at all, and the label
// of a button of the menus, which means that button.
func (w *Work) noRelay(group council.Group, who Actor, c council.Case, text, source string) (bool, error) {
	if flows.Blank(text) {
		w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), message.Text{Body: w.text("draft.blank", "no", c.No)})
		return true, nil
	}
	if i, ok := w.InstructionByLabel(c, text); ok {
		return true, w.Prepare(group, who, c, i, source)
	}
	if _, ok := w.ResultByLabel(text); ok { // seldom meant for the member, and not to be done by a slip
		return true, w.Offer(group, who, c, MenuClose)
	}
	return false, nil
}

// PrepareCorrection opens the draft that takes back the last instruction.
func (w *Work) PrepareCorrection(group council.Group, who Actor, c council.Case, source string) error {
	probe := c
	if no := w.act(&probe, council.Correct, who, ""); no != council.Allowed {
		return w.refuse(group, c, no)
	}
	if correctable(c) == nil && !outcomeTold(c) {
		return w.refuse(group, c, council.NothingSent)
	}
	d, ok, err := w.draft(group, who, c, DraftCorrection, w.text("draft.correction"), source)
	if err != nil || !ok {
		return err
	}
	d.Text = w.drill(c, w.text("replies.correction", "no", c.No))
	return w.advance(group, c, d)
}

// outcomeTold tells whether the reporter has heard how the case ended.
func outcomeTold(c council.Case) bool {
	return !c.Open() && c.Result != "" && c.Result != council.Withdrawn
}

// open checks that the case may be instructed and begins a draft.
func (w *Work) open(group council.Group, who Actor, c *council.Case, kind, label, source string) (council.Draft, bool, error) {
	if no := w.act(c, council.Prepare, who, ""); no != council.Allowed {
		return council.Draft{}, false, w.refuse(group, *c, no)
	}
	return w.draft(group, who, *c, kind, label, source)
}

func (w *Work) draft(group council.Group, who Actor, c council.Case, kind, label, source string) (council.Draft, bool, error) {
	m, ok, err := w.reporter(c)
	if err != nil {
		return council.Draft{}, false, err
	}
	if !ok {
		return council.Draft{}, false, w.sayUnreachable(group, c)
	}
	id := ""
	for taken := true; taken; { // six characters can be typed, and may come twice
		id = w.NewID()[:6]
		if _, taken, err = records.Drafts.Get(w.tx, id); err != nil {
			return council.Draft{}, false, err
		}
	}
	return council.Draft{ID: id, Case: c.No, Version: c.Version, Recipient: m.ID, Kind: kind, Label: label,
		Values: map[string]string{}, By: who.User, MessageID: source, At: w.now, State: council.DraftOpen}, true, nil
}

// sayUnreachable tells the group that nothing can be sent to the reporter.
func (w *Work) sayUnreachable(group council.Group, c council.Case) error {
	w.naming(group, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), c, func(whom string) message.Text {
		return message.Text{Body: w.drill(c, w.text("draft.unreachable", "no", c.No, "だれ", whom))}
	})
	return nil
}

// reporter is the member whose case it is, when there is one who can be
// reached on LINE.
func (w *Work) reporter(c council.Case) (council.Member, bool, error) {
	if c.Reporter == "" {
		return council.Member{}, false, nil
	}
	m, ok, err := records.Members.Get(w.tx, c.Reporter)
	return m, ok && m.State == council.MemberActive, err
}

// advance asks for the next missing value, or shows the finished draft.
func (w *Work) advance(group council.Group, c council.Case, d council.Draft) error {
	if len(d.Missing) > 0 {
		w.ask(group, c, d)
		return records.Drafts.Put(w.tx, d)
	}
	if d.Text == "" {
		if i, ok := w.Catalog.Instruction(d.Kind); ok {
			d.Text = w.drill(c, w.compose(c, i, d))
		}
	}
	m, ok, err := records.Members.Get(w.tx, d.Recipient)
	switch {
	case err != nil:
		return err
	case !ok || m.State != council.MemberActive:
		return w.sayUnreachable(group, c)
	case utf16Len(d.Text) > textLimit:
		w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No), message.Text{Body: w.text("draft.too_long", "no", c.No)})
		return nil
	}
	if err := w.preview(group, c, d); err != nil {
		return err
	}
	return records.Drafts.Put(w.tx, d)
}

// preview shows a finished draft with the buttons that send or drop it. Quoting
// it means this draft and no other.
func (w *Work) preview(group council.Group, c council.Case, d council.Draft) error {
	p := message.Preview{
		Alt:     w.drill(c, w.text("draft.alt", "no", c.No)),
		Heading: w.drill(c, w.text("draft.heading", "no", c.No)),
		Rows:    w.recipientRows(c, d, w.GroupCard == CardNumber),
		Body:    d.Text,
		Warning: w.warning(c, d),
		Buttons: []message.Button{
			w.say1(c, "send", message.Primary, d.ID),
			w.say1(c, "drop", message.Secondary, d.ID),
		},
	}
	bare := p
	bare.Rows = w.recipientRows(c, d, true)
	w.toGroupIfMore(group.ID, message.About{Kind: AboutTalk, Case: c.No, Ref: d.ID}, RefDraft(d.ID),
		[]message.Message{p}, []message.Message{bare})
	return nil
}

// textLimit is what one relayed text may hold, in UTF-16 units: a Flex text of
// this length stays within a bubble's 30 KB.
const textLimit = 1500

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// recipientRows say who receives it: enough to see that it is the right one,
// and no more than the card may show.
func (w *Work) recipientRows(c council.Case, d council.Draft, bare bool) []message.Row {
	if bare {
		return []message.Row{{Label: w.text("draft.to"), Value: w.text("draft.reporter", "no", c.No)},
			{Label: w.text("draft.what"), Value: d.Label}}
	}
	rows := []message.Row{
		{Label: w.text("draft.to"), Value: w.text("draft.member", "団体", c.OrganisationName, "番号", c.ReporterCard)},
		{Label: w.text("card.kind"), Value: w.kindOf(c)},
		{Label: w.text("card.time"), Value: w.moment(c.Received)},
		{Label: w.text("draft.what"), Value: d.Label},
	}
	for _, name := range []string{valueGround, valueDecider} {
		if v := d.Values[name]; v != "" {
			rows = append(rows, message.Row{Label: w.text("draft." + valueKeys[name]), Value: v})
		}
	}
	return rows
}

func (w *Work) warning(c council.Case, d council.Draft) string {
	switch {
	case (d.Kind == "call_110" || d.Kind == "call_119") && w.now.Sub(c.Received) > w.LateCall:
		return w.text("draft.warn_late")
	case d.Kind == "report_details" || d.Kind == "report_details_by_consent":
		if refuses(c) {
			return w.text("draft.warn_refuses")
		}
	}
	return ""
}

// refuses tells whether the person concerned does not wish to be contacted.
func refuses(c council.Case) bool {
	a, ok := c.Find("wish")
	return ok && len(a.IDs) > 0 && a.IDs[0] == "refuses"
}

// warnPersonal answers words that seem to hold personal details. Nothing of
// them is kept.
func (w *Work) warnPersonal(group council.Group, c council.Case) error {
	w.ToGroup(group.ID, message.About{Kind: AboutTalk, Case: c.No}, RefCase(c.No),
		message.Text{Body: w.drill(c, w.text("replies.personal_details_group"))})
	return nil
}
