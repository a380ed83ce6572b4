package play_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"mimamori.example/mimamori/bot/play"
)

var counted = regexp.MustCompile(`数えられた通数：(\d+)`)

// A case must not eat the month: the free plan has 200 messages, counted per
// recipient of a push, and a secretariat has about five clerks. The plays say
// who hears what for it; this holds the bound, which -update must not move.
func TestMessagesOfOneCase(t *testing.T) {
	for file, most := range map[string]int{"90_budget_shortest": 12, "91_budget_told_at_once": 17} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile("testdata/" + file + ".play")
			if err != nil {
				t.Fatal(err)
			}
			counts := counted.FindAllStringSubmatch(perform(t, string(script), play.Options{}), -1)
			if len(counts) != 2 || counts[0][1] != "0" {
				t.Fatalf("counted: %v", counts)
			}
			if n, err := strconv.Atoi(counts[1][1]); err != nil || n > most || n == 0 {
				t.Errorf("%d messages, at most %d", n, most)
			}
		})
	}
}
