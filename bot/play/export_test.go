package play

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
)

// Process is the program's, of a rehearsal whose program runs.
func (r *Rehearsal) Process() *os.Process { return r.alive().cmd.Process }

// HangUp ends what the program reads, as the end of the demo does.
func (r *Rehearsal) HangUp() error { return r.alive().in.Close() }

// SetProgram changes what is started from now on.
func (r *Rehearsal) SetProgram(command ...string) { r.o.Program = command }

// Busy tells whether the program is being started or killed.
func (r *Rehearsal) Busy() bool { return len(r.life) > 0 }

// StartWithin is how long a start may take.
const StartWithin = startWithin

// Data is the folder of the program's data.
func (r *Rehearsal) Data() string { return r.dir }

// Given is what the program gets, as it is written to it.
func (r *Rehearsal) Given() ([]byte, error) { return json.Marshal(setup{Config: r.config}) }

// ReadOrder reads one line as the program does.
func ReadOrder(line interface{ ReadBytes(byte) ([]byte, error) }) error {
	var o order
	if err := readLine(line, &o); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// Opening and Evening are the times of the scene.
var (
	Opening = opening
	Evening = evening
)

// Rest waits until nothing is on its way.
func (r *Rehearsal) Rest(ctx context.Context) error { return r.settle(ctx) }

// RemoveData clears up as a program does whose demo has gone.
func RemoveData(folder string) error { return removeData(folder) }
