package browser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"
)

// violation is a rule of axe's that the page breaks.
type violation struct {
	ID, Help string
	Nodes    []string
}

// axeRun runs axe on what can be seen now, as WCAG 2.2 AA and good practice
// demand it.
const axeRun = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] })
	.then((r) => r.violations.map((v) => ({ ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => n.html + " " + n.failureSummary) })))`

// accessible fails the test for everything that keeps somebody out.
func (s *stage) accessible(when string) {
	s.t.Helper()
	for _, f := range s.barriers() {
		s.t.Errorf("%s: %s", when, f)
	}
}

// barriers is what axe finds and what it does not look for.
func (s *stage) barriers() (all []string) {
	s.t.Helper()
	if !s.ask(`typeof axe !== "undefined"`) {
		if _, err := chromedp.Run(s.ctx, chromedp.Evaluate[any](shared.axe+";0")); err != nil {
			s.t.Fatalf("load axe: %v", err)
		}
	}
	found, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]violation](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("axe: %v", err)
	}
	for _, v := range found {
		nodes := v.Nodes
		more := ""
		if len(nodes) > 3 {
			nodes, more = nodes[:3], fmt.Sprintf(" and %d more", len(v.Nodes)-3)
		}
		all = append(all, fmt.Sprintf("%s: %s\n  %s%s", v.ID, v.Help, strings.Join(nodes, "\n  "), more))
	}
	return append(all, js[[]string](s, "faults")...)
}

// axeRules are the rules that would be run; an empty list would find nothing.
func (s *stage) axeRules() []string {
	s.t.Helper()
	rules, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string](`axe.getRules(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]).map((r) => r.ruleId)`))
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(rules)
	return rules
}
