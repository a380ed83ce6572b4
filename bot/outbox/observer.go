package outbox

import "time"

// Observer counts what happens, for metrics. It learns no ids and no texts. It
// is called after the commit, from many goroutines, and must not wait.
type Observer interface {
	// Settled: a delivery is done. how is the last call (reply, push, multicast,
	// mail), or "none" if there was no call; outcome is sent, taken_as_sent or a
	// final Reason; delay counts from when it could first go out.
	Settled(lane, how, outcome string, delay time.Duration)
	// Failed: an attempt that will be made again; class as Class.String.
	Failed(lane, how, class string)
	// Reported: a delivery that is tried on was reported Stuck or QuotaOut.
	Reported(lane string, why Reason)
	// MaybeTwice: went out after doubt that could not be cleared up.
	MaybeTwice(lane string)
	// TakenAsSent: a reply whose token tells that it had gone out.
	TakenAsSent(lane string)
	// QuotaLeft is what remains of the council's month, when it is known.
	QuotaLeft(council string, left int)
	// Trouble: the outbox itself failed: claim, commit, hook, poll.
	Trouble(what string)
}

// unseen is the Observer when there is none.
type unseen struct{}

func (unseen) Settled(string, string, string, time.Duration) {}
func (unseen) Failed(string, string, string)                 {}
func (unseen) Reported(string, Reason)                       {}
func (unseen) MaybeTwice(string)                             {}
func (unseen) TakenAsSent(string)                            {}
func (unseen) QuotaLeft(string, int)                         {}
func (unseen) Trouble(string)                                {}
