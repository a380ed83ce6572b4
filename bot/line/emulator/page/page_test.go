package page_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/line/emulator/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backstage is a program that answers nothing, and a clock moved by hand.
type backstage struct {
	clock *clock.Manual
	cast  []page.Phone
	tour  []page.Step

	mu      sync.Mutex
	running bool
	changed func()
}

func (b *backstage) Phones() []page.Phone { return b.cast }
func (b *backstage) Cards() []page.Card {
	return []page.Card{{Number: "A-101", Holder: "見本 A-101", Link: "https://line.me/R/oaMessage/@bot/?CODE"}}
}
func (b *backstage) SetupCode(context.Context) (string, error) { return "SETUP", nil }
func (b *backstage) Now() time.Time                            { return b.clock.Now() }
func (b *backstage) Moments() []page.Moment {
	return []page.Moment{{ID: "hour", Label: "1時間後", At: b.clock.Now().Add(time.Hour)}}
}

func (b *backstage) MoveTo(_ context.Context, t time.Time) error {
	b.clock.Set(t)
	return nil
}

func (b *backstage) Kill() error                 { return b.set(false) }
func (b *backstage) Start(context.Context) error { return b.set(true) }
func (b *backstage) set(running bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = running
	b.changed()
	return nil
}

func (b *backstage) Running() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running
}

func (b *backstage) Queue(context.Context) (page.Queue, error) {
	if !b.Running() {
		return page.Queue{}, errors.New("not running")
	}
	return page.Queue{Waiting: 3}, nil
}

func (b *backstage) Letters() []page.Letter {
	return []page.Letter{{To: "office@example.jp", Subject: "Stuck", Body: "<b>look</b>"}}
}
func (b *backstage) Subject(m string) string { return regexp.MustCompile(`26-\d{4}`).FindString(m) }
func (b *backstage) Tour() []page.Step       { return b.tour }
func (b *backstage) Changed(f func())        { b.changed = f }

// house is the page over a platform whose bot hears nothing.
type house struct {
	t      *testing.T
	line   *emulator.Emulator
	bot    *emulator.Channel
	back   *backstage
	server *httptest.Server

	worker, clerk, stranger, group string
}

func open(t *testing.T, change ...func(*house)) *house {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 12, 1, 10, 0, 0, 0, time.FixedZone("JST", 9*3600)))
	h := &house{t: t, back: &backstage{clock: c, running: true}, line: emulator.New(emulator.Options{Clock: c})}
	var err error
	if h.bot, err = h.line.AddChannel(emulator.ChannelOptions{Name: "みまもり", BasicID: "@bot"}); err != nil {
		t.Fatal(err)
	}
	h.worker, h.clerk, h.stranger = h.line.AddUser(`佐藤<b>"`), h.line.AddUser("山田"), h.line.AddUser("鈴木")
	if h.group, err = h.line.AddGroup("事務局", h.clerk); err != nil {
		t.Fatal(err)
	}
	h.back.cast = []page.Phone{{ID: h.worker, Name: `佐藤<b>"`, Role: "構成員"},
		{ID: h.group, Name: "事務局", Group: true, Speakers: []page.Speaker{{ID: h.clerk, Name: "山田"}, {ID: h.stranger, Name: "鈴木"}}}}
	for _, f := range change {
		f(h)
	}
	p, err := page.New(page.Options{Line: h.line, Bot: h.bot, Backstage: h.back})
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(p)
	t.Cleanup(func() {
		h.server.CloseClientConnections()
		h.server.Close()
		if err := h.line.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) get(path string) string {
	h.t.Helper()
	return h.ask(http.MethodGet, path, nil)
}

// post sends a form of name and value pairs.
func (h *house) post(path string, pairs ...string) string {
	h.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return h.ask(http.MethodPost, path, form)
}

func (h *house) ask(method, path string, form url.Values) string {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := h.server.Client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	body, err := io.ReadAll(a.Body)
	if err := errors.Join(err, a.Body.Close()); err != nil {
		h.t.Fatal(err)
	}
	if a.StatusCode >= 300 {
		h.t.Fatalf("%s %s: %s", method, path, a.Status)
	}
	return string(body)
}

func (h *house) talk() []emulator.Message {
	h.t.Helper()
	ms, err := h.line.Talk(h.worker, h.bot.UserID())
	if err != nil {
		h.t.Fatal(err)
	}
	return ms
}

func (h *house) wants(body string, parts ...string) {
	h.t.Helper()
	for _, part := range parts {
		if !strings.Contains(body, part) {
			h.t.Errorf("%q is not in\n%s", part, body)
		}
	}
}

func TestWhole(t *testing.T) {
	h := open(t)
	body := h.get("/")
	h.wants(body, `id="phone-`+h.worker, `id="phone-`+h.group, "佐藤&lt;b&gt;", "10:00", "2026年12月1日（火）", "友だちに追加", "ためしてみる", `data-label="`+page.ScanLabel+`"`)
	if strings.Contains(body, "<b>\"") {
		t.Error("a name became markup")
	}
	r, err := h.server.Client().Get(h.server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src 'self' '") {
		t.Errorf("policy %q", csp)
	}
	for _, link := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		if h.get(link[1]) == "" {
			t.Errorf("%s is empty", link[1])
		}
	}
	if strings.Contains(body, "//") && regexp.MustCompile(`(?:src|href|action)="(https?:)?//`).MatchString(body) {
		t.Error("the page asks another host")
	}
}

