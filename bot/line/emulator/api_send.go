package emulator

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type sentMessage struct {
	ID         string `json:"id"`
	QuoteToken string `json:"quoteToken,omitempty"`
}

type sentMessages struct {
	Sent []sentMessage `json:"sentMessages"`
}

// outgoing is the body of reply, push, multicast and broadcast.
type outgoing struct {
	body     *value
	messages []*value
}

// parse reads a JSON body and judges its messages for a kind of sending.
func (k *call) parse(kind string) (outgoing, *answer) {
	body, bad := k.object()
	if bad != nil {
		return outgoing{}, bad
	}
	if v := body.get("notificationDisabled"); v.set() && v.kind != isBool {
		a := propertyInvalid("notificationDisabled")
		return outgoing{}, &a
	}
	units, isList := body.get("customAggregationUnits").strings()
	if !isList {
		a := propertyInvalid("customAggregationUnits")
		return outgoing{}, &a
	}
	if bad := checkUnits(units); bad != nil {
		return outgoing{}, bad
	}
	messages, bad := judgeAll(body.get("messages"), kind)
	return outgoing{body, messages}, bad
}

// object reads the body as a JSON object.
func (k *call) object() (*value, *answer) {
	if !jsonType(k.r.Header.Get("Content-Type")) {
		a := refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("The content type, '%s', is not supported", k.r.Header.Get("Content-Type")))
		return nil, &a
	}
	v, isJSON := readValue(k.text)
	if !isJSON || v.kind != isObject {
		line, column := position(k.body)
		a := refuse(http.StatusBadRequest, fmt.Sprintf("The request body could not be parsed as JSON (line: %d, column: %d)", line, column))
		return nil, &a
	}
	return v, nil
}

// text reads a required string property.
func text(body *value, name string) (string, *answer) {
	v := body.get(name)
	if v.set() && v.kind != isString {
		a := propertyInvalid(name)
		return "", &a
	}
	if v.str() == "" {
		a := invalidBody(detail{"May not be empty", name})
		return "", &a
	}
	return v.str(), nil
}

func reply(k *call) answer {
	o := k.sending
	token, bad := text(o.body, "replyToken")
	if bad != nil {
		return *bad
	}
	r := k.e.replies[token]
	if !r.valid(k.c, k.now) || (r.talk.group != nil && r.talk.group.bot != k.c) {
		return refuse(http.StatusBadRequest, "Invalid reply token")
	}
	if bad := k.placed(o.messages, r.talk); bad != nil {
		return *bad
	}
	r.used = true
	delete(k.e.replies, token)
	if f := k.c.friends[r.talk.id]; r.talk.group == nil && f != nil && f.blocked {
		// Not documented for replies: taken to be dropped as pushes are.
		return ok(sentMessages{k.swallow(o.messages, r.talk)})
	}
	return ok(sentMessages{k.deliver(o, []*talk{r.talk}, "reply")})
}

func push(k *call) answer {
	o := k.sending
	to, bad := text(o.body, "to")
	if bad != nil {
		return *bad
	}
	if !userID.MatchString(to) && !groupID.MatchString(to) && !roomID.MatchString(to) {
		return propertyInvalid("to")
	}
	if a, again := k.again(); again {
		return a
	}
	var t *talk
	reached := []string{}
	switch {
	case userID.MatchString(to):
		if k.e.users[to] == nil {
			return refuse(http.StatusBadRequest, "Failed to send messages")
		}
		t = k.c.talk(to)
		if k.reachable(to, true) {
			reached = append(reached, to)
		}
	default:
		g := k.e.groups[to]
		if g == nil || g.bot != k.c {
			return refuse(http.StatusBadRequest, "Failed to send messages")
		}
		t, reached = g.talk, g.members
	}
	if bad := k.placed(o.messages, t); bad != nil {
		return *bad
	}
	if !k.c.spend(len(reached), k.now) {
		return refuse(http.StatusTooManyRequests, quotaText)
	}
	k.log.Counted = len(reached)
	var sent []sentMessage
	if len(reached) > 0 || t.group != nil {
		sent = k.deliver(o, []*talk{t}, "push")
	} else {
		sent = k.swallow(o.messages, t)
	}
	k.log.To = []string{to}
	k.accept(sent)
	return ok(sentMessages{sent})
}

