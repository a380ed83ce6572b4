package council_test

import (
	"testing"
	"time"

	"mimamori.example/mimamori/bot/council"
)

var tokyo = time.FixedZone("Asia/Tokyo", 9*60*60)

func TestFiscalYear(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want int
	}{
		{time.Date(2026, 4, 1, 0, 0, 0, 0, tokyo), 2026},
		{time.Date(2027, 3, 31, 23, 59, 59, 0, tokyo), 2026},
		{time.Date(2027, 1, 1, 0, 0, 0, 0, tokyo), 2026},
		{time.Date(2027, 4, 1, 0, 0, 0, 0, tokyo), 2027},
	} {
		if got := council.FiscalYear(c.at); got != c.want {
			t.Errorf("%v: fiscal year %d, want %d", c.at, got, c.want)
		}
	}
}

func TestReceiptNo(t *testing.T) {
	for _, c := range []struct {
		year  int
		n     uint64
		drill bool
		mark  string
		want  string
	}{
		{2026, 1, false, "", "26-0001"}, {2026, 12, false, "", "26-0012"}, {2026, 9999, false, "", "26-9999"},
		{2026, 10000, false, "", "26-10000"}, {2100, 3, false, "", "00-0003"}, {2026, 1, true, "", "D26-0001"},
		{2026, 101, false, "KWXT", "26-KWXT-0101"}, {2026, 1, true, "KWXT", "D26-KWXT-0001"},
	} {
		if got := council.ReceiptNo(c.year, c.mark, c.n, c.drill); got != c.want {
			t.Errorf("%v: got %s", c, got)
		}
	}
}

// A case that was stored before catalogs said the level reads as it did then.
func TestLevelsOfOldCases(t *testing.T) {
	for urgency, want := range map[string]council.Level{
		"danger": council.Danger, "injured": council.Danger, "about_to_pay": council.Danger, "trader_present": council.Danger,
		"on_the_phone": council.Danger, "defrauded": council.Danger, "pays_soon": council.Soon, "recent_contract": council.Unsure,
		"paid_contract": council.Calm, "not_urgent": council.Calm,
		"": council.Danger, "a_councils_own": council.Danger, // unknown: rather too early than too late
	} {
		c := council.Case{Urgency: urgency}
		if got := c.Level(); got != want {
			t.Errorf("%q: the case's level %v, want %v", urgency, got, want)
		}
	}
}

// What the catalog said when the case came in is what counts.
func TestLevels(t *testing.T) {
	if council.Danger <= council.Soon || council.Soon <= council.Unsure || council.Unsure <= council.Calm || len(council.Levels) != 4 {
		t.Error("the levels do not grow")
	}
	for _, l := range council.Levels {
		if got := council.LevelNamed(l.String()); got != l {
			t.Errorf("%v is found as %v", l, got)
		}
		c := council.Case{Urgency: "not_urgent", Urgent: l.String()}
		if got := c.Level(); got != l {
			t.Errorf("a case of level %v reads as %v", l, got)
		}
	}
	for _, name := range []string{"", "Danger", "urgent"} {
		if got := council.LevelNamed(name); got != council.Danger {
			t.Errorf("%q counts as %v, want danger", name, got)
		}
	}
}

func TestOutcomes(t *testing.T) {
	told := map[council.Result]string{council.Prevented: "prevented", council.Stopped: "stopped", council.Reduced: "reduced", council.NoTrouble: "no_trouble"}
	if len(council.Results) != 9 {
		t.Errorf("%d results", len(council.Results))
	}
	for _, r := range council.Results {
		want := told[r]
		if want == "" {
			want = "handled"
		}
		for _, s := range []council.Status{council.Statutory, council.Cooperator} {
			if got := r.Outcome(s); got != want {
				t.Errorf("%s for %s: %s, want %s", r, s, got, want)
			}
		}
		if got := r.Outcome(council.Agreement); got != "handled" {
			t.Errorf("%s: an organisation by agreement hears %s", r, got)
		}
	}
}

