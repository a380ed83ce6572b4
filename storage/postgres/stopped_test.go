package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/postgres/postgrestest"
	"mimamori.example/mimamori/storage/storagetest"
)

// stoppedDSN makes this test's program the copy that is stopped.
const stoppedDSN = "MIMAMORI_TEST_STOPPED_DSN"

// What the copy says of itself.
const (
	copyHolds   = "holds"   // its council is locked
	copyKept    = "kept"    // its transaction went through
	copyRefused = "refused" // it did not
)

// A copy that is stopped in the midst of a transaction, as by a debugger, a
// suspended virtual machine or a lost network, does not keep the council from
// the others; and when it goes on it cannot keep what it had begun.
func TestStoppedCopy(t *testing.T) {
	if dsn := os.Getenv(stoppedDSN); dsn != "" {
		stoppedCopy(t, dsn)
		return
	}
	dsn := postgrestest.Schema(t)
	other := open(t, dsn, Options{})
	defer func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}()
	child := exec.Command(os.Args[0], "-test.run=^TestStoppedCopy$")
	child.Env = append(os.Environ(), stoppedDSN+"="+dsn)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill() // where the test has failed
		_ = child.Wait()
	}()
	says := bufio.NewScanner(out)
	expect(t, says, copyHolds)
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// Long for a busy machine, and well below Patience, which it took before.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = other.Update(ctx, "c", func(tx storage.Tx) error {
		return storagetest.Things.Put(tx, storagetest.Thing{ID: "other"})
	})
	if err != nil {
		t.Errorf("beside a stopped copy: %v", err)
	}
	if err := child.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "\n"); err != nil {
		t.Fatal(err)
	}
	expect(t, says, copyRefused)
	if got := storagetest.Dump(t, other); len(got) != 1 {
		t.Errorf("the database holds %q", got)
	}
}

// expect reads what the copy says next; what the test binary prints of its own
// comes after it.
func expect(t *testing.T, says *bufio.Scanner, want string) {
	t.Helper()
	if !says.Scan() {
		t.Fatalf("the copy ended without saying %q: %v", want, says.Err())
	}
	if got := says.Text(); got != want {
		t.Fatalf("the copy says %q, not %q", got, want)
	}
}

// stoppedCopy holds the council's lock until a line comes in.
func stoppedCopy(t *testing.T, dsn string) {
	s := open(t, dsn, Options{})
	err := s.Update(t.Context(), "c", func(tx storage.Tx) error {
		if _, _, err := storagetest.Things.Get(tx, "other"); err != nil {
			return err
		}
		fmt.Println(copyHolds)
		_, err := bufio.NewReader(os.Stdin).ReadString('\n')
		return errors.Join(err, storagetest.Things.Put(tx, storagetest.Thing{ID: "stopped"}))
	})
	if err == nil {
		fmt.Println(copyKept)
	} else {
		fmt.Println(copyRefused)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
