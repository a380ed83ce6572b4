package emulator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mimamori.example/mimamori/bot/clock"
)

// ErrFixedClock is why the clock cannot be moved: it is not a clock.Manual.
var ErrFixedClock = errors.New("emulator: this clock cannot be moved")

// do performs an action of the control API.
func (e *Emulator) do(ctx context.Context, name string, c Command) (any, error) {
	if h, isPerson, err := e.person(name, c); isPerson {
		return outcome(ctx, !c.NoWait, h, err)
	}
	switch name {
	case "user":
		return Person{e.AddUser(c.Name), c.Name}, nil
	case "rename":
		return empty{}, e.Rename(c.User, c.Name)
	case "group":
		id, err := e.AddGroup(c.Name, c.Users...)
		return map[string]string{"id": id}, err
	case "channel":
		return e.openChannel(c.Channel)
	case "open":
		return e.Open(c.Link)
	case "ready":
		return empty{}, e.SetContentReady(c.Message, c.Ready)
	case "break":
		if c.Fault == nil {
			return nil, errors.New("emulator: break: fault is missing")
		}
		id, err := e.Break(*c.Fault)
		return map[string]string{"id": id}, err
	case "mend":
		e.Mend(c.ID)
		return empty{}, nil
	case "expire-reply-tokens":
		n, err := e.ExpireReplyTokens(c.Chat)
		return map[string]int{"expired": n}, err
	case "settle":
		return empty{}, e.Settle(ctx)
	case "drain":
		return empty{}, e.Drain(ctx)
	case "forget":
		e.ForgetLog()
		return empty{}, nil
	case "advance":
		m, movable := e.clock.(*clock.Manual)
		if !movable {
			return nil, ErrFixedClock
		}
		m.Advance(time.Duration(c.Seconds * float64(time.Second)))
		e.mu.Lock()
		defer e.mu.Unlock()
		e.poke("clock", "")
		return map[string]time.Time{"now": m.Now()}, nil
	}
	return e.adjust(name, c)
}

// person performs what people do; its second result is false for anything else.
func (e *Emulator) person(name string, c Command) (*Handle, bool, error) {
	var h *Handle
	var err error
	switch name {
	case "friend", "unblock":
		h, err = e.Friend(c.User, c.Chat)
	case "block":
		h, err = e.Block(c.User, c.Chat)
	case "invite":
		h, err = e.InviteBot(c.Group, c.Chat)
	case "remove-bot":
		h, err = e.RemoveBot(c.Group)
	case "join":
		h, err = e.JoinGroup(c.Group, c.Users...)
	case "leave":
		h, err = e.LeaveGroup(c.Group, c.Users...)
	case "say":
		h, err = e.Say(c.User, c.Chat, c.Text, c.Quoted)
	case "sticker":
		h, err = e.Sticker(c.User, c.Chat, c.Package, c.Sticker)
	case "picture":
		h, err = e.Picture(c.User, c.Chat, c.Data, c.ContentType)
	case "voice":
		h, err = e.Voice(c.User, c.Chat, c.Data, c.Milliseconds)
	case "file":
		h, err = e.File(c.User, c.Chat, c.Name, c.Data)
	case "unsend":
		h, err = e.Unsend(c.User, c.Chat, c.Message)
	case "edit":
		h, err = e.Edit(c.User, c.Chat, c.Message, c.Text)
	case "tap":
		h, err = e.Tap(c.User, c.Chat, c.Message, c.Label)
	case "tap-at":
		h, err = e.TapAt(c.User, c.Chat, c.Message, c.Path)
	case "pick":
		h, err = e.Pick(c.User, c.Chat, c.Message, c.Label, c.Value)
	case "tap-menu":
		h, err = e.TapMenu(c.User, c.Chat, c.Area)
	default:
		return nil, false, nil
	}
	return h, true, err
}

// adjust changes one channel.
func (e *Emulator) adjust(name string, c Command) (any, error) {
	e.mu.Lock()
	ch, err := e.bot(c.Chat)
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	switch name {
	case "webhook":
		return empty{}, ch.SetWebhook(c.Webhook)
	case "active":
		ch.SetActive(c.On)
	case "redelivery":
		ch.SetRedelivery(Redelivery{On: c.On, Count: c.Count, Interval: time.Duration(c.Seconds * float64(time.Second))})
	case "hold":
		ch.Hold()
	case "release":
		ch.Release(c.Batch, c.Reverse)
	case "next":
		if c.Mischief == nil || c.Count < 1 || c.Count > 10_000 {
			return nil, errors.New("emulator: next: mischief and a count of 1 to 10,000 are needed")
		}
		ch.Next(c.Count, *c.Mischief)
	case "always":
		if c.Mischief == nil {
			return nil, errors.New("emulator: always: mischief is needed")
		}
		ch.Always(*c.Mischief, c.On)
	case "monthly":
		ch.SetMonthly(c.Count)
	case "spend":
		ch.Spend(c.Count)
	case "inject":
		h, err := ch.Inject(c.Event)
		return outcome(context.Background(), false, h, err)
	default:
		return nil, fmt.Errorf("%w: action %q", ErrUnknown, name)
	}
	return empty{}, nil
}

// openChannel adds a channel and tells its secrets, which the other process
// needs for its configuration.
func (e *Emulator) openChannel(o *ChannelOptions) (any, error) {
	if o == nil {
		o = &ChannelOptions{}
	}
	c, err := e.AddChannel(*o)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"id": c.ID(), "userId": c.UserID(), "basicId": c.BasicID(), "name": c.Name(), "secret": c.Secret(), "token": c.Token(),
	}, nil
}
