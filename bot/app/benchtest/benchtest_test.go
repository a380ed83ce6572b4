package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every line answers the real load, and B and C have stored what they answered.
func TestLines(t *testing.T) {
	for _, l := range lines {
		t.Run(l.name, func(t *testing.T) {
			dir := t.TempDir()
			handler, closing, err := l.open(dir)
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(handler)
			defer server.Close()
			r, err := drive(t.Context(), load{url: server.URL, secret: secret, connections: 4, lasts: 100 * time.Millisecond, tap: madeUp})
			if err != nil {
				t.Fatal(err)
			}
			_, refused := drive(t.Context(), load{url: server.URL, secret: "another", connections: 1, lasts: time.Second, tap: madeUp})
			if refused == nil || !strings.Contains(refused.Error(), "401") {
				t.Errorf("a wrong signature: got %v, want 401", refused)
			}
			if err := closing(); err != nil {
				t.Fatal(err)
			}
			if len(r.took) == 0 || r.perSecond() <= 0 || r.percentile(50) > r.percentile(99) {
				t.Errorf("result makes no sense: %d turns, %v, %v", len(r.took), r.percentile(50), r.percentile(99))
			}
			if l.name != "A" && stored(t, dir) != len(r.took) {
				t.Errorf("stored %d turns, answered %d", stored(t, dir), len(r.took))
			}
		})
	}
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
	l := load{url: server.URL, connections: 2, lasts: time.Hour}
	l.tap = func(ctx context.Context, member, choice string) (string, error) {
		cancel()
		return madeUp(ctx, member, choice)
	}
	if _, err := drive(ctx, l); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
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
