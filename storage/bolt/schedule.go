package bolt

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"sync"
	"time"

	"mimamori.example/mimamori/storage"
)

// schedule knows of every waiting item when it can be claimed. It lives in
// memory, is rebuilt from the file at start and follows each commit; leases
// live only here, as one process owns the file: after a restart every lease is
// over.
type schedule struct {
	mu     sync.Mutex
	byID   map[itemKey]*entry
	lines  map[lineKey][]*entry // unparked items, in order
	aside  map[lineKey][]*entry // parked ones, in order
	ready  map[string]*readyHeap
	opened uint64 // makes leases of different runs differ
	leases uint64
	reason string
	held   bool
	parked int
	lanes  map[string]int // waiting, parked ones included
	seen   time.Time      // the latest claim's
	looked time.Time      // for due times that are too far ahead
}

type itemKey struct{ council, id string }

type lineKey struct{ council, recipient, lane string }

// entry is one waiting item.
type entry struct {
	council, id, recipient, lane string

	seq           uint64
	due, enqueued int64
	attempts      int
	parked        bool
	passes        bool
	yields        bool
	lease         string // "" when free
	until         int64  // end of the lease
	touched       int    // functions of the running batch that act on it
	place         int    // in the heap, -1 when something is in front of it
}

func newSchedule(opened uint64) *schedule {
	return &schedule{
		byID: map[itemKey]*entry{}, lines: map[lineKey][]*entry{}, aside: map[lineKey][]*entry{},
		ready: map[string]*readyHeap{}, lanes: map[string]int{}, opened: opened,
	}
}

// at is when the entry can be claimed.
func (e *entry) at() int64 {
	if e.lease != "" {
		return max(e.due, e.until)
	}
	return e.due
}

func (e *entry) line() lineKey { return lineKey{e.council, e.recipient, e.lane} }

// add puts a new item at the end of its line. The caller holds mu or is alone.
func (s *schedule) add(e *entry) {
	e.place = -1
	s.byID[itemKey{e.council, e.id}] = e
	s.lanes[e.lane]++
	k := e.line()
	if e.parked {
		s.parked++
		s.putAside(e)
		return
	}
	line := append(s.lines[k], e)
	s.lines[k] = line
	if len(line) == 1 || e.passes {
		s.arrange(line)
	}
}

// arrange offers what may be claimed of a line: the first and, when that one
// yields, the first of those that pass, and the next while that one yields too.
func (s *schedule) arrange(line []*entry) {
	for i, e := range line {
		if i > 0 && !e.passes {
			continue
		}
		if e.place < 0 {
			s.offer(e)
		}
		if !e.yields {
			return
		}
	}
}

func (s *schedule) putAside(e *entry) {
	k := e.line()
	s.aside[k] = append(s.aside[k], e)
	s.offer(e)
}

func (s *schedule) remove(e *entry) {
	delete(s.byID, itemKey{e.council, e.id})
	s.lanes[e.lane]--
	if e.parked {
		s.parked--
		s.withdraw(e)
		leave(s.aside, e)
		return
	}
	s.leaveLine(e)
}

// leave takes an entry out of its line and returns what is left of it.
func leave(lines map[lineKey][]*entry, e *entry) []*entry {
	k := e.line()
	line := lines[k]
	if i := slices.Index(line, e); i >= 0 {
		line = slices.Delete(line, i, i+1)
	}
	if len(line) == 0 {
		delete(lines, k)
	} else {
		lines[k] = line
	}
	return line
}

// giveBack ends the lease.
func (s *schedule) giveBack(e *entry, due int64, how giveBack) {
	e.due, e.lease, e.until = due, "", 0
	e.yields = how.yields
	if how.park && !e.parked {
		s.leaveLine(e)
		e.parked = true
		s.parked++
		s.putAside(e)
		return
	}
	if e.place >= 0 {
		heap.Fix(s.ready[e.lane], e.place)
	}
	if e.yields && !e.parked {
		s.arrange(s.lines[e.line()])
	}
}

func (s *schedule) leaveLine(e *entry) {
	s.withdraw(e)
	s.arrange(leave(s.lines, e))
}

func (s *schedule) offer(e *entry) {
	h := s.ready[e.lane]
	if h == nil {
		h = &readyHeap{}
		s.ready[e.lane] = h
	}
	heap.Push(h, e)
}

func (s *schedule) withdraw(e *entry) {
	if e.place >= 0 {
		heap.Remove(s.ready[e.lane], e.place)
	}
}

// next is the heap whose first entry is the earliest of the lanes asked for.
func (s *schedule) next(lanes []string) *readyHeap {
	var best *readyHeap
	look := func(h *readyHeap) {
		if h != nil && len(*h) > 0 && (best == nil || before((*h)[0], (*best)[0])) {
			best = h
		}
	}
	if len(lanes) == 0 {
		for _, h := range s.ready {
			look(h)
		}
		return best
	}
	for _, lane := range lanes {
		look(s.ready[lane])
	}
	return best
}

