package emulator

import (
	"errors"
	"fmt"
	"slices"
)

// Why an action of a person cannot happen.
var (
	ErrUnknown  = errors.New("emulator: unknown")
	ErrBlocked  = errors.New("emulator: the account is blocked by this user")
	ErrNoGroups = errors.New("emulator: the account cannot be invited to groups")
	ErrOneBot   = errors.New("emulator: the group already has an official account")
	ErrAbsent   = errors.New("emulator: not in the group")
	ErrNotShown = errors.New("emulator: no such button is shown")
	ErrNotOwn   = errors.New("emulator: not a message of this user")
	ErrTooLong  = errors.New("emulator: longer than LINE's input field takes")
)

type user struct {
	id, name string
}

type group struct {
	id, name string
	members  []string
	since    map[string]int // by member: the first entry of the talk that they see
	bot      *Channel
	talk     *talk
}

// Person is a user of LINE.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Group is a group chat.
type Group struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []Person `json:"members"`
	// Bot is the user id of the official account in it, if one is.
	Bot string `json:"bot,omitempty"`
}

// AddUser registers a person and returns the user id, the same for all
// channels, as for channels of one provider.
func (e *Emulator) AddUser(name string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := &user{id: "U" + e.hex(), name: name}
	e.users[u.id] = u
	e.order = append(e.order, u.id)
	e.poke("people", u.id)
	return u.id
}

// Rename changes a person's display name.
func (e *Emulator) Rename(user, name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.users[user]
	if u == nil {
		return fmt.Errorf("%w: user %q", ErrUnknown, user)
	}
	u.name = name
	for _, en := range e.entries { // phones show everybody under the present name
		if en.From == user {
			en.Name = name
		}
	}
	e.poke("people", user)
	return nil
}

// AddGroup opens a group of these people, without a bot, and returns its id.
func (e *Emulator) AddGroup(name string, members ...string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range members {
		if e.users[m] == nil {
			return "", fmt.Errorf("%w: user %q", ErrUnknown, m)
		}
	}
	g := &group{id: "C" + e.hex(), name: name, since: map[string]int{}}
	for _, m := range members {
		if !slices.Contains(g.members, m) {
			g.members = append(g.members, m)
		}
	}
	g.talk = &talk{id: g.id, group: g}
	e.groups[g.id] = g
	e.order = append(e.order, g.id)
	e.poke("people", g.id)
	return g.id, nil
}

// People lists everybody in the order in which they were added.
func (e *Emulator) People() []Person {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Person
	for _, id := range e.order {
		if u := e.users[id]; u != nil {
			out = append(out, Person{u.id, u.name})
		}
	}
	return out
}

// Groups lists the groups in the order in which they were added.
func (e *Emulator) Groups() []Group {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Group
	for _, id := range e.order {
		g := e.groups[id]
		if g == nil {
			continue
		}
		v := Group{ID: g.id, Name: g.name, Members: []Person{}}
		for _, m := range g.members {
			v.Members = append(v.Members, Person{m, e.users[m].name})
		}
		if g.bot != nil {
			v.Bot = g.bot.o.UserID
		}
		out = append(out, v)
	}
	return out
}

// Friend adds the account as a friend: a follow event. Who had blocked it
// unblocks it.
func (e *Emulator) Friend(user, bot string) (*Handle, error) {
	return e.follow(user, bot, func(f *friend) string {
		if f.friend && !f.blocked {
			return "" // already friends: LINE sends nothing
		}
		f.friend, f.blocked = true, false
		return "follow"
	})
}

// Unblock takes a block back: a follow event with isUnblocked.
func (e *Emulator) Unblock(user, bot string) (*Handle, error) { return e.Friend(user, bot) }

// Block blocks the account: an unfollow event, and nothing arrives any more.
func (e *Emulator) Block(user, bot string) (*Handle, error) {
	return e.follow(user, bot, func(f *friend) string {
		if f.blocked {
			return ""
		}
		f.blocked = true
		return "unfollow"
	})
}

func (e *Emulator) follow(user, bot string, change func(*friend) string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.bot(bot)
	if err != nil {
		return nil, err
	}
	if e.users[user] == nil {
		return nil, fmt.Errorf("%w: user %q", ErrUnknown, user)
	}
	f := c.friend(user)
	was := f.blocked
	kind := change(f)
	e.poke("people", user)
	ev := e.event(c, kind, source{Type: "user", UserID: user})
	switch kind {
	case "follow":
		ev.Follow = &followDetail{IsUnblocked: was}
		e.replyable(ev, c.talk(user))
	case "":
		return finished(), nil
	}
	return e.enqueue(c, user, ev), nil
}

