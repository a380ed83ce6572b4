package outbox

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"mimamori.example/mimamori/bot/message"
)

// deliveries makes deliveries with anything in any field, also in those that
// somebody adds and forgets to write here.
type deliveries struct {
	*rand.Rand
	words []string
}

func (g deliveries) one() Delivery {
	var d Delivery
	g.fill(reflect.ValueOf(&d).Elem())
	d.Messages, d.State = nil, message.DeliveryState{}
	return d
}

func (g deliveries) fill(v reflect.Value) {
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		zone := []*time.Location{time.UTC, japan, time.FixedZone("", -5400)}[g.IntN(3)]
		*at = time.Unix(g.Int64N(1<<32), g.Int64N(2)*g.Int64N(1e9)).In(zone)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(g.words[g.IntN(len(g.words))])
	case reflect.Int:
		v.SetInt(g.Int64N(6))
	case reflect.Pointer:
		if g.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem())
		}
	case reflect.Slice:
		if n := g.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
		}
		for i := range v.Len() {
			g.fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			g.fill(v.Field(i))
		}
	}
}

var (
	plainWords = []string{"", "U4af4980629aabbccddeeff0011223344", "R8-0012", "a.b+c@example.jp", "d:1 2~3", "q/=?"}
	anyWords   = append([]string{"見守り", "<a>&", "\"\\", "\u2028", "\n\t\x00\x7f", "\xff", "😀"}, plainWords...)
)

// What is written is what encoding/json would write, and what is read is what
// it would read.
func TestHeadIsJSON(t *testing.T) {
	for seed := range uint64(2000) {
		g := deliveries{rand.New(rand.NewPCG(seed, 1)), anyWords}
		if seed%2 == 0 {
			g.words = plainWords
		}
		d := g.one()
		got, err := appendHead(nil, &d)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := json.Marshal(d); err != nil || string(got) != string(want) {
			t.Fatalf("%v\ngot  %s\nwant %s", err, got, want)
		}
		sameHead(t, got)
	}
}

// sameHead reads a head in both ways, and tells whether readHead knew it.
func sameHead(t *testing.T, head []byte) bool {
	t.Helper()
	got, known := readHead(string(head))
	if !known {
		return false
	}
	var want Delivery
	if err := json.Unmarshal(head, &want); err != nil {
		t.Fatalf("%s: read, although %v", head, err)
	}
	got.Messages, want.Messages = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\ngot  %+v\nwant %+v", head, got, want)
	}
	return true
}

// What Post makes is read without encoding/json: here a push to a group, a
// reply in two parts, a notice to many.
func TestHeadIsKnown(t *testing.T) {
	now := time.Date(2026, 4, 1, 9, 30, 15, 123456789, time.UTC)
	about := message.About{Kind: "reply", Case: "R8-0012", Ref: "01FZ74A0TDDPYRVKNK77XKC3ZR"}
	base := Delivery{
		ID: Random{}.ID(), RetryKey: Random{}.RetryKey(), Lane: message.LaneCasework, Created: now, About: about,
		To: message.Recipient{Kind: message.ToGroup, ID: "Ca56f94637caabbccddeeff0011223344"}, Parts: []message.Part{{About: about, Messages: 1}},
	}
	reply, many := base, base
	reply.Reply = &message.ReplyToken{Token: "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA", Expires: now.Add(time.Minute).In(japan)}
	reply.Parts, reply.Refs = append(reply.Parts, message.Part{Messages: 4}), []string{"", "case:R8-0012"}
	many.To = message.Recipient{Kind: message.ToMany, ID: "notice/2026-04/1", IDs: []string{"U1", "U2"}}
	for _, d := range []Delivery{base, reply, many} {
		head, err := appendHead(nil, &d)
		if err != nil {
			t.Fatal(err)
		}
		if !sameHead(t, head) {
			t.Errorf("not known: %s", head)
		}
	}
}

// A time that JSON cannot hold is an error, as it is encoding/json's.
func TestHeadWithoutTime(t *testing.T) {
	never := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, d := range []Delivery{{Created: never}, {Reply: &message.ReplyToken{Expires: never}}} {
		if _, err := WriteBody(d); err == nil {
			t.Errorf("%+v was written", d)
		}
	}
}

// FuzzReadHead: what readHead takes is JSON, and means what encoding/json says.
func FuzzReadHead(f *testing.F) {
	for seed := range uint64(20) {
		d := deliveries{rand.New(rand.NewPCG(seed, 2)), plainWords}.one()
		head, err := appendHead(nil, &d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(head)
	}
	f.Add([]byte(`{"id":"a","to":{"Kind":"b\"c"}}`))
	f.Fuzz(func(t *testing.T, head []byte) { sameHead(t, head) })
}
