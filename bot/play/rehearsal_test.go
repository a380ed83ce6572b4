package play_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	phones "mimamori.example/mimamori/bot/line/emulator/page"
	"mimamori.example/mimamori/bot/play"
)

// The tests' own binary is the program's as well, as the demo's is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == play.DemoProgram {
		if err := play.Program(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// scene is a rehearsal and what a test does with it.
type scene struct {
	*play.Rehearsal
	t   *testing.T
	ctx context.Context
	// ids, as Phones gives them
	sato, group, takahashi string
	yamada                 string
	changes                *atomic.Int64
}

// rehearse puts the program on.
func rehearse(t *testing.T, o play.RehearsalOptions) *scene {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	began := time.Now()
	r, err := play.NewRehearsal(ctx, o)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began))
	t.Cleanup(func() {
		defer cancel()
		if err := r.Close(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("close: %v", err)
		}
		if _, err := os.Stat(r.Data()); !os.IsNotExist(err) {
			t.Errorf("data are left behind: %v", err)
		}
	})
	s := &scene{Rehearsal: r, t: t, ctx: ctx, changes: &atomic.Int64{}}
	r.Changed(func() { s.changes.Add(1) })
	for _, p := range r.Phones() {
		switch {
		case p.Group:
			s.group, s.yamada = p.ID, p.Speakers[0].ID
		case p.Name == "佐藤":
			s.sato = p.ID
		case p.Name == "高橋":
			s.takahashi = p.ID
		}
	}
	return s
}

// act waits until the program has answered, unless it does not run.
func (s *scene) act(h *emulator.Handle, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	if status, err := h.Status(s.ctx); s.Running() && (status != 200 || err != nil) {
		s.t.Fatalf("the program answers %d: %v", status, err)
	}
	// What hangs is not waited for.
	resting, cancel := context.WithTimeout(s.ctx, time.Second)
	defer cancel()
	if err := s.Rest(resting); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		s.t.Fatal(err)
	}
}

func (s *scene) scan() {
	s.t.Helper()
	link, err := s.Line.Open(s.Cards()[0].Link)
	if err != nil {
		s.t.Fatal(err)
	}
	s.act(s.Line.Say(s.sato, "", link.Text))
}

func (s *scene) tap(label string) {
	s.t.Helper()
	s.act(s.Line.Tap(s.sato, "", "", label))
}

// shows waits for a message of the account's in a talk.
func (s *scene) shows(phone string, is func(emulator.Message) bool) {
	s.t.Helper()
	var seen []emulator.Message
	err := s.Line.Await(s.ctx, func() bool {
		seen = s.talk(phone)
		return slices.ContainsFunc(seen, func(m emulator.Message) bool { return m.From == s.Bot.UserID() && is(m) })
	})
	if err != nil {
		var all strings.Builder
		for _, m := range seen {
			all.WriteString(m.Text + "\n")
		}
		s.t.Fatalf("what was waited for does not come: %v\n%s", err, &all)
	}
}

