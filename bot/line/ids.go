package line

// ValidID tells whether id is a user (U), group (C) or room (R) id as LINE
// makes them: ^[UCR][0-9a-f]{32}$. The SDK puts ids into paths unescaped, so
// anything else must never reach it.
func ValidID(id string) bool {
	if len(id) != 33 || (id[0] != 'U' && id[0] != 'C' && id[0] != 'R') {
		return false
	}
	for i := 1; i < len(id); i++ {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// validIDOf tells whether id is an id of the given kind: U, C or R.
func validIDOf(kind byte, id string) bool { return ValidID(id) && id[0] == kind }

// validKey tells whether id can serve as a message id or a webhook event id:
// 1 to 64 of 0-9 A-Z a-z - _. LINE promises less than this about them (message
// ids are digits, event ids are ULIDs), and a path or a storage key needs more
// than nothing.
func validKey(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
