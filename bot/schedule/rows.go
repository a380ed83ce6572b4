package schedule

import (
	"encoding/json"
	"time"

	"mimamori.example/mimamori/storage"
)

// plan is when a job's next tick was planned for. That it is stored, and not
// reckoned anew, is how a missed tick is noticed.
type plan struct {
	Job  string    `json:"job"`
	Next time.Time `json:"next"`
	Made time.Time `json:"made,omitzero"` // when; not known of older ones
	// Was is the plan before, made by a clock that was ahead of this one: that
	// one is right again when its time has come.
	Was *plan `json:"was,omitempty"`
}

// Tick is a planned time of a job that has come, and what was made of it.
type Tick struct {
	ID      string    `json:"id"` // job@time
	Job     string    `json:"job"`
	Planned time.Time `json:"planned"`
	At      time.Time `json:"at"`
	State   string    `json:"state"`
}

// States of ticks.
const (
	Started  = "started"  // its work has a row
	Empty    = "empty"    // there was nothing to do
	Skipped  = "skipped"  // noticed too late
	Restored = "restored" // it came before the store was restored or copied: taken as done
)

// Job is the work of one tick, on its way or done.
type Job struct {
	ID      string          `json:"id"` // the tick's
	Name    string          `json:"name"`
	Planned time.Time       `json:"planned"`
	Data    json.RawMessage `json:"data,omitempty"` // fixed when the tick came
	Cursor  string          `json:"cursor,omitempty"`
	Steps   int             `json:"steps"`
	Count   int             `json:"count"` // of what was worked on: people, rows
	State   string          `json:"state"`
	Begun   time.Time       `json:"begun"`
	Ended   time.Time       `json:"ended,omitzero"`
}

// States of jobs; Restored is one as well.
const (
	Running = "running"
	Done    = "done"
	GivenUp = "given_up" // no step has succeeded for a day, or its job is gone
)

// Kept is how long ticks and finished jobs stay on record: longer than a year,
// so that last year's is there to compare.
const Kept = 400 * 24 * time.Hour

const (
	byTime    = "time"
	byRunning = "running"
	byEnd     = "ended"
)

var plans = storage.NewKind("schedule_plan", func(p *plan) string { return p.Job })

var ticks = storage.NewKind("schedule_tick", func(t *Tick) string { return t.ID },
	storage.Index[Tick]{Name: byTime, Value: func(t *Tick) string { return stamp(t.Planned) }})

var jobs = storage.NewKind("schedule_job", func(j *Job) string { return j.ID },
	storage.Index[Job]{Name: byRunning, Value: func(j *Job) string {
		if j.State != Running {
			return ""
		}
		return stamp(j.Begun)
	}},
	storage.Index[Job]{Name: byEnd, Value: func(j *Job) string { return stamp(j.Ended) }})

// Definitions are the kinds that an engine must know.
func Definitions() []storage.Definition {
	return []storage.Definition{plans.Definition(), ticks.Definition(), jobs.Definition()}
}

// stamp writes a time so that stamps sort as times do; "" for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("20060102T150405.000000000Z")
}

// tickID names a tick by what it is for and its planned minute.
func tickID(job string, planned time.Time) string {
	return job + "@" + planned.UTC().Format("20060102T150405Z")
}

// Ticks lists at most limit ticks, the latest first.
func Ticks(tx storage.Tx, limit int) ([]Tick, error) {
	var all []Tick
	for t, err := range ticks.Scan(tx, storage.Query{Index: byTime, Descending: true, Limit: limit}) {
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// JobOf returns the work of a tick; false when there was none.
func JobOf(tx storage.Tx, tick string) (Job, bool, error) { return jobs.Get(tx, tick) }
