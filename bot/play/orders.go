package play

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line/emulator/page"
)

// setup is the first line that a child reads: what it serves, and how far its
// clock is ahead of the machine's. The secrets stand apart, because a
// configuration never writes them down; they are those of the emulated channel.
// Folder holds the data, and goes with who gives the orders.
type setup struct {
	Config        *config.Config
	Secret, Token string
	Ahead         time.Duration
	Folder        string
}

// What a child can be told to do.
const (
	doAhead   = "ahead"   // be Ahead of the machine's clock from now on
	doIdle    = "idle"    // answer when nothing is left to do, or Busy after Within
	doCommand = "command" // run the operator's command Name with Args
	doQueue   = "queue"   // tell what waits
)

// order is every further line. It is answered once, by its N; several may be
// under way at the same time.
type order struct {
	N      int64
	Do     string
	Ahead  time.Duration `json:",omitempty"`
	Within time.Duration `json:",omitempty"` // in real time
	Name   string        `json:",omitempty"`
	Args   []string      `json:",omitempty"`
}

// word is a line that the child writes: the answer to order N or, with N 0,
// something that has happened.
type word struct {
	N     int64        `json:",omitempty"`
	Error string       `json:",omitempty"`
	Busy  bool         `json:",omitempty"` // of doIdle
	Text  string       `json:",omitempty"` // of doCommand: what it printed
	Queue *page.Queue  `json:",omitempty"`
	Ready string       `json:",omitempty"` // it serves, at this address
	Mail  *page.Letter `json:",omitempty"` // a letter of the second channel
}

// readLine reads one line into v, and nothing besides what v has. At the end
// of the input it answers io.EOF.
func readLine(r interface{ ReadBytes(byte) ([]byte, error) }, v any) error {
	line, err := r.ReadBytes('\n')
	if err != nil && (len(bytes.TrimSpace(line)) == 0 || !errors.Is(err, io.EOF)) {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New("play: a line cannot be read") // it may hold anything
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("play: a line holds more than one thing")
	}
	return nil
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("play: write a line: %w", err)
	}
	_, err = w.Write(append(line, '\n')) // at once: lines must not mix
	return err
}