func multicast(k *call) answer {
	o := k.sending
	to, isList := o.body.get("to").strings()
	if !isList {
		return propertyInvalid("to")
	}
	if len(to) == 0 || len(to) > maxMulticast {
		return invalidBody(detail{fmt.Sprintf("Size must be between 1 and %d", maxMulticast), "to"})
	}
	for i, id := range to {
		// Ids of nobody are documented twice, as 400 and as dropped: only the form
		// is refused here.
		if !userID.MatchString(id) {
			return refuse(http.StatusBadRequest, fmt.Sprintf("The property, to[%d], in the request body is invalid (line: -, column: -)", i))
		}
	}
	if a, again := k.again(); again {
		return a
	}
	return k.many(o, to, "multicast")
}

func broadcast(k *call) answer {
	o := k.sending
	if a, again := k.again(); again {
		return a
	}
	return k.many(o, k.e.order, "broadcast")
}

// many sends to those who are friends; everybody else is dropped in silence.
func (k *call) many(o outgoing, to []string, via string) answer {
	var talks []*talk
	for _, id := range to {
		if t := k.c.talk(id); k.e.users[id] != nil && k.reachable(id, false) && !slices.Contains(talks, t) {
			talks = append(talks, t)
		}
	}
	for _, m := range o.messages { // a quote token belongs to one talk only
		if quoteOf(m) != "" {
			return refuse(http.StatusBadRequest, "Invalid quoteToken")
		}
	}
	if !k.c.spend(len(talks), k.now) {
		return refuse(http.StatusTooManyRequests, quotaText)
	}
	k.log.Counted = len(talks)
	k.deliver(o, talks, via)
	if via == "multicast" {
		k.log.To = to
	}
	k.accept(nil)
	return ok(empty{})
}

// reachable tells whether a message arrives: at friends who have not blocked
// the account and, for pushes, at who wrote in the last seven days.
func (k *call) reachable(user string, strangers bool) bool {
	f := k.c.friends[user]
	if f == nil || f.blocked {
		return false
	}
	return f.friend || (strangers && !f.wrote.IsZero() && k.now.Sub(f.wrote) < strangerLife)
}

// again answers a retry key that was accepted before.
func (k *call) again() (answer, bool) {
	if k.key == "" {
		return answer{}, false
	}
	a := k.c.retried(k.key, k.now)
	if a == nil {
		return answer{}, false
	}
	if a.body != sha256.Sum256(k.body) || a.endpoint != k.route.name {
		// LINE only says that this "may not work as you expect": it is taken for
		// the request accepted before.
		k.log.Remark = "retry key used for another request"
	}
	return answer{
		status: http.StatusConflict, accepted: a.request,
		body: problem{Message: "The retry key is already accepted", Sent: a.sent},
	}, true
}

func (k *call) accept(sent []sentMessage) {
	if k.key != "" {
		k.c.remember(k.key, &accepted{request: k.request, endpoint: k.route.name, body: sha256.Sum256(k.body), sent: sent, at: k.now})
	}
}

// placed judges what depends on the talk: quotes, mentions and tracking ids.
func (k *call) placed(messages []*value, t *talk) *answer {
	for i, m := range messages {
		if q := quoteOf(m); q != "" && k.e.quotes[q].talk != t.key() {
			a := refuse(http.StatusBadRequest, "Invalid quoteToken")
			return &a
		}
		if t.group != nil && tracked(m) {
			a := invalidBody(detail{"trackingId cannot be used in a group", fmt.Sprintf("messages[%d].trackingId", i)})
			return &a
		}
		for _, user := range mentioned(m) {
			if t.group == nil || (user != "" && !slices.Contains(t.group.members, user)) {
				a := invalidMessage(i, detail{"mentions need a group and its members", "substitution"})
				return &a
			}
		}
	}
	return nil
}

