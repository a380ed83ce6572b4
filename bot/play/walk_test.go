package play_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	"mimamori.example/mimamori/bot/play"
	"mimamori.example/mimamori/storage"
)

// walkSteps is how many steps the walks take together, and walkLength how many
// one town lives through: MIMAMORI_STEPS, by default 2,000.
const walkLength = 250

func walkSteps(t *testing.T) int {
	t.Helper()
	text := os.Getenv("MIMAMORI_STEPS")
	if text == "" {
		return 2000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("MIMAMORI_STEPS is %q", text)
	}
	return n
}

// TestRandomWalk has members, clerks and strangers do what comes into their
// heads, while time goes by and LINE, the store and the order of events fail.
// Every step is a line of a play, so that the end of a walk that went wrong can
// be read, and played again. Each town's seed is its name; MIMAMORI_SEED walks
// in that town only.
func TestRandomWalk(t *testing.T) {
	seeds := make([]uint64, 0, walkSteps(t)/walkLength+1)
	for n := 0; n < walkSteps(t); n += walkLength {
		seeds = append(seeds, uint64(len(seeds)+1))
	}
	if text := os.Getenv("MIMAMORI_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("MIMAMORI_SEED is %q", text)
		}
		seeds = []uint64{n}
	}
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			newWalk(t, seed).walk(walkLength)
		})
	}
}

// The cast: each member's organisation hides something else.
var (
	walkMembers   = []string{"佐藤", "鈴木", "高橋"}
	walkClerks    = []string{"山田", "田中"}
	walkStrangers = []string{"伊藤", "渡辺"}
)

type walk struct {
	t     *testing.T
	ctx   context.Context
	rng   *rand.Rand
	world *play.World
	stage *play.Stage
	clock *clock.Manual
	store *walkStore

	users   map[string]string // name → id
	group   string
	in      map[string]bool // strangers who are in the group
	unheard map[string]bool // strangers of whose last coming or going the bot may not know
	fated   bool            // the next event comes twice, late or never
	marks   int
	line    int
	down    bool // LINE fails until it is mended
	played  []string
	told    map[string]int // user or group → messages looked at
	judge   *judge
	began   time.Time // when the step did
	excused bool      // the store was made to fail, and events may still come again
}

