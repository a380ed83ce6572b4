package config

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

const hidden = "***"

// Secret is a value that prints as *** whatever prints it; only Reveal tells
// it. In the file it is env:NAME, file:PATH (without its last line break) or,
// with a warning, the value itself. The zero Secret is empty.
//
// The value hangs on a pointer, so that even a %+v that reaches a Secret in an
// unexported field, where fmt cannot call methods, shows an address at most.
type Secret struct{ value *string }

// NewSecret hides value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal is the value itself. Do not log it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty tells whether there is no value.
func (s Secret) Empty() bool { return s.value == nil }

// String is ***.
func (Secret) String() string { return hidden }

// GoString is ***.
func (Secret) GoString() string { return hidden }

// Format writes *** for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue is ***.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is ***.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON is "***".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// UnmarshalJSON leaves the Secret empty: JSON has never held one.
func (s *Secret) UnmarshalJSON([]byte) error {
	*s = Secret{}
	return nil
}

// MarshalYAML is ***.
func (Secret) MarshalYAML() (any, error) { return hidden, nil }

var envPattern = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,99}$`)

// resolve reads a secret as the file gives it. The problem, if there is one,
// never holds the value; literal tells that the value stood in the file.
func (src *source) resolve(raw string) (s Secret, literal bool, problem string) {
	if name, ok := strings.CutPrefix(raw, "env:"); ok {
		if !envPattern.MatchString(name) { // it may be the value itself
			return Secret{}, false, "after env: there must be the name of an environment variable, in capital letters, digits and _"
		}
		if src.keep {
			return placeholder(raw), false, ""
		}
		value, ok := src.env(name)
		if !ok || value == "" {
			return Secret{}, false, fmt.Sprintf("the environment variable %s is not set; set it, or name another as env:NAME", name)
		}
		return NewSecret(value), false, ""
	}
	if path, ok := strings.CutPrefix(raw, "file:"); ok {
		if src.keep {
			return placeholder(raw), false, ""
		}
		data, err := src.readFile(src.path(path))
		if err != nil {
			return Secret{}, false, fmt.Sprintf("the file %s cannot be read (%s); name a file that this user may read as file:PATH", clip(path), reason(err))
		}
		value := strings.TrimRight(string(data), "\r\n")
		if value == "" {
			return Secret{}, false, fmt.Sprintf("the file %s is empty; it must hold the value", clip(path))
		}
		return NewSecret(value), false, ""
	}
	return NewSecret(raw), true, ""
}

// placeholder stands for a value that is not looked up. Two references to one
// place stay the same, so that who shares a secret is still found.
func placeholder(reference string) Secret {
	return NewSecret(strings.Join(strings.Fields(reference), "_"))
}
