package page

import (
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page/bubble"
)

// phoneView is a phone as the template shows it.
type phoneView struct {
	Phone
	BotName  string
	Cards    []Card
	Talk     talkView
	Composer composerView
}

// composerView is the line to type in.
type composerView struct {
	Phone    Phone
	Draft    string
	Typing   bool // who has sent a message goes on typing
	Quoted   *quotedView
	QuotedID string
}

// talkView is what changes on a phone as people speak.
type talkView struct {
	Phone    Phone
	BotName  string
	Friend   bool
	Blocked  bool
	Speaker  string
	Speakers []Speaker // with what they are to the group now
	Inside   bool      // the one who speaks is in the group
	Members  []emulator.Person
	Bot      bool // the bot is in the group
	Days     []dayView
	Quick    template.HTML
	QuickFor string
	Menu     template.HTML
	MenuName string
}

type dayView struct {
	Label    string
	Messages []messageView
}

type messageView struct {
	emulator.Message
	Side      string // mine, theirs, note
	Initial   string
	Body      template.HTML
	Reply     *quotedView
	CanQuote  bool
	CanUnsend bool
}

type quotedView struct{ Name, Text string }

func (p *Page) phone(id string) (Phone, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.phones, func(ph Phone) bool { return ph.ID == id })
	if i < 0 {
		return Phone{}, false
	}
	return p.phones[i], true
}

// actor is who acts on a phone: its owner, or who speaks in the group.
func (p *Page) actor(ph Phone) string {
	if !ph.Group {
		return ph.ID
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.speaker[ph.ID]; s != "" {
		return s
	}
	if len(ph.Speakers) > 0 {
		return ph.Speakers[0].ID
	}
	return ""
}

// chat is where that is: the group, or the talk with the bot.
func (p *Page) chat(ph Phone) string {
	if ph.Group {
		return ph.ID
	}
	return p.bot.UserID()
}

func (p *Page) phoneView(ph Phone) phoneView {
	return phoneView{Phone: ph, BotName: p.bot.Name(), Cards: p.back.Cards(), Talk: p.talkView(ph), Composer: composerView{Phone: ph}}
}

func (p *Page) talkView(ph Phone) talkView {
	v := talkView{Phone: ph, BotName: p.bot.Name(), Speaker: p.actor(ph)}
	// Somebody who came into a group later does not see what was said before, and
	// who is not in it sees nothing.
	messages, err := p.line.Later(v.Speaker, p.chat(ph), 0)
	if err != nil {
		messages = nil
	}
	if ph.Group {
		for _, g := range p.line.Groups() {
			if g.ID == ph.ID {
				v.Members, v.Bot = g.Members, g.Bot != ""
			}
		}
		inside := func(id string) bool {
			return slices.ContainsFunc(v.Members, func(m emulator.Person) bool { return m.ID == id })
		}
		v.Inside = inside(v.Speaker)
		for _, s := range ph.Speakers {
			switch {
			case !inside(s.ID):
				s.Role = outsider
			case s.Role == outsider:
				s.Role = ""
			}
			v.Speakers = append(v.Speakers, s)
		}
	} else {
		v.Friend = p.line.IsFriend(ph.ID, p.bot.UserID())
		v.Blocked = p.line.Blocked(ph.ID, p.bot.UserID())
		if m, shown := p.line.Menu(ph.ID, p.bot.UserID()); shown && v.Friend {
			v.Menu, v.MenuName = bubble.Menu(m, "/menus/"+ph.ID), m.ChatBarText
		}
	}
	now := p.back.Now()
	for _, m := range messages {
		label := dayLabel(m.Time, now)
		if len(v.Days) == 0 || v.Days[len(v.Days)-1].Label != label {
			v.Days = append(v.Days, dayView{Label: label})
		}
		d := &v.Days[len(v.Days)-1]
		d.Messages = append(d.Messages, p.messageView(m, v.Speaker, messages))
		if q := bubble.Quick(m); q != "" {
			v.Quick, v.QuickFor = q, m.ID
		}
	}
	return v
}

func (p *Page) messageView(m emulator.Message, me string, all []emulator.Message) messageView {
	v := messageView{Message: m, Side: "theirs"}
	switch {
	case m.Type == "system":
		v.Side = "note"
		return v
	case m.From == me:
		v.Side = "mine"
	}
	if v.Name == "" {
		v.Name = p.bot.Name()
	}
	r, _ := utf8.DecodeRuneInString(v.Name)
	v.Initial = string(r)
	if m.Unsent {
		return v
	}
	v.Body = bubble.HTML(m)
	if m.Quoted != "" {
		v.Reply = &quotedView{Text: "もとのメッセージはありません"}
		if i := slices.IndexFunc(all, func(o emulator.Message) bool { return o.ID == m.Quoted }); i >= 0 {
			v.Reply = p.quoted(all[i])
		}
	}
	v.CanQuote = m.Via != "display"
	v.CanUnsend = v.Side == "mine" && m.Via != "display"
	return v
}

// quoted is a message as it stands above its answer: short.
func (p *Page) quoted(m emulator.Message) *quotedView {
	q := &quotedView{Name: m.Name, Text: m.Text}
	if q.Name == "" {
		q.Name = p.bot.Name()
	}
	if m.Alt != "" {
		q.Text = m.Alt
	}
	if m.Unsent {
		q.Text = "送信が取り消されました"
	}
	q.Text = strings.Join(strings.Fields(q.Text), " ")
	if r := []rune(q.Text); len(r) > 40 {
		q.Text = string(r[:40]) + "…"
	}
	return q
}

var weekdays = [...]string{"日", "月", "火", "水", "木", "金", "土"}

func dayLabel(t, now time.Time) string {
	t, now = t.In(tokyo), now.In(tokyo)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return "今日"
	}
	return t.Format("1月2日") + "（" + weekdays[t.Weekday()] + "）"
}

func (p *Page) showTalk(w http.ResponseWriter, r *http.Request) {
	if ph, ok := p.phone(r.PathValue("phone")); ok {
		p.write(w, "talk", p.talkView(ph))
		return
	}
	http.NotFound(w, r)
}

func (p *Page) menuPicture(w http.ResponseWriter, r *http.Request) {
	m, shown := p.line.Menu(r.PathValue("phone"), p.bot.UserID())
	if !shown || len(m.Image) == 0 {
		http.NotFound(w, r)
		return
	}
	picture(w, m.Image, m.ContentType)
}

func (p *Page) content(w http.ResponseWriter, r *http.Request) {
	data, kind, ok := p.line.Content(r.URL.Query().Get("message"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	picture(w, data, kind)
}

// picture writes a file that a person or the bot has sent. Only pictures are
// shown as what they say they are.
func picture(w http.ResponseWriter, data []byte, kind string) {
	if kind != "image/jpeg" && kind != "image/png" && kind != "image/gif" {
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	if _, err := w.Write(data); err != nil {
		return // the browser has gone
	}
}

func bubbleStyles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	if _, err := w.Write([]byte(bubble.Styles())); err != nil {
		return // the browser has gone
	}
}
