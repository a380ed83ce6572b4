package page

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"mimamori.example/mimamori/bot/line/emulator"
)

// deed is what somebody does with a phone: a form of the page.
type deed func(p *Page, ph Phone, r *http.Request) (answer, error)

// answer is what the browser gets: a template, or nothing, when the event stream
// tells what has changed.
type answer struct {
	template string
	data     any
	notice   string
}

var deeds = map[string]deed{
	"say": say, "tap": tap, "menu": tapMenu, "sticker": sticker, "unsend": unsend,
	"quote": quote, "unquote": unquote, "scan": scan, "code": setupCode, "speak": speak,
	"friend": friend, "block": block, "join": join, "leave": leave, "invite": invite, "expel": expel,
}

// deed answers a form.
func (p *Page) deed(do deed) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ph, ok := p.phone(r.PathValue("phone"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			p.refuse(w, "送れませんでした。文が長すぎます。")
			return
		}
		a, err := do(p, ph, r)
		switch {
		case err != nil:
			if words := inWords(err); words != "" {
				p.refuse(w, words)
			} else {
				p.failed(w, "deed", err)
			}
		case a.notice != "":
			p.refuse(w, a.notice)
		case a.template != "":
			p.write(w, a.template, a.data)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}
}

// inWords says why a person cannot do something, empty when that is no reason of
// the platform's.
func inWords(err error) string {
	for _, known := range []struct {
		err   error
		words string
	}{
		{emulator.ErrBlocked, "ブロックしているので送れません。「ブロックを解除する」を押してください。"},
		{emulator.ErrAbsent, "この人はグループに入っていません。「グループに入る」を押してください。"},
		{emulator.ErrNotShown, "そのボタンは、もう押せません。新しいメッセージのボタンを押してください。"},
		{emulator.ErrTooLong, "文を入れてから、送信を押してください。長すぎる文も送れません。"},
		{emulator.ErrNotOwn, "自分のメッセージだけを取り消せます。"},
		{emulator.ErrOneBot, "グループには、もう公式アカウントがいます。"},
		{emulator.ErrNoGroups, "この公式アカウントは、グループに招待できません。"},
		{emulator.ErrUnknown, "もとのメッセージが見つかりません。"},
	} {
		if errors.Is(err, known.err) {
			return known.words
		}
	}
	return ""
}

func composer(ph Phone, v composerView) answer {
	v.Phone = ph
	return answer{template: "composer", data: v}
}

func say(p *Page, ph Phone, r *http.Request) (answer, error) {
	text, quoted := strings.TrimSpace(r.PostFormValue("text")), r.PostFormValue("quoted")
	if text == "" {
		return answer{}, emulator.ErrTooLong
	}
	var err error
	if quoted != "" {
		_, err = p.line.Say(p.actor(ph), p.chat(ph), text, quoted)
	} else {
		_, err = p.line.Say(p.actor(ph), p.chat(ph), text)
	}
	return composer(ph, composerView{Typing: true}), err
}

// tap taps the button at a path of the message.
func tap(p *Page, ph Phone, r *http.Request) (answer, error) {
	h, err := p.line.TapAt(p.actor(ph), p.chat(ph), r.PostFormValue("message"), r.PostFormValue("path"))
	if err != nil {
		return answer{}, err
	}
	return opened(h), nil
}

func tapMenu(p *Page, ph Phone, r *http.Request) (answer, error) {
	area, err := strconv.Atoi(r.PostFormValue("area"))
	if err != nil {
		return answer{}, emulator.ErrNotShown
	}
	h, err := p.line.TapMenu(p.actor(ph), p.bot.UserID(), area)
	if err != nil {
		return answer{}, err
	}
	return opened(h), nil
}

// opened says what a phone would open now.
func opened(h *emulator.Handle) answer {
	switch {
	case strings.HasPrefix(h.Open, "tel:"):
		return answer{notice: "ほんとうの電話では、ここで " + strings.TrimPrefix(h.Open, "tel:") + " に電話をかけます。"}
	case h.Open != "":
		return answer{notice: "ほんとうの電話では、ここで " + h.Open + " を開きます。"}
	case h.Copy != "":
		return answer{notice: "コピーしました：" + h.Copy}
	}
	return answer{}
}

// A sticker of LINE's first standard set.
const (
	stickerPackage = "446"
	stickerID      = "1988"
)

func sticker(p *Page, ph Phone, _ *http.Request) (answer, error) {
	_, err := p.line.Sticker(p.actor(ph), p.chat(ph), stickerPackage, stickerID)
	return answer{}, err
}

func unsend(p *Page, ph Phone, r *http.Request) (answer, error) {
	_, err := p.line.Unsend(p.actor(ph), p.chat(ph), r.PostFormValue("message"))
	return answer{}, err
}

