package emulator_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/line/emulator"
)

// What the phones show.

// phone is what a person sees of a chat.
func (w *world) phone(user, chat string) []emulator.Message {
	w.t.Helper()
	got, err := w.e.Later(user, chat, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// lines are the texts on it, "×" for what was unsent.
func lines(messages []emulator.Message) string {
	var out []string
	for _, m := range messages {
		if m.Unsent {
			m.Text += "×"
		}
		out = append(out, m.Text)
	}
	return strings.Join(out, "|")
}

func labels(m emulator.Message) string {
	var out []string
	for _, b := range m.Buttons {
		out = append(out, b.Label)
	}
	return strings.Join(out, " ")
}

func (w *world) group(members ...string) string {
	w.t.Helper()
	g, err := w.e.AddGroup("Office", members...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.must(w.e.InviteBot(g, ""))
	return g
}

func TestWhoComesLaterSeesWhatIsSaidThen(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Name: "みまもり"})
	hana, ken := w.e.AddUser("花子"), w.e.AddUser("健")
	g := w.group(hana)
	first := w.must(w.e.Say(hana, g, "before")).Message
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": g, "messages": []obj{ask}}), 200, "")
	if _, err := w.e.Later(ken, g, 0); !errors.Is(err, emulator.ErrAbsent) {
		t.Errorf("looks in from outside: %v", err)
	}
	w.must(w.e.JoinGroup(g, ken, ken))
	if ms := w.e.Groups()[0].Members; len(ms) != 2 {
		t.Errorf("members: %+v", ms)
	}
	w.must(w.e.Say(hana, g, "after"))
	if got := lines(w.phone(ken, g)); got != "健が参加しました。|after" {
		t.Errorf("the newcomer's phone: %s", got)
	}
	if got := lines(w.phone(hana, g)); got != "みまもりが参加しました。|before|heading\n[Take]\n[Call]|健が参加しました。|after" {
		t.Errorf("the other's phone: %s", got)
	}
	if _, err := w.e.Tap(ken, g, "", "Take"); !errors.Is(err, emulator.ErrNotShown) {
		t.Errorf("tapped what is not seen: %v", err)
	}
	if _, err := w.e.Say(ken, g, "re", first); !errors.Is(err, emulator.ErrUnknown) {
		t.Errorf("quoted what is not seen: %v", err)
	}
	if later, err := w.e.Later(ken, g, 1); err != nil || lines(later) != "after" {
		t.Errorf("without the first: %v %v", later, err)
	}

	// Who leaves has no such chat any more, and begins anew on coming back.
	w.must(w.e.LeaveGroup(g, ken))
	if _, err := w.e.Later(ken, g, 0); !errors.Is(err, emulator.ErrAbsent) {
		t.Errorf("the chat is still on the phone: %v", err)
	}
	if _, err := w.e.Tap(ken, g, "", "Take"); !errors.Is(err, emulator.ErrAbsent) {
		t.Errorf("tapped from outside: %v", err)
	}
	w.must(w.e.Say(hana, g, "alone"))
	w.must(w.e.JoinGroup(g, ken))
	w.must(w.e.RemoveBot(g))
	if got := lines(w.phone(ken, g)); got != "健が参加しました。|みまもりが退会しました。" {
		t.Errorf("back again: %s", got)
	}
	if got := lines(w.phone(hana, g)); !strings.HasSuffix(got, "|after|健が退会しました。|alone|健が参加しました。|みまもりが退会しました。") {
		t.Errorf("the other's phone: %s", got)
	}
	// A group without a bot is a group all the same; leaving it sends nothing.
	if h := w.must(w.e.LeaveGroup(g, ken, ken)); h.Event != "" {
		t.Errorf("a webhook to nobody: %+v", h)
	}
	if other, err := w.e.AddGroup("twice", hana, ken, hana); err != nil || len(w.e.Groups()[1].Members) != 2 {
		t.Errorf("named twice: %s %v %+v", other, err, w.e.Groups())
	}
}

func TestBlocking(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.friend("Hana")
	w.expect(w.push(hana), 200, "")
	w.must(w.e.Say(hana, "", "hi"))
	token := w.last().ReplyToken
	img := picture(t, 800, 540)
	r := w.call("POST", "/v2/bot/richmenu", menu())
	menuID := str(r.body["richMenuId"])
	w.expect(w.call("POST", "/v2/bot/richmenu/"+menuID+"/content", img, "Content-Type", "image/png"), 200, "")
	w.expect(w.call("POST", "/v2/bot/user/all/richmenu/"+menuID, nil), 200, "")
	if w.e.Blocked(hana, "") || !w.e.IsFriend(hana, "") {
		t.Error("blocked before")
	}
	w.must(w.e.Block(hana, ""))
	if !w.e.Blocked(hana, "") || w.e.IsFriend(hana, "") || w.e.Blocked(w.e.AddUser("X"), "") || w.e.Blocked(hana, "@nobody") {
		t.Error("not blocked after")
	}
	// What was there stays, nothing arrives, nothing goes out.
	w.expect(w.push(hana), 200, "")
	w.expect(w.reply(token), 200, "")
	w.expect(w.call("POST", "/v2/bot/message/multicast", obj{"to": []string{hana}, "messages": []obj{text("x")}}), 200, "")
	w.expect(w.call("POST", "/v2/bot/message/broadcast", obj{"messages": []obj{text("x")}}), 200, "")
	if got := lines(w.phone(hana, "")); got != "hello|hi" {
		t.Errorf("shown: %s", got)
	}
	for name, do := range map[string]func() (*emulator.Handle, error){
		"say":     func() (*emulator.Handle, error) { return w.e.Say(hana, "", "x") },
		"sticker": func() (*emulator.Handle, error) { return w.e.Sticker(hana, "", "1", "2") },
		"menu":    func() (*emulator.Handle, error) { return w.e.TapMenu(hana, "", 0) },
		"switch":  func() (*emulator.Handle, error) { return w.e.TapMenu(hana, "", 1) },
	} {
		if _, err := do(); !errors.Is(err, emulator.ErrBlocked) {
			t.Errorf("%s while blocked: %v", name, err)
		}
	}
	if h := w.must(w.e.Block(hana, "")); h.Event != "" {
		t.Error("blocked twice")
	}
	w.must(w.e.Unblock(hana, ""))
	w.expect(w.push(hana), 200, "")
	if got := lines(w.phone(hana, "")); got != "hello|hi|hello" || w.e.Blocked(hana, "") {
		t.Errorf("shown: %s", got)
	}
}

func TestReadMarksInAGroup(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{Chat: true})
	hana, ken := w.e.AddUser("Hana"), w.e.AddUser("Ken")
	g := w.group(hana, ken)
	w.must(w.e.Say(hana, g, "one"))
	w.must(w.e.Say(ken, g, "two"))
	token := w.last().Message["markAsReadToken"]
	w.expect(w.push(g), 200, "")
	w.must(w.e.Say(hana, g, "three"))
	w.must(w.e.Say(hana, "", "elsewhere"))
	read := func(user, chat string) string {
		out := ""
		for _, m := range w.phone(user, chat) {
			out += map[bool]string{true: "r", false: "-"}[m.Read]
		}
		return out
	}
	if got := read(ken, g); got != "-----" {
		t.Errorf("before: %s", got)
	}
	w.expect(w.call("POST", "/v2/bot/chat/markAsRead", obj{"markAsReadToken": token}), 200, "")
	// The note of the joining and what the bot said carry no mark.
	if got := read(ken, g) + " " + read(hana, g) + " " + read(hana, ""); got != "-rr-- -rr-- -" {
		t.Errorf("after: %s", got)
	}

	auto := newWorld(t, emulator.ChannelOptions{})
	aki := auto.e.AddUser("Aki")
	o := auto.group(aki)
	auto.must(auto.e.Say(aki, o, "read at once"))
	if m := auto.phone(aki, o)[1]; !m.Read {
		t.Errorf("a bot without chat reads at once: %+v", m)
	}
}

