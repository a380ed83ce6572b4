package outbox

import (
	"time"

	"mimamori.example/mimamori/bot/message"
)

// The times that the rules go by.
const (
	// stuckAfter is how long the first of a recipient's lane may fail before
	// those behind it pass and its case is told.
	stuckAfter = 2 * time.Minute
	// lifetime ends before LINE's 24 h for retry keys, with room for a call
	// that is under way.
	lifetime = 24*time.Hour - 10*time.Minute

	firstPause    = time.Second
	longestPause  = time.Minute
	parkedPause   = 5 * time.Minute  // longest pause of what others have passed
	urgentPause   = 30 * time.Second // longest pause of what is urgent
	quotaInterval = time.Hour
	longestWait   = time.Hour // however long LINE asks to be left alone
	// furthest is how far ahead anything can be due. What is due later was
	// written when the clock was wrong.
	furthest = quotaInterval + 30*time.Minute
)

// move is what to do next with a delivery.
type move int

const (
	moveExpire move = iota
	moveStuck       // say that it is stuck, then try on
	moveWait        // its endpoint is closed for now
	moveReply
	movePush
	moveMany
	moveMail
	moveLeave
)

// none is how a delivery ended that no call was made for.
const none = "none"

var moveNames = [...]string{"expire", "stuck", "wait", "reply", "push", "multicast", "mail", "leave"}

func (m move) String() string { return moveNames[m] }

// unkeyed tells whether the call has no retry key, so that its being tried
// must be on record first.
func (m move) unkeyed() bool { return m == moveReply || m == moveMail }

// ahead is how far in the future a delivery may have been made by a clock that
// is only a little wrong.
const ahead = time.Minute

// rebase takes note that a delivery was made by a clock that was ahead: its day
// begins now, and how old its reply token is nobody knows.
func rebase(d *Delivery, now time.Time) {
	if !born(d).After(now.Add(ahead)) {
		return
	}
	d.State.Since = now
	d.State.Spent = d.Reply != nil
}

// born is when a delivery's day began.
func born(d *Delivery) time.Time {
	if d.State.Since.IsZero() {
		return d.Created
	}
	return d.State.Since
}

// endpoint is the call that a delivery would make at now.
func endpoint(d *Delivery, now time.Time) move {
	switch {
	case d.To.Kind == message.ToMail:
		return moveMail
	case d.To.Kind == message.ToMany:
		return moveMany
	case d.To.Kind == message.ToLeave:
		return moveLeave
	case d.Reply != nil && !d.State.Spent && now.Before(d.Reply.Expires):
		return moveReply
	}
	return movePush
}

// choose decides what to do with a claimed delivery. closed tells until when an
// endpoint takes nothing (zero: it is open).
func choose(d *Delivery, now time.Time, closed func(move) time.Time) (move, time.Time) {
	if !now.Before(born(d).Add(lifetime)) {
		return moveExpire, time.Time{}
	}
	m := endpoint(d, now)
	until := closed(m)
	waits := until.After(now)
	if overdue(d, now) && (waits || d.State.Attempts > 0) {
		return moveStuck, time.Time{}
	}
	if waits {
		return moveWait, limit(d, now, until, m)
	}
	return m, time.Time{}
}

// overdue: two minutes have passed and nobody has been told.
func overdue(d *Delivery, now time.Time) bool {
	return !d.State.Stuck && !d.State.QuotaOut && !now.Before(born(d).Add(stuckAfter))
}

// limit brings a due time forward to whatever needs the delivery's attention
// first: the end of its reply token, its two minutes, its last hour.
func limit(d *Delivery, now, due time.Time, m move) time.Time {
	earlier := func(t time.Time) {
		if t.After(now) && t.Before(due) {
			due = t
		}
	}
	if m == moveReply {
		earlier(d.Reply.Expires)
	}
	if !d.State.Stuck && !d.State.QuotaOut {
		earlier(born(d).Add(stuckAfter))
	}
	earlier(born(d).Add(lifetime))
	return due
}

