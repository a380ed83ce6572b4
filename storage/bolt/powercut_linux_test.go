package bolt_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
	"mimamori.example/mimamori/storage/storagetest"
)

// The power is cut: what was written and not synced is on the disk or not, in
// any order, whole or torn. To see that nothing acknowledged is lost, another
// process stores and acknowledges while its system calls are followed. From
// what it wrote and synced, this test makes the file as a disk could hold it at
// many moments, opens it and looks for what was acknowledged before.
//
// It would be worth nothing if it could not fail, so the same is done with
// syncing off, and must find losses.
func TestPowerCut(t *testing.T) {
	t.Run("syncing", func(t *testing.T) {
		lost, syncs, told := powerCut(t, false)
		for _, l := range lost {
			t.Error(l)
		}
		if syncs < 2 || told < cutWorkers*cutRounds {
			t.Errorf("%d syncs and %d acknowledgements were seen: the test saw nothing", syncs, told)
		}
	})
	t.Run("not syncing", func(t *testing.T) {
		lost, _, _ := powerCut(t, true)
		if len(lost) == 0 {
			t.Error("with syncing off nothing was lost: the test proves nothing")
		}
	})
}

const (
	cutWorkers = 8
	cutRounds  = 25
	cutChild   = "MIMAMORI_TEST_POWERCUT" // the file, for the process that stores
	cutNoSync  = "MIMAMORI_TEST_POWERCUT_NOSYNC"
)

// TestPowerCutChild is the process that stores; alone it has nothing to do.
func TestPowerCutChild(t *testing.T) {
	path := os.Getenv(cutChild)
	if path == "" {
		return
	}
	s, err := bolt.Open(path, storagetest.Definitions(), bolt.Options{NoSync: os.Getenv(cutNoSync) != ""})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range cutWorkers {
		wg.Go(func() {
			for i := range cutRounds {
				id := fmt.Sprintf("%d-%d", w, i)
				err := s.Update(t.Context(), fmt.Sprint("c", w%3), func(tx storage.Tx) error {
					d := storagetest.Thing{ID: id, Colour: fmt.Sprint(w), Text: strings.Repeat("x", 700)}
					if err := storagetest.Things.Put(tx, d); err != nil {
						return err
					}
					d.ID = "same"
					if err := storagetest.Plain.Put(tx, d); err != nil {
						return err
					}
					return tx.Enqueue(storage.Item{ID: id, Recipient: fmt.Sprint(w), Lane: "casework", Body: []byte(id)})
				})
				if err == nil {
					_, err = os.Stdout.WriteString("ack " + id + "\n")
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// powerCut tells what was lost in which case.
func powerCut(t *testing.T, noSync bool) (lost []string, syncs, told int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	s, err := bolt.Open(path, storagetest.Definitions(), bolt.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	disk, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), cutChild+"="+path)
	if noSync {
		env = append(env, cutNoSync+"=1")
	}
	events, err := trace("-test.run=^TestPowerCutChild$", env, path)
	if err != nil {
		t.Fatal(err)
	}

	r := rand.New(rand.NewPCG(1, 2))
	c := cutDisk{durable: disk}
	var acked []string
	for i, e := range events {
		switch e.what {
		case didSync:
			syncs++
		case didTell:
			for l := range strings.Lines(string(e.data)) {
				if id, ok := strings.CutPrefix(strings.TrimSpace(l), "ack "); ok {
					told++
					acked = append(acked, id)
				}
			}
		}
		c.follow(e)
		// The dangerous moments are those around a sync and an acknowledgement.
		if e.what == didWrite && r.IntN(20) > 0 || r.IntN(len(events)/60+1) > 0 && i < len(events)-1 {
			continue
		}
		for _, p := range []float64{0, 0.5, 1} {
			if missing := openCut(t, c.cut(r, p), acked); missing != "" {
				lost = append(lost, fmt.Sprintf("power cut after event %d of %d, %d acknowledged, %.0f %% of what was not synced written: %s",
					i, len(events), len(acked), p*100, missing))
			}
		}
	}
	return lost, syncs, told
}

// cutDisk is the file as far as a disk must hold it, and what it may hold.
type cutDisk struct {
	durable []byte
	loose   []event // writes since
	ended   int     // writes that are durable
}

func (c *cutDisk) follow(e event) {
	switch e.what {
	case didWrite:
		c.loose = append(c.loose, e)
	case didTruncate:
		// A size that was not synced is no danger: it only ever grows.
		if grow := int(e.offset) - len(c.durable); grow > 0 {
			c.durable = append(c.durable, make([]byte, grow)...)
		}
	case didSync:
		n := e.mark - c.ended
		for _, w := range c.loose[:n] {
			c.durable = overwrite(c.durable, w.offset, w.data)
		}
		c.loose, c.ended = c.loose[n:], e.mark
	}
}

// cut is the file after a power cut: each sector that was not synced is there
// with probability p.
func (c *cutDisk) cut(r *rand.Rand, p float64) []byte {
	const sector = 512
	b := slices.Clone(c.durable)
	for _, w := range c.loose {
		for from := 0; from < len(w.data); from += sector {
			if r.Float64() < p {
				b = overwrite(b, w.offset+int64(from), w.data[from:min(from+sector, len(w.data))])
			}
		}
	}
	return b
}

func overwrite(b []byte, offset int64, data []byte) []byte {
	if grow := int(offset) + len(data) - len(b); grow > 0 {
		b = append(b, make([]byte, grow)...)
	}
	copy(b[offset:], data)
	return b
}

// openCut tells what is wrong with a file after a power cut.
func openCut(t *testing.T, file []byte, acked []string) string {
	path := filepath.Join(t.TempDir(), "cut")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(path, storagetest.Definitions(), bolt.Options{NoSync: true})
	if err != nil {
		return err.Error()
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.Check(t.Context()); err != nil {
		return err.Error()
	}
	found := []byte(strings.Join(storagetest.Dump(t, s), "\n"))
	for _, id := range acked {
		if !bytes.Contains(found, []byte(" thing "+id+" ")) || !bytes.Contains(found, []byte(" item "+id+" ")) {
			return "lost " + id
		}
	}
	return ""
}
