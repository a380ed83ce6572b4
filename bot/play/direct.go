package play

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator"
)

// direct follows a stage direction.
func (s *Stage) direct(ctx context.Context, l Line) (string, error) {
	do, ok := directions[l.Verb]
	if !ok {
		return "", fmt.Errorf("no direction %q", l.Verb)
	}
	return do(ctx, s, strings.Fields(l.Rest))
}

type direction func(ctx context.Context, s *Stage, args []string) (string, error)

var directions map[string]direction

func init() { // refers to Stage.member, which performs deeds
	directions = map[string]direction{
		"at":   func(context.Context, *Stage, []string) (string, error) { return "", nil },
		"set":  func(context.Context, *Stage, []string) (string, error) { return "", nil },
		"wait": wait,
		// until 2026-12-02 08:30
		"until": func(ctx context.Context, s *Stage, args []string) (string, error) {
			t, err := Time(strings.Join(args, " "))
			if err != nil {
				return "", err
			}
			return "", s.advance(ctx, t.Sub(s.Clock.Now()))
		},
		// group NAME people…
		"group": func(_ context.Context, s *Stage, args []string) (string, error) {
			var users []string
			for _, name := range args[1:] {
				users = append(users, s.person(name))
			}
			id, err := s.Line.AddGroup(args[0], users...)
			if err != nil {
				return "", err
			}
			s.groups[args[0]] = id
			for _, name := range args[1:] {
				s.in[name] = id
			}
			s.order = append(s.order, place{name: args[0], group: id})
			return "", nil
		},
		// issue ORGANISATION NUMBER
		"issue": func(ctx context.Context, s *Stage, args []string) (string, error) {
			return "", s.Issue(ctx, args[0], args[1])
		},
		// code makes a set-up code; show-code posts it.
		"code": func(ctx context.Context, s *Stage, _ []string) (_ string, err error) {
			s.code, err = s.SetupCode(ctx)
			return "", err
		},
		"revoke": func(ctx context.Context, s *Stage, args []string) (string, error) {
			_, err := s.Do(ctx, "card revoke", args...)
			return "", err
		},
		"rebind": func(ctx context.Context, s *Stage, args []string) (string, error) {
			_, err := s.Do(ctx, "card rebind", args...)
			return "", err
		},
		"secretariat": secretariat,
		"member":      member,
		"report":      report,
		"break":       breakLine,
		"mend": func(_ context.Context, s *Stage, _ []string) (string, error) {
			s.Line.Mend("")
			return "", nil
		},
		// forget-quotes: LINE refuses to quote anything from before.
		"forget-quotes": func(_ context.Context, s *Stage, _ []string) (string, error) {
			s.Line.ForgetQuotes()
			return "", nil
		},
		"duplicate": func(_ context.Context, s *Stage, _ []string) (string, error) {
			s.Bot.Next(1, emulator.Mischief{Duplicate: true})
			return "", nil
		},
		// lose the next event, delay TIME it.
		"lose": func(_ context.Context, s *Stage, _ []string) (string, error) {
			s.Bot.Next(1, emulator.Mischief{Lose: true})
			return "", nil
		},
		// nameless leaves out of the next event who did it.
		"nameless": func(_ context.Context, s *Stage, _ []string) (string, error) {
			s.Bot.Next(1, emulator.Mischief{Nameless: true})
			return "", nil
		},
		"delay": func(_ context.Context, s *Stage, args []string) (string, error) {
			d, err := time.ParseDuration(args[0])
			s.Bot.Next(1, emulator.Mischief{Delay: d})
			return "", err
		},
		"hold": func(_ context.Context, s *Stage, _ []string) (string, error) {
			s.Bot.Hold()
			return "", nil
		},
		"release": func(_ context.Context, s *Stage, args []string) (string, error) {
			how := strings.Join(args, " ")
			s.Bot.Release(strings.Contains(how, "batch"), strings.Contains(how, "reverse"))
			return "", nil
		},
		"spend": func(_ context.Context, s *Stage, args []string) (string, error) {
			n, err := strconv.Atoi(args[0])
			s.Bot.SetMonthly(200)
			s.Bot.Spend(n)
			return "", err
		},
		// backup NAME writes one; restore NAME stops the program, throws the store
		// away, reads the backup into a new one, releases it and starts.
		"backup": func(ctx context.Context, s *Stage, args []string) (string, error) {
			return "", s.Backup(ctx, args[0])
		},
		"restore": func(ctx context.Context, s *Stage, args []string) (string, error) {
			return "", s.Restore(ctx, args[0])
		},
		// count tells how many messages LINE has counted since the last time: one
		// per recipient of a push, none for a reply.
		"count": func(_ context.Context, s *Stage, _ []string) (string, error) {
			n := s.Bot.Consumption() - s.counted
			s.counted += n
			return fmt.Sprintf("数えられた通数：%d", n), nil
		},
		"stop":  func(ctx context.Context, s *Stage, _ []string) (string, error) { return "", s.Stop(ctx) },
		"start": func(ctx context.Context, s *Stage, _ []string) (string, error) { return "", s.Start(ctx) },
	}
}