// pause is the exponential back-off after the given number of failed attempts,
// with jitter in [0,1) taking away up to half, so that what failed together
// does not come back together.
func pause(attempts int, parked, urgent bool, jitter float64) time.Duration {
	longest := longestPause
	switch {
	case urgent:
		longest = urgentPause
	case parked:
		longest = parkedPause
	}
	d := firstPause
	for i := 1; i < attempts && d < longest; i++ {
		d *= 2
	}
	d = min(d, longest)
	return d - time.Duration(jitter*float64(d)/2)
}

// outcome is what an attempt means for the delivery.
type outcome struct {
	delivered bool
	again     bool // in the same breath: the reply token, or what is quoted, was no good
	reason    Reason
	due       time.Time // when neither delivered nor failed for good
	park      bool
	yields    bool // it has failed: replies, and what is urgent, need not wait for it

	how         string
	maybeTwice  bool
	takenAsSent bool
}

// accepted judges a call that LINE or the mail server has answered with yes.
// doubt: an earlier reply, or letter, may have gone out.
func accepted(m move, doubt bool) outcome {
	// A reply token is good for one reply: if it goes out now, it had not
	// before. A push or a letter after doubt cannot know.
	return outcome{delivered: true, how: m.String(), maybeTwice: doubt && m != moveReply}
}

// failed judges a failed call that ended at now and brings the state up to
// date. doubt as in accepted, and from before this call.
func failed(d *Delivery, m move, e SendError, now time.Time, doubt, parked bool, jitter float64) outcome {
	d.State.Tried = doubt
	switch {
	case m == moveReply && e.Class == InvalidReplyToken:
		if doubt && now.Before(d.Reply.Expires) {
			return outcome{delivered: true, how: m.String(), takenAsSent: true}
		}
		d.State.Spent = true
		return outcome{again: true}
	case e.Class == InvalidQuote && !d.State.Unquoted:
		d.State.Unquoted = true
		return outcome{again: true}
	case e.Class == Rejected, e.Class == InvalidReplyToken, e.Class == InvalidQuote:
		return outcome{reason: Refused, how: m.String()}
	case e.Class == NoQuota && m != moveReply:
		d.State.Attempts++
		return withoutQuota(d, now, jitter)
	case m.unkeyed() && e.Class == Ambiguous:
		d.State.Tried = true
	}
	d.State.Doubted = d.State.Doubted || e.Class == Ambiguous
	d.State.Attempts++
	o := outcome{park: parked, yields: true}
	if overdue(d, now) {
		d.State.Stuck = true
		o.reason, o.park = Stuck, true
	}
	wait := pause(d.State.Attempts, o.park, d.Urgent, jitter)
	if e.RetryAfter > wait {
		wait = min(e.RetryAfter, longestWait) + time.Duration(jitter*float64(firstPause))
	}
	o.due = limit(d, now, now.Add(wait), m)
	return o
}

// withoutQuota parks a delivery until the quota may have grown: in an hour, or
// when the month turns in Japan. It is reported once.
func withoutQuota(d *Delivery, now time.Time, jitter float64) outcome {
	o := outcome{park: true}
	if !d.State.QuotaOut {
		d.State.QuotaOut = true
		o.reason = QuotaOut
	}
	due := now.Add(quotaInterval)
	if turn := monthTurn(now); turn.Before(due) {
		due = turn
	}
	due = due.Add(time.Duration(jitter * float64(time.Minute)))
	o.due = limit(d, now, due, movePush)
	return o
}

// japan has one time zone and no daylight saving time.
var japan = time.FixedZone("Asia/Tokyo", 9*60*60)

// monthTurn is when the next month begins in Japan, and with it its quota.
func monthTurn(now time.Time) time.Time {
	n := now.In(japan)
	return time.Date(n.Year(), n.Month()+1, 1, 0, 0, 0, 0, japan)
}

// monthOf names the month that a message counts into, as in 2026-07.
func monthOf(now time.Time) string { return now.In(japan).Format("2006-01") }