func newWalk(t *testing.T, seed uint64) *walk {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	now, err := play.Time("2026-12-01 10:00")
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{t: t, ctx: ctx, rng: rand.New(rand.NewPCG(seed, 18)), clock: clock.NewManual(now), store: &walkStore{},
		users: map[string]string{}, in: map[string]bool{}, unheard: map[string]bool{}, told: map[string]int{}, judge: newJudge(), began: now}
	dir := t.TempDir()
	kept := config.Storage{Engine: config.Bolt, Path: filepath.Join(dir, "walk.db")}
	if err := app.InitStore(ctx, kept); err != nil {
		t.Fatal(err)
	}
	w.world, err = play.New(ctx, play.Options{Clock: w.clock, Dir: dir, NoRates: true, Log: slog.New(slog.DiscardHandler),
		Change: func(c *config.Config) { c.Councils[0].GroupCard = []string{"basic", "full", "number_only"}[seed%3] },
		Store: func(ctx context.Context) (storage.Store, error) {
			s, err := app.OpenStore(ctx, kept, slog.New(slog.DiscardHandler))
			w.store.Store = s
			return w.store, err
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.world.Close(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	w.stage = play.NewStage(w.world, w.clock)
	w.play("* secretariat 事務局 " + strings.Join(walkClerks, " "))
	for i, m := range walkMembers {
		w.play(fmt.Sprintf("* member %s %s A-%d", m, []string{"shop", "gas", "milk"}[i], i+1))
	}
	for _, s := range walkStrangers { // they have friends elsewhere
		w.play(s + ": friend")
	}
	for _, p := range w.world.Line.People() {
		w.users[p.Name] = p.ID
	}
	w.group = w.world.Line.Groups()[0].ID
	return w
}

// play performs one line.
func (w *walk) play(text string) {
	w.t.Helper()
	lines, err := play.Parse(text)
	if err != nil {
		w.t.Fatal(err)
	}
	w.line++
	got, err := w.stage.Perform(w.ctx, lines)
	if !strings.HasPrefix(text, "*") && !strings.Contains(got, "もう出ていません") {
		w.fated = false // somebody has done something
	}
	w.played = append(w.played, got)
	if err != nil {
		w.fail("%v", err)
	}
}

// fail ends the walk, and tells how it came to where it is.
func (w *walk) fail(format string, args ...any) {
	w.t.Helper()
	last := w.played[max(0, len(w.played)-12):]
	w.t.Fatalf("step %d: %s\nMIMAMORI_SEED=%s walks the same way. The last steps:\n%s", w.line, fmt.Sprintf(format, args...),
		filepath.Base(w.t.Name()), strings.Join(last, ""))
}

func (w *walk) walk(steps int) {
	for range steps {
		w.step()
		w.check()
	}
	// In peace everything comes to its end, and nobody is forgotten.
	w.play("* mend")
	w.down = false
	for range 3 {
		w.play("* wait 30h")
		w.check()
	}
}

func pick[T any](w *walk, from []T) T { return from[w.rng.IntN(len(from))] }

func (w *walk) step() {
	before := w.line
	for w.line == before { // what cannot be done now is no step
		switch n := w.rng.IntN(100); {
		case n < 14:
			w.report(pick(w, walkMembers))
		case n < 30:
			w.tap(pick(w, walkMembers), "")
		case n < 40:
			w.play(pick(w, walkMembers) + ": say " + w.words())
		case n < 60:
			w.tap(pick(w, walkClerks), w.group)
		case n < 64:
			w.stranger(pick(w, walkStrangers))
		case n < 70:
			w.quote(pick(w, walkClerks))
		case n < 74:
			w.play(pick(w, walkClerks) + ": say " + pick(w, walkCommands))
		case n < 78:
			w.move(pick(w, walkStrangers))
		case n < 92:
			w.play("* wait " + pick(w, []string{"1m", "5m", "20m", "1h", "3h", "13h", "30h"}))
		default:
			w.trouble()
		}
	}
}

var (
	walkUrgencies = []string{"業者がその場にいる", "暴力・脅しの危険がある", "きょう・あす払う予定", "契約の代金を払った", "わからない・迷っている", "急ぎではない"}
	walkKinds     = []string{"訪問販売・しつこい勧誘", "屋根・外壁などの点検商法", "わからない"}
	walkPhrases   = []string{"報告", "メニュー", "やめる", "はい", "了解しました", "知らせる", "取り消し", "停止", "再開"}
	walkCommands  = []string{"受付26-0001 担当する", "受付26-0001 カードを見る", "受付26-0002 指示する 1つたずねる", "受付26-0001 構成員へ送る",
		"受付26-0003 終了 未然防止", "受付", "全員を確認しました", "受付26-0001 構成員へ送る ZZZZZZ", "受付26-9999 担当する"}
)

// words are a phrase, or something that nobody has said before.
func (w *walk) words() string {
	if w.rng.IntN(2) == 0 {
		return pick(w, walkPhrases)
	}
	return "白い車でした。" + w.mark()
}

func (w *walk) mark() string {
	w.marks++
	return "印" + string(rune('a'+w.marks/26%26)) + string(rune('a'+w.marks%26)) + "終"
}

func (w *walk) talk(user, group string) []emulator.Message {
	w.t.Helper()
	var all []emulator.Message
	var err error
	if group != "" {
		all, err = w.world.Line.Group(group)
	} else {
		all, err = w.world.Line.Talk(user, w.world.Bot.UserID())
	}
	if err != nil {
		w.fail("%v", err)
	}
	return all
}

// report is the shortest report, as far as it is asked for.
func (w *walk) report(name string) {
	for _, act := range []string{"say 報告", "tap " + pick(w, walkUrgencies), "tap " + pick(w, walkKinds), "tap 送信する"} {
		w.play(name + ": " + act)
	}
}

// tap taps any button of the last messages.
func (w *walk) tap(name, group string) {
	all, err := w.world.Line.Later(w.users[name], group, 0) // as this person sees it
	if err != nil {
		w.fail("%v", err)
	}
	var labels []string
	for _, m := range all[max(0, len(all)-12):] {
		for _, b := range m.Buttons {
			if b.Type != "uri" && !slices.Contains(labels, b.Label) {
				labels = append(labels, b.Label)
			}
		}
	}
	if len(labels) > 0 {
		w.play(name + ": tap " + pick(w, labels))
	}
}

// quote answers any of the last messages about a case.
func (w *walk) quote(name string) {
	if len(w.judge.holder) == 0 {
		return
	}
	nos := make([]string, 0, len(w.judge.holder))
	for no := range w.judge.holder {
		if slices.ContainsFunc(w.talk("", w.group), func(m emulator.Message) bool { return strings.Contains(m.Text, no) }) {
			nos = append(nos, no)
		}
	}
	if len(nos) > 0 {
		slices.Sort(nos)
		w.play(name + ": quote " + pick(w, nos) + " " + pick(w, []string{"次に会ったら、ようすを教えてください。", "構成員へ送る", "はい"}))
	}
}

// stranger does what somebody in the group whom nobody knows can do.
func (w *walk) stranger(name string) {
	switch {
	case !w.in[name]:
	case w.rng.IntN(2) == 0:
		w.tap(name, w.group)
	default:
		w.play(name + ": say " + pick(w, walkCommands))
	}
}

// move has somebody come into the group or leave it.
func (w *walk) move(name string) {
	if w.rng.IntN(4) == 0 && !w.fated { // one fate at a time: they would queue
		w.play("* lose")
		w.fated = true
	}
	w.unheard[name] = w.fated
	if w.in[name] {
		delete(w.judge.vouched, w.users[name])
		w.play(name + ": leave 事務局")
	} else {
		w.play(name + ": join 事務局")
	}
	w.in[name] = !w.in[name]
}

// trouble is something that fails, or ceases to.
func (w *walk) trouble() {
	switch n := w.rng.IntN(12); {
	case w.down:
		w.play("* mend")
		w.down = false
	case n < 2:
		w.play("* break " + pick(w, []string{"push", "reply", "all"}) + " " + pick(w, []string{"fail-before", "fail-after", "drop-before", "quota-out"}))
		w.down = true
	case n < 6:
		w.play("* break " + pick(w, []string{"push", "reply"}) + " " +
			pick(w, []string{"fail-before", "fail-after", "drop-before", "drop-after", "rate-limited"}) + " " + pick(w, []string{"1", "3"}))
	case n < 9 && w.fated: // one at a time
	case n < 9:
		w.play("* " + pick(w, []string{"duplicate", "lose", "delay 30s", "delay 2h"}))
		w.fated = true
	case n < 11:
		w.play("* stop")
		w.play("* start")
	default:
		w.store.failing.Add(1)
		w.excused = true
		w.played = append(w.played, "# the store fails once\n")
	}
}

var errWalkStore = errors.New("the store was made to fail")
