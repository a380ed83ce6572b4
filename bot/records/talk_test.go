package records

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"mimamori.example/mimamori/flows"
)

// A talk reads the same with and without what is not set: stores hold both.
func TestTalkIsRead(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	session := flows.Session{ID: "S", Flow: "report", Step: "urgency", Turn: 1, Started: at, Touched: at}
	for name, c := range map[string]struct {
		talk     Talk
		old, now string
	}{
		"words": {
			Talk{User: "U1", Kept: "words", KeptID: "7", KeptAt: at, Due: at},
			`{"User":"U1","Session":null,"Report":"","Before":"","Wait":"","Case":"","Instruction":"",` +
				`"WaitAt":"0001-01-01T00:00:00Z","Kept":"words","KeptID":"7","KeptAt":"2026-11-22T01:02:03Z",` +
				`"Attached":false,"Nudge":"0001-01-01T00:00:00Z","Due":"2026-11-22T01:02:03Z"}`,
			`{"User":"U1","Kept":"words","KeptID":"7","KeptAt":"2026-11-22T01:02:03Z","Due":"2026-11-22T01:02:03Z"}`,
		},
		"everything": {
			Talk{User: "U1", Session: &session, Report: "26-0001", Before: "26-0002", Wait: WaitAnswer, Case: "26-0003",
				Instruction: "I", WaitAt: at, Kept: "words", KeptID: "7", KeptAt: at, Attached: true, Nudge: at, Due: at},
			`{"User":"U1","Session":{"id":"S","flow":"report","revision":"","step":"urgency","turn":1,` +
				`"started":"2026-11-22T01:02:03Z","touched":"2026-11-22T01:02:03Z"},"Report":"26-0001","Before":"26-0002",` +
				`"Wait":"answer","Case":"26-0003","Instruction":"I","WaitAt":"2026-11-22T01:02:03Z",` +
				`"Kept":"words","KeptID":"7","KeptAt":"2026-11-22T01:02:03Z","Attached":true,` +
				`"Nudge":"2026-11-22T01:02:03Z","Due":"2026-11-22T01:02:03Z"}`, "",
		},
	} {
		if c.now == "" {
			c.now = c.old
		}
		if got, err := json.Marshal(c.talk); err != nil || string(got) != c.now {
			t.Errorf("%s: written as %s, %v", name, got, err)
		}
		for _, stored := range []string{c.old, c.now} {
			var got Talk
			if err := json.Unmarshal([]byte(stored), &got); err != nil || !reflect.DeepEqual(got, c.talk) {
				t.Errorf("%s: %s is read as %+v, %v", name, stored, got, err)
			}
		}
	}
}
