package schedule

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"mimamori.example/mimamori/storage"
)

// Pruner deletes at most limit things that need not be kept any longer, and
// tells how many it has deleted.
type Pruner func(tx storage.Tx, now time.Time, limit int) (int, error)

// prunePage is how many rows one step deletes.
const prunePage = 500

// Housekeeping is the work that deletes what has served: deduplication keys,
// the schedule's own rows, and what the given pruners find.
func Housekeeping(more ...Pruner) Work {
	return housekeeping(append([]Pruner{pruneOnce, pruneTicks, pruneJobs}, more...))
}

type housekeeping []Pruner

// Begin needs to know nothing.
func (housekeeping) Begin(storage.Tx, time.Time, time.Time) (json.RawMessage, bool, error) {
	return nil, true, nil
}

// Step prunes one page. The cursor is the place in the list of pruners.
func (h housekeeping) Step(tx storage.Tx, j *Job, now time.Time) (bool, error) {
	at := 0
	if j.Cursor != "" {
		var err error
		if at, err = strconv.Atoi(j.Cursor); err != nil || at < 0 {
			return false, fmt.Errorf("schedule: housekeeping: %q is no place in the list", j.Cursor)
		}
	}
	if at >= len(h) {
		return true, nil
	}
	n, err := h[at](tx, now, prunePage)
	if err != nil {
		return false, fmt.Errorf("schedule: housekeeping: %w", err)
	}
	j.Count += n
	if n < prunePage {
		at++
	}
	j.Cursor = strconv.Itoa(at)
	return at >= len(h), nil
}

func pruneOnce(tx storage.Tx, now time.Time, limit int) (int, error) {
	return tx.PruneOnce(now.Add(-storage.OnceKept), limit)
}

func pruneTicks(tx storage.Tx, now time.Time, limit int) (int, error) {
	return prune(tx, ticks, byTime, now, limit, func(t Tick) string { return t.ID })
}

// pruneJobs finds only jobs that have ended: the others are not in the index.
func pruneJobs(tx storage.Tx, now time.Time, limit int) (int, error) {
	return prune(tx, jobs, byEnd, now, limit, func(j Job) string { return j.ID })
}

func prune[T any](tx storage.Tx, kind *storage.Kind[T], index string, now time.Time, limit int, id func(T) string) (int, error) {
	q := storage.Query{Index: index, Until: stamp(now.Add(-Kept)), Limit: limit}
	var ids []string
	for doc, err := range kind.Scan(tx, q) {
		if err != nil {
			return 0, err
		}
		ids = append(ids, id(doc))
	}
	for _, x := range ids {
		if err := kind.Delete(tx, x); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