func TestUnsentAndEdited(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana, ken := w.e.AddUser("Hana"), w.e.AddUser("Ken")
	g := w.group(hana, ken)
	pic := w.must(w.e.Picture(hana, g, []byte("jpeg"), "image/jpeg")).Message
	if data, kind, ok := w.e.Content(pic); !ok || string(data) != "jpeg" || kind != "image/jpeg" {
		t.Errorf("content: %q %q %v", data, kind, ok)
	}
	first := w.must(w.e.Say(hana, g, "first")).Message
	second := w.must(w.e.Say(ken, g, "second", first)).Message
	w.clock.Advance(time.Minute)
	w.must(w.e.Edit(ken, g, second, "second, better"))
	if m, ok := w.e.Message(second); !ok || !m.Edited || m.Quoted != first || !m.Time.Equal(start) || m.Text != "second, better" {
		t.Errorf("edited: %+v", m)
	}
	for _, id := range []string{first, second, pic} {
		who := map[bool]string{true: ken, false: hana}[id == second]
		w.must(w.e.Unsend(who, g, id))
		m, ok := w.e.Message(id)
		if !ok || !m.Unsent || m.Text != "" || m.JSON != nil || m.Content || m.Quoted != "" || m.Edited || len(m.Buttons) != 0 {
			t.Errorf("unsent: %+v", m)
		}
		if m.From != who || m.Name == "" || m.Time.IsZero() {
			t.Errorf("who unsent is not told: %+v", m)
		}
		if _, err := w.e.Say(hana, g, "re", id); !errors.Is(err, emulator.ErrUnknown) {
			t.Errorf("quoted what was unsent: %v", err)
		}
		if _, err := w.e.Edit(who, g, id, "again"); !errors.Is(err, emulator.ErrNotOwn) {
			t.Errorf("edited what was unsent: %v", err)
		}
		if _, err := w.e.Unsend(who, g, id); !errors.Is(err, emulator.ErrNotOwn) {
			t.Errorf("unsent twice: %v", err)
		}
	}
	if _, _, ok := w.e.Content(pic); ok {
		t.Error("the unsent picture is still there")
	}
	if _, _, ok := w.e.Content("1"); ok {
		t.Error("content of no message")
	}
	if got := lines(w.phone(ken, g)); !strings.HasSuffix(got, "。|×|×|×") {
		t.Errorf("shown: %s", got)
	}
	// Editing is documented for groups only.
	alone := w.must(w.e.Say(hana, "", "1:1")).Message
	if _, err := w.e.Edit(hana, "", alone, "x"); !errors.Is(err, emulator.ErrUnknown) {
		t.Errorf("edited in a 1:1 talk: %v", err)
	}
	if _, err := w.e.Unsend(ken, g, alone); !errors.Is(err, emulator.ErrNotOwn) {
		t.Errorf("unsent in the wrong talk: %v", err)
	}
}

