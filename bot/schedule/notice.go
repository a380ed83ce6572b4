package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

// AboutNotice is the About.Kind of notices; Ref is the job's id.
const AboutNotice = "notice"

// noticePage is how many people one multicast takes.
const noticePage = 500

// Notices is the work of the monthly notice: it puts pages of residents into
// the outbox, each with the message as it was when the tick came.
type Notices struct {
	// Notice is the council's message of the month that planned (Tokyo's time)
	// lies in; false when it has none.
	Notice func(planned time.Time) (message.Notice, bool)
	// Residents pages through who receives it: at most limit ids behind after
	// ("" is the beginning), where to go on, and whether that was all.
	Residents func(tx storage.Tx, after string, limit int) (ids []string, next string, done bool, err error)
	Post      Poster
}

var errNoProgress = errors.New("schedule: notice: the residents' pages do not move on")

// Begin fixes the text.
func (n Notices) Begin(_ storage.Tx, planned, _ time.Time) (json.RawMessage, bool, error) {
	m, ok := n.Notice(planned)
	if !ok {
		return nil, false, nil
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, false, fmt.Errorf("schedule: notice: %w", err)
	}
	return data, true, nil
}

// Step enqueues one page and moves the cursor behind it.
func (n Notices) Step(tx storage.Tx, j *Job, now time.Time) (bool, error) {
	var m message.Notice
	if err := json.Unmarshal(j.Data, &m); err != nil {
		return false, errors.New("schedule: notice: the job's text cannot be read")
	}
	ids, next, done, err := n.Residents(tx, j.Cursor, noticePage)
	if err != nil {
		return false, fmt.Errorf("schedule: notice: %w", err)
	}
	if !done && next == j.Cursor {
		return false, errNoProgress
	}
	if len(ids) > 0 {
		err := n.Post.Put(tx, now, message.Outgoing{
			To:       message.Recipient{Kind: message.ToMany, ID: j.ID + "/" + strconv.Itoa(j.Steps+1), IDs: ids},
			Lane:     message.LaneNotice,
			Messages: []message.Message{m},
			About:    message.About{Kind: AboutNotice, Ref: j.ID},
		})
		if err != nil {
			return false, fmt.Errorf("schedule: notice: %w", err)
		}
	}
	j.Cursor, j.Count = next, j.Count+len(ids)
	return done, nil
}
