package dialogue

import (
	"fmt"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/council"
	"mimamori.example/mimamori/bot/message"
)

// Every instruction for every legal status: it is shown before it goes out, it
// arrives word for word with its buttons, and every answer reaches the group.
func TestEveryInstructionAndAnswer(t *testing.T) {
	statuses := map[council.Status]string{council.Statutory: "shop", council.Cooperator: "gas", council.Agreement: "milk"}
	for status, organisation := range statuses {
		probe := newStand(t, nil)
		for _, i := range probe.desk.Catalog.Instructions() {
			sets := []string{""}
			if len(i.Sets) > 0 {
				sets = []string{"はい・いいえ", "いつのことか", "文章で答える"}
			}
			for _, set := range sets {
				t.Run(fmt.Sprint(status, "/", i.ID, "/", set), func(t *testing.T) {
					instructed(t, status, organisation, i.ID, i.Label, set)
				})
			}
		}
	}
}

func instructed(t *testing.T, status council.Status, organisation, id, label, set string) {
	const member = "U10"
	s := newStand(t, nil)
	s.work(func(w *casework.Work) error {
		return w.PutOrganisation(council.Organisation{ID: "gas", Name: "見本ガス", Trade: "検針", Status: council.Cooperator})
	})
	s.member(member, organisation, "A-1")
	s.secretariat()
	s.report(member, "急ぎではない")
	s.press("指示する")
	say := "受付26-0001 指示する " + label
	offered := s.lastSay(say) == say
	want := id != "report_details" && id != "report_details_by_consent" ||
		(id == "report_details") == (status == council.Statutory)
	if offered != want {
		t.Fatalf("offered: %v", offered)
	}
	if !want {
		return
	}
	s.press(label)
	for range 3 { // whatever it still asks for
		switch last := fmt.Sprintf("%+v", s.said[len(s.said)-1].Messages); {
		case strings.Contains(last, "警察署を選んで"):
			s.press("西警察署")
		case strings.Contains(last, "次の訪問で確認"), strings.Contains(last, "たずねたいこと"):
			s.turn(Event{Kind: Said, User: clerk, Group: group, Text: "業者の車がある", Quoted: s.prompt()})
		case strings.Contains(last, "日を選んで"):
			s.press("7日後")
		case strings.Contains(last, "答え方を選んで"):
			s.press(set)
		}
	}
	preview, ok := s.said[len(s.said)-1].Messages[0].(message.Preview)
	if !ok {
		t.Fatalf("no preview: %+v", s.said[len(s.said)-1])
	}
	if before := len(s.toMember()); before == 0 {
		t.Fatal("the member has heard nothing yet")
	} else if s.press("構成員へ送る"); len(s.toMember()) != before+1 {
		t.Fatalf("%d messages to the member", len(s.toMember())-before)
	}
	got := s.toMember()
	panel, ok := got[len(got)-1].(message.Panel)
	if !ok || panel.Body != preview.Body || strings.ContainsAny(panel.Body, "{}") || !strings.Contains(panel.Body, "26-0001") {
		t.Fatalf("previewed %q, sent %+v", preview.Body, panel)
	}
	for _, b := range panel.Buttons {
		s.answer(member, b)
	}
}

// answer taps one button below an instruction and looks that the group hears.
func (s *stand) answer(member string, b message.Button) {
	s.t.Helper()
	before := len(s.said)
	s.turn(Event{Kind: Tapped, User: member, Data: b.Data})
	if strings.HasSuffix(b.Data, ":ask_back") || strings.HasSuffix(b.Data, ":write") {
		s.turn(Event{Kind: Said, User: member, Text: "文章です"})
	}
	heard, thanked := "", ""
	for _, o := range s.said[before:] {
		switch o.To.ID {
		case group:
			heard += fmt.Sprintf("%+v", o.Messages)
		case member:
			thanked += fmt.Sprintf("%+v", o.Messages)
		}
	}
	if !strings.Contains(heard, b.Label) && !strings.Contains(heard, "文章です") || !strings.Contains(thanked, "事務局に送っています") {
		s.t.Errorf("%s: the group hears %q, the member %q", b.Label, heard, thanked)
	}
}

// toMember is everything said to the member U10.
func (s *stand) toMember() []message.Message {
	var all []message.Message
	for _, o := range s.said {
		if o.To.ID == "U10" {
			all = append(all, o.Messages...)
		}
	}
	return all
}
