package storage

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError is what Update returns when its function panicked. Nothing of
// that transaction was kept, and the others of its commit are not affected.
type PanicError struct {
	Value any    // what was passed to panic; may hold personal data
	Stack []byte // of the function
}

// Error names the panic. The value is told only where the runtime made it
// (index out of range and so on): any other may hold personal data.
func (e *PanicError) Error() string {
	if re, ok := e.Value.(runtime.Error); ok {
		return "storage: the transaction's function panicked: " + re.Error()
	}
	return fmt.Sprintf("storage: the transaction's function panicked with a %T", e.Value)
}

// errGoexit answers a function that ended its goroutine, as t.FailNow does.
var errGoexit = errors.New("storage: the transaction's function ended its goroutine")

// Protect calls fn and turns a panic into a *PanicError.
func Protect(fn func() error) (err error) {
	done := false
	defer func() {
		if done {
			return
		}
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	err = fn()
	done = true
	return err
}
