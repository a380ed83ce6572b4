package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"path"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/line/line-bot-sdk-go/v8/linebot/webhook"
	bbolt "go.etcd.io/bbolt"

	"mimamori.example/mimamori/bot/line"
)

// parseOnly is line A: what any LINE bot in Go does before its own work.
func parseOnly(_ context.Context, _ string, l net.Listener) (server, error) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if _, err := webhook.ParseRequest(secretOf(path.Base(r.URL.Path)), r); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	return listen(l, h, func() error { return nil }), nil
}

// commitEach is line B: every turn waits for a sync of its own.
func commitEach(_ context.Context, dir string, l net.Listener) (server, error) {
	db, err := create(dir)
	if err != nil {
		return server{}, err
	}
	return listen(l, storing(func(rows []row) error {
		return db.Update(func(tx *bbolt.Tx) error { return put(tx, rows) })
	}), db.Close), nil
}

// commitGrouped is line C: whoever waits when a commit ends shares the next.
func commitGrouped(_ context.Context, dir string, l net.Listener) (server, error) {
	db, err := create(dir)
	if err != nil {
		return server{}, err
	}
	g := &grouped{db: db, waiting: make(chan pending, 1024), done: make(chan struct{})}
	go g.run()
	return listen(l, storing(g.commit), func() error {
		close(g.waiting)
		<-g.done
		return db.Close()
	}), nil
}

// listen serves until it is stopped, and then frees what the handler used.
func listen(l net.Listener, h http.HandlerFunc, free func() error) server {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return server{stop: func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := s.Shutdown(ctx)
		if over := <-served; !errors.Is(over, http.ErrServerClosed) {
			err = errors.Join(err, over)
		}
		return errors.Join(err, free())
	}}
}

// storing is the door of B and C.
func storing(commit func([]row) error) http.HandlerFunc {
	var turns atomic.Uint64
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil || !line.VerifySignature(secretOf(path.Base(r.URL.Path)), body, r.Header.Get("X-Line-Signature")) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err := commit(rowsOf(turns.Add(1))); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

// A row is one key and value of a bucket.
type row struct {
	bucket     int
	key, value []byte
}

// rowSizes are the bytes of the values that a turn of a report writes, one
// bucket each: the event's deduplication key and its time; the session and its
// index; the delivery (a mean of the report's), its place in the recipient's
// lane, and when it is due.
var rowSizes = []int{0, 0, 900, 0, 5500, 0, 0}

// rowsOf makes the rows of the nth turn. The keys of a fresh delivery or event
// are ordered by time, those of sessions are spread.
func rowsOf(n uint64) []row {
	rows := make([]row, len(rowSizes))
	for i, size := range rowSizes {
		key := make([]byte, 40)
		at := n
		if size == 900 {
			at = n * 0x9E3779B97F4A7C15
		}
		binary.BigEndian.PutUint64(key, at)
		rows[i] = row{bucket: i, key: key, value: bytes.Repeat([]byte{'x'}, size)}
	}
	return rows
}

func create(dir string) (*bbolt.DB, error) {
	db, err := bbolt.Open(filepath.Join(dir, "bare.db"), 0o600, &bbolt.Options{
		Timeout: time.Second, FreelistType: bbolt.FreelistMapType,
	})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for i := range rowSizes {
			if _, err := tx.CreateBucket([]byte{byte(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func put(tx *bbolt.Tx, rows []row) error {
	for _, r := range rows {
		if err := tx.Bucket([]byte{byte(r.bucket)}).Put(r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}

// grouped is the plainest group committer: it takes all that wait, at most
// groupMost, and never waits for more.
type grouped struct {
	db      *bbolt.DB
	waiting chan pending
	done    chan struct{}
}

type pending struct {
	rows   []row
	answer chan error
}

const groupMost = 512

func (g *grouped) commit(rows []row) error {
	p := pending{rows, make(chan error, 1)}
	g.waiting <- p
	return <-p.answer
}

func (g *grouped) run() {
	defer close(g.done)
	for first := range g.waiting {
		group := []pending{first}
		for len(group) < groupMost && len(g.waiting) > 0 {
			group = append(group, <-g.waiting)
		}
		err := g.db.Update(func(tx *bbolt.Tx) error {
			for _, p := range group {
				if err := put(tx, p.rows); err != nil {
					return err
				}
			}
			return nil
		})
		for _, p := range group {
			p.answer <- err
		}
	}
}
