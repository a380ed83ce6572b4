package flows

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// ways checks that every step can be reached, and that from every step the end
// can be reached, which is more than giving up.
func (c *checker) ways() {
	reached := c.reach(c.f.Start)
	for i := range c.f.Steps {
		s := &c.f.Steps[i]
		if !reached[s.ID] {
			c.add("steps."+s.ID, s.ID, "a step that some next leads to, none does")
			continue
		}
		ends := false
		for id := range c.reach(s.ID) {
			ends = ends || c.ends(c.f.Step(id))
		}
		if !ends {
			c.add("steps."+s.ID, s.ID, "a way to an end (effect %s), from here there is none", EffectSend)
		}
	}
}

// leavable says whether an end can still be reached from every step that can.
func (f *Flow) leavable() bool {
	c := &checker{f: f}
	for id := range c.reach(f.Start) {
		ends := false
		for further := range c.reach(id) {
			ends = ends || c.ends(f.Step(further))
		}
		if !ends {
			return false
		}
	}
	return true
}

func (c *checker) reach(start string) map[string]bool {
	reached := map[string]bool{}
	todo := []string{start}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		s := c.f.Step(id)
		if s == nil || reached[id] {
			continue
		}
		reached[id] = true
		if s.Kind == KindMany || s.Kind == KindText || s.Optional {
			todo = append(todo, s.Next)
		}
		for i := range s.Choices {
			todo = append(todo, s.leads(&s.Choices[i]))
		}
	}
	return reached
}

func (c *checker) ends(s *Step) bool {
	return s.Finish != "" || slices.ContainsFunc(s.Choices, func(o Choice) bool { return o.Effect == EffectSend })
}

var (
	wrongShort = regexp.MustCompile(`(?:^|[^0-9#])(118|189)(?:[^0-9]|$)`)
	wrongLong  = regexp.MustCompile(`(#9910)|(?:^|[^0-9])((?:0|\+81[-. ]?)?3[-. ]?3507[-. ]?9341)`)
)

// WrongNumbers returns the telephone numbers in s that must never be shown to
// members or residents: the mistakes people make for 119, 188 and #9110, and the
// desk of the Consumer Affairs Agency that is for municipalities only.
func WrongNumbers(s string) []string {
	s = norm.NFKC.String(s)
	s = strings.Map(func(r rune) rune {
		if r == '‐' || r == '‑' || r == '–' || r == '—' || r == '−' || r == 'ー' || r == '(' || r == ')' {
			return '-'
		}
		return r
	}, s)
	var found []string
	for _, m := range wrongShort.FindAllStringSubmatch(s, -1) {
		found = append(found, m[1])
	}
	for _, m := range wrongLong.FindAllStringSubmatch(s, -1) {
		found = append(found, m[1]+m[2])
	}
	return found
}
