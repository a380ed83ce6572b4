package schedule

import (
	"sync"
	"time"
)

// Whether the clock can be right. A wrong one must not use up what is planned: a
// minute of another year would pass over every notice until then.
const (
	// ahead is what clocks may differ by.
	ahead = time.Minute
	// overdue is how late a tick can be after a long outage. Rather the clock is
	// wrong than the program was down for longer.
	overdue = 62 * 24 * time.Hour
	// standFor is how long a doubtful clock must go on before it is believed.
	standFor = 10 * time.Minute
)

// madeAhead tells whether a plan was made later than now.
func (p plan) madeAhead(now time.Time) bool { return p.Made.After(now.Add(ahead)) }

// at is the plan that holds at now.
func (p plan) at(now time.Time) plan {
	if p.Was != nil && !p.Was.madeAhead(now) {
		return *p.Was
	}
	return p
}

// doubtful tells whether the plan and the clock do not go together.
func (p plan) doubtful(now time.Time) bool {
	return p.madeAhead(now) || !p.Next.IsZero() && now.Sub(p.Next) > overdue
}

// standing keeps since when a job's plan and the clock have not gone together.
type standing struct {
	mu    sync.Mutex
	since map[[2]string]time.Time
}

func newStanding() *standing { return &standing{since: map[[2]string]time.Time{}} }

// at is when the clock is believed, if it goes on from now.
func (s *standing) at(council, job string, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]string{council, job}
	since, known := s.since[key]
	if gone := now.Sub(since); !known || gone < 0 || gone > overdue {
		s.since[key], since = now, now
	}
	return since.Add(standFor)
}

func (s *standing) forget(council, job string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.since, [2]string{council, job})
}
