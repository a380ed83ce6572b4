package council_test

import (
	"slices"
	"strings"
	"testing"

	"mimamori.example/mimamori/bot/council"
)

// expectations is the table of what may happen to a case, written apart from
// the code: per action who may, and where each state leads. A word that is no
// state is the refusal.
const expectations = `
action          who                received      taken         instructed    answered      handed_over   connected     closed
take            clerk              taken         already_taken already_taken already_taken already_taken already_taken already_over
take_over       clerk              not_taken_yet taken         instructed    answered      handed_over   connected     already_over
prepare         clerk              received      taken         instructed    answered      handed_over   connected     already_over
instruct        clerk              instructed    instructed    instructed    instructed    handed_over   connected     already_over
inform          clerk              taken         taken         instructed    answered      handed_over   connected     already_over
thank           clerk              closed        closed        closed        closed        closed        closed        already_over
correct         clerk              nothing_sent  taken         taken         answered      handed_over   connected     closed
hand_over       clerk              handed_over   handed_over   handed_over   handed_over   already_done  already_done  already_over
connect         clerk,counsellor   not_handed    not_handed    not_handed    not_handed    connected     already_done  already_over
reported_itself clerk              taken         taken         instructed    answered      handed_over   connected     already_over
telephoned      clerk              taken         taken         instructed    answered      handed_over   connected     already_over
close           clerk              closed        closed        closed        closed        closed        closed        already_over
reply           reporter           nothing_sent  answered      answered      answered      handed_over   connected     already_over
ask_back        reporter           received      answered      answered      answered      handed_over   connected     already_over
add             reporter           received      taken         instructed    answered      handed_over   connected     already_over
withdraw        reporter           closed        closed        closed        closed        closed        closed        already_over
wish_withdraw   reporter           received      taken         instructed    answered      handed_over   connected     already_over
raise           system             received      taken         instructed    answered      handed_over   connected     already_over
lose            system             nothing_sent  taken         taken         answered      handed_over   connected     closed
`

func TestEveryTransition(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(expectations), "\n")
	states := strings.Fields(rows[0])[2:]
	if len(states) != len(council.States) {
		t.Fatalf("the expectations know %d states, there are %d", len(states), len(council.States))
	}
	var actions []council.Action
	for _, row := range rows[1:] {
		f := strings.Fields(row)
		action, who := council.Action(f[0]), strings.Split(f[1], ",")
		actions = append(actions, action)
		for i, s := range council.States {
			if string(s) != states[i] {
				t.Fatalf("state %d is %s, the expectations say %s", i, s, states[i])
			}
			for _, r := range council.Roles {
				wantState, wantWhy := s, council.NotYours
				if slices.Contains(who, string(r)) {
					wantWhy = council.Refusal(f[2+i])
					if slices.Contains(council.States, council.State(f[2+i])) {
						wantState, wantWhy = council.State(f[2+i]), council.Allowed
					}
				}
				if got, why := council.Next(s, action, r); got != wantState || why != wantWhy {
					t.Errorf("%s does %s when %s: got %s %q, want %s %q", r, action, s, got, why, wantState, wantWhy)
				}
			}
		}
	}
	if !slices.Equal(actions, council.Actions) {
		t.Errorf("expectations for %v, actions are %v", actions, council.Actions)
	}
}

// What nobody declared may not be done.
func TestUnknownIsRefused(t *testing.T) {
	for _, c := range []struct {
		s council.State
		a council.Action
		r council.Role
	}{{council.Taken, "burn", council.RoleClerk}, {council.Taken, council.Take, "ghost"}, {"nowhere", council.Close, council.RoleClerk}} {
		if s, why := council.Next(c.s, c.a, c.r); why == council.Allowed || s != c.s {
			t.Errorf("%v: got %s %q", c, s, why)
		}
	}
}

// Closed is the end: no walk over allowed actions leaves it again, and only
// the four roles ever move anything.
func TestClosedIsFinal(t *testing.T) {
	may := []council.Role{council.RoleClerk, council.RoleReporter, council.RoleSystem, council.RoleCounsellor}
	for _, a := range council.Actions {
		for _, r := range council.Roles {
			next, why := council.Next(council.Closed, a, r)
			if why == council.Allowed && (next != council.Closed || a != council.Correct && a != council.Lose) {
				t.Errorf("%s by %s leads out of closed, or is allowed there: %s", a, r, next)
			}
			for _, s := range council.States {
				if _, why := council.Next(s, a, r); why == council.Allowed && !slices.Contains(may, r) {
					t.Errorf("%s may %s when %s", r, a, s)
				}
			}
		}
	}
}

// Every state can be reached, and from every open one a clerk can close.
func TestEveryStateIsReached(t *testing.T) {
	reached := map[council.State]bool{council.Received: true}
	for range council.States {
		for s := range reached {
			for _, a := range council.Actions {
				for _, r := range council.Roles {
					if next, why := council.Next(s, a, r); why == council.Allowed {
						reached[next] = true
					}
				}
			}
		}
	}
	for _, s := range council.States {
		if !reached[s] {
			t.Errorf("nothing leads to %s", s)
		}
		if next, why := council.Next(s, council.Close, council.RoleClerk); s != council.Closed && (why != "" || next != council.Closed) {
			t.Errorf("a clerk cannot close what is %s: %q", s, why)
		}
	}
}
