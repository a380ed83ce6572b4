package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
	"mimamori.example/mimamori/storage/bolt"
)

// quick is LINE a millisecond away.
type quick struct{ *script }

func (quick) Reply(context.Context, string, string, json.RawMessage) (outbox.Sent, error) {
	time.Sleep(time.Millisecond)
	return outbox.Sent{}, nil
}

// BenchmarkReplies drains replies to many people from a synced bbolt file.
func BenchmarkReplies(b *testing.B) {
	defs := append(outbox.Definitions(), heard.Definition())
	store, err := bolt.Open(filepath.Join(b.TempDir(), "db"), defs, bolt.Options{Create: true})
	if err != nil {
		b.Fatal(err)
	}
	post := outbox.NewPost(plainRenderer{}, outbox.Random{})
	const batch = 500
	put := func(from int) {
		err := store.Update(b.Context(), town, func(tx storage.Tx) error {
			now := time.Now()
			for i := range batch / 4 {
				o := text(fmt.Sprint("u", from+i), "hello")
				o.Reply = &message.ReplyToken{Token: "t", Expires: now.Add(50 * time.Second)}
				if err := post.Put(tx, now, o); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	ob := outbox.New(outbox.Options{
		Store: store, Post: post, Sender: quick{}, Hooks: &deaf{}, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- ob.Run(ctx) }()
	n := 0
	for b.Loop() {
		for i := range 4 {
			put(i * batch / 4)
		}
		if err := ob.Idle(ctx); err != nil {
			b.Fatal(err)
		}
		n += batch
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "deliveries/s")
	cancel()
	if err := errors.Join(<-done, store.Close()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBody writes and reads a reply of a few KB as the queue keeps it:
// writing is part of a turn's transaction.
func BenchmarkBody(b *testing.B) {
	now := time.Date(2026, 4, 1, 9, 30, 15, 123456789, time.UTC)
	about := message.About{Kind: "reply", Ref: "01FZ74A0TDDPYRVKNK77XKC3ZR"}
	d := outbox.Delivery{
		ID: outbox.Random{}.ID(), RetryKey: outbox.Random{}.RetryKey(), Lane: message.LaneCasework, Created: now,
		To:    message.Recipient{Kind: message.ToUser, ID: "U4af4980629aabbccddeeff0011223344"},
		Reply: &message.ReplyToken{Token: "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA", Expires: now.Add(50 * time.Second)},
		About: about, Parts: []message.Part{{About: about, Messages: 1}},
		Messages: []byte(`[{"type":"text","text":"` + strings.Repeat("見守り", 1000) + `"}]`),
	}
	body, err := outbox.WriteBody(d)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := outbox.WriteBody(d); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := outbox.ReadBody(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// deaf is Hooks without consequences.
type deaf struct{}

func (deaf) Delivered(storage.Tx, outbox.Delivery, []message.Sent, time.Time) ([]message.Outgoing, error) {
	return nil, nil
}

func (deaf) Failed(storage.Tx, outbox.Delivery, outbox.Reason, time.Time) ([]message.Outgoing, error) {
	return nil, nil
}