// claim leases what is due and returns copies of the entries.
func (s *schedule) claim(r storage.ClaimRequest) []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held {
		return nil
	}
	s.drawIn(r)
	now, until := micros(r.Now), micros(r.Now.Add(r.Lease))
	var claimed []entry
	var aside []*entry
	for len(claimed) < r.Max {
		h := s.next(r.Lanes)
		if h == nil || (*h)[0].at() > now {
			break
		}
		e := (*h)[0]
		if e.touched > 0 { // its settling is being committed
			s.withdraw(e)
			aside = append(aside, e)
			continue
		}
		s.leases++
		e.lease = fmt.Sprintf("%d-%d", s.opened, s.leases)
		e.until = until
		e.attempts++
		heap.Fix(h, e.place)
		claimed = append(claimed, *e)
	}
	for _, e := range aside {
		s.offer(e)
	}
	return claimed
}

// drawIn makes due what is due further ahead than anything can be, and ends
// leases that go on for longer than a new one: the clock has been set back. The
// file is not changed: after a restart they are found again.
func (s *schedule) drawIn(r storage.ClaimRequest) {
	back := r.Now.Before(s.seen)
	s.seen = r.Now
	if r.Furthest <= 0 || !back && !s.looked.IsZero() && r.Now.Sub(s.looked) < storage.LookBack {
		return
	}
	s.looked = r.Now
	now, furthest, until := micros(r.Now), micros(r.Now.Add(r.Furthest)), micros(r.Now.Add(r.Lease))
	for _, h := range s.ready {
		changed := false
		for _, e := range *h {
			if e.due > furthest {
				e.due, changed = now, true
			}
			if e.lease != "" && e.until > until {
				e.until, changed = until, true
			}
		}
		if changed {
			heap.Init(h)
		}
	}
}

// hasten implements Store.Hasten.
func (s *schedule) hasten(council string, due, until int64, limit int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var later []*entry
	for _, h := range s.ready {
		for _, e := range *h {
			if e.council == council && e.lease == "" && e.touched == 0 && e.due > due && e.due <= until {
				later = append(later, e)
			}
		}
	}
	slices.SortFunc(later, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.seq, b.seq)) })
	later = later[:min(limit, len(later))]
	for _, e := range later {
		e.due = due
		heap.Fix(s.ready[e.lane], e.place)
	}
	return len(later)
}

// touchAside finds the parked items of a line that nobody has claimed, and keeps
// others from claiming them until untouch.
func (s *schedule) touchAside(k lineKey) []*entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var free []*entry
	for _, e := range s.aside[k] {
		if e.lease == "" {
			e.touched++
			free = append(free, e)
		}
	}
	return free
}

// touch finds a claimed item for a transaction and keeps others from claiming
// it until untouch. nil: the lease is lost.
func (s *schedule) touch(council, id, lease string) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[itemKey{council, id}]
	if e == nil || lease == "" || e.lease != lease {
		return nil
	}
	e.touched++
	return e
}

// has tells whether an item waits, as far as is committed.
func (s *schedule) has(k itemKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[k] != nil
}

func (s *schedule) untouch(entries []*entry) {
	if len(entries) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range entries {
		e.touched--
	}
}

// committed follows what a batch has done to the queue.
func (s *schedule) committed(steps []step, touched []*entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range touched {
		e.touched--
	}
	for _, st := range steps {
		switch st.do {
		case stepAdd:
			s.add(st.entry)
		case stepRemove:
			s.remove(st.entry)
		case stepGiveBack:
			s.giveBack(st.entry, st.due, giveBack{park: st.park, yields: st.yields})
		}
	}
}

func (s *schedule) nextDue() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held {
		return time.Time{}, false
	}
	h := s.next(nil)
	if h == nil {
		return time.Time{}, false
	}
	return fromMicros((*h)[0].at()), true
}

func (s *schedule) stats() storage.QueueStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := storage.QueueStats{Waiting: map[string]int{}, Parked: s.parked, Oldest: map[string]time.Time{}}
	for lane, n := range s.lanes {
		if n > 0 {
			st.Waiting[lane] = n
		}
	}
	oldest := map[string]int64{}
	for _, e := range s.byID {
		if t, ok := oldest[e.lane]; !ok || e.enqueued < t {
			oldest[e.lane] = e.enqueued
		}
	}
	for lane, t := range oldest {
		st.Oldest[lane] = fromMicros(t)
	}
	return st
}

func (s *schedule) hold(reason string, held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reason, s.held = reason, held
}

func (s *schedule) isHeld() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason, s.held
}

// step is one change of the queue that a transaction made.
type step struct {
	do     int
	entry  *entry
	due    int64
	park   bool
	yields bool
}

const (
	stepAdd = iota
	stepRemove
	stepGiveBack
)

// readyHeap orders the entries of a lane that nothing stands in front of.
type readyHeap []*entry

func before(a, b *entry) bool {
	if x, y := a.at(), b.at(); x != y {
		return x < y
	}
	return a.seq < b.seq
}

func (h readyHeap) Len() int           { return len(h) }
func (h readyHeap) Less(i, j int) bool { return before(h[i], h[j]) }
func (h readyHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push and Pop are container/heap's.
func (h *readyHeap) Push(x any) {
	e := x.(*entry)
	e.place = len(*h)
	*h = append(*h, e)
}

func (h *readyHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.place = -1
	return e
}
