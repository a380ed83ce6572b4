package storage

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits that both engines keep, so that what one accepts the other accepts.
const (
	// MaxKey is the longest id, index value, deduplication key, sequence name,
	// recipient or item id, in bytes.
	MaxKey = 500
	// MaxDocument is the largest document or item body, in bytes.
	MaxDocument = 1 << 20
	// MaxWrites is how many documents, keys and items one transaction may
	// write; longer work is done in steps.
	MaxWrites = 1000
)

// CheckCouncil tells whether a council may be stored under this name: 1 to 60
// lower-case letters, digits, - and _, beginning with a letter or digit.
func CheckCouncil(name string) error { return checkName("council", name, 60, true) }

// CheckName tells whether name may name a kind, an index or a lane: 1 to 40
// lower-case letters, digits and _, beginning with a letter. what is told in
// the error.
func CheckName(what, name string) error { return checkName(what, name, 40, false) }

func checkName(what, name string, most int, council bool) error {
	if name == "" || len(name) > most {
		return fmt.Errorf("%w: %s name %q: 1 to %d characters are allowed", ErrInvalid, what, name, most)
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z':
		case c >= '0' && c <= '9' && (i > 0 || council):
		case c == '_' && i > 0:
		case c == '-' && i > 0 && council:
		default:
			return fmt.Errorf("%w: %s name %q: character %d is not allowed", ErrInvalid, what, name, i+1)
		}
	}
	return nil
}

// CheckKey tells whether key may be an id, a deduplication key, the name of a
// sequence or a recipient: 1 to MaxKey bytes of UTF-8 without the byte 0. The
// key itself is not told in the error, it may name a person.
func CheckKey(what, key string) error {
	if key == "" {
		return fmt.Errorf("%w: %s is empty", ErrInvalid, what)
	}
	return CheckValue(what, key)
}

// CheckValue is CheckKey for an index value, which may be empty.
func CheckValue(what, value string) error {
	switch {
	case len(value) > MaxKey:
		return fmt.Errorf("%w: %s of %d bytes: at most %d are allowed", ErrInvalid, what, len(value), MaxKey)
	case strings.IndexByte(value, 0) >= 0:
		return fmt.Errorf("%w: %s holds the byte 0", ErrInvalid, what)
	case !utf8.ValidString(value):
		return fmt.Errorf("%w: %s is not UTF-8", ErrInvalid, what)
	}
	return nil
}

// CheckDefinitions tells whether an engine may open with these kinds: valid
// names, none twice, at most 20 indexes each.
func CheckDefinitions(defs []Definition) error {
	kinds := map[string]bool{}
	for _, d := range defs {
		if err := CheckName("kind", d.Name); err != nil {
			return err
		}
		if kinds[d.Name] {
			return fmt.Errorf("%w: kind %s is defined twice", ErrInvalid, d.Name)
		}
		kinds[d.Name] = true
		if d.Values == nil {
			return fmt.Errorf("%w: kind %s does not tell its index values", ErrInvalid, d.Name)
		}
		if len(d.Indexes) > 20 {
			return fmt.Errorf("%w: kind %s has %d indexes: at most 20 are allowed", ErrInvalid, d.Name, len(d.Indexes))
		}
		indexes := map[string]bool{}
		for _, x := range d.Indexes {
			if err := CheckName("index", x); err != nil {
				return fmt.Errorf("kind %s: %w", d.Name, err)
			}
			if indexes[x] {
				return fmt.Errorf("%w: kind %s has index %s twice", ErrInvalid, d.Name, x)
			}
			indexes[x] = true
		}
	}
	return nil
}

// CheckItem tells whether an item may be enqueued.
func CheckItem(it Item) error {
	if err := CheckKey("item id", it.ID); err != nil {
		return err
	}
	if err := CheckKey("recipient", it.Recipient); err != nil {
		return err
	}
	if err := CheckName("lane", it.Lane); err != nil {
		return err
	}
	if len(it.Body) > MaxDocument {
		return fmt.Errorf("%w: item body of %d bytes: at most %d are allowed", ErrInvalid, len(it.Body), MaxDocument)
	}
	return CheckState(it.State)
}

// MaxState is the largest state of an item, in bytes.
const MaxState = 4096

// CheckState tells whether an item may have this state.
func CheckState(state []byte) error {
	if len(state) > MaxState {
		return fmt.Errorf("%w: item state of %d bytes: at most %d are allowed", ErrInvalid, len(state), MaxState)
	}
	return nil
}

// MaxSequence is the highest number of a sequence.
const MaxSequence = 1 << 62

// CheckDocument tells whether PutDoc may store this. The document must not hold
// the character U+0000, which PostgreSQL does not keep; Kind.Put replaces it.
func CheckDocument(d Definition, id string, doc []byte, values []string) error {
	if err := CheckKey("id", id); err != nil {
		return err
	}
	switch {
	case len(values) != len(d.Indexes):
		return fmt.Errorf("%w: %d index values for the %d indexes of %s", ErrInvalid, len(values), len(d.Indexes), d.Name)
	case len(doc) == 0:
		return fmt.Errorf("%w: an empty document", ErrInvalid)
	case len(doc) > MaxDocument:
		return fmt.Errorf("%w: a document of %d bytes: at most %d are allowed", ErrInvalid, len(doc), MaxDocument)
	case findNUL(doc) >= 0:
		return fmt.Errorf("%w: the document holds the character U+0000", ErrInvalid)
	}
	for i, v := range values {
		if err := CheckValue(d.Indexes[i], v); err != nil {
			return err
		}
	}
	return nil
}

// CheckQuery tells whether a query is one that both engines answer alike: ends
// in UTF-8, a Limit that is not negative.
func CheckQuery(q Query) error {
	if q.Limit < 0 {
		return fmt.Errorf("%w: a limit of %d", ErrInvalid, q.Limit)
	}
	for _, s := range []string{q.From, q.Until, q.After.Value, q.After.ID} {
		if len(s) > MaxKey+1 {
			return fmt.Errorf("%w: a bound of %d bytes", ErrInvalid, len(s))
		}
		if !utf8.ValidString(s) {
			return fmt.Errorf("%w: a bound is not UTF-8", ErrInvalid)
		}
	}
	return nil
}

// nul is U+0000 as encoding/json writes it.
var nul = []byte(`\u0000`)

// findNUL is where a JSON text holds the character U+0000, or -1.
func findNUL(doc []byte) int {
	for from := 0; ; {
		i := bytes.Index(doc[from:], nul)
		if i < 0 {
			return -1
		}
		i += from
		slashes := 0
		for i-slashes > 0 && doc[i-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
		from = i + 1
	}
}

// replaceNUL replaces U+0000 by U+FFFD, as encoding/json does with what is not
// UTF-8.
func replaceNUL(doc []byte) []byte {
	for i := findNUL(doc); i >= 0; i = findNUL(doc) {
		copy(doc[i:], `\ufffd`)
	}
	return doc
}

// CheckClaim tells whether a request can be answered.
func CheckClaim(r ClaimRequest) error {
	if r.Max < 1 || r.Lease <= 0 {
		return fmt.Errorf("%w: a claim of at most %d items for %v", ErrInvalid, r.Max, r.Lease)
	}
	return nil
}
