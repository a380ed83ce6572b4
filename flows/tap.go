package flows

import (
	"strconv"
	"strings"
)

// MaxTap is the length of the longest tap in bytes (LINE: 300 characters of
// postback data).
const MaxTap = 300

const tapPrefix = "f:"

// EncodeTap is the postback data of a button. Session ids are of
// [A-Za-z0-9_-], 1 to 64 bytes; choices as Option.Data holds them.
func EncodeTap(session string, turn int, choice string) string {
	return tapPrefix + session + ":" + strconv.Itoa(turn) + ":" + choice
}

// DecodeTap reads what EncodeTap wrote. It refuses everything else, so that
// EncodeTap(DecodeTap(data)) is data again.
func DecodeTap(data string) (session string, turn int, choice string, ok bool) {
	rest, found := strings.CutPrefix(data, tapPrefix)
	if !found || len(data) > MaxTap {
		return "", 0, "", false
	}
	session, rest, found = strings.Cut(rest, ":")
	if !found || !ValidSessionID(session) {
		return "", 0, "", false
	}
	number, choice, found := strings.Cut(rest, ":")
	if !found || !validTapChoice(choice) || len(number) > 9 {
		return "", 0, "", false
	}
	turn, err := strconv.Atoi(number)
	if err != nil || turn < 1 || strconv.Itoa(turn) != number {
		return "", 0, "", false
	}
	return session, turn, choice, true
}

// ValidSessionID says whether a session id fits into a tap.
func ValidSessionID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if !lower(c) && (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return true
}

// ValidID says whether an id may name a step or a choice: [a-z0-9_]+, at most 64.
func ValidID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if !lower(c) {
			return false
		}
	}
	return true
}

func lower(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
}

// The first byte of a tap's choice: marks name the state they want, so that a
// doubled tap does not undo itself; a bang is a button beside the answers.
const (
	tapMark   = "+"
	tapUnmark = "-"
	tapBang   = "!"
	tapDone   = tapBang + "done"
)

func validTapChoice(choice string) bool {
	if choice != "" && strings.Contains(tapMark+tapUnmark+tapBang, choice[:1]) {
		choice = choice[1:]
	}
	return ValidID(choice)
}
