package records

import "time"

// Tidy forgets what has lasted too long, a report after unfinished, and sets
// when to look again.
func (t *Talk) Tidy(now time.Time, unfinished time.Duration) {
	if s := t.Session; s != nil && (s.Ended || now.Sub(s.Touched) >= unfinished) {
		t.Session, t.Report, t.Before, t.Nudge = nil, "", "", time.Time{}
		if t.Attached {
			t.Forget()
		}
	}
	if t.Kept != "" && !t.Attached && now.Sub(t.KeptAt) >= KeptFor {
		t.Forget()
	}
	if t.Wait != WaitNothing && now.Sub(t.WaitAt) >= unfinished {
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
	if t.Kept != "" && !t.Attached {
		look(t.KeptAt.Add(KeptFor))
	}
	if t.Wait != WaitNothing {
		look(t.WaitAt.Add(unfinished))
	}
	if t.Session != nil {
		look(t.Session.Touched.Add(unfinished))
	}
}

// Forget drops the words that wait for their purpose.
func (t *Talk) Forget() { t.Kept, t.KeptID, t.KeptAt, t.Attached = "", "", time.Time{}, false }

// Await waits for words about a case.
func (t *Talk) Await(what, no, instruction string, now time.Time) {
	t.Wait, t.Case, t.Instruction, t.WaitAt = what, no, instruction, now
}

// Stop no longer waits for words.
func (t *Talk) Stop() { t.Wait, t.Case, t.Instruction, t.WaitAt = WaitNothing, "", "", time.Time{} }

// Empty tells whether there is nothing to be kept.
func (t *Talk) Empty() bool { return t.Session == nil && t.Wait == WaitNothing && t.Kept == "" }