func TestTimers(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, tokyo)
	var c council.Case
	if !c.Due().IsZero() {
		t.Error("a case without timers is due")
	}
	c.Set(council.Timer{Kind: council.TellGroup, At: at.Add(time.Hour)})
	c.Set(council.Timer{Kind: council.PostCard, At: at})
	c.Set(council.Timer{Kind: council.TellGroup, At: at.Add(2 * time.Hour), Count: 1})
	if len(c.Timers) != 2 || !c.Due().Equal(at) {
		t.Errorf("timers %+v, due %v", c.Timers, c.Due())
	}
	if !c.IsDue(council.PostCard, at) || c.IsDue(council.PostCard, at.Add(-1)) || c.IsDue(council.TellGroup, at) || c.IsDue(council.FollowUp, at) {
		t.Error("IsDue is wrong")
	}
	if timer, ok := c.Timer(council.TellGroup); !ok || timer.Count != 1 {
		t.Errorf("the later timer did not replace the earlier: %+v", timer)
	}
	c.Unset(council.PostCard, council.FollowUp)
	if !c.Due().Equal(at.Add(2 * time.Hour)) {
		t.Errorf("due %v", c.Due())
	}
	c.Unset(council.TellGroup)
	if _, ok := c.Timer(council.TellGroup); ok || !c.Due().IsZero() {
		t.Error("a timer is left")
	}
}

func TestWaits(t *testing.T) {
	c := council.Case{Untold: []council.Untold{{ID: "1", Body: "on its way"}}}
	if c.Waits() {
		t.Error("what is on its way does not wait")
	}
	c.Untold = append(c.Untold, council.Untold{Body: "later"})
	if !c.Waits() {
		t.Error("something waits")
	}
}

func TestFindAndInstruction(t *testing.T) {
	c := council.Case{Answers: []council.Answer{{Question: "kind", IDs: []string{"other"}}}, Instructions: []council.Instruction{{ID: "A"}, {ID: "B"}}}
	if a, ok := c.Find("kind"); !ok || a.IDs[0] != "other" {
		t.Error("the answer is not found")
	}
	if _, ok := c.Find("age"); ok {
		t.Error("an answer that was not given is found")
	}
	c.Instruction("B").Lost = true
	if !c.Instructions[1].Lost || c.Instruction("C") != nil {
		t.Error("Instruction does not lead to the case's own")
	}
}

func TestDraftExpires(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, tokyo)
	d := council.Draft{At: at}
	if d.Expired(at.Add(council.DraftKept)) || !d.Expired(at.Add(council.DraftKept+1)) {
		t.Error("a draft lasts thirty minutes, and not longer")
	}
}

func TestResident(t *testing.T) {
	for _, c := range []struct {
		p    council.Person
		want bool
	}{{council.Person{}, true}, {council.Person{Blocked: true}, false}, {council.Person{Stopped: true}, false}, {council.Person{Member: true}, false}} {
		if c.p.Resident() != c.want {
			t.Errorf("%+v", c.p)
		}
	}
}

func TestSlowed(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, tokyo)
	p := council.Person{}
	for i := range 5 {
		if p.Slowed(at) {
			t.Fatalf("slowed after %d", i)
		}
		p.Misses = append(p.Misses, at.Add(time.Duration(i)*time.Minute))
	}
	if !p.Slowed(at.Add(59*time.Minute)) || len(p.Misses) != 5 {
		t.Error("five guesses within an hour are not slowed")
	}
	if p.Slowed(at.Add(time.Hour)) || len(p.Misses) != 4 {
		t.Errorf("an hour later: %d kept", len(p.Misses))
	}
	if p.Slowed(at.Add(3*time.Hour)) || len(p.Misses) != 0 {
		t.Error("old guesses are kept")
	}
}