func TestTalk(t *testing.T) {
	h := open(t)
	h.post("/phones/" + h.worker + "/friend")
	h.wants(h.get("/phones/"+h.worker+"/talk"), "みまもり", "ブロックする")
	h.post("/phones/"+h.worker+"/say", "text", "おはよう<i>")
	ms := h.talk()
	if len(ms) != 1 || ms[0].Text != "おはよう<i>" {
		t.Fatalf("said %+v", ms)
	}
	body := h.get("/phones/" + h.worker + "/talk")
	h.wants(body, "おはよう&lt;i&gt;", "既読", "今日", `data-act="unsend"`, `class="message mine`)
	h.wants(h.post("/phones/"+h.worker+"/quote", "message", ms[0].ID, "text", "書きかけ"), `value="書きかけ"`, `name="quoted" value="`+ms[0].ID, "おはよう&lt;i&gt;")
	h.post("/phones/"+h.worker+"/say", "text", "返事", "quoted", ms[0].ID)
	if ms = h.talk(); len(ms) != 2 || ms[1].Quoted != ms[0].ID {
		t.Fatalf("quoted %+v", ms)
	}
	h.wants(h.get("/phones/"+h.worker+"/talk"), `class="reply"`)
	h.post("/phones/" + h.worker + "/sticker")
	h.post("/phones/"+h.worker+"/unsend", "message", ms[0].ID)
	h.wants(h.get("/phones/"+h.worker+"/talk"), "送信を取り消しました", "送信が取り消されました", "スタンプ")
	h.back.clock.Advance(24 * time.Hour)
	h.wants(h.get("/phones/"+h.worker+"/talk"), "12月1日（火）")
}

// What cannot be done is said in words, and changes nothing.
func TestRefused(t *testing.T) {
	h := open(t)
	h.post("/phones/" + h.worker + "/friend")
	h.post("/phones/" + h.worker + "/block")
	for _, c := range []struct{ path, name, value, want string }{
		{h.worker + "/say", "text", "もしもし", "ブロックしている"},
		{h.worker + "/say", "text", "  ", "文を入れてから"},
		{h.worker + "/tap", "path", "/nowhere", "もう押せません"},
		{h.worker + "/menu", "area", "x", "もう押せません"},
		{h.worker + "/scan", "card", "Z-9", "見つかりません"},
		{h.worker + "/quote", "message", "1", "見つかりません"},
		{h.group + "/speak", "speaker", h.worker, "見つかりません"},
	} {
		if got := h.post("/phones/"+c.path, c.name, c.value); !strings.Contains(got, c.want) {
			t.Errorf("%s %q: %s, want %q", c.path, c.value, got, c.want)
		}
	}
	h.wants(h.get("/phones/"+h.worker+"/talk"), "ブロックしています")
	if n := len(h.talk()); n != 0 {
		t.Errorf("%d messages in the talk", n)
	}
}

func TestScanFillsIn(t *testing.T) {
	h := open(t)
	h.wants(h.post("/phones/"+h.worker+"/scan", "card", "A-101"), `value="CODE"`)
	h.wants(h.post("/phones/"+h.group+"/code"), `value="SETUP"`)
	if n := len(h.talk()); n != 0 {
		t.Errorf("scanning alone has sent %d messages", n)
	}
}

func TestGroup(t *testing.T) {
	h := open(t)
	h.post("/phones/"+h.group+"/say", "text", "ないしょの話")
	body := h.post("/phones/"+h.group+"/speak", "speaker", h.stranger)
	h.wants(body, "グループに入っていません")
	if strings.Contains(body, "ないしょの話") {
		t.Error("who is not in the group sees what is said there")
	}
	h.wants(h.post("/phones/"+h.group+"/say", "text", "こんにちは"), "入っていません")
	h.post("/phones/" + h.group + "/join")
	h.post("/phones/"+h.group+"/say", "text", "こんにちは")
	h.wants(h.get("/phones/"+h.group+"/talk"), "事務局</h2>"[:9], "（2）", "こんにちは", `class="message mine`)
	h.post("/phones/"+h.group+"/speak", "speaker", h.clerk)
	h.wants(h.get("/phones/"+h.group+"/talk"), `class="message theirs`, "鈴木")
	h.post("/phones/" + h.group + "/invite")
	h.wants(h.get("/phones/"+h.group+"/talk"), "退会させる")
	h.post("/phones/" + h.group + "/expel")
	h.wants(h.get("/phones/"+h.group+"/talk"), "招待する")
	h.post("/phones/" + h.group + "/leave")
	h.wants(h.get("/phones/"+h.group+"/talk"), "グループに入っていません")
}

