package play_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/play"
	"mimamori.example/mimamori/storage"
)

// Personal data, message text, tokens and secrets never reach logs, metrics or
// error texts. The whole program is taken through talk, faults of LINE and
// failures of the store, while everybody says words that stand nowhere else;
// then everything is read that must not hold them. The log is read as it comes,
// at its finest, without the program's redaction: that is the last line of
// defence, and nothing may rely on it.
func TestNothingLeaks(t *testing.T) {
	w := newLeakWorld(t, false)
	w.talk(t)
	w.faults(t)
	w.brokenStore(t)
	w.strangeBodies(t)
	w.commands(t)
	w.longSilence(t)
	w.close(t)
	for _, leak := range w.scan(t) {
		t.Error(leak)
	}
	w.wentThrough(t)
	if w.store.struck.Load() == 0 {
		t.Error("the store never failed")
	}
	if !strings.Contains(w.log.String(), "a turn panicked") || !strings.Contains(w.log.String(), "a turn failed") {
		t.Error("the failures of the store left no trace in the log: it is not the program's")
	}
	if len(w.letters) == 0 {
		t.Error("no e-mail was written")
	}
	if !slices.ContainsFunc(w.pages, func(p page) bool { return p.where == altTexts && strings.Contains(p.text, "26-0001") }) {
		t.Error("the group saw no card")
	}
}

// The same words do show when the program leaks: here it logs what it stores.
func TestLeaksAreFound(t *testing.T) {
	w := newLeakWorld(t, true)
	w.talk(t)
	w.close(t)
	found := w.scan(t)
	for _, kind := range []string{"word", "name", "id"} {
		if !slices.ContainsFunc(found, func(l string) bool { return strings.Contains(l, kind+" ") && strings.HasPrefix(l, "log:") }) {
			t.Errorf("no %s was found in a log that holds what is stored", kind)
		}
	}
	// Each mark is found on each surface, in whatever way it is written.
	for _, m := range w.marks() {
		for _, form := range forms(m.text) {
			planted := &leakWorld{pages: []page{{"page", "x=" + form + ";"}}}
			if len(planted.find([]mark{m})) == 0 {
				t.Fatalf("a %s written as %q is not found", m.kind, form)
			}
		}
	}
}

// What must not show: a word somebody says, a name, an id of LINE's, a token, a
// code or a secret.
type mark struct{ kind, text string }

// What some pages may show.
const (
	cardNumber = "card number"
	receipt    = "receipt number"
	detail     = "detail" // of a report or an instruction
)

// altTexts are what lights up on a clerk's private telephone.
const altTexts = "altText in the group"

type page struct{ where, text string }

// may tells whether a page is for readers who need that kind of mark: an
// operator asks for cards, and the secretariat's e-mail names the case.
func (p page) may(kind string) bool {
	switch kind {
	case cardNumber:
		return strings.HasPrefix(p.where, "command")
	case receipt:
		return p.where == "e-mail" || p.where == altTexts
	}
	return false
}

// leakWorld is a stage, what was said on it and what the outside could read.
type leakWorld struct {
	*play.Stage
	log   *threadSafe
	store *failing
	ctx   context.Context
	http  *http.Client

	said    []mark
	letters []play.Letter
	pages   []page
	traffic string // all that went over the wire, once closed
}

// words that somebody says in the play below. They are found by their Latin
// part, which no redaction takes out.
var leakWords = map[string]string{
	"KEPT": "xqkeptzov木蓮", "FLOW": "xqflowzov木蓮", "ADD": "xqaddzov木蓮", "ASK": "xqaskzov木蓮", "FREE": "xqfreezov木蓮",
	"TALK": "xqtalkzov木蓮", "RELAY": "xqrelayzov木蓮", "VALUE": "xqvaluezov木蓮", "UNSENT": "xqunsentzov木蓮",
	"EDITED": "xqeditedzov木蓮", "RESIDENT": "xqresidentzov木蓮", "STRANGER": "xqstrangerzov木蓮", "QUESTION": "xqquestionzov木蓮",
	"FAULT": "xqfaultzov木蓮", "STORE": "xqstorezov木蓮", "LATE": "xqlatezov木蓮", "OFFICE": "xqofficezov木蓮",
	"PERSON": "xqpersonzovさん宅 090-8765-4321",
}

var leakNames = map[string]string{
	"甲": "甲xqnameazov", "乙": "乙xqnamebzov", "丙": "丙xqnamemzov", "丁": "丁xqnamerzov", "戊": "戊xqnameszov", "己": "己xqnametzov",
}