func (s *scene) talk(phone string) []emulator.Message {
	s.t.Helper()
	ms, err := s.Line.Group(phone)
	if phone != s.group {
		ms, err = s.Line.Talk(phone, "")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return ms
}

// cards counts those of the cases in the group.
func (s *scene) cards() int {
	n := 0
	for _, m := range s.talk(s.group) {
		if hasButton(m, "担当する") {
			n++
		}
	}
	return n
}

func (s *scene) member() {
	s.t.Helper()
	s.scan()
	s.tap("同意して登録する")
	s.shows(s.sato, says("登録しました"))
}

// draft is a report up to the button that sends it.
func (s *scene) draft() {
	s.t.Helper()
	s.scan()
	s.tap("業者がその場にいる")
	s.tap("屋根・外壁などの点検商法")
	s.shows(s.sato, func(m emulator.Message) bool { return hasButton(m, "送信する") })
}

func (s *scene) moveTo(id string) {
	s.t.Helper()
	i := slices.IndexFunc(s.Moments(), func(m phones.Moment) bool { return m.ID == id })
	if i < 0 {
		s.t.Fatalf("there is no moment %q", id)
	}
	at := s.Moments()[i].At
	if err := s.MoveTo(s.ctx, at); err != nil {
		s.t.Fatal(err)
	}
	if late := s.Now().Sub(at); late < 0 || late > time.Minute {
		s.t.Fatalf("it is %v, not %v", s.Now(), at)
	}
}

func hasButton(m emulator.Message, label string) bool {
	return slices.ContainsFunc(m.Buttons, func(b emulator.Button) bool { return b.Label == label })
}

func says(words string) func(emulator.Message) bool {
	return func(m emulator.Message) bool { return strings.Contains(m.Text, words) }
}

// The scene at the beginning: the secretariat with two clerks, nobody strange
// among them, and the time of an open office.
func TestScene(t *testing.T) {
	began := time.Now()
	s := rehearse(t, play.RehearsalOptions{})
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("ready after %v", took)
	}
	if got := s.Now(); !got.After(time.Now()) || got.Minute() != 30 || got.Location() != config.Tokyo {
		t.Errorf("it begins at %v", got)
	}
	all := s.Phones()
	if len(all) != 4 || len(all[1].Speakers) != 3 || !all[1].Group {
		t.Fatalf("phones: %+v", all)
	}
	groups := s.Line.Groups()
	if len(groups) != 1 || groups[0].Bot != s.Bot.UserID() || len(groups[0].Members) != 2 {
		t.Errorf("the group: %+v", groups)
	}
	if out := all[1].Speakers[2]; slices.ContainsFunc(groups[0].Members, func(p emulator.Person) bool { return p.ID == out.ID }) {
		t.Error("the stranger is in the group")
	}
	s.shows(s.group, says("山田さんを最初の職員として登録しました"))
	s.shows(s.group, says("田中さんを職員として登録しました"))
	s.shows(s.takahashi, says("友だち追加ありがとうございます"))
	var holders []string
	for _, c := range s.Cards() {
		holders = append(holders, c.Holder)
		if link, err := s.Line.Open(c.Link); err != nil || link.Bot != s.Bot.UserID() || !strings.HasPrefix(link.Text, "構成員証 ") {
			t.Errorf("card %s opens %+v %v", c.Number, link, err)
		}
	}
	if want := []string{"見本移動スーパー A-101", "見本ガス A-102", "見本牛乳店 A-103"}; !slices.Equal(holders, want) {
		t.Errorf("cards of %q", holders)
	}
	if len(s.Line.Sends())+len(s.Line.Webhooks()) > 0 {
		t.Error("the log does not begin empty")
	}
	if code, err := s.SetupCode(s.ctx); len(code) != 26 || err != nil {
		t.Errorf("set-up code of %d letters: %v", len(code), err)
	}
	if q, err := s.Queue(s.ctx); err != nil || q != (phones.Queue{}) {
		t.Errorf("queue: %+v %v", q, err)
	}
}

// The tour can be walked by its own words, twice, and ends.
func TestTour(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	for walk := range 2 {
		steps := s.Tour()
		if first := []string{"scan", "report"}[walk]; steps[0].ID != first { // who has a card is not asked again
			t.Errorf("walk %d begins with %s", walk, steps[0].ID)
		}
		for _, step := range steps {
			if step.Say == "" || step.English == "" || step.Phone == "" {
				t.Errorf("step %s is not described: %+v", step.ID, step)
			}
			if step.Done == nil {
				continue
			}
			if step.Done(s.Line) {
				t.Fatalf("step %s is done before it was taken", step.ID)
			}
			user, chat := step.Phone, ""
			if step.Phone == s.group {
				user, chat = s.yamada, s.group
			}
			if step.Label == "" {
				s.scan()
			} else {
				s.act(s.Line.Tap(user, chat, "", step.Label))
			}
			if err := s.Line.Await(s.ctx, func() bool { return step.Done(s.Line) }); err != nil {
				t.Fatalf("step %s is never done: %v", step.ID, err)
			}
		}
		last := steps[len(steps)-1]
		if last.Done != nil || !strings.HasPrefix(last.Say, "おわりです") {
			t.Errorf("the tour ends with %q", last.Say)
		}
		for _, step := range steps[:len(steps)-1] {
			if !step.Done(s.Line) {
				t.Errorf("step %s is forgotten", step.ID)
			}
		}
		for _, step := range s.Tour() {
			if step.Done != nil && step.Done(s.Line) {
				t.Errorf("step %s of a new tour is done by the old one", step.ID)
			}
		}
	}
}

