// Package flowtest plays scenario files against the engine: who says what, and
// what comes back. A scenario is a test and documentation at once.
//
// Lines that begin with "member >" or "stage >" are the script, everything
// else is what the engine said to it and is written anew by -update:
//
//	member > scan
//	member > tap 業者がその場にいる
//	member > tap わからない @2      the button of the question number 2
//	member > type 訪問販売
//	member > sticker
//	member > continue
//	stage > catalog reworded        the catalog was changed between two turns
//	stage > wait 15m
//
// The session is written as JSON and read back between all turns.
package flowtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/flows"
)

// start is when every scenario begins.
var start = time.Date(2026, 6, 10, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))

// Play plays a script and returns it with everything that came back. The flow
// named "" is the one it begins with, the others are for "stage > catalog".
// A script that cannot be played (an unknown line, a button that was never
// shown) is an error.
func Play(catalogs map[string]*flows.Flow, script []byte) ([]byte, error) {
	p := &player{catalogs: catalogs, flow: catalogs[""], now: start, seen: map[string]string{}}
	lines := bufio.NewScanner(bytes.NewReader(script))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "# "):
			p.print("%s", line)
		case strings.HasPrefix(line, "member > "), strings.HasPrefix(line, "stage > "):
			p.print("\n%s", line)
			who, what, _ := strings.Cut(line, " > ")
			if err := p.line(who, what); err != nil {
				return nil, fmt.Errorf("flowtest: line %d: %q: %w", n, line, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("flowtest: read script: %w", err)
	}
	p.end()
	return p.out.Bytes(), nil
}

type player struct {
	catalogs map[string]*flows.Flow
	flow     *flows.Flow
	stored   []byte // the session between turns
	now      time.Time
	shown    []*flows.Question
	seen     map[string]string // choices by step, as last printed
	out      bytes.Buffer
}

func (p *player) print(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *player) line(who, what string) error {
	verb, rest, _ := strings.Cut(what, " ")
	if who == "stage" {
		return p.stage(verb, rest)
	}
	var in flows.Input
	switch verb {
	case "scan":
		return p.turn(flows.Begin(p.flow, "s1", p.now))
	case "tap":
		var err error
		if in, err = p.button(rest); err != nil {
			return err
		}
	case "type":
		in = flows.Input{Kind: flows.Typed, Text: rest}
	case "sticker", "picture", "voice":
		in = flows.Input{Kind: flows.Other}
	case "continue":
		in = flows.Input{Kind: flows.Resume}
	default:
		return fmt.Errorf("no such action %q", verb)
	}
	var s flows.Session
	if err := json.Unmarshal(p.stored, &s); err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	return p.turn(flows.Advance(p.flow, s, in, p.now))
}

func (p *player) stage(verb, rest string) error {
	switch verb {
	case "catalog":
		f := p.catalogs[rest]
		if f == nil {
			return fmt.Errorf("no catalog %q", rest)
		}
		p.flow = f
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		p.now = p.now.Add(d)
	default:
		return fmt.Errorf("no such direction %q", verb)
	}
	return nil
}

// button finds a button by its label among those of the last question, or of
// the question with the number after @.
func (p *player) button(what string) (flows.Input, error) {
	label, number, at := strings.Cut(what, " @")
	for _, q := range slices.Backward(p.shown) {
		if at && strconv.Itoa(q.Turn) != number {
			continue
		}
		for _, o := range buttons(q) {
			if o.Label == label {
				session, turn, choice, ok := flows.DecodeTap(o.Data)
				if !ok {
					return flows.Input{}, fmt.Errorf("bad data %q", o.Data)
				}
				return flows.Input{Kind: flows.Tap, Session: session, Turn: turn, Choice: choice}, nil
			}
		}
		if !at {
			break
		}
	}
	return flows.Input{}, fmt.Errorf("no button %q", what)
}

func buttons(q *flows.Question) []flows.Option {
	all := slices.Concat(q.Choices, q.Keep, q.Nav)
	if q.Done != nil {
		all = append(all, *q.Done)
	}
	return all
}

// turn prints what came back and stores the session.
func (p *player) turn(r flows.Result) error {
	p.print("  (%s)", strings.Join(append([]string{r.Verdict}, r.Effects...), ", "))
	for _, o := range r.Outputs {
		if o.Question == nil {
			p.block("bot: ", o.Say)
			continue
		}
		p.question(o.Question)
	}
	stored, err := json.Marshal(r.Session)
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	p.stored = stored
	return nil
}

func (p *player) question(q *flows.Question) {
	p.shown = append(p.shown, q)
	p.block(fmt.Sprintf("bot %d: ", q.Turn), q.Prompt)
	if q.Hint != "" {
		p.block("       ", q.Hint)
	}
	choices := labels(q.Choices)
	if q.Done != nil {
		choices += "   [" + q.Done.Label + "]"
	}
	if p.seen[q.Step] == choices {
		choices = "[…]"
	} else {
		p.seen[q.Step] = choices
	}
	p.print("      %s", choices)
	if beside := labels(q.Keep) + labels(q.Nav); beside != "" {
		p.print("      beside: %s", strings.TrimSpace(labels(q.Keep)+" "+labels(q.Nav)))
	}
}

func (p *player) block(head, text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		p.print("  %s%s", head, line)
	}
}

func labels(options []flows.Option) string {
	var b strings.Builder
	for i, o := range options {
		if i > 0 {
			b.WriteByte(' ')
		}
		if o.Marked {
			b.WriteString("[✓" + o.Label + "]")
		} else {
			b.WriteString("[" + o.Label + "]")
		}
	}
	return b.String()
}

// end prints what the scenario leaves behind.
func (p *player) end() {
	var s flows.Session
	if json.Unmarshal(p.stored, &s) != nil {
		return
	}
	state := "open at " + s.Step
	if s.Ended {
		state = "ended"
	}
	if s.Told {
		state += ", told before"
	}
	p.print("\nIn the end the session is %s. Answers:", state)
	for _, a := range s.Answers {
		p.print("  %s = %s%s (%s)", a.Step, strings.Join(a.IDs, ", "), a.Text, strings.Join(a.Labels, "、"))
	}
}
