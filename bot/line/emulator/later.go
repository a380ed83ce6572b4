package emulator

import "fmt"

// Later lists a user's talk with a bot, or the talk of a group that the user is
// in, without its first n messages: what is new for who has read so far. chat
// is as in Say.
func (e *Emulator) Later(user, chat string, n int) ([]Message, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, _, err := e.place(user, chat)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, fmt.Errorf("emulator: later: %d messages", n)
	}
	var out []Message
	for i := n; i < len(t.entries); i++ {
		out = append(out, t.shown(i))
	}
	return out, nil
}
