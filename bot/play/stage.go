package play

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/line/emulator"
)

// Stage performs scripts on a World with a hand-moved clock. People have
// parts: members and residents talk to the bot alone, clerks and strangers in
// the secretariat's group.
type Stage struct {
	*World
	Clock *clock.Manual

	users  map[string]string // name → LINE user id
	groups map[string]string // name → group id
	in     map[string]string // name → the group in which the person talks
	seen   map[string]int    // talk → messages already told
	mails  int
	code   string // the latest set-up code
	order  []place
	last   map[string]string // name → id of the last message they sent

	counted int64 // messages of the month, as of the last time somebody asked
}

type place struct{ name, user, group string }

// NewStage makes a stage with nobody on it.
func NewStage(w *World, c *clock.Manual) *Stage {
	return &Stage{World: w, Clock: c, users: map[string]string{}, groups: map[string]string{},
		in: map[string]string{}, seen: map[string]int{}, last: map[string]string{}}
}

// Perform runs a script and returns it with everything that reached anybody.
func (s *Stage) Perform(ctx context.Context, lines []Line) (string, error) {
	var out strings.Builder
	for _, l := range lines {
		out.WriteString(l.Text + "\n")
		if l.Verb == "" {
			continue
		}
		remark, err := s.act(ctx, l)
		if err != nil {
			return out.String(), fmt.Errorf("line %d: %s: %w", l.N, l.Text, err)
		}
		if err := s.Settle(ctx); err != nil {
			return out.String(), fmt.Errorf("line %d: %s: %w", l.N, l.Text, err)
		}
		if remark != "" {
			out.WriteString("    (" + remark + ")\n")
		}
		if err := s.tell(&out); err != nil {
			return out.String(), err
		}
	}
	return out.String(), nil
}

func (s *Stage) act(ctx context.Context, l Line) (string, error) {
	if l.Who == "" {
		return s.direct(ctx, l)
	}
	user := s.person(l.Who)
	chat := s.in[l.Who]
	do, ok := deeds[l.Verb]
	if !ok {
		return "", fmt.Errorf("nobody knows how to %q", l.Verb)
	}
	h, err := do(ctx, s, l, user, chat)
	if errors.Is(err, emulator.ErrNotShown) {
		return "そのボタンは、もう出ていません", nil
	}
	if err != nil {
		return "", err
	}
	if h != nil {
		s.last[l.Who] = h.Message
		if h.Open != "" {
			return "開く: " + h.Open, nil
		}
	}
	return "", nil
}

// person finds somebody; who is named for the first time is a person without
// anything, a friend of the bot.
func (s *Stage) person(name string) string {
	if id, ok := s.users[name]; ok {
		return id
	}
	id := s.Line.AddUser(name)
	s.users[name] = id
	s.order = append(s.order, place{name: name, user: id})
	return id
}

// deed is something that a person does.
type deed func(ctx context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error)

var deeds = map[string]deed{
	"say": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		return s.Line.Say(user, chat, l.Rest)
	},
	"scan": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		text, err := s.CardText(l.Rest)
		if err != nil {
			return nil, err
		}
		return s.Line.Say(user, chat, text)
	},
	"tap": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		return s.Line.Tap(user, chat, "", l.Rest)
	},
	// twice LABEL taps the same button two times, before anything comes back.
	"twice": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		id, err := s.shows(user, chat, l.Rest)
		if err != nil {
			return nil, err
		}
		if _, err := s.Line.Tap(user, chat, id, l.Rest); err != nil {
			return nil, err
		}
		return s.Line.Tap(user, chat, id, l.Rest)
	},
	// tap-in MARK LABEL taps below the first message that holds MARK.
	"tap-in": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		mark, label, _ := strings.Cut(l.Rest, " ")
		id, err := s.find(user, chat, mark, true)
		if err != nil {
			return nil, err
		}
		return s.Line.Tap(user, chat, id, label)
	},
	// quote MARK TEXT answers the latest message that holds MARK.
	"quote": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		mark, text, _ := strings.Cut(l.Rest, " ")
		id, err := s.find(user, chat, mark, false)
		if err != nil {
			return nil, err
		}
		return s.Line.Say(user, chat, text, id)
	},
	"sticker": func(_ context.Context, s *Stage, _ Line, user, chat string) (*emulator.Handle, error) {
		return s.Line.Sticker(user, chat, "446", "1988")
	},
	"picture": func(_ context.Context, s *Stage, _ Line, user, chat string) (*emulator.Handle, error) {
		return s.Line.Picture(user, chat, []byte("picture"), "image/jpeg")
	},
	"voice": func(_ context.Context, s *Stage, _ Line, user, chat string) (*emulator.Handle, error) {
		return s.Line.Voice(user, chat, []byte("voice"), 3000)
	},
	// unsend takes back the person's last message, unsend MARK the latest that
	// holds MARK.
	"unsend": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		if l.Rest != "" {
			id, err := s.own(user, chat, l.Rest)
			if err != nil {
				return nil, err
			}
			return s.Line.Unsend(user, chat, id)
		}
		return s.Line.Unsend(user, chat, s.last[l.Who])
	},
	"edit": func(_ context.Context, s *Stage, l Line, user, chat string) (*emulator.Handle, error) {
		return s.Line.Edit(user, chat, s.last[l.Who], l.Rest)
	},
	"friend": func(_ context.Context, s *Stage, _ Line, user, _ string) (*emulator.Handle, error) {
		return s.Line.Friend(user, s.Bot.UserID())
	},
	"block": func(_ context.Context, s *Stage, _ Line, user, _ string) (*emulator.Handle, error) {
		return s.Line.Block(user, s.Bot.UserID())
	},
	"join": func(_ context.Context, s *Stage, l Line, user, _ string) (*emulator.Handle, error) {
		s.in[l.Who] = s.groups[l.Rest]
		return s.Line.JoinGroup(s.groups[l.Rest], user)
	},
	"leave": func(_ context.Context, s *Stage, l Line, user, _ string) (*emulator.Handle, error) {
		return s.Line.LeaveGroup(s.in[l.Who], user)
	},
	"let-in": func(_ context.Context, s *Stage, l Line, _, _ string) (*emulator.Handle, error) {
		return s.Line.InviteBot(s.groups[l.Rest], s.Bot.UserID())
	},
	"put-out": func(_ context.Context, s *Stage, l Line, _, _ string) (*emulator.Handle, error) {
		return s.Line.RemoveBot(s.groups[l.Rest])
	},
	"show-code": func(_ context.Context, s *Stage, _ Line, user, chat string) (*emulator.Handle, error) {
		return s.Line.Say(user, chat, s.code)
	},
}

