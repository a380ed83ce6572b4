package clock_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
)

// machine is a computer's two clocks.
type machine struct {
	wall    time.Time
	running time.Duration
}

func (m *machine) read() (time.Time, time.Duration) { return m.wall, m.running }

func (m *machine) pass(d time.Duration) { m.wall, m.running = m.wall.Add(d), m.running+d }

var noon = time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)

func TestSteady(t *testing.T) {
	const hours9 = 9 * time.Hour
	years := noon.AddDate(4, 0, 0).Sub(noon)
	type act struct {
		pass, set time.Duration // time passes, then the wall clock is set by this
		off       time.Duration // what Now shows against the true time
	}
	for _, c := range []struct {
		name  string
		acts  []act
		steps []clock.Step
	}{
		{"time passes", []act{{time.Hour, 0, 0}, {24 * time.Hour, 0, 0}}, nil},
		{"slow drift is followed", []act{{time.Hour, time.Second, time.Second}, {time.Hour, 2 * time.Second, 3 * time.Second}, {time.Hour, 2 * time.Second, 5 * time.Second}}, nil},
		{"a minute of another year is not seen", []act{{0, years, 0}, {30 * time.Second, 0, 0}, {30 * time.Second, -years, 0}, {time.Hour, 0, 0}},
			[]clock.Step{{By: years, What: clock.StepSeen}, {By: years, What: clock.StepGone}}},
		{"a minute of the past is not seen", []act{{0, -years, 0}, {time.Minute, years, 0}},
			[]clock.Step{{By: -years, What: clock.StepSeen}, {By: -years, What: clock.StepGone}}},
		{"nine hours back, for good", []act{{time.Hour, -hours9, 0}, {clock.Standing - time.Second, 0, 0}, {time.Second, 0, -hours9}, {time.Hour, 0, -hours9}},
			[]clock.Step{{By: -hours9, What: clock.StepSeen}, {By: -hours9, What: clock.StepBelieved}}},
		{"a step within a step begins anew", []act{{0, hours9, 0}, {time.Minute, hours9, 0}, {90 * time.Second, 0, 0}, {30 * time.Second, 0, 2 * hours9}},
			[]clock.Step{{By: hours9, What: clock.StepSeen}, {By: 2 * hours9, What: clock.StepSeen}, {By: 2 * hours9, What: clock.StepBelieved}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &machine{wall: noon}
			var steps []clock.Step
			s := clock.NewSteadyOn(m.read, func(st clock.Step) { steps = append(steps, st) })
			for i, a := range c.acts {
				m.pass(a.pass)
				m.wall = m.wall.Add(a.set)
				if got := s.Now().Sub(noon.Add(m.running)); got != a.off {
					t.Errorf("act %d: off by %v, want %v", i, got, a.off)
				}
			}
			if !slices.Equal(steps, c.steps) {
				t.Errorf("told %v, want %v", steps, c.steps)
			}
		})
	}
}

// Whatever the wall clock does, what is shown goes on evenly, but for the moment
// at which a step has stood.
func TestSteadyNeverJumpsUnbelieved(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := &machine{wall: noon}
	believed := 0
	s := clock.NewSteadyOn(m.read, func(st clock.Step) {
		if st.What == clock.StepBelieved {
			believed++
		}
	})
	last := s.Now()
	for range 5000 {
		d := time.Duration(r.IntN(60)) * time.Second
		m.pass(d)
		if r.IntN(10) == 0 {
			m.wall = m.wall.Add(time.Duration(r.IntN(200_000)-100_000) * time.Second)
		}
		before := believed
		now := s.Now()
		if jump := now.Sub(last) - d; jump.Abs() > 2*time.Second && believed == before {
			t.Fatalf("jumped by %v", jump)
		}
		last = now
	}
	if believed == 0 {
		t.Error("no step was ever believed")
	}
}

func TestManualStep(t *testing.T) {
	c := clock.NewManual(noon)
	ring := c.After(time.Minute)
	c.Step(-9 * time.Hour)
	if got := c.Now(); !got.Equal(noon.Add(-9 * time.Hour)) {
		t.Fatalf("stands at %v", got)
	}
	c.Advance(59 * time.Second)
	select {
	case <-ring:
		t.Fatal("rang early")
	default:
	}
	c.Advance(time.Second)
	select {
	case <-ring:
	default:
		t.Error("does not ring a minute later")
	}
}
