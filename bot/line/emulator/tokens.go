package emulator

import (
	"crypto/sha256"
	"time"
)

// Lives of tokens and keys, from LINE's reference ("Reply token", "Retrying an
// API request", "Send push message").
const (
	replyTokenLife  = time.Minute        // after the webhook, redelivered ones included
	replyTokenEvent = 20 * time.Minute   // after the event, whatever was redelivered
	retryKeyLife    = 24 * time.Hour     // then the same key sends again
	strangerLife    = 7 * 24 * time.Hour // pushing to a user who wrote but is no friend
)

type replyToken struct {
	c       *Channel
	talk    *talk
	event   time.Time
	expires time.Time // zero until the webhook is on its way
	used    bool
}

// replyable gives an event a reply token for a talk; standby has none.
func (e *Emulator) replyable(ev *event, t *talk) {
	if ev.Mode == "standby" {
		return
	}
	c := t.channel
	if t.group != nil {
		c = t.group.bot
	}
	ev.ReplyToken = e.hex()
	ev.reply = &replyToken{c: c, talk: t, event: e.clock.Now()}
	e.replies[ev.ReplyToken] = ev.reply
	if len(e.replies) > e.prune { // twice what was left last time: cheap on average
		for token, r := range e.replies {
			if r.used || e.clock.Now().Sub(r.event) > replyTokenEvent {
				delete(e.replies, token)
			}
		}
		e.prune = 2*len(e.replies) + e.keep
	}
}

// live starts the token's minute: the webhook is being delivered.
func (r *replyToken) live(now time.Time) {
	if r == nil || r.used {
		return
	}
	r.expires = now.Add(replyTokenLife)
	if last := r.event.Add(replyTokenEvent); r.expires.After(last) {
		r.expires = last
	}
}

func (r *replyToken) valid(c *Channel, now time.Time) bool {
	return r != nil && r.c == c && !r.used && now.Before(r.expires)
}

// ExpireReplyTokens kills all reply tokens given out so far; empty bot means
// those of every channel. It returns how many were still good.
func (e *Emulator) ExpireReplyTokens(bot string) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var only *Channel
	if bot != "" {
		c, err := e.bot(bot)
		if err != nil {
			return 0, err
		}
		only = c
	}
	n, now := 0, e.clock.Now()
	for _, r := range e.replies {
		if only != nil && r.c != only {
			continue
		}
		if r.valid(r.c, now) {
			n++
		}
		r.used = true
	}
	return n, nil
}

// quotable is what a quote token stands for. A message that was edited has two,
// either of which quotes it.
type quotable struct{ talk, message string }

// readMark is what a mark-as-read token stands for.
type readMark struct {
	c       *Channel
	talk    *talk
	message string
}

// accepted is a request that a retry key stands for.
type accepted struct {
	request  string
	endpoint string
	body     [sha256.Size]byte // to notice a key that is used for something else
	sent     []sentMessage
	at       time.Time
}

// retried returns the request that was accepted with this key in the last 24
// hours.
func (c *Channel) retried(key string, now time.Time) *accepted {
	a := c.keys[key]
	if a == nil {
		return nil
	}
	if now.Sub(a.at) >= retryKeyLife {
		delete(c.keys, key)
		return nil
	}
	return a
}

// remember keeps a key, and forgets old ones when they have become many.
func (c *Channel) remember(key string, a *accepted) {
	c.keys[key] = a
	if len(c.keys) > c.prune {
		for k, old := range c.keys {
			if a.at.Sub(old.at) >= retryKeyLife {
				delete(c.keys, k)
			}
		}
		c.prune = 2*len(c.keys) + c.e.keep
	}
}
