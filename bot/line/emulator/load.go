package emulator

import "fmt"

// ReplyToken makes a reply token for a user's 1:1 talk with the channel, live
// from now on. It is for load tests, whose webhooks are signed and posted by
// themselves, faster than people tap.
func (c *Channel) ReplyToken(user string) (string, error) {
	e := c.e
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users[user] == nil {
		return "", fmt.Errorf("%w: user %q", ErrUnknown, user)
	}
	ev := &event{Mode: "active"}
	e.replyable(ev, c.talk(user))
	ev.reply.live(e.clock.Now())
	return ev.ReplyToken, nil
}
