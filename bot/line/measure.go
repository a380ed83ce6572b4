package line

import (
	"fmt"
	"strings"
	"unicode"

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

// blank tells that LINE would see nothing in s.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
