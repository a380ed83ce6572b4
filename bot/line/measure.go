package line

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// LINE's limits, and where they are counted in what.
// Sources: https://developers.line.biz/en/reference/messaging-api/ (message
// and action objects) and
// https://developers.line.biz/en/docs/messaging-api/text-character-count/
const (
	maxMessages = 5
	maxText     = 5000   // UTF-16 units
	maxAlt      = 1500   // UTF-16 units
	maxQuick    = 13     // buttons
	maxLabel    = 20     // graphemes (a Flex label may have 40; message.Button allows 20)
	maxData     = 300    // UTF-16 units
	maxSay      = 300    // LINE counts graphemes; UTF-16 units are never fewer
	maxURI      = 1000   // UTF-16 units
	maxBubble   = 30_000 // bytes of JSON; 30 KB taken in the stricter sense
	maxCarousel = 50_000 // bytes of JSON
	maxBubbles  = 12

	maxQuickChoices = 10 // more answers than that are a list only
)

// LimitError says which part of which message LINE would refuse. It never
// holds the content.
type LimitError struct {
	Message int    // from 0
	Field   string // "body", "button 3 label" …
	Have    int
	Max     int
	Unit    string // "UTF-16 units", "characters", "bytes", "buttons", "messages"
	// Problem is set instead of numbers where length is not what is wrong.
	Problem string
}

// Error names the part and the limit.
func (e *LimitError) Error() string {
	if e.Problem != "" {
		return fmt.Sprintf("line: message %d: %s: %s", e.Message+1, e.Field, e.Problem)
	}
	return fmt.Sprintf("line: message %d: %s: %d %s, at most %d", e.Message+1, e.Field, e.Have, e.Unit, e.Max)
}

// utf16Len is how LINE counts the characters of a text.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// tooManyGraphemes tells whether s is longer than max as LINE counts labels,
// and how long it is. Graphemes are never more than UTF-16 units, so that most
// labels need not be divided.
func tooManyGraphemes(s string, max int) (int, bool) {
	if utf16Len(s) <= max {
		return 0, false
	}
	n := uniseg.GraphemeClusterCount(s)
	return n, n > max
}

// shorten cuts s to at most max UTF-16 units, between graphemes, and marks the
// cut with an ellipsis.
func shorten(s string, max int) string {
	if utf16Len(s) <= max {
		return s
	}
	return cut(s, max-1, utf16Len) + "…"
}

// shortenLabel cuts s to at most max graphemes.
func shortenLabel(s string, max int) string {
	if _, over := tooManyGraphemes(s, max); !over {
		return s
	}
	return cut(s, max-1, func(string) int { return 1 }) + "…"
}

// cut keeps the leading graphemes whose sizes sum to at most max.
func cut(s string, max int, size func(string) int) string {
	end, sum, state, rest := 0, 0, -1, s
	for rest != "" {
		var g string
		g, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if sum += size(g); sum > max {
			break
		}
		end += len(g)
	}
	return s[:end]
}

// clean takes away what cannot be shown and could deceive or break something
// on the way: control characters but new line and tab, marks that turn the
// direction of writing, invalid UTF-8. It does the same to a preview as to what
// goes out, so that a clerk sees what will be sent.
func clean(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}

// isPlain tells that clean has nothing to do.
func isPlain(s string) bool {
	for _, r := range s {
		if (r < 0x20 && r != '\n' && r != '\t') || (r >= 0x7F && r <= 0x9F) ||
			(r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// blank tells that LINE would see nothing in s.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