// shows finds the newest message of a talk with this button.
func (s *Stage) shows(user, chat, label string) (string, error) {
	ms, err := s.talk(user, chat)
	if err != nil {
		return "", err
	}
	for _, m := range slices.Backward(ms) {
		if slices.ContainsFunc(m.Buttons, func(b emulator.Button) bool { return b.Label == label }) {
			return m.ID, nil
		}
	}
	return "", emulator.ErrNotShown
}

// find looks for a message of a talk that holds mark.
func (s *Stage) find(user, chat, mark string, first bool) (string, error) {
	ms, err := s.talk(user, chat)
	if err != nil {
		return "", err
	}
	id := ""
	for _, m := range ms {
		if strings.Contains(m.Text, mark) && (!first || id == "") {
			id = m.ID
		}
	}
	if id == "" {
		return "", fmt.Errorf("no message says %q", mark)
	}
	return id, nil
}

// own finds the person's own latest message that holds mark.
func (s *Stage) own(user, chat, mark string) (string, error) {
	ms, err := s.talk(user, chat)
	if err != nil {
		return "", err
	}
	for _, m := range slices.Backward(ms) {
		if m.From == user && strings.Contains(m.Text, mark) {
			return m.ID, nil
		}
	}
	return "", fmt.Errorf("no message of one's own says %q", mark)
}

func (s *Stage) talk(user, group string) ([]emulator.Message, error) {
	if group != "" {
		return s.Line.Group(group)
	}
	return s.Line.Talk(user, s.Bot.UserID())
}

// tell writes what is new in every talk.
func (s *Stage) tell(out *strings.Builder) error {
	for _, p := range s.order {
		ms, err := s.talk(p.user, p.group)
		if err != nil {
			return err
		}
		for _, m := range ms[min(s.seen[p.name], len(ms)):] {
			s.write(out, p, m)
		}
		s.seen[p.name] = len(ms)
	}
	letters := s.Letters()
	for _, l := range letters[s.mails:] {
		fmt.Fprintf(out, "    -> メール %s\n       %s\n", l.To, strings.ReplaceAll(l.Body, "\n", "\n       "))
	}
	s.mails = len(letters)
	return nil
}

func (s *Stage) write(out *strings.Builder, p place, m emulator.Message) {
	if m.From != s.Bot.UserID() && m.Type != "system" {
		return // people's own words stand in the script
	}
	via := ""
	if m.Via != "reply" && m.Via != "" {
		via = " (" + m.Via + ")"
	}
	fmt.Fprintf(out, "    -> %s%s\n", p.name, via)
	if m.Quoted != "" {
		if q, ok := s.Line.Message(m.Quoted); ok {
			first, _, _ := strings.Cut(q.Text, "\n")
			fmt.Fprintf(out, "       > %s\n", first)
		}
	}
	var labels []string
	for _, b := range m.Buttons {
		if label := "[" + b.Label + "]"; !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	for _, line := range strings.Split(m.Text, "\n") {
		if line != "" && !slices.Contains(labels, "["+line+"]") {
			fmt.Fprintf(out, "       %s\n", line)
		}
	}
	if len(labels) > 0 {
		fmt.Fprintf(out, "       %s\n", strings.Join(labels, " "))
	}
}

// advance moves the clock on by d, from one thing that waits to the next.
func (s *Stage) advance(ctx context.Context, d time.Duration) error {
	end := s.Clock.Now().Add(d)
	for s.Clock.Now().Before(end) {
		step := end.Sub(s.Clock.Now())
		if fine := max(d/200, 15*time.Second); step > fine {
			step = fine
		}
		s.Clock.Advance(step)
		if err := s.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}