// kill -9 in the middle of a report: what was chosen is still there, and what
// was sent while the program was down arrives, once.
func TestKilledInAReport(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	s.draft()
	before := s.changes.Load()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if s.Running() || s.changes.Load() == before {
		t.Error("the end is not told")
	}
	if err := s.Kill(); err != nil {
		t.Errorf("killed twice: %v", err)
	}
	if _, err := s.Queue(s.ctx); err == nil {
		t.Error("a dead program tells its queue")
	}
	s.tap("送信する")
	if s.cards() != 0 {
		t.Fatal("a dead program has sent a card")
	}
	port := s.Line.Webhooks()[0].URL
	if err := s.Start(s.ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(s.ctx); err != nil || !s.Running() {
		t.Errorf("started twice: %v", err)
	}
	if err := s.MoveTo(s.ctx, s.Now().Add(10*time.Second)); err != nil { // LINE delivers again
		t.Fatal(err)
	}
	s.shows(s.group, says("屋根・外壁などの点検商法"))
	s.shows(s.sato, says("受け付けました"))
	if n := s.cards(); n != 1 {
		t.Errorf("%d cards", n)
	}
	for _, w := range s.Line.Webhooks() {
		if w.URL != port {
			t.Errorf("the program has moved from %s to %s", port, w.URL)
		}
	}
}

// What was accepted but could not be sent yet survives too.
func TestKilledBeforeItWasSent(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	s.draft()
	if _, err := s.Line.Break(emulator.Fault{Endpoint: "push", Kind: emulator.FailBefore}); err != nil {
		t.Fatal(err)
	}
	s.tap("送信する")
	q, err := s.Queue(s.ctx)
	if err != nil || q.Waiting != 1 {
		t.Errorf("queue: %+v %v", q, err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.MoveTo(s.ctx, s.Now().Add(time.Minute)); err != nil { // nobody is there
		t.Fatal(err)
	}
	s.Line.Mend("")
	if err := s.Start(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.shows(s.group, says("屋根・外壁などの点検商法"))
	if n := s.cards(); n != 1 {
		t.Errorf("%d cards", n)
	}
}

// A program that dies by itself is seen to be dead.
func TestDiesByItself(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	for _, end := range []func() error{
		func() error { return s.Process().Signal(syscall.SIGKILL) },
		s.HangUp, // the demo has gone: none outlives it
	} {
		told := make(chan struct{}, 100)
		s.Changed(func() {
			select {
			case told <- struct{}{}:
			default:
			}
		})
		if err := end(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-told:
		case <-s.ctx.Done():
			t.Fatal("nobody says that it has died")
		}
		if s.Running() {
			t.Error("it still seems to run")
		}
		if err := s.Start(s.ctx); err != nil {
			t.Fatal(err)
		}
		s.scan()
	}
}

// A month's move delivers the notice to residents; before it nobody gets any.
func TestMoveToTheNotice(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	before := len(s.talk(s.takahashi))
	s.moveTo("soon")
	if n := len(s.talk(s.takahashi)); n != before {
		t.Fatalf("%d messages instead of %d", n, before)
	}
	s.moveTo("notice")
	s.shows(s.takahashi, func(m emulator.Message) bool { return m.Via == "multicast" && strings.Contains(m.Text, "188") })
	if n := len(s.talk(s.takahashi)); n != before+1 {
		t.Errorf("%d messages instead of %d", n, before+1)
	}
	if err := s.MoveTo(s.ctx, s.Now().Add(-time.Second)); err == nil {
		t.Error("the clock goes back")
	}
	// The program knows the time as well.
	s.member()
	s.draft()
	s.tap("送信する")
	s.shows(s.group, says(s.Now().Format("1月2日")))
}

// Who was shown advice and did not send is reminded; in the evening the reply
// is another; in the morning comes the digest.
func TestMoments(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	s.draft()
	s.moveTo("soon")
	s.shows(s.sato, func(m emulator.Message) bool { return m.Via == "push" })
	s.tap("送信する")
	s.moveTo("evening")
	s.draft()
	s.tap("送信する")
	s.shows(s.sato, says("いまは開庁時間外"))
	groupBefore := len(s.talk(s.group))
	s.moveTo("morning")
	if len(s.talk(s.group)) == groupBefore {
		t.Error("the morning brings no digest")
	}
	last := time.Time{}
	for _, m := range s.Moments() {
		if m.Label == "" || m.English == "" || m.At.Before(last) || !m.At.After(s.Now().Add(-time.Second)) {
			t.Errorf("moment %+v after %v", m, last)
		}
		last = m.At
	}
}

// While LINE answers nothing the clock still moves, and does not wait for it;
// the letters of the second channel arrive here and nowhere else.
func TestMoveWhileLineHangs(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	s.member()
	s.draft()
	if _, err := s.Line.Break(emulator.Fault{Endpoint: "push", Kind: emulator.HangBefore}); err != nil {
		t.Fatal(err)
	}
	s.tap("送信する")
	began := time.Now()
	s.moveTo("hour")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("an hour took %v", took)
	}
	if err := s.Line.Await(s.ctx, func() bool { return len(s.Letters()) > 0 }); err != nil {
		t.Fatalf("no letter: %v", err)
	}
	if l := s.Letters()[0]; l.To != "secretariat@example.jp" || !strings.Contains(l.Body, "受付") {
		t.Errorf("the letter: %+v", l)
	}
}

// The program may be killed and started while the clock is on its way.
func TestKilledOnTheWay(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	under, moved := make(chan struct{}, 1), make(chan error, 1)
	s.Changed(func() {
		select {
		case under <- struct{}{}:
		default:
		}
	})
	at := s.Now().Add(12 * time.Hour)
	go func() { moved <- s.MoveTo(s.ctx, at) }()
	<-under
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
	if err := s.Start(s.ctx); err != nil {
		t.Error(err)
	}
	if err := <-moved; err != nil || s.Now().Before(at) {
		t.Errorf("moved to %v: %v", s.Now(), err)
	}
	s.member()
	s.draft()
	s.tap("送信する")
	s.shows(s.group, says(s.Now().Format("1月2日")))
}

func TestSubject(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{})
	for message, want := range map[string]string{
		"受付26-0001：山田さんが担当します。":               "26-0001",
		"【訓練】受付D26-0012 至急":                   "D26-0012",
		`{"text":"受付26-10001 終了"}`:            "26-10001",
		"受け付けました（受付番号 26-0007）。0885-00-0001へ": "26-0007",
		"26-0003":              "26-0003",
		"0885-00-0001へお電話ください": "",
		"03-1234-5678":         "",
		"受付番号は、あとでお知らせします": "",
		"":                "",
		"受付2-1 受付26-0009": "26-0009",
		"0000-00-0001へ。受付番号26-0002の内容が届いていません": "26-0002",
	} {
		if got := s.Subject(message); got != want {
			t.Errorf("%q is about %q, want %q", message, got, want)
		}
	}
}

// A program that cannot start says why.
func TestCannotStart(t *testing.T) {
	for name, c := range map[string]struct {
		o    play.RehearsalOptions
		want string
	}{
		"no such program":    {play.RehearsalOptions{Program: []string{filepath.Join(t.TempDir(), "gone")}}, "gone"},
		"ends at once":       {play.RehearsalOptions{Program: []string{"sh", "-c", "echo the reason >&2"}}, "the reason"},
		"talks nonsense":     {play.RehearsalOptions{Program: []string{"sh", "-c", "echo nonsense; exec cat >/dev/null"}}, "cannot be read"},
		"not on loopback":    {play.RehearsalOptions{Listen: "0.0.0.0:0"}, "loopback"},
		"no such council":    {play.RehearsalOptions{Config: twoTowns(), Council: "third"}, `"third"`},
		"no council at all":  {play.RehearsalOptions{Config: config.New()}, "no council"},
		"faults of its own":  {play.RehearsalOptions{Config: faulty()}, "group_card"},
		"flows that are not": {play.RehearsalOptions{Config: noFlows()}, "gone.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			r, err := play.NewRehearsal(ctx, c.o)
			if err == nil {
				t.Error("it starts", r.Close(ctx))
			} else if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

func towns(ids ...string) *config.Config {
	c := config.New()
	for _, id := range ids {
		town := config.NewCouncil(id)
		town.Name, town.Network, town.Municipality = id+"市協議会", id+"ネットワーク", id+"市"
		town.Telephone, town.Office.Name = "0000-00-0001", "係"
		town.Centre = config.Place{Name: "センター", Telephone: "188"}
		c.Councils = append(c.Councils, town)
	}
	return c
}

func twoTowns() *config.Config { return towns("first", "second") }

func faulty() *config.Config {
	c := towns("first")
	c.Councils[0].GroupCard = "none"
	return c
}

func noFlows() *config.Config {
	c := towns("first")
	c.Councils[0].Flows = "gone.yaml"
	return c
}

// A council without organisations gets one, and one without a second channel
// gets no letters. What was given is not changed.
func TestAnotherCouncil(t *testing.T) {
	own := twoTowns()
	s := rehearse(t, play.RehearsalOptions{Config: own, Council: "second"})
	if s.Bot.Name() != "secondネットワーク" {
		t.Errorf("the account is called %s", s.Bot.Name())
	}
	var numbers []string
	for _, c := range s.Cards() {
		numbers = append(numbers, c.Number)
	}
	if !slices.Equal(numbers, []string{"A-101", "A-102"}) { // two work outside
		t.Errorf("cards %q", numbers)
	}
	s.member()
	s.draft()
	s.tap("送信する")
	s.shows(s.group, says("屋根・外壁などの点検商法"))
	if len(own.Councils) != 2 || len(own.Councils[1].Organisations) != 0 || own.Councils[1].LINE.Endpoint != "" {
		t.Error("the given configuration was changed")
	}
}

// The child's own side: it refuses what is no configuration, and ends when
// nobody speaks to it any more.
func TestProgramWithoutItsDemo(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, input := range []string{"", "nonsense\n", "{}\n", `{"Config":{"Councils":[]}}` + "\n"} {
		cmd := exec.CommandContext(t.Context(), self, play.DemoProgram)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("play: the configuration")) {
			t.Errorf("%q: %v %s", input, err, out)
		}
	}
}

func TestOpeningAndEvening(t *testing.T) {
	usual := config.NewCouncil("x").Office
	always := usual
	always.OpenNewYear = true
	always.Hours = []config.Hours{{From: config.At(0, 0), Until: config.At(24, 0), Days: []config.Weekday{0, 1, 2, 3, 4, 5, 6}}}
	short := usual
	short.Hours = []config.Hours{{From: config.At(10, 0), Until: config.At(10, 45), Days: []config.Weekday{3}}}
	for _, c := range []struct {
		office            config.Office
		now, opens, night string
	}{
		{usual, "2026-11-20 07:00", "2026-11-20 09:30", "2026-11-20 20:00"}, // a Friday
		{usual, "2026-11-20 10:00", "2026-11-23 09:30", "2026-11-20 20:00"},
		{usual, "2026-11-20 20:00", "2026-11-23 09:30", "2026-11-23 20:00"},
		{usual, "2026-12-29 10:00", "2027-01-04 09:30", "2027-01-04 20:00"},
		{always, "2026-11-20 10:00", "2026-11-21 09:30", ""},
		{short, "2026-11-20 10:00", "2026-11-25 10:01", "2026-11-25 20:00"},
	} {
		now, err := play.Time(c.now)
		if err != nil {
			t.Fatal(err)
		}
		show := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.In(config.Tokyo).Format("2006-01-02 15:04")
		}
		if got := show(play.Opening(&c.office, now)); got != c.opens {
			t.Errorf("%s: begins at %s, want %s", c.now, got, c.opens)
		}
		if got := show(play.Evening(&c.office, now)); got != c.night {
			t.Errorf("%s: evening at %s, want %s", c.now, got, c.night)
		}
	}
}

func FuzzOrder(f *testing.F) {
	f.Add([]byte(`{"N":1,"Do":"idle","Within":5}` + "\n"))
	f.Add([]byte(`{"N":2,"Do":"command","Name":"status","Args":["a"]}`))
	f.Add([]byte("{}{}\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		err := play.ReadOrder(bufio.NewReader(bytes.NewReader(text)))
		if err != nil && strings.ContainsAny(err.Error(), "\n{}") {
			t.Errorf("the error tells what was read: %v", err)
		}
	})
}