func TestNamesArePresent(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana := w.e.AddUser("Hana")
	w.must(w.e.Say(hana, "", "hi"))
	if err := w.e.Rename(hana, "花子"); err != nil {
		t.Fatal(err)
	}
	if m := w.phone(hana, "")[0]; m.Name != "花子" {
		t.Errorf("shown under %q", m.Name)
	}
}

// "Quick reply buttons disappear" of the guide.
func TestQuickRepliesOfAGroup(t *testing.T) {
	w := newWorld(t, emulator.ChannelOptions{})
	hana, ken, aki := w.e.AddUser("Hana"), w.e.AddUser("Ken"), w.e.AddUser("Aki")
	g := w.group(hana, ken)
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": g, "messages": []obj{ask}}), 200, "")
	on := func(user string) string {
		m := w.phone(user, g)
		at := slices.IndexFunc(m, func(m emulator.Message) bool { return m.Type == "flex" })
		return labels(m[at])
	}
	// A note is no message; who comes with it does not see them.
	w.must(w.e.JoinGroup(g, aki))
	if on(hana) != "Take Call Yes No" || on(ken) != "Take Call Yes No" {
		t.Errorf("after a joining: %q, %q", on(hana), on(ken))
	}
	// One taps a postback without words: the others keep theirs.
	w.must(w.e.Tap(hana, g, "", "No"))
	if on(hana) != "Take Call" || on(ken) != "Take Call Yes No" {
		t.Errorf("after Hana's tap: %q, %q", on(hana), on(ken))
	}
	whole, err := w.e.Group(g)
	if err != nil || labels(whole[1]) != "Take Call" {
		t.Errorf("seen by nobody in particular: %+v %v", whole, err)
	}
	w.must(w.e.Tap(ken, g, "", "Yes")) // with words: a new message
	if on(ken) != "Take Call" || on(hana) != "Take Call" {
		t.Errorf("after Ken's words: %q, %q", on(hana), on(ken))
	}
	// Camera, camera roll and location stay until something is sent, a date-time
	// picker until a time is chosen.
	w.expect(w.call("POST", "/v2/bot/message/push", obj{"to": g, "messages": []obj{
		quick(act("camera"), act("location", "label", "place"), act("datetimepicker", "label", "when", "data", "d", "mode", "date")),
	}}), 200, "")
	newest := func() string { m := w.phone(hana, g); return labels(m[len(m)-1]) }
	for _, label := range []string{"tap", "place"} {
		w.must(w.e.Tap(hana, g, "", label))
	}
	if _, err := w.e.Tap(hana, g, "", "when"); !errors.Is(err, emulator.ErrNotShown) {
		t.Errorf("a picker without a time: %v", err)
	}
	if newest() != "tap place when" {
		t.Errorf("before the time is chosen: %q", newest())
	}
	w.must(w.e.Pick(hana, g, "", "when", "2026-06-02"))
	if newest() != "" {
		t.Errorf("after the time is chosen: %q", newest())
	}
}