// quote puts a message above the line to type in.
func quote(p *Page, ph Phone, r *http.Request) (answer, error) {
	m, ok := p.line.Message(r.PostFormValue("message"))
	if !ok || m.Unsent {
		return answer{}, emulator.ErrUnknown
	}
	return composer(ph, composerView{Draft: r.PostFormValue("text"), Quoted: p.quoted(m), QuotedID: m.ID}), nil
}

func unquote(_ *Page, ph Phone, r *http.Request) (answer, error) {
	return composer(ph, composerView{Draft: r.PostFormValue("text")}), nil
}

// scan opens the talk with the card's text filled in, as LINE does: the person
// still has to send it.
func scan(p *Page, ph Phone, r *http.Request) (answer, error) {
	number := r.PostFormValue("card")
	for _, c := range p.back.Cards() {
		if c.Number != number {
			continue
		}
		link, err := p.line.Open(c.Link)
		return composer(ph, composerView{Draft: link.Text}), err
	}
	return answer{}, emulator.ErrUnknown
}

// setupCode fills in the code that the municipality's engineer would hand over.
func setupCode(p *Page, ph Phone, r *http.Request) (answer, error) {
	if !p.back.Running() {
		return answer{notice: "プログラムが止まっています。「もう一度始める」を押してください。"}, nil
	}
	code, err := p.back.SetupCode(r.Context())
	return composer(ph, composerView{Draft: code}), err
}

// speak changes who speaks in a group.
func speak(p *Page, ph Phone, r *http.Request) (answer, error) {
	id := r.PostFormValue("speaker")
	for _, s := range ph.Speakers {
		if s.ID == id {
			p.mu.Lock()
			p.speaker[ph.ID] = id
			p.mu.Unlock()
			return answer{template: "talk", data: p.talkView(ph)}, nil
		}
	}
	return answer{}, emulator.ErrUnknown
}

func friend(p *Page, ph Phone, _ *http.Request) (answer, error) {
	_, err := p.line.Friend(p.actor(ph), p.bot.UserID())
	return answer{}, err
}

func block(p *Page, ph Phone, _ *http.Request) (answer, error) {
	_, err := p.line.Block(p.actor(ph), p.bot.UserID())
	return answer{}, err
}

func join(p *Page, ph Phone, _ *http.Request) (answer, error) {
	_, err := p.line.JoinGroup(ph.ID, p.actor(ph))
	return answer{}, err
}

func leave(p *Page, ph Phone, _ *http.Request) (answer, error) {
	_, err := p.line.LeaveGroup(ph.ID, p.actor(ph))
	return answer{}, err
}

func invite(p *Page, ph Phone, _ *http.Request) (answer, error) {
	_, err := p.line.InviteBot(ph.ID, p.bot.UserID())
	return answer{}, err
}

func expel(p *Page, ph Phone, _ *http.Request) (answer, error) {
	_, err := p.line.RemoveBot(ph.ID)
	return answer{}, err
}

// outsider is what somebody is to a group who may come into it.
const outsider = "グループの外の人"

// addPerson adds somebody with a phone, who may be let into the groups as well.
func (p *Page) addPerson(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" || len([]rune(name)) > 20 {
		p.refuse(w, "名前を、1文字から20文字までで入れてください。")
		return
	}
	ph := Phone{ID: p.line.AddUser(name), Name: name, Role: "追加した人", English: "person you added"}
	p.mu.Lock()
	for i, g := range p.phones {
		if g.Group {
			p.phones[i].Speakers = append(slices.Clone(g.Speakers), Speaker{ID: ph.ID, Name: name, Role: outsider})
		}
	}
	p.mu.Unlock()
	p.add(w, ph)
	p.bells.ring("all")
}

// addGroup opens a group of everybody who may speak in the first one.
func (p *Page) addGroup(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" || len([]rune(name)) > 20 {
		p.refuse(w, "グループの名前を、1文字から20文字までで入れてください。")
		return
	}
	ph := Phone{Name: name, Role: "グループ", English: "group", Group: true}
	p.mu.Lock()
	for _, other := range p.phones {
		if other.Group {
			ph.Speakers = append(ph.Speakers, other.Speakers...)
			break
		}
	}
	p.mu.Unlock()
	if len(ph.Speakers) == 0 {
		p.refuse(w, "グループを開く人がいません。")
		return
	}
	var err error
	if ph.ID, err = p.line.AddGroup(name, ph.Speakers[0].ID); err != nil {
		p.failed(w, "group", err)
		return
	}
	p.add(w, ph)
}

func (p *Page) add(w http.ResponseWriter, ph Phone) {
	p.mu.Lock()
	p.phones = append(p.phones, ph)
	p.mu.Unlock()
	p.write(w, "phone", p.phoneView(ph))
}
