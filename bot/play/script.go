package play

import (
	"fmt"
	"strings"
)

// Line is one line of a script.
type Line struct {
	N    int    // in the file, from 1
	Text string // as written
	// Who acts; "" for a stage direction.
	Who, Verb, Rest string
}

// Parse reads a script: titles and remarks (#), stage directions
// (* wait 15m), what people do (佐藤: tap 送信する), and, indented, what then
// reaches whom. The indented lines are not read: they are what a run is
// compared with.
func Parse(text string) ([]Line, error) {
	var lines []Line
	for i, raw := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		l := Line{N: i + 1, Text: raw}
		switch {
		case raw == "" || strings.HasPrefix(raw, "#"):
			lines = append(lines, l)
			continue
		case raw[0] == ' ':
			continue
		case strings.HasPrefix(raw, "* "):
			l.Verb, l.Rest, _ = strings.Cut(raw[2:], " ")
		default:
			who, act, ok := strings.Cut(raw, ": ")
			if !ok {
				return nil, fmt.Errorf("line %d: want «name: verb what», «* direction», «# remark» or an indented line", l.N)
			}
			l.Who = who
			l.Verb, l.Rest, _ = strings.Cut(act, " ")
		}
		l.Rest = strings.TrimSpace(l.Rest)
		lines = append(lines, l)
	}
	return lines, nil
}

// Preset finds the directions that must be known before the program starts:
// * at TIME and * set FIELD VALUE.
func Preset(lines []Line) (at string, set map[string]string) {
	set = map[string]string{}
	for _, l := range lines {
		if l.Who != "" {
			continue
		}
		switch l.Verb {
		case "at":
			at = l.Rest
		case "set":
			k, v, _ := strings.Cut(l.Rest, " ")
			set[k] = v
		}
	}
	return at, set
}
