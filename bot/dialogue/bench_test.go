package dialogue

import (
	"context"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/casework"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/records"
	"mimamori.example/mimamori/storage"
)

// BenchmarkTurn is what a turn itself costs, on a store and an outbox that
// cost next to nothing: the four turns of the shortest report, as make bench
// drives them, and the clerk's answer to it.
//
//	go test ./bot/dialogue -run '^$' -bench Turn -benchmem
func BenchmarkTurn(b *testing.B) {
	s := newStand(b, nil)
	s.secretariat()
	var code string
	s.work(func(w *casework.Work) (err error) {
		code, err = w.Issue("shop", "1001")
		return err
	})
	s.turn(Event{Kind: Said, User: "U10", Text: code})
	s.turn(Event{Kind: Tapped, User: "U10", Data: "m:accept:1001"})

	store := &free{rows: map[string]map[string]row{}, indexes: map[string]int{}}
	store.fill(b, s.store)
	talks := New(store, nowhere{}, crowd{s}, s.hands, map[string]Council{town: s.talks.councils[town].Council})
	for _, step := range []struct {
		name string
		ev   Event
	}{
		{"card", Event{User: "U10", Text: code}},
		{"urgency", Event{User: "U10", Text: "急ぎではない"}},
		{"kind", Event{User: "U10", Text: "訪問販売・しつこい勧誘"}},
		{"send", Event{User: "U10", Text: "送信する"}},
		{"take", Event{User: clerk, Group: group, Text: "受付26-0001 担当する"}},
	} {
		ev := step.ev
		ev.Kind, ev.ID, ev.MessageID, ev.At, ev.Received = Said, "E", "P", s.hands.Now(), s.hands.Now()
		b.Run(step.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := talks.Turn(b.Context(), town, ev); err != nil {
					b.Fatal(err)
				}
			}
		})
		if err := talks.Turn(b.Context(), town, ev); err != nil { // also when -bench leaves the step out
			b.Fatal(err)
		}
		store.keep()
	}
	if _, ok := store.rows["case"]["26-0001"]; !ok || len(store.rows["talk"]) > 0 {
		b.Fatal("no report was sent")
	}
}

// nowhere is an outbox that takes everything.
type nowhere struct{}

func (nowhere) Put(storage.Tx, time.Time, ...message.Outgoing) error { return nil }

// free is a store of one council in maps. What a transaction writes is seen by
// it alone: the next one forgets it, unless keep was called.
type free struct {
	storage.Store
	rows    map[string]map[string]row // by kind and id
	indexes map[string]int            // place of an index among a kind's
	last    *freeTx
}

type row struct {
	doc    []byte
	values []string // nil: deleted
}

// fill copies the documents of another store.
func (f *free) fill(b *testing.B, from storage.Store) {
	b.Helper()
	err := from.View(b.Context(), town, func(tx storage.Tx) error {
		for _, d := range records.Definitions() {
			f.rows[d.Name] = map[string]row{}
			for i, name := range d.Indexes {
				f.indexes[d.Name+"."+name] = i
			}
			err := tx.ScanDocs(d.Name, storage.Query{}, func(id string, doc []byte) (bool, error) {
				values, err := d.Values(doc)
				f.rows[d.Name][id] = row{append([]byte(nil), doc...), append([]string{}, values...)}
				return true, err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (f *free) View(_ context.Context, _ string, fn func(storage.Tx) error) error {
	return fn(&freeTx{f: f})
}

func (f *free) Update(_ context.Context, _ string, fn func(storage.Tx) error) error {
	f.last = &freeTx{f: f}
	return fn(f.last)
}

// keep takes over what the last transaction has written.
func (f *free) keep() {
	for _, w := range f.last.written {
		if w.values == nil {
			delete(f.rows[w.kind], w.id)
		} else {
			f.rows[w.kind][w.id] = w.row
		}
	}
}

type freeTx struct {
	storage.Tx
	f       *free
	written []write
}

type write struct {
	kind, id string
	row
}

func (t *freeTx) Once(time.Time, string) (bool, error) { return true, nil }

func (t *freeTx) Next(string) (uint64, error) { return 1, nil }

func (t *freeTx) GetDoc(kind, id string) ([]byte, bool, error) {
	for i := len(t.written) - 1; i >= 0; i-- {
		if w := t.written[i]; w.kind == kind && w.id == id {
			return w.doc, w.values != nil, nil
		}
	}
	r, ok := t.f.rows[kind][id]
	return r.doc, ok, nil
}

func (t *freeTx) PutDoc(kind, id string, doc []byte, values []string) error {
	t.written = append(t.written, write{kind, id, row{doc, values}})
	return nil
}

func (t *freeTx) DeleteDoc(kind, id string) error {
	t.written = append(t.written, write{kind: kind, id: id})
	return nil
}

// ScanDocs goes through all rows, of which there are only a few, without those
// that the transaction itself has written.
func (t *freeTx) ScanDocs(kind string, q storage.Query, fn func(string, []byte) (bool, error)) error {
	index := t.f.indexes[kind+"."+q.Index]
	for id, r := range t.f.rows[kind] {
		if v := r.values[index]; v == "" || v < q.From || q.Until != "" && v >= q.Until {
			continue
		}
		if more, err := fn(id, r.doc); err != nil || !more {
			return err
		}
	}
	return nil
}