func wait(ctx context.Context, s *Stage, args []string) (string, error) {
	d, err := time.ParseDuration(args[0])
	if err != nil {
		return "", err
	}
	return "", s.advance(ctx, d)
}

// breakLine ENDPOINT KIND [TIMES]; the kind "refuse" answers 400.
func breakLine(_ context.Context, s *Stage, args []string) (string, error) {
	f := emulator.Fault{Endpoint: args[0], Kind: emulator.FaultKind(args[1])}
	if args[0] == "all" {
		f.Endpoint = ""
	}
	if args[1] == "refuse" {
		f.Kind, f.Status = emulator.FailBefore, 400
	}
	if len(args) > 2 {
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return "", err
		}
		f.Times = n
	}
	_, err := s.Line.Break(f)
	return "", err
}

// secretariat NAME CLERK…: a bound group whose people are all clerks. What is
// said on the way is not told.
func secretariat(ctx context.Context, s *Stage, args []string) (string, error) {
	group, clerks := args[0], args[1:]
	if _, err := directions["group"](ctx, s, []string{group, clerks[0]}); err != nil {
		return "", err
	}
	steps := []Line{{Verb: "code"}, {Who: clerks[0], Verb: "let-in", Rest: group}, {Who: clerks[0], Verb: "show-code"}}
	for _, c := range clerks[1:] {
		steps = append(steps, Line{Who: c, Verb: "join", Rest: group}, Line{Who: clerks[0], Verb: "tap", Rest: "職員として登録"})
	}
	return "", s.silently(ctx, steps)
}

// member NAME ORGANISATION NUMBER: a card that is issued and accepted.
func member(ctx context.Context, s *Stage, args []string) (string, error) {
	name, organisation, number := args[0], args[1], args[2]
	if err := s.Issue(ctx, organisation, number); err != nil {
		return "", err
	}
	return "", s.silently(ctx, []Line{{Who: name, Verb: "friend"}, {Who: name, Verb: "scan", Rest: number},
		{Who: name, Verb: "tap", Rest: "同意して登録する"}})
}

// report NAME URGENCY [KIND]: a member's shortest report. What is said on the
// way is not told.
func report(ctx context.Context, s *Stage, args []string) (string, error) {
	name, urgency, kind := args[0], args[1], "訪問販売・しつこい勧誘"
	if len(args) > 2 {
		kind = args[2]
	}
	return "", s.silently(ctx, []Line{{Who: name, Verb: "say", Rest: "報告"}, {Who: name, Verb: "tap", Rest: urgency},
		{Who: name, Verb: "tap", Rest: kind}, {Who: name, Verb: "tap", Rest: "送信する"}})
}

func (s *Stage) silently(ctx context.Context, steps []Line) error {
	for _, l := range steps {
		if remark, err := s.act(ctx, l); err != nil || remark != "" {
			var told strings.Builder
			return errors.Join(fmt.Errorf("%s %s: %s", l.Who, l.Verb, remark), err, s.tell(&told), errors.New(told.String()))
		}
		if err := s.Settle(ctx); err != nil {
			return err
		}
	}
	return s.tell(&strings.Builder{})
}

// Time reads 2026-12-01 10:00 in Tokyo.
func Time(s string) (time.Time, error) {
	return time.ParseInLocation("2006-01-02 15:04", s, config.Tokyo)
}
