package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// event is what a traced process did to a file, in the order in which the
// kernel saw it.
type event struct {
	what   int
	offset int64
	data   []byte
	mark   int // of a sync's end: how many writes had ended when it began
}

const (
	didWrite    = iota // a write to the file has ended
	didSync            // a sync of the file has ended
	didTruncate        // the file has a new size, in offset
	didTell            // something is about to be written to standard output
)

// syscallInfo is the kernel's struct ptrace_syscall_info, the same on every
// architecture.
type syscallInfo struct {
	op     uint8
	_      [3]uint8
	arch   uint32
	ip, sp uint64
	nr     uint64 // at an exit: the result
	args   [6]uint64
	_      [8]uint64
}

const (
	ptraceGetSyscallInfo = 0x420e
	infoEntry            = 1
	infoExit             = 2
)

// tracer follows a process and all its threads through their system calls.
type tracer struct {
	pid    int
	file   string // whose writes and syncs count
	fd     map[uint64]bool
	events []event
	writes int                 // that have ended
	inside map[int]syscallInfo // the call each thread is in
	mark   map[int]int
	held   map[int][]byte // what the thread is writing
	mem    *os.File
}

// trace runs this test binary once more, with arguments and environment, to its
// end and returns what it did to the file. Its output goes nowhere.
func trace(argument string, env []string, file string) (events []event, err error) {
	runtime.LockOSThread() // the kernel answers only the thread that began
	defer runtime.UnlockOSThread()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, null.Close()) }()
	process, err := os.StartProcess(self, []string{self, argument}, &os.ProcAttr{
		Env: env, Files: []*os.File{null, null, os.Stderr}, Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return nil, fmt.Errorf("start traced (is ptrace allowed here?): %w", err)
	}
	t := &tracer{
		pid: process.Pid, file: file, fd: map[uint64]bool{},
		inside: map[int]syscallInfo{}, mark: map[int]int{}, held: map[int][]byte{},
	}
	if err = t.run(); err != nil {
		err = errors.Join(err, process.Kill())
	}
	return t.events, errors.Join(err, process.Release())
}

func (t *tracer) run() (err error) {
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(t.pid, &ws, syscall.WALL, nil); err != nil {
		return fmt.Errorf("wait for the start: %w", err)
	}
	const exitKill, sysGood = 1 << 20, 1
	if err := syscall.PtraceSetOptions(t.pid, syscall.PTRACE_O_TRACECLONE|exitKill|sysGood); err != nil {
		return fmt.Errorf("options: %w", err)
	}
	if t.mem, err = os.Open(fmt.Sprintf("/proc/%d/mem", t.pid)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.mem.Close()) }()
	known := map[int]bool{t.pid: true}
	if err := syscall.PtraceSyscall(t.pid, 0); err != nil {
		return err
	}
	for {
		thread, err := syscall.Wait4(-1, &ws, syscall.WALL, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("wait: %w", err)
		case ws.Exited() || ws.Signaled():
			if thread != t.pid {
				continue
			}
			if !ws.Exited() || ws.ExitStatus() != 0 {
				return fmt.Errorf("the process ended with %v", ws)
			}
			return nil
		}
		pass := 0
		switch sig := ws.StopSignal(); {
		case sig == syscall.SIGTRAP|0x80:
			if err := t.stop(thread); err != nil {
				return err
			}
		case sig == syscall.SIGTRAP: // an event, as of a new thread
		case sig == syscall.SIGSTOP && !known[thread]: // how a new thread begins
			known[thread] = true
		default:
			pass = int(sig)
		}
		if err := syscall.PtraceSyscall(thread, pass); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("go on: %w", err)
		}
	}
}

// stop looks at a thread that enters or leaves a system call.
func (t *tracer) stop(thread int) error {
	var info syscallInfo
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, ptraceGetSyscallInfo, uintptr(thread),
		unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	switch {
	case errno == syscall.ESRCH:
		return nil
	case errno != 0:
		return fmt.Errorf("what the system call is: %w", errno)
	case info.op == infoEntry:
		t.inside[thread] = info
		return t.enter(thread, info)
	case info.op == infoExit:
		call := t.inside[thread]
		delete(t.inside, thread)
		return t.leave(thread, call, int64(info.nr))
	}
	return nil
}

func (t *tracer) enter(thread int, call syscallInfo) error {
	switch call.nr {
	case syscall.SYS_PWRITE64, syscall.SYS_WRITE:
		if !t.ours(call.args[0]) && call.args[0] != 1 {
			return nil
		}
		data := make([]byte, call.args[2])
		if _, err := t.mem.ReadAt(data, int64(call.args[1])); err != nil {
			return fmt.Errorf("what is written: %w", err)
		}
		if call.args[0] == 1 {
			t.events = append(t.events, event{what: didTell, data: data})
			return nil
		}
		if call.nr == syscall.SYS_WRITE {
			return errors.New("the file is written without a position")
		}
		t.held[thread] = data
	case syscall.SYS_FDATASYNC, syscall.SYS_FSYNC:
		t.mark[thread] = t.writes
	}
	return nil
}

func (t *tracer) leave(thread int, call syscallInfo, result int64) error {
	switch call.nr {
	case syscall.SYS_CLOSE:
		delete(t.fd, call.args[0])
		return nil
	case syscall.SYS_PWRITE64, syscall.SYS_FDATASYNC, syscall.SYS_FSYNC, syscall.SYS_FTRUNCATE:
		if !t.ours(call.args[0]) {
			return nil
		}
	default:
		return nil
	}
	if result < 0 {
		return fmt.Errorf("system call %d failed with %d", call.nr, result)
	}
	e := event{what: didSync, mark: t.mark[thread]}
	switch call.nr {
	case syscall.SYS_PWRITE64:
		t.writes++
		e = event{what: didWrite, offset: int64(call.args[3]), data: t.held[thread][:result]}
	case syscall.SYS_FTRUNCATE:
		e = event{what: didTruncate, offset: int64(call.args[1])}
	}
	t.events = append(t.events, e)
	return nil
}

// ours tells whether a descriptor is that of the file.
func (t *tracer) ours(fd uint64) bool {
	is, known := t.fd[fd]
	if !known {
		name, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.pid, fd))
		is = err == nil && name == t.file
		t.fd[fd] = is
	}
	return is
}
