package emulator

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// ChannelOptions describe one official account and its Messaging API channel.
// What is empty is made up.
type ChannelOptions struct {
	ID      string `json:"id,omitzero"`      // channel id, decimal digits
	Name    string `json:"name,omitzero"`    // display name of the account
	BasicID string `json:"basicId,omitzero"` // "@" and lower-case letters or digits
	UserID  string `json:"userId,omitzero"`  // the bot's own user id
	Secret  string `json:"secret,omitzero"`  // signs webhooks
	Token   string `json:"token,omitzero"`   // bearer token of API calls

	// Webhook is the URL that events are posted to; empty sends none until
	// SetWebhook or the API sets one. Unlike LINE's, it may be plain http.
	Webhook string `json:"webhook,omitzero"`
	// Timeout is how long an answer may take, in real time: 2 s when zero.
	Timeout time.Duration `json:"timeout,omitzero"`
	// Redelivery repeats webhooks that were not answered with 2xx. LINE's is off
	// by default, its count and interval are undisclosed.
	Redelivery Redelivery `json:"redelivery,omitzero"`
	// Unordered lets events of one talk overtake each other: LINE promises no
	// order. Normally an event waits for the answer to the one before it.
	Unordered bool `json:"unordered,omitzero"`

	// Chat means that the account's chat is on: user messages are then read only
	// when the bot says so. Off marks them as read at once.
	Chat bool `json:"chat,omitzero"`
	// NoGroups is LINE's default for new accounts: it cannot be invited.
	NoGroups bool `json:"noGroups,omitzero"`
	// Standby sends events without reply tokens, as when a module has the talk.
	Standby bool `json:"standby,omitzero"`
	// AnonymousPostbacks leaves the userId out of postbacks from groups. LINE
	// documents it for message events only.
	AnonymousPostbacks bool `json:"anonymousPostbacks,omitzero"`
	// Monthly is the number of messages a month, counted per recipient; zero
	// sets no limit. Japan's plans: 200, 5,000, 30,000.
	Monthly int `json:"monthly,omitzero"`
}

// Redelivery is how webhooks that failed are sent again.
type Redelivery struct {
	On       bool          `json:"on,omitzero"`
	Count    int           `json:"count,omitzero"`    // attempts after the first; 3 when zero
	Interval time.Duration `json:"interval,omitzero"` // by the emulator's clock; 1 minute when zero
}

func (r Redelivery) filled() Redelivery {
	if r.Count == 0 {
		r.Count = 3
	}
	if r.Interval == 0 {
		r.Interval = time.Minute
	}
	return r
}

// Channel is a bot on the platform.
type Channel struct {
	e *Emulator
	o ChannelOptions

	// Below Emulator.mu.
	active   bool
	friends  map[string]*friend
	talks    map[string]*talk
	lanes    map[string]*lane
	held     []*delivery
	holding  bool
	mischief []Mischief           // of the next events
	always   Mischief             // of every event
	keys     map[string]*accepted // retry keys
	buckets  map[string]*bucket
	month    string
	used     int64
	menus    richMenus
	prune    int // as Emulator.prune, of retry keys
}

// friend is what a user is to an account.
type friend struct {
	friend, blocked bool
	wrote           time.Time // last message in the 1:1 talk
}

// ErrTaken is when an id, token or basic id already belongs to another channel.
var ErrTaken = errors.New("emulator: already taken")

// AddChannel opens a channel. It fails when an id has the wrong form or, with
// ErrTaken, belongs to another channel.
func (e *Emulator) AddChannel(o ChannelOptions) (*Channel, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if o.ID == "" {
		o.ID = fmt.Sprintf("16%08d", len(e.channels)+1)
	}
	if o.UserID == "" {
		o.UserID = "U" + e.hex()
	}
	if o.BasicID == "" {
		o.BasicID = "@" + strings.ToLower(e.ulid(e.clock.Now())[18:])
	}
	if o.Name == "" {
		o.Name = "Bot " + o.ID
	}
	if o.Secret == "" {
		o.Secret = e.hex()
	}
	if o.Token == "" {
		o.Token = e.token(96)
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	o.Redelivery = o.Redelivery.filled()
	if !userID.MatchString(o.UserID) {
		return nil, fmt.Errorf("emulator: add channel: bot's user id %q is not U and 32 hex digits", o.UserID)
	}
	if err := checkWebhook(o.Webhook); o.Webhook != "" && err != nil {
		return nil, fmt.Errorf("emulator: add channel: %w", err)
	}
	for _, c := range e.channels {
		if c.o.ID == o.ID || c.o.UserID == o.UserID || c.o.Token == o.Token || c.o.BasicID == o.BasicID {
			return nil, fmt.Errorf("emulator: add channel %s: %w", o.ID, ErrTaken)
		}
	}
	c := &Channel{
		e: e, o: o, active: true, friends: map[string]*friend{}, talks: map[string]*talk{}, lanes: map[string]*lane{},
		keys: map[string]*accepted{}, buckets: map[string]*bucket{}, menus: newRichMenus(), prune: e.keep,
	}
	e.channels = append(e.channels, c)
	e.poke("people", "")
	return c, nil
}

// checkWebhook is the part of LINE's rules for webhook URLs that a test server
// on loopback can keep: an absolute http(s) URL of at most 500 characters.
func checkWebhook(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || utf16Len(s) > maxWebhookURL {
		return errors.New("invalid webhook endpoint URL")
	}
	return nil
}

// ID is the channel's id.
func (c *Channel) ID() string { return c.o.ID }

// UserID is the bot's user id, the destination of its webhooks.
func (c *Channel) UserID() string { return c.o.UserID }

// BasicID is the account's id with its @.
func (c *Channel) BasicID() string { return c.o.BasicID }

// Name is the account's display name.
func (c *Channel) Name() string { return c.o.Name }

// Secret signs the channel's webhooks.
func (c *Channel) Secret() string {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	return c.o.Secret
}

// Token is the bearer token of API calls.
func (c *Channel) Token() string { return c.o.Token }

// SetSecret reissues the secret; the old one is dead at once.
func (c *Channel) SetSecret(secret string) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.o.Secret = secret
	c.e.poke("channel", "")
}

// SetWebhook points the channel at another URL; empty switches webhooks off.
func (c *Channel) SetWebhook(webhook string) error {
	if err := checkWebhook(webhook); webhook != "" && err != nil {
		return fmt.Errorf("emulator: set webhook: %w", err)
	}
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.o.Webhook = webhook
	c.e.poke("channel", "")
	return nil
}

// SetRedelivery changes how failed webhooks are repeated from now on.
func (c *Channel) SetRedelivery(r Redelivery) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.o.Redelivery = r.filled()
	c.e.poke("channel", "")
}

// SetActive is the console's "use webhook".
func (c *Channel) SetActive(on bool) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.active = on
	c.e.poke("channel", "")
}

// Channels lists the channels in the order in which they were added.
func (e *Emulator) Channels() []*Channel {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]*Channel(nil), e.channels...)
}

// friend returns what a user is to the account, never nil.
func (c *Channel) friend(user string) *friend {
	f := c.friends[user]
	if f == nil {
		f = &friend{}
		c.friends[user] = f
	}
	return f
}

// bot finds a channel by the bot's user id, basic id or channel id; the empty
// string is the only channel there is.
func (e *Emulator) bot(id string) (*Channel, error) {
	if id == "" && len(e.channels) == 1 {
		return e.channels[0], nil
	}
	for _, c := range e.channels {
		if id == c.o.UserID || id == c.o.ID || id == c.o.BasicID {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: channel %q", ErrUnknown, id)
}