// IsFriend tells whether the user has added the account and not blocked it.
func (e *Emulator) IsFriend(user, bot string) bool {
	f := e.friendship(user, bot)
	return f.friend && !f.blocked
}

// Blocked tells whether the user has blocked the account.
func (e *Emulator) Blocked(user, bot string) bool { return e.friendship(user, bot).blocked }

// friendship is what the user is to the account, the zero value for strangers.
func (e *Emulator) friendship(user, bot string) friend {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, err := e.bot(bot); err == nil && c.friends[user] != nil {
		return *c.friends[user]
	}
	return friend{}
}

// InviteBot brings an account into a group: a join event. A group holds one
// official account (ErrOneBot), and the account must allow it (ErrNoGroups).
func (e *Emulator) InviteBot(group, bot string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.bot(bot)
	if err != nil {
		return nil, err
	}
	g := e.groups[group]
	switch {
	case g == nil:
		return nil, fmt.Errorf("%w: group %q", ErrUnknown, group)
	case c.o.NoGroups:
		return nil, ErrNoGroups
	case g.bot != nil:
		return nil, ErrOneBot
	}
	g.bot = c
	e.came(g, c.o.Name)
	ev := e.event(c, "join", source{Type: "group", GroupID: group})
	e.replyable(ev, g.talk)
	return e.enqueue(c, group, ev), nil
}

// RemoveBot throws the account out of a group: a leave event.
func (e *Emulator) RemoveBot(group string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.groups[group]
	if g == nil {
		return nil, fmt.Errorf("%w: group %q", ErrUnknown, group)
	}
	if g.bot == nil {
		return nil, ErrAbsent
	}
	return e.leave(g), nil
}

// leave is also what the API's leave call does; LINE documents the event for
// both.
func (e *Emulator) leave(g *group) *Handle {
	c := g.bot
	g.bot = nil
	e.went(g, c.o.Name)
	return e.enqueue(c, g.id, e.event(c, "leave", source{Type: "group", GroupID: g.id}))
}

func (e *Emulator) came(g *group, name string) {
	e.system(g.talk, name+"が参加しました。")
	e.poke("people", g.id)
}

func (e *Emulator) went(g *group, name string) {
	e.system(g.talk, name+"が退会しました。")
	e.poke("people", g.id)
}

// JoinGroup lets people into a group: a memberJoined event when a bot is there.
func (e *Emulator) JoinGroup(group string, users ...string) (*Handle, error) {
	return e.members(group, users, "memberJoined")
}

// LeaveGroup takes people out of a group: a memberLeft event when a bot is there.
func (e *Emulator) LeaveGroup(group string, users ...string) (*Handle, error) {
	return e.members(group, users, "memberLeft")
}

func (e *Emulator) members(group string, users []string, kind string) (*Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.groups[group]
	if g == nil {
		return nil, fmt.Errorf("%w: group %q", ErrUnknown, group)
	}
	list := &memberList{}
	for i, id := range users {
		if slices.Contains(users[:i], id) {
			continue
		}
		if e.users[id] == nil {
			return nil, fmt.Errorf("%w: user %q", ErrUnknown, id)
		}
		in := slices.Contains(g.members, id)
		switch {
		case kind == "memberJoined" && in:
			continue
		case kind == "memberLeft" && !in:
			return nil, fmt.Errorf("%w: user %q", ErrAbsent, id)
		}
		list.Members = append(list.Members, source{Type: "user", UserID: id})
	}
	for _, m := range list.Members {
		if kind == "memberJoined" {
			g.members = append(g.members, m.UserID)
			g.since[m.UserID] = len(g.talk.entries)
			e.came(g, e.users[m.UserID].name)
		} else {
			g.members = slices.DeleteFunc(g.members, func(s string) bool { return s == m.UserID })
			delete(g.since, m.UserID)
			e.went(g, e.users[m.UserID].name)
		}
	}
	if g.bot == nil || len(list.Members) == 0 {
		return finished(), nil
	}
	ev := e.event(g.bot, kind, source{Type: "group", GroupID: group})
	if kind == "memberJoined" {
		ev.Joined = list
		e.replyable(ev, g.talk)
	} else {
		ev.Left = list
	}
	return e.enqueue(g.bot, group, ev), nil
}
