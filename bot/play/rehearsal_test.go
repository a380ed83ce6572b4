package play_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
	phones "mimamori.example/mimamori/bot/line/emulator/page"
	"mimamori.example/mimamori/bot/play"
)

// The scene at the beginning: the secretariat with two clerks, nobody strange
// among them, and the time of an open office.
func TestScene(t *testing.T) {
	s := rehearse(t, play.RehearsalOptions{}) // which logs how long that took
	if got := s.Now(); !got.After(time.Now()) || got.Minute() != 30 || got.Location() != config.Tokyo {
		t.Errorf("it begins at %v", got)
	}
	all := s.Phones()
	if len(all) != 3 || len(all[1].Speakers) != 3 || !all[1].Group {
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
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it says why, and does not wait for this
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
	if !slices.Equal(numbers, []string{"A-101", "A-102"}) { // for who is added later
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

// The program hears of no place but this machine: nothing of the council's own
// servers, store and secrets reaches it.
func TestNothingIsElsewhere(t *testing.T) {
	t.Parallel()
	const elsewhere = "elsewhere.example"
	own := twoTowns()
	own.Listen, own.PublicURL, own.Control = elsewhere+":80", "https://"+elsewhere, "/"+elsewhere
	own.Storage = config.Storage{Engine: config.Postgres, Path: "/" + elsewhere, DSN: config.NewSecret("postgres://" + elsewhere)}
	own.Mail = config.Mail{Host: elsewhere, User: elsewhere, Password: config.NewSecret(elsewhere), From: "a@" + elsewhere}
	town := &own.Councils[0]
	town.MailTo = []string{"b@example.jp"}
	town.LINE = config.LINE{ChannelID: "999999", BasicID: "@own", Endpoint: "https://" + elsewhere, DataEndpoint: "https://" + elsewhere,
		Secret: config.NewSecret(elsewhere), Token: config.NewSecret(elsewhere)}
	s := rehearse(t, play.RehearsalOptions{Config: own})
	given, err := s.Given()
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{elsewhere, "postgres", "999999", "second"} {
		if bytes.Contains(given, []byte(never)) {
			t.Errorf("the program is given %q:\n%s", never, given)
		}
	}
	for _, wanted := range []string{s.URL(), s.Data(), "@own", "firstネットワーク"} {
		if !bytes.Contains(given, []byte(wanted)) {
			t.Errorf("the program is not given %q:\n%s", wanted, given)
		}
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
