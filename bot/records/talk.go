package records

import "time"

// Tidy forgets what has lasted too long, a report after unfinished, and sets
// when to look again.
func (t *Talk) Tidy(now time.Time, unfinished time.Duration) {
	if t.Kept != "" && now.Sub(t.KeptAt) >= KeptFor {
		t.Kept, t.KeptID, t.KeptAt = "", "", time.Time{}
	}
	if s := t.Session; s != nil && (s.Ended || now.Sub(s.Touched) >= unfinished) {
		t.Session, t.Report, t.Before, t.Nudge = nil, "", "", time.Time{}
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
	if t.Kept != "" {
		look(t.KeptAt.Add(KeptFor))
	}
	if t.Session != nil {
		look(t.Session.Touched.Add(unfinished))
	}
}

// Empty tells whether there is nothing to be kept.
func (t *Talk) Empty() bool { return t.Session == nil && t.Wait == WaitNothing && t.Kept == "" }
