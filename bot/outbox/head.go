package outbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mimamori.example/mimamori/bot/message"
)

// A delivery's head is the JSON that encoding/json makes of it, without its
// messages and state. Its fields are few and always in this order, so that they
// are written and read here one by one, which takes a small part of the time: it
// is written inside a turn's transaction, where all others wait for it.

// appendHead writes the head behind b, byte for byte as json.Marshal does.
func appendHead(b []byte, d *Delivery) ([]byte, error) {
	b = appendText(append(b, `{"id":`...), d.ID)
	b = appendText(append(b, `,"to":{"Kind":`...), d.To.Kind)
	b = appendText(append(b, `,"ID":`...), d.To.ID)
	b = appendTexts(append(b, `,"IDs":`...), d.To.IDs)
	b = appendText(append(b, `},"lane":`...), d.Lane)
	b = append(b, `,"messages":null`...)
	if d.BareKey != "" {
		b = appendText(append(b, `,"bare_key":`...), d.BareKey)
	}
	if len(d.Refs) > 0 {
		b = appendTexts(append(b, `,"refs":`...), d.Refs)
	}
	b = appendAbout(append(b, `,"about":`...), d.About)
	b = appendParts(append(b, `,"parts":`...), d.Parts)
	b = appendText(append(b, `,"retry_key":`...), d.RetryKey)
	var err error
	if d.Reply != nil {
		b = appendText(append(b, `,"reply":{"Token":`...), d.Reply.Token)
		if b, err = appendTime(append(b, `,"Expires":`...), d.Reply.Expires); err != nil {
			return nil, err
		}
		b = append(b, '}')
	}
	if b, err = appendTime(append(b, `,"created":`...), d.Created); err != nil {
		return nil, err
	}
	if d.Urgent {
		b = append(b, `,"urgent":true`...)
	}
	return append(b, `,"state":{}}`...), nil
}

func appendAbout(b []byte, a message.About) []byte {
	b = appendText(append(b, `{"Kind":`...), a.Kind)
	b = appendText(append(b, `,"Case":`...), a.Case)
	b = appendText(append(b, `,"Ref":`...), a.Ref)
	return append(b, '}')
}

func appendParts(b []byte, parts []message.Part) []byte {
	if parts == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, p := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendAbout(append(b, `{"about":`...), p.About)
		b = strconv.AppendInt(append(b, `,"messages":`...), int64(p.Messages), 10)
		if p.Bare {
			b = append(b, `,"bare":true`...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendTexts(b []byte, all []string) []byte {
	if all == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, s := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if !plainByte[s[i]] {
			quoted, _ := json.Marshal(s) // a string never fails
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendTime(b []byte, t time.Time) ([]byte, error) {
	b, err := t.AppendText(append(b, '"'))
	if err != nil {
		return nil, fmt.Errorf("time: %w", err)
	}
	return append(b, '"'), nil
}

// plainByte are the bytes that stand in JSON for themselves: ASCII without what
// json.Marshal escapes. Ids, tokens and addresses hold no others.
var plainByte = func() (is [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		is[c] = !strings.ContainsRune(`"\<>&`, c)
	}
	return is
}()

// readHead reads what appendHead has written, and shares its memory. It is false
// for what it does not know, such as a text with escapes: encoding/json reads
// that.
func readHead(s string) (Delivery, bool) {
	r := headReader{rest: s}
	var d Delivery
	d.ID = r.text(`{"id":`)
	d.To.Kind = r.text(`,"to":{"Kind":`)
	d.To.ID = r.text(`,"ID":`)
	d.To.IDs = r.texts(`,"IDs":`)
	d.Lane = r.text(`},"lane":`)
	r.must(`,"messages":null`)
	if r.next(`,"bare_key":`) {
		d.BareKey = r.text("")
	}
	if r.next(`,"refs":`) {
		d.Refs = r.texts("")
	}
	d.About = r.about(`,"about":`)
	d.Parts = r.parts(`,"parts":`)
	d.RetryKey = r.text(`,"retry_key":`)
	if r.next(`,"reply":`) {
		d.Reply = &message.ReplyToken{Token: r.text(`{"Token":`), Expires: r.time(`,"Expires":`)}
		r.must("}")
	}
	d.Created = r.time(`,"created":`)
	d.Urgent = r.next(`,"urgent":true`)
	r.must(`,"state":{}}`)
	return d, !r.failed && r.rest == ""
}

// headReader walks along a head. Once it has failed its results mean nothing.
type headReader struct {
	rest   string
	failed bool
}

// next goes past what is expected, if it is there.
func (r *headReader) next(expected string) bool {
	rest, found := strings.CutPrefix(r.rest, expected)
	r.rest = rest
	return found
}

func (r *headReader) must(expected string) {
	if !r.next(expected) {
		r.failed = true
	}
}

// text reads a string of plain bytes behind what is expected.
func (r *headReader) text(behind string) string {
	r.must(behind)
	r.must(`"`)
	for i := range len(r.rest) {
		if !plainByte[r.rest[i]] {
			s := r.rest[:i]
			r.rest = r.rest[i:]
			r.must(`"`)
			return s
		}
	}
	r.failed = true
	return ""
}

// texts reads a list of one or more strings, or null.
func (r *headReader) texts(behind string) []string {
	r.must(behind)
	if r.next("null") {
		return nil
	}
	all := []string{r.text("[")}
	for !r.failed && !r.next("]") {
		all = append(all, r.text(","))
	}
	return all
}

func (r *headReader) about(behind string) message.About {
	r.must(behind)
	a := message.About{Kind: r.text(`{"Kind":`), Case: r.text(`,"Case":`), Ref: r.text(`,"Ref":`)}
	r.must("}")
	return a
}

// parts reads a list of one or more parts, or null.
func (r *headReader) parts(behind string) []message.Part {
	r.must(behind)
	if r.next("null") {
		return nil
	}
	all := []message.Part{r.part("[")}
	for !r.failed && !r.next("]") {
		all = append(all, r.part(","))
	}
	return all
}

func (r *headReader) part(behind string) message.Part {
	r.must(behind)
	p := message.Part{About: r.about(`{"about":`), Messages: r.number(`,"messages":`), Bare: r.next(`,"bare":true`)}
	r.must("}")
	return p
}

// number reads one digit: a delivery has at most five messages.
func (r *headReader) number(behind string) int {
	r.must(behind)
	if r.rest == "" || r.rest[0] < '0' || r.rest[0] > '9' {
		r.failed = true
		return 0
	}
	n := int(r.rest[0] - '0')
	r.rest = r.rest[1:]
	return n
}

func (r *headReader) time(behind string) time.Time {
	var t time.Time
	if t.UnmarshalText([]byte(r.text(behind))) != nil {
		r.failed = true
	}
	return t
}
