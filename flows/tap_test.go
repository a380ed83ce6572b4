package flows_test

import (
	"strings"
	"testing"

	"mimamori.example/mimamori/flows"
)

func TestDecodeTap(t *testing.T) {
	for _, tt := range []struct {
		data string
		ok   bool
	}{
		{"f:s1:1:danger", true},
		{"f:S-_9:123456789:+boxes", true},
		{"f:s1:2:-boxes", true},
		{"f:s1:2:!tell_now", true},
		{"", false},
		{"f:", false},
		{"g:s1:1:danger", false},
		{"f:s1:0:danger", false},
		{"f:s1:-1:danger", false},
		{"f:s1:01:danger", false},
		{"f:s1:+1:danger", false},
		{"f:s1:1234567890:danger", false},
		{"f:s1:1:", false},
		{"f:s1:1:!", false},
		{"f:s1:1:!!done", false},
		{"f:s1:1:Danger", false},
		{"f:s1:1:a:b", false},
		{"f:s 1:1:danger", false},
		{"f::1:danger", false},
		{"f:" + strings.Repeat("a", 65) + ":1:danger", false},
		{"f:s1:1:" + strings.Repeat("a", 300), false},
	} {
		session, turn, choice, ok := flows.DecodeTap(tt.data)
		if ok != tt.ok {
			t.Errorf("DecodeTap(%q) ok = %v", tt.data, ok)
		}
		if ok && flows.EncodeTap(session, turn, choice) != tt.data {
			t.Errorf("%q does not come back", tt.data)
		}
		if !ok && (session != "" || turn != 0 || choice != "") {
			t.Errorf("DecodeTap(%q) refused it and returned something", tt.data)
		}
	}
}

func FuzzDecodeTap(f *testing.F) {
	for _, s := range []string{"f:s1:1:danger", "f:s1:2:+boxes", "f:s1:3:!done", "f:::", "f:s:1:\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		session, turn, choice, ok := flows.DecodeTap(data)
		if !ok {
			return
		}
		if again := flows.EncodeTap(session, turn, choice); again != data || len(again) > flows.MaxTap {
			t.Errorf("%q came back as %q", data, again)
		}
	})
}
