package clock

import (
	"sync"
	"time"
)

// Standing is how long a changed clock must stand before it is believed. A
// minute of a wrong year then lets nothing expire, raises nothing and skips no
// notice.
const Standing = 2 * time.Minute

// tolerance is what the wall clock may differ by and is followed at once.
const tolerance = 2 * time.Second

// Step is a jump of the wall clock: it was set, or the machine has slept.
type Step struct {
	By   time.Duration // positive: ahead
	What StepState
}

// StepState is what has become of a step.
type StepState string

// The states of a step.
const (
	StepSeen     StepState = "seen"     // the old time goes on for Standing
	StepBelieved StepState = "believed" // the new time is ours now
	StepGone     StepState = "gone"     // the clock has gone back to where it was
)

// Steady is the machine's clock without short errors: when the wall clock jumps
// against the monotonic one, the old time goes on until the new one has stood
// for a while. It is safe for use by many goroutines.
type Steady struct {
	read func() (wall time.Time, running time.Duration)
	told func(Step)

	mu       sync.Mutex
	begun    time.Time
	believed time.Duration // how far the wall clock is ahead of begun + running
	doubted  time.Duration // the same, not believed yet
	doubting bool
	since    time.Duration // running, when doubted was first seen
}

// NewSteady reads the machine's clocks. told hears of every step, without
// waiting and perhaps from many goroutines; nil: nobody.
func NewSteady(told func(Step)) *Steady {
	begun := time.Now()
	return NewSteadyOn(func() (time.Time, time.Duration) {
		t := time.Now()
		return t.Round(0), t.Sub(begun)
	}, told)
}

// NewSteadyOn is NewSteady on other clocks: the wall's time, and how long the
// monotonic one has been running.
func NewSteadyOn(read func() (wall time.Time, running time.Duration), told func(Step)) *Steady {
	if told == nil {
		told = func(Step) {}
	}
	s := &Steady{read: read, told: told}
	wall, running := read()
	s.begun = wall.Add(-running)
	return s
}

// Now is the wall clock's time, or what it would be without a step that has not
// stood yet.
func (s *Steady) Now() time.Time {
	now, step := s.now()
	if step.What != "" {
		s.told(step)
	}
	return now
}

func (s *Steady) now() (time.Time, Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wall, running := s.read()
	ahead := wall.Sub(s.begun.Add(running))
	by := ahead - s.believed
	switch {
	case near(by):
		s.believed = ahead
		if s.doubting {
			s.doubting = false
			return wall, Step{s.doubted - ahead, StepGone}
		}
		return wall, Step{}
	case !s.doubting || !near(ahead-s.doubted):
		s.doubting, s.doubted, s.since = true, ahead, running
		return wall.Add(-by), Step{by, StepSeen}
	case running-s.since >= Standing:
		s.doubting, s.believed = false, ahead
		return wall, Step{by, StepBelieved}
	}
	return wall.Add(-by), Step{}
}

func near(d time.Duration) bool { return d.Abs() <= tolerance }

// After is time.After, which no step disturbs.
func (*Steady) After(d time.Duration) <-chan time.Time { return time.After(d) }
