package emulator

// value is one value of a JSON text, as it stands there. What is asked of it
// may be asked of nil too, which is what get finds where nothing is.
//
// A request is read once, into values: decoding it into maps cost several times
// as much, and a map keeps neither the text that sizes are measured by nor where
// in the request something stands.
type value struct {
	kind   kind
	index  int32  // in its list
	key    string // in its object
	text   string // what a string says; anything else as it was written
	parent *value
	// first and next lead through the values inside: those of a list in their
	// order, those of an object backwards, so that of two values with one key
	// the later one is found, as encoding/json finds it.
	first, next *value
}

type kind uint8

const (
	isNull kind = iota
	isBool
	isNumber
	isString
	isList
	isObject
)

// get finds a value in an object.
func (v *value) get(key string) *value {
	if v == nil || v.kind != isObject {
		return nil
	}
	for x := v.first; x != nil; x = x.next {
		if x.key == key {
			return x
		}
	}
	return nil
}

// set tells whether there is a value other than null.
func (v *value) set() bool { return v != nil && v.kind != isNull }

func (v *value) is(k kind) bool { return v != nil && v.kind == k }

// str is what a string says, "" for anything else.
func (v *value) str() string {
	if !v.is(isString) {
		return ""
	}
	return v.text
}

// items are the values of a list.
func (v *value) items() []*value {
	if !v.is(isList) {
		return nil
	}
	n := 0
	for x := v.first; x != nil; x = x.next {
		n++
	}
	out := make([]*value, 0, n)
	for x := v.first; x != nil; x = x.next {
		out = append(out, x)
	}
	return out
}

// properties are the values of an object by their keys.
func (v *value) properties() map[string]*value {
	out := map[string]*value{}
	if !v.is(isObject) {
		return out
	}
	for x := v.first; x != nil; x = x.next {
		if out[x.key] == nil {
			out[x.key] = x
		}
	}
	return out
}

// strings are the strings of a list; false when it is none, or one of something
// else. Null stands for no list and for the empty string, as in encoding/json.
func (v *value) strings() ([]string, bool) {
	if !v.set() {
		return nil, true
	}
	if v.kind != isList {
		return nil, false
	}
	out := []string{}
	for x := v.first; x != nil; x = x.next {
		if x.set() && x.kind != isString {
			return nil, false
		}
		out = append(out, x.str())
	}
	return out, true
}
