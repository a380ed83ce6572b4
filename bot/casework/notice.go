package casework

import (
	"strings"
	"time"

	"mimamori.example/mimamori/bot/message"
)

// Notice is the residents' notice of a month, with a button that calls 188.
// title and body replace the catalog's when body is not empty.
func (d *Desk) Notice(month time.Month, title, body string) (message.Notice, bool) {
	if body == "" {
		n, ok := d.Catalog.Notice(month)
		if !ok {
			return message.Notice{}, false
		}
		title, body = n.Title, n.Body
	}
	if d.Drill {
		title = d.Catalog.Text("drill.mark") + title
	}
	return message.Notice{Alt: title, Heading: title, Body: body, Buttons: []message.Button{{
		Label: d.Catalog.Text("resident.call_188"), Action: message.Link, URI: "tel:188", Style: message.Primary}}}, true
}

// Skipped tells the group which ticks of the calendar are too old to be made
// up for.
func (w *Work) Skipped(planned []time.Time) error {
	group, ok, err := w.Secretariat()
	if err != nil || !ok {
		return err
	}
	var days []string
	for _, t := range planned {
		days = append(days, w.moment(t))
	}
	w.ToGroup(group.ID, message.About{Kind: AboutAlarm}, RefNothing, message.Text{
		Body: w.text("notice.skipped", "日時", strings.Join(days, w.text("list.separator")))})
	return nil
}
