package casework

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPersonName(t *testing.T) {
	for name, want := range map[string]string{
		"佐藤": "佐藤", " 佐藤　花子 ": "佐藤 花子", "あ\nい\tう": "あ い う", "山田 🦊": "山田 🦊", "か\u3099": "か\u3099",
		"": "", "\u3164": "", "\u200b\u200d": "", "　": "", "\ufffd": "", "\u2800": "", "\ufe0f": "", "\u0301": "",
		"\u202e藤佐": "藤佐", "a\x00b\x1b[0m": "ab[0m", "佐\xff藤": "佐藤", "\u0301佐藤": "佐藤",
		strings.Repeat("名", 400): strings.Repeat("名", 30),
	} {
		if got := PersonName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func FuzzPersonName(f *testing.F) {
	f.Add("佐藤")
	f.Add(strings.Repeat("\u0301", 400))
	f.Fuzz(func(t *testing.T, name string) {
		got := PersonName(name)
		if n := utf8.RuneCountInString(got); n > longestName || !utf8.ValidString(got) {
			t.Errorf("%q: %d characters: %q", name, n, got)
		}
		if again := PersonName(got); again != got {
			t.Errorf("%q: %q, and then %q", name, got, again)
		}
	})
}

func TestDraftID(t *testing.T) {
	for text, want := range map[string]bool{"ABCDEF": true, "abcde7": true, "ＡＢＣＤＥＦ": true, " ABCDEF ": true,
		"": false, "ABCDE": false, "ABCDEFG": false, "ABCDE1": false, "文面": false, "ABC DEF": false, "\u202eABCDEF": false} {
		if id, ok := DraftID(text); ok != want || ok && len(id) != 6 {
			t.Errorf("%q: %q %v", text, id, ok)
		}
	}
}
