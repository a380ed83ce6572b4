package chaos

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"mimamori.example/mimamori/storage/postgres/postgrestest"
)

// kills is how often the program is killed on each engine.
func kills(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("MIMAMORI_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("MIMAMORI_KILLS is %q", text)
		}
		return n
	}
	if os.Getenv("MIMAMORI_TEST_ALL") == "1" {
		return 100
	}
	return 10
}

// seedOf is new for each run, or MIMAMORI_SEED. It decides what people do and
// when the program is killed; which process is where at that time it does not.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("MIMAMORI_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("MIMAMORI_SEED is %q", text)
		}
		return n
	}
	return uint64(rand.Uint32())
}

const (
	boltStore     = "{engine: bolt, path: DIR/mimamori.db}"
	postgresStore = `{engine: postgres, dsn: "env:DSN"}`
)

// engine is what the program keeps its data with.
type engine struct {
	storage string
	dsn     func(t *testing.T) string
}

var engines = map[string]engine{
	"bolt":     {boltStore, func(*testing.T) string { return "" }},
	"postgres": {postgresStore, func(t *testing.T) string { return postgrestest.Schema(t) }},
}

// TestKill kills the program while people use it. Nothing is lost, nothing is
// out of order, nothing is there twice but what is counted.
func TestKill(t *testing.T) {
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	n := kills(t)
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := engine.dsn(t)
			p := newPlatform(t)
			k := found(t, p, newChild(t, p, []string{program, "serve"}, engine.storage, dsn), seedOf(t), min(max(40, n/2), 400))
			s := storm{kills: n, places: places, aged: 9}
			if n >= 500 {
				s.really = 4
			}
			t.Log(k.rage(s))
			v := k.look()
			found, counted := check(v)
			t.Logf("%d cases, %d deeds, %d calls, %d events: %+v", len(v.Cases), len(v.Deeds), len(v.Calls), len(p.post.answered()), counted)
			if len(found) > 0 {
				t.Errorf("%s", found.some())
			}
			if len(v.Cases) < n/2 {
				t.Errorf("only %d cases: there was no load", len(v.Cases))
			}
		})
	}
}