const latin = `[a-z]{5,}zov`

func newLeakWorld(t *testing.T, leaky bool) *leakWorld {
	t.Helper()
	now, err := play.Time("2026-12-01 10:00")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	hands, dir := clock.NewManual(now), t.TempDir()
	w := &leakWorld{log: &threadSafe{}, ctx: ctx, http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	password := "xqpasswordzov-5d0c"
	kept := config.Storage{Engine: config.Bolt, Path: filepath.Join(dir, "mimamori.db")}
	if err := app.InitStore(ctx, kept); err != nil {
		t.Fatal(err)
	}
	world, err := play.New(ctx, play.Options{
		Clock: hands, Dir: dir, NoRates: true, Log: log,
		Change: func(c *config.Config) {
			c.Mail.User, c.Mail.Password = "xqmailuserzov", config.NewSecret(password)
			c.Mail.TLS = config.StartTLS
		},
		Store: func(ctx context.Context) (storage.Store, error) {
			s, err := app.OpenStore(ctx, kept, log)
			w.store = &failing{Store: s}
			if leaky {
				w.store.leak = log
			}
			return w.store, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Stage = play.NewStage(world, hands)
	w.said = append(w.said, mark{"secret", password}, mark{"secret", "xqmailuserzov"},
		mark{"secret", w.Bot.Secret()}, mark{"secret", w.Bot.Token()},
		mark{detail, "訪問販売"}, mark{detail, "業者がその場"}, mark{detail, "移動販売"}, mark{detail, "見本移動スーパー"}, mark{detail, "110番へ通報"},
		mark{cardNumber, "A-7731"}, mark{receipt, "26-0001"}, mark{receipt, "26-0002"})
	for _, word := range leakWords {
		w.said = append(w.said, mark{"word", regexp.MustCompile(latin).FindString(word)})
	}
	w.said = append(w.said, mark{"word", "8765-4321"})
	for _, name := range leakNames {
		w.said = append(w.said, mark{"name", regexp.MustCompile(latin).FindString(name)})
	}
	return w
}

// do performs a part of the play.
func (w *leakWorld) do(t *testing.T, script string) {
	t.Helper()
	for key, word := range leakWords {
		script = strings.ReplaceAll(script, "{"+key+"}", word)
	}
	for key, name := range leakNames {
		script = strings.ReplaceAll(script, key, name)
	}
	lines, err := play.Parse(strings.ReplaceAll(script, "\t", ""))
	if err != nil {
		t.Fatal(err)
	}
	if told, err := w.Perform(w.ctx, lines); err != nil {
		t.Fatalf("%v\nso far:\n%s", err, told)
	}
}

// talk is everything that people type when all goes well.
func (w *leakWorld) talk(t *testing.T) {
	t.Helper()
	w.do(t, `* secretariat 事務局 甲 乙
	* member 丙 shop A-7731
	丙: say {KEPT}
	丙: tap 新しく報告する
	丙: say {FLOW}
	丙: tap 業者がその場にいる
	丙: tap 事務局にも知らせる
	丙: tap 訪問販売・しつこい勧誘
	丙: say {FLOW}
	丙: tap 送信する
	丙: say {ADD}
	丙: tap 前の受付に追加する
	丙: say {PERSON}
	丙: picture
	丙: voice
	丙: say {UNSENT}
	丙: unsend
	甲: say {TALK}
	乙: tap 担当する
	乙: quote 緊急 {RELAY}
	乙: tap 構成員へ送る
	丙: tap 事務局にたずねる
	丙: say {ASK}
	甲: say 受付26-0001 指示する 見守りを続ける
	甲: quote 確認 {VALUE}
	甲: tap 3日後
	甲: tap 構成員へ送る
	甲: say 受付26-0001 指示する 1つたずねる
	甲: quote たずねたいこと {QUESTION}
	甲: tap 文章で答える
	甲: tap 構成員へ送る
	丙: tap 文章で答える
	丙: say {FREE}
	甲: say {OFFICE}
	甲: edit {EDITED}
	甲: unsend
	丁: say {RESIDENT}
	丁: friend
	丁: say 停止
	丁: say ABCDEFGHIJKLMNOPQRSTUVWXYZ
	戊: join 事務局
	戊: say {STRANGER}
	戊: leave
	* group よその 己
	己: let-in よその
	己: say {STRANGER}
	丙: block
	丙: friend
	`)
	w.said = append(w.said, mark{"code", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
}

// faults takes every kind of fault of LINE's while people talk.
func (w *leakWorld) faults(t *testing.T) {
	t.Helper()
	kinds := []emulator.Fault{
		{Kind: emulator.FailAfter}, {Kind: emulator.DropBefore}, {Kind: emulator.DropAfter},
		{Kind: emulator.RateLimited}, {Kind: emulator.QuotaOut}, {Kind: emulator.Slow, Delay: time.Millisecond},
	}
	for _, status := range []int{400, 401, 403, 404, 409, 413, 429, 500, 503} {
		kinds = append(kinds, emulator.Fault{Kind: emulator.FailBefore, Status: status})
	}
	for _, f := range kinds {
		f.Times = 3
		if _, err := w.Line.Break(f); err != nil {
			t.Fatal(err)
		}
		w.do(t, `丙: say {FAULT}
		甲: say 受付26-0001 指示する
		* wait 20s
		`)
		w.Line.Mend("")
		w.do(t, "* wait 3m\n")
	}
	// These two take as long as the program waits for LINE, in real time.
	for endpoint, kind := range map[string]emulator.FaultKind{"push": emulator.HangBefore, "reply": emulator.HangAfter} {
		if _, err := w.Line.Break(emulator.Fault{Kind: kind, Endpoint: endpoint, Times: 1}); err != nil {
			t.Fatal(err)
		}
	}
	w.do(t, `* report 丙 業者がその場にいる
	* wait 3m
	`)
	w.Line.Mend("")
}

// brokenStore takes the store's failures: before, inside and after the commit.
func (w *leakWorld) brokenStore(t *testing.T) {
	t.Helper()
	for _, how := range []int32{failBefore, failInside, failAfter} {
		w.store.how.Store(how)
		for _, who := range []struct{ name, group string }{{"丙", ""}, {"丁", ""}, {"甲", "事務局"}} {
			user, chat := w.place(t, leakNames[who.name], who.group)
			if _, err := w.Line.Say(user, chat, leakWords["STORE"]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Line.Settle(w.ctx); err != nil {
			t.Fatal(err)
		}
		w.look(t)
		w.store.how.Store(0)
		w.do(t, "* wait 2m\n")
	}
}

// place is where somebody talks: the ids of the person and of the group.
func (w *leakWorld) place(t *testing.T, name, group string) (user, chat string) {
	t.Helper()
	for _, p := range w.Line.People() {
		if p.Name == name {
			user = p.ID
		}
	}
	for _, g := range w.Line.Groups() {
		if g.Name == group {
			chat = g.ID
		}
	}
	if user == "" || (chat == "") != (group == "") {
		t.Fatalf("%q in %q is not on the stage", name, group)
	}
	return user, chat
}

// strangeBodies sends what LINE would not, with words in it.
func (w *leakWorld) strangeBodies(t *testing.T) {
	t.Helper()
	word := leakWords["LATE"]
	for _, body := range []string{
		`{"destination":"` + w.Bot.UserID() + `","events":[{"type":"` + word + `"`,
		`{"destination":"` + word + `","events":[]}`,
		`{"destination":"` + w.Bot.UserID() + `","events":[{"type":"message","message":{"type":"text","text":["` + word + `"]},"source":"` + word + `"},
			{"type":"` + word + `","webhookEventId":"` + word + `","timestamp":"` + word + `"}]}`,
		`{"destination":"` + w.Bot.UserID() + `","events":"` + word + `"}`,
		word, `"` + word + `"`, strings.Repeat(word, 1<<16),
	} {
		w.post(t, w.Council.WebhookPath(), body, w.Bot.Secret())
		w.post(t, w.Council.WebhookPath(), body, "another secret")
		w.post(t, "/webhook/"+url.PathEscape(word), body, w.Bot.Secret())
		w.post(t, "/"+url.PathEscape(word), body, "")
	}
	user, _ := w.place(t, leakNames["丙"], "")
	for _, event := range []map[string]any{
		{"type": word, "source": map[string]any{"type": "user", "userId": user}},
		{"type": "message", "source": map[string]any{"type": "user", "userId": user}, "message": map[string]any{"type": word, "id": "1", "text": word}},
		{"type": "message", "source": map[string]any{"type": "user", "userId": user + "/" + word}, "message": map[string]any{"type": "text", "id": "1", "text": word}},
		{"type": "postback", "source": map[string]any{"type": "user", "userId": user}, "postback": map[string]any{"data": word}},
		{"type": "postback", "source": map[string]any{"type": "user", "userId": user}, "postback": map[string]any{"data": "i:" + word + ":" + word + ":" + word}},
	} {
		if _, err := w.Bot.Inject(event); err != nil {
			t.Fatal(err)
		}
		w.do(t, "* wait 1s\n")
	}
}

func (w *leakWorld) post(t *testing.T, path, body, secret string) {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, "http://"+w.App.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Line-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	w.traffic += body
	w.read(t, "answer of POST "+strconv.Itoa(len(w.pages)), r)
}

// commands are the operators', that go wrong. What a command is asked for it
// may say again, so only the others' words count.
func (w *leakWorld) commands(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{"status"}, {"release"}, {"card list", "mihon"}, {"card revoke", "mihon", "Z-1"}, {"card rebind", "mihon", "Z-3"},
		{"org add", "mihon", "shop"}, {"card issue", "mihon", "nobody", "Z-2"}, {"setup-code", "nowhere"}, {"fly"}, {"restore"},
	} {
		var out bytes.Buffer
		err := app.Operate(w.ctx, w.Config, app.Options{}, args[0], args[1:], &out)
		w.pages = append(w.pages, page{"command " + args[0], out.String() + fmt.Sprint(err)})
	}
	w.store.how.Store(failInside)
	defer w.store.how.Store(0)
	for _, args := range [][]string{{"setup-code", "mihon"}, {"card revoke", "mihon", "A-7731"}} {
		err := app.Operate(w.ctx, w.Config, app.Options{}, args[0], args[1:], io.Discard)
		if err == nil {
			t.Errorf("%s: succeeded on a broken store", args[0])
		}
		w.pages = append(w.pages, page{"error of " + args[0], fmt.Sprint(err)})
	}
}

// longSilence lets everything be raised, given up and mailed.
func (w *leakWorld) longSilence(t *testing.T) {
	t.Helper()
	w.do(t, `丙: friend
	* break push fail-before
	* report 丙 暴力・脅しの危険がある
	丙: say {LATE}
	丙: tap 前の受付に追加する
	* wait 25h
	* mend
	* wait 1h
	`)
}

// look reads what the outside may.
func (w *leakWorld) look(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		r, err := http.NewRequestWithContext(w.ctx, http.MethodGet, "http://"+w.App.Addr()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.read(t, path, r)
	}
}

func (w *leakWorld) read(t *testing.T, where string, r *http.Request) {
	t.Helper()
	answer, err := w.http.Do(r)
	if err != nil {
		return // an oversized body: the connection was closed, the words are our client's
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	w.pages = append(w.pages, page{where, fmt.Sprintf("%d %v %s", answer.StatusCode, answer.Header, body)})
}

// close ends the play and collects the ids and tokens that went by.
func (w *leakWorld) close(t *testing.T) {
	t.Helper()
	w.look(t)
	w.letters = w.Letters()
	for _, l := range w.letters {
		w.pages = append(w.pages, page{"e-mail", l.Subject + "\n" + l.Body})
	}
	var all strings.Builder
	groups := map[string]bool{}
	for _, g := range w.Line.Groups() {
		groups[g.ID] = true
	}
	for _, s := range w.Line.Sends() {
		if slices.ContainsFunc(s.To, func(to string) bool { return groups[to] }) {
			for _, m := range altText.FindAllStringSubmatch(s.Body, -1) {
				w.pages = append(w.pages, page{altTexts, m[1]})
			}
		}
		all.WriteString(s.Path + " " + s.Body + " " + s.Answer + " " + strings.Join(s.To, " ") + "\n")
	}
	for _, h := range w.Line.Webhooks() {
		all.Write(h.Body)
		all.WriteString("\n")
		w.pages = append(w.pages, page{"answer to LINE", h.Answer + h.Error})
	}
	w.traffic += all.String()
	if err := w.World.Close(context.WithoutCancel(w.ctx)); err != nil {
		t.Error(err)
	}
	w.pages = append(w.pages, page{"log", w.log.String()})
}

var altText = regexp.MustCompile(`"altText":"((?:[^"\\]|\\.)*)"`)

var passing = []struct {
	kind string
	is   *regexp.Regexp
}{
	{"id", regexp.MustCompile(`[UCR][0-9a-f]{32}`)},
	{"message id", regexp.MustCompile(`"id":"(\d{6,})"`)},
	{"token", regexp.MustCompile(`"(?:replyToken|quoteToken|markAsReadToken)":"([^"]{8,})"`)},
	{"event id", regexp.MustCompile(`"webhookEventId":"([0-9A-Z]{20,})"`)},
	{"postback", regexp.MustCompile(`"data":"([fi]:[^"]{12,})"`)},
	{"code", regexp.MustCompile(`\b([A-Z2-7]{26})\b`)},
}

// marks are all that must not show.
func (w *leakWorld) marks() []mark {
	all := slices.Clone(w.said)
	seen := map[string]bool{}
	for _, p := range passing {
		for _, m := range p.is.FindAllStringSubmatch(w.traffic, -1) {
			if text := m[len(m)-1]; !seen[text] {
				seen[text] = true
				all = append(all, mark{p.kind, text})
			}
		}
	}
	return all
}

func (w *leakWorld) scan(t *testing.T) []string {
	t.Helper()
	all := w.marks()
	kinds := map[string]int{}
	for _, m := range all {
		kinds[m.kind]++
	}
	for _, kind := range []string{"word", "name", "secret", "id", "message id", "token", "event id", "postback", "code"} {
		if kinds[kind] < 2 {
			t.Errorf("only %d of kind %q went by: there is nothing to look for", kinds[kind], kind)
		}
	}
	return w.find(all)
}

func (w *leakWorld) find(all []mark) []string {
	var found []string
	for _, p := range w.pages {
		for _, m := range all {
			if p.may(m.kind) {
				continue
			}
			for _, form := range forms(m.text) {
				if i := strings.Index(p.text, form); i >= 0 {
					found = append(found, fmt.Sprintf("%s: %s %s: …%s…", p.where, m.kind, m.text, p.text[max(0, i-160):min(len(p.text), i+len(form)+60)]))
					break
				}
			}
		}
	}
	return found
}

// forms are the ways in which a text may be written.
func forms(s string) []string {
	quoted := strconv.QuoteToASCII(s)
	inJSON, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can be
	}
	all := []string{s, quoted[1 : len(quoted)-1], string(inJSON[1 : len(inJSON)-1]), url.QueryEscape(s), url.PathEscape(s),
		hex.EncodeToString([]byte(s)), fmt.Sprint([]byte(s))}
	for shift := range 3 { // inside of something longer
		b := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
		all = append(all, b[(shift*8+5)/6:len(b)-2])
	}
	return all
}

// wentThrough checks that every word was on its way to the program.
func (w *leakWorld) wentThrough(t *testing.T) {
	t.Helper()
	for _, word := range leakWords {
		if !strings.Contains(w.traffic, word) {
			t.Errorf("%s was never said", word)
		}
	}
}

// failing is a store that breaks when it is told to.
type failing struct {
	storage.Store
	how    atomic.Int32
	struck atomic.Int32
	leak   *slog.Logger // a program that logs what it stores
}

const (
	failBefore = iota + 1 // the transaction does not begin
	failInside            // it panics with what it was about to store
	failAfter             // it is kept, and said not to be
)

var errDisk = errors.New("the disk is gone")

func (f *failing) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	how := f.how.Load()
	if how != 0 {
		f.struck.Add(1)
	}
	switch how {
	case failBefore:
		return errDisk
	case failInside:
		return f.Store.Update(ctx, council, func(tx storage.Tx) error {
			seen := &watched{Tx: tx}
			if err := fn(seen); err != nil {
				return err
			}
			panic(strings.Join(seen.stored, " "))
		})
	case failAfter:
		return errors.Join(f.Store.Update(ctx, council, fn), errDisk)
	}
	return f.Store.Update(ctx, council, func(tx storage.Tx) error {
		return fn(&watched{Tx: tx, leak: f.leak})
	})
}

// watched sees what is stored.
type watched struct {
	storage.Tx
	leak   *slog.Logger
	stored []string
}

func (w *watched) see(b []byte) {
	w.stored = append(w.stored, string(b))
	if w.leak != nil {
		w.leak.Debug("stored", "what", string(b))
	}
}

func (w *watched) PutDoc(kind, id string, doc []byte, values []string) error {
	w.see(doc)
	return w.Tx.PutDoc(kind, id, doc, values)
}

func (w *watched) Enqueue(it storage.Item) error {
	w.see(it.Body)
	return w.Tx.Enqueue(it)
}

// threadSafe keeps what many goroutines write.
type threadSafe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *threadSafe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *threadSafe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
