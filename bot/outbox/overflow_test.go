package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// Seven people come into a group at once, a member is asked about six cases on
// one morning: what one call cannot hold goes in a second one, in order. Only
// the first has the reply token, which is good once.
func TestPutOverflows(t *testing.T) {
	h := newHouse(t, &script{})
	var out []message.Outgoing
	for i := range 7 {
		o := h.reply("u1", fmt.Sprint(i), "tok")
		o.About = message.About{Kind: "talk", Ref: fmt.Sprint(i)}
		o.Refs = []string{"case:" + fmt.Sprint(i)}
		out = append(out, o)
	}
	h.put(out...)
	ds := h.deliveries()
	if len(ds) != 2 {
		t.Fatalf("%d deliveries, want 2", len(ds))
	}
	if string(ds[0].Messages) != `["0","1","2","3","4"]` || string(ds[1].Messages) != `["5","6"]` {
		t.Errorf("messages %s and %s", ds[0].Messages, ds[1].Messages)
	}
	if !slices.Equal(ds[1].Refs, []string{"case:5", "case:6"}) || len(ds[1].Parts) != 2 || ds[1].About.Ref != "5" {
		t.Errorf("the second: refs %q, parts %+v, about %+v", ds[1].Refs, ds[1].Parts, ds[1].About)
	}
	if ds[0].Reply == nil || ds[1].Reply != nil {
		t.Errorf("replies %+v and %+v, want the first only", ds[0].Reply, ds[1].Reply)
	}
	if ds[0].RetryKey == ds[1].RetryKey {
		t.Error("both have one retry key")
	}
}

// What belongs together in one Outgoing is never torn apart: a run of three
// goes whole into the next call.
func TestOverflowKeepsPartsWhole(t *testing.T) {
	h := newHouse(t, &script{})
	three := text("u1", "x")
	three.Messages = slices.Repeat(three.Messages, 3)
	h.put(three, three, text("u1", "y"))
	ds := h.deliveries()
	if len(ds) != 2 || string(ds[0].Messages) != `["x","x","x"]` || string(ds[1].Messages) != `["x","x","x","y"]` {
		t.Errorf("deliveries %+v", ds)
	}
}

// A token that one lane has is not also another's: the second use would be
// taken for a reply that went out.
func TestOneTokenOneDelivery(t *testing.T) {
	h := newHouse(t, &script{})
	notice := h.reply("u1", "notice", "tok")
	notice.Lane = message.LaneNotice
	h.put(h.reply("u1", "casework", "tok"), notice)
	ds := h.deliveries()
	if len(ds) != 2 || ds[0].Reply == nil || ds[1].Reply != nil {
		t.Errorf("deliveries %+v", ds)
	}
}

// One Outgoing of six stays a fault: nobody could say what belongs together.
func TestOneOutgoingOfSixIsRefused(t *testing.T) {
	h := newHouse(t, &script{})
	six := text("u1", "x")
	six.Messages = slices.Repeat(six.Messages, 6)
	err := h.store.Update(t.Context(), town, func(tx storage.Tx) error { return h.post.Put(tx, start, six) })
	if !errors.Is(err, outbox.ErrOutgoing) {
		t.Errorf("error %v", err)
	}
}
