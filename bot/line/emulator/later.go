package emulator

import "fmt"

// Later lists what a person's phone shows of a talk with a bot, or of a group
// that the person is in, without its first n messages: what is new for who has
// read so far, everything for 0. Somebody who came into the group later sees
// nothing of what was said before; who has left it has it no more (ErrAbsent).
// chat is as in Say.
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
	return t.view(t.begin(user)+n, user), nil
}