// deliver puts the messages into talks; ids and quote tokens are the first's.
func (k *call) deliver(o outgoing, talks []*talk, via string) []sentMessage {
	var sent []sentMessage
	for _, m := range o.messages {
		var id, quote string
		// Copies: what is kept must not keep the whole request.
		as := &sight{kind: strings.Clone(m.get("type").str()), raw: json.RawMessage(m.text)}
		quoted := k.e.quotes[quoteOf(m)].message
		for n, t := range talks {
			en := k.e.said(k.c, t, as, quoted, via)
			if n == 0 {
				id, quote = en.ID, en.quote
			}
			k.log.Messages = append(k.log.Messages, en.ID)
		}
		sent = append(sent, sentMessage{id, quote})
	}
	if len(k.log.To) == 0 {
		for _, t := range talks {
			k.log.To = append(k.log.To, t.id)
		}
	}
	return sent
}

// said adds a bot's message to a talk.
func (e *Emulator) said(c *Channel, t *talk, as *sight, quoted, via string) *entry {
	en := &entry{
		Message: Message{From: c.o.UserID, Name: c.o.Name, Type: as.kind, JSON: as.raw, Quoted: quoted, Via: via},
		c:       c, sight: as,
	}
	if quotableKind(as.kind) {
		en.quote = e.token(64)
	}
	e.put(t, en)
	if en.quote != "" {
		e.quotes[en.quote] = quotable{t.key(), en.ID}
	}
	return en
}

// swallow answers as if it had been sent to who cannot receive it.
func (k *call) swallow(messages []*value, t *talk) []sentMessage {
	var sent []sentMessage
	for _, m := range messages {
		s := sentMessage{ID: k.e.messageID()}
		if quotableKind(m.get("type").str()) {
			s.QuoteToken = k.e.token(64)
			k.e.quotes[s.QuoteToken] = quotable{t.key(), s.ID}
		}
		sent = append(sent, s)
	}
	return sent
}

// quotableKind are the messages that LINE gives a quote token for.
func quotableKind(kind string) bool {
	return slices.Contains([]string{"text", "textV2", "sticker", "image", "video", "template", "flex"}, kind)
}

func quota(k *call) answer {
	if k.c.o.Monthly == 0 {
		return ok(map[string]any{"type": "none"})
	}
	return ok(map[string]any{"type": "limited", "value": k.c.o.Monthly})
}

func consumption(k *call) answer {
	k.c.turn(k.now)
	return ok(map[string]any{"totalUsage": k.c.used})
}

func validateCall(k *call) answer {
	kind := k.args["kind"]
	if !slices.Contains([]string{"reply", "push", "multicast", "narrowcast", "broadcast"}, kind) {
		return notFound()
	}
	body, bad := k.object()
	if bad != nil {
		return *bad
	}
	if _, bad := judgeAll(body.get("messages"), kind); bad != nil {
		return *bad
	}
	return ok(empty{})
}

// position is where JSON stopped making sense, from 1; that is its beginning
// when it is JSON, but no object.
func position(body []byte) (line, column int) {
	at := 0
	if s, isSyntax := asSyntax(json.Unmarshal(body, new(json.RawMessage))); isSyntax {
		at = min(int(s.Offset), len(body))
	}
	line, column = 1, 1
	for _, b := range body[:at] {
		column++
		if b == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}

func invalidBody(ds ...detail) answer {
	return refuse(http.StatusBadRequest, "The request body has "+strconv.Itoa(len(ds))+" error(s)", ds...)
}

func invalidMessage(i int, ds ...detail) answer {
	return refuse(http.StatusBadRequest, fmt.Sprintf("A message (messages[%d]) in the request body is invalid", i), ds...)
}
