package records

import (
	"slices"
	"time"
)

// Tidy forgets what has lasted too long, a report after unfinished, and sets
// when to look again.
func (t *Talk) Tidy(now time.Time, unfinished time.Duration) {
	if t.Kept != "" {
		t.Words = slices.Insert(t.Words, 0, Words{Text: t.Kept, ID: t.KeptID})
		t.Kept, t.KeptID = "", ""
	}
	if s := t.Session; s != nil && (s.Ended || now.Sub(s.Touched) >= unfinished) {
		t.Drop()
		if t.Attached {
			t.Forget()
		}
	}
	if t.Session != nil && t.Session.Told && t.Report != "" && now.Sub(t.Session.Touched) >= OpenFor {
		t.Park()
	}
	t.Parked = slices.DeleteFunc(t.Parked, func(p Parked) bool { return now.Sub(p.Session.Touched) >= unfinished })
	if len(t.Words) > 0 && !t.Attached && now.Sub(t.KeptAt) >= KeptFor {
		t.Forget()
	}
	waits := unfinished
	switch t.Wait {
	case WaitMore:
		waits = MoreFor
	case WaitWhich, WaitSure:
		waits = KeptFor
	}
	if t.Wait != WaitNothing && now.Sub(t.WaitAt) >= waits {
		t.Stop()
	}
	t.Due = time.Time{}
	look := func(at time.Time) {
		if t.Due.IsZero() || at.Before(t.Due) {
			t.Due = at
		}
	}
	if !t.Nudge.IsZero() {
		look(t.Nudge)
	}
	if len(t.Words) > 0 && !t.Attached {
		look(t.KeptAt.Add(KeptFor))
	}
	if t.Wait != WaitNothing {
		look(t.WaitAt.Add(waits))
	}
	if t.Session != nil {
		look(t.Session.Touched.Add(unfinished))
	}
	for _, p := range t.Parked {
		look(p.Session.Touched.Add(unfinished))
	}
}

// Park puts the open report aside, so that another can be begun. Of too many the
// oldest is let go.
func (t *Talk) Park() {
	t.Parked = append(t.Parked, Parked{*t.Session, t.Report, t.Before})
	if over := len(t.Parked) - mostParked; over > 0 {
		t.Parked = slices.Delete(t.Parked, 0, over)
	}
	t.Drop()
}

// Unpark opens a report again that was put aside; the one that is open must have
// been put aside before.
func (t *Talk) Unpark(i int) {
	session := t.Parked[i].Session
	t.Session, t.Report, t.Before = &session, t.Parked[i].Report, t.Parked[i].Before
	t.Parked = slices.Delete(t.Parked, i, i+1)
}

// Drop forgets the open report.
func (t *Talk) Drop() {
	t.Session, t.Report, t.Before, t.Nudge = nil, "", "", time.Time{}
}

// Keep has words wait for their purpose, behind those that do so already.
func (t *Talk) Keep(words Words, now time.Time) {
	t.Words, t.KeptAt = append(t.Words, words), now
}

// Unsay drops the words of a message that was taken back; false when none of
// those that wait came with it.
func (t *Talk) Unsay(id string) bool {
	before := len(t.Words)
	t.Words = slices.DeleteFunc(t.Words, func(w Words) bool { return w.ID == id })
	if len(t.Words) == 0 {
		t.Forget()
	}
	return len(t.Words) < before
}

// Forget drops the words that wait for their purpose.
func (t *Talk) Forget() {
	t.Words, t.Kept, t.KeptID, t.KeptAt, t.Attached = nil, "", "", time.Time{}, false
}

// Await waits for words about a case.
func (t *Talk) Await(what, no, instruction string, now time.Time) {
	t.Wait, t.Case, t.Instruction, t.WaitAt = what, no, instruction, now
}

// Awaits tells whether the person has been asked to write something.
func (t *Talk) Awaits() bool {
	return t.Wait == WaitAddition || t.Wait == WaitQuestion || t.Wait == WaitAnswer
}

// Stop no longer waits for words.
func (t *Talk) Stop() { t.Wait, t.Case, t.Instruction, t.WaitAt = WaitNothing, "", "", time.Time{} }

// Empty tells whether there is nothing to be kept.
func (t *Talk) Empty() bool {
	return t.Session == nil && len(t.Parked) == 0 && t.Wait == WaitNothing && len(t.Words) == 0 && t.Kept == ""
}