func TestMorePeople(t *testing.T) {
	h := open(t)
	h.wants(h.post("/people", "name", "高橋"), "高橋", "友だちに追加")
	h.wants(h.post("/groups", "name", "だれかの集まり"), "だれかの集まり", "山田")
	h.wants(h.post("/people", "name", ""), "名前を、1文字から")
	h.wants(h.get("/"), "高橋", "だれかの集まり")
}

func TestClock(t *testing.T) {
	h := open(t)
	h.wants(h.post("/clock", "moment", "hour"), "11:00")
	h.wants(h.post("/clock", "moment", "yesterday"), "進められません")
}

func TestTour(t *testing.T) {
	h := open(t, func(h *house) {
		h.back.tour = []page.Step{
			{ID: "hello", Say: "あいさつします", Phone: h.worker, Label: "送信", Done: func(*emulator.Emulator) bool { return len(h.talk()) > 0 }},
			{ID: "look", Say: "見ます"},
			{ID: "end", Say: "おわりです"},
		}
	})
	h.wants(h.get("/tour"), "ためしてみる")
	h.wants(h.post("/tour/begin"), "あいさつします", `data-phone="`+h.worker, `data-label="送信"`, "1 / 3", "とばす")
	h.post("/phones/" + h.worker + "/friend")
	h.post("/phones/"+h.worker+"/say", "text", "やあ")
	h.wants(h.get("/tour"), "見ます", "つぎへ")
	h.wants(h.post("/tour/next"), "おわりです", "おわる")
	h.wants(h.post("/tour/end"), "ためしてみる")
	h.wants(h.post("/tour/begin"), "見ます") // he has already spoken
	h.wants(h.post("/tour/end"), "ためしてみる")
}

func TestRoom(t *testing.T) {
	h := open(t)
	h.wants(h.get("/room"), "動いています", `data-queue="3"`, "Stuck", "&lt;b&gt;look", `aria-checked="false" data-fault="error"`)
	h.wants(h.post("/room/kill"), "止まっています", "プログラムが答えません")
	h.wants(h.post("/room/start"), "動いています")
	for _, id := range []string{"error", "rate", "silent", "quota", "token", "twice"} {
		h.wants(h.post("/room/fault", "fault", id), `aria-checked="true" data-fault="`+id)
	}
	if n, m := len(h.line.Faults()), h.bot.Standing(); n != 5 || !m.Spent || !m.Duplicate {
		t.Errorf("%d faults, mischief %+v", n, m)
	}
	for _, id := range []string{"silent", "token", "error", "twice", "rate", "quota"} {
		h.wants(h.post("/room/fault", "fault", id), `aria-checked="false" data-fault="`+id)
	}
	if n, m := len(h.line.Faults()), h.bot.Standing(); n != 0 || m != (emulator.Mischief{}) {
		t.Errorf("%d faults left, mischief %+v", n, m)
	}
	h.wants(h.post("/room/fault", "fault", "none"), "うまくいきませんでした")
}

// Pushes are counted, by what they are about; replies cost nothing.
func TestCost(t *testing.T) {
	h := open(t)
	h.post("/phones/" + h.worker + "/friend")
	for _, text := range []string{"受付26-0001：届きました", "受付26-0002：届きました", "受付26-0001：続き", "お知らせ"} {
		h.call("/v2/bot/message/push", `{"to":"`+h.worker+`","messages":[{"type":"text","text":"`+text+`"}]}`)
	}
	token, err := h.bot.ReplyToken(h.worker)
	if err != nil {
		t.Fatal(err)
	}
	h.call("/v2/bot/message/reply", `{"replyToken":"`+token+`","messages":[{"type":"text","text":"受付26-0002"},{"type":"text","text":"2"}]}`)
	h.wants(h.get("/room"), "今月 <b>4</b> 通", "応答メッセージは 2 通", "<td>26-0001</td><td>2</td>", "<td>26-0002</td><td>1</td>",
		"<td>そのほか</td><td>1</td>", "みまもり → LINE", `<span class="what">push</span>`)
}

func (h *house) call(path, body string) {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+h.bot.Token())
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.line.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		h.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
}

// The stream names what has changed: the talk in which somebody spoke, and the
// room after a change behind the stage.
func TestEvents(t *testing.T) {
	h := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	lines := bufio.NewScanner(a.Body)
	until := func(name string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: "+name {
				return
			}
		}
		t.Fatalf("the stream ended before %q: %v", name, lines.Err())
	}
	until("all")
	h.post("/phones/" + h.worker + "/friend")
	h.post("/phones/"+h.worker+"/say", "text", "もしもし")
	until("talk-" + h.worker)
	if err := h.back.Kill(); err != nil {
		t.Fatal(err)
	}
	until("room")
}

// The embedded libraries are the published files, byte for byte.
func TestAssetsAreThePublishedOnes(t *testing.T) {
	for name, want := range map[string]string{
		"htmx.min.js":          "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
		"idiomorph-ext.min.js": "5811b9a7eda14878b7dab4378bf60432e1bb6f11fcfb970cc26540642650181e",
		"htmx-sse.min.js":      "98a46496de0c3605fbffdce9167ba427bdd9553184f83f149c261891a92c0136",
	} {
		data, err := os.ReadFile(filepath.Join("assets", name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not the published file", name)
		}
	}
}
