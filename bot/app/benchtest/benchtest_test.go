package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"mimamori.example/mimamori/bot/line/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every line answers the real load and refuses a wrong signature; B, C and D
// have stored what they answered, and D and the program have brought every
// report's card to its group.
func TestLines(t *testing.T) {
	said := map[string]int{} // bytes to LINE
	for _, l := range lines {
		t.Run(l.name, func(t *testing.T) {
			dir := t.TempDir()
			var folk people = madeUp{}
			var w *world
			if l.speaks {
				var err error
				w, err = newWorld(t.Context(), dir)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := w.close(); err != nil {
						t.Error(err)
					}
				}()
				folk = w
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s, err := l.serve(t.Context(), dir, listener)
			if err != nil {
				t.Fatal(err)
			}
			url := "http://" + listener.Addr().String()
			r, err := drive(t.Context(), load{url: url, connections: 4, lasts: time.Minute, people: few{folk}})
			if s.release != nil {
				if early := slices.ContainsFunc(w.emulator.Sends(), func(s emulator.Send) bool { return s.Endpoint == "reply" || s.Endpoint == "push" }); early {
					t.Error("something was sent before the release")
				}
				err = errors.Join(err, s.release(t.Context()))
			}
			if err == nil {
				err = folk.settle(t.Context(), r.reports)
			}
			if err == nil && l.speaks { // before it is stopped: the program would give back what it has not begun
				said[l.name], err = bytesSaid(t.Context(), w)
			}
			_, refused := drive(t.Context(), load{url: url, connections: 1, lasts: time.Minute, people: forged{folk}})
			if err := errors.Join(err, s.stop()); err != nil {
				t.Fatal(err)
			}
			if refused == nil || !strings.Contains(refused.Error(), "401") {
				t.Errorf("another secret: got %v, want 401", refused)
			}
			if len(r.took) != 16*len(shortest) || r.reports != 16 || r.percentile(50) > r.percentile(99) {
				t.Errorf("result makes no sense: %d turns, %d reports, %v, %v", len(r.took), r.reports, r.percentile(50), r.percentile(99))
			}
			if strings.Contains("BCD", l.name) && stored(t, dir) != len(r.took) {
				t.Errorf("stored %d turns, answered %d", stored(t, dir), len(r.took))
			}
		})
	}
	if d, p := said["D"], said[whole]; d < p*9/10 || d > p*11/10 {
		t.Errorf("D said %d bytes, the program %d: replySizes and cardSize are not the program's any more", d, p)
	}
	if later, at := said[turns], said[whole]; later != at {
		t.Errorf("after the release the program said %d bytes, otherwise %d", later, at)
	}
}

// bytesSaid counts what sixteen members and their groups were told, once all
// have been.
func bytesSaid(ctx context.Context, w *world) (bytes int, err error) {
	err = within(ctx, 10*time.Millisecond, "all replies and cards", func() (bool, error) {
		replies, pushes := 0, 0
		bytes = 0
		for _, s := range w.emulator.Sends() {
			switch s.Endpoint {
			case "reply":
				replies++
			case "push":
				pushes++
			default:
				continue
			}
			bytes += len(s.Body)
		}
		if replies > 16*len(shortest) || pushes > 16 {
			return false, fmt.Errorf("%d replies and %d pushes", replies, pushes)
		}
		return replies == 16*len(shortest) && pushes == 16, nil
	})
	return bytes, err
}

// few are the first sixteen.
type few struct{ people }

func (f few) member(n int) (person, bool) {
	p, ok := f.people.member(n)
	return p, ok && n < 16
}

// forged are people whose platform has another secret.
type forged struct{ people }

func (f forged) member(n int) (person, bool) {
	p, ok := f.people.member(n)
	p.secret = "another"
	return p, ok
}

func stored(t *testing.T, dir string) (turns int) {
	t.Helper()
	db, err := bbolt.Open(dir+"/bare.db", 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.View(func(tx *bbolt.Tx) error {
		turns = tx.Bucket([]byte{0}).Stats().KeyN
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return turns
}

func TestDriveStops(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := drive(ctx, load{url: server.URL, connections: 2, lasts: time.Hour, people: stopping{madeUp{}, cancel}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

// stopping interrupts the run at the first word.
type stopping struct {
	people
	stop func()
}

func (s stopping) token(p person) (string, error) {
	s.stop()
	return s.people.token(p)
}

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	tests := []struct {
		took []time.Duration
		p    int
		want time.Duration
	}{
		{nil, 50, 0}, {hundred[:1], 50, 1}, {hundred[:1], 99, 1}, {hundred[:2], 50, 1},
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred[:10], 99, 10},
	}
	for _, tt := range tests {
		if got := (result{took: tt.took}).percentile(tt.p); got != tt.want {
			t.Errorf("p%d of %d: got %d, want %d", tt.p, len(tt.took), got, tt.want)
		}
	}
}

func TestRounds(t *testing.T) {
	one := result{took: []time.Duration{1, 5}, lasted: 2 * time.Second, reports: 1, drained: 3, server: 4, telephones: 6}
	r := result{}.and(one).and(result{took: []time.Duration{2}, lasted: time.Second, reports: 2, drained: 1, server: 2, telephones: 3})
	if !slices.Equal(r.took, []time.Duration{1, 2, 5}) || r.perSecond() != 1 || r.reports != 3 || r.drained != 4 || r.perTurn(r.server) != 2 || r.perTurn(r.telephones) != 3 {
		t.Errorf("got %+v", r)
	}
}

func TestNumbers(t *testing.T) {
	if got, err := numbers("1, 64"); err != nil || len(got) != 2 || got[1] != 64 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "0", "-1", "1,,2", "many"} {
		if _, err := numbers(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
