package line

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

const aUser = `{"type":"user","userId":"U4af4980629aabbccddeeff0011223344"}`

// oneEvent is a body with an event; more begins with a comma.
func oneEvent(kind, more string) string {
	return fmt.Sprintf(`{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[{"type":%q,"mode":"active","timestamp":1462629479859,`+
		`"source":%s,"webhookEventId":"01FZ74A0TDDPYRVKNK77XKC3ZR","deliveryContext":{"isRedelivery":false}%s}]}`, kind, aUser, more)
}

// usual are bodies as LINE writes them.
var usual = []string{
	oneEvent("message", `,"replyToken":"r","message":{"id":"1","type":"text","quoteToken":"q","markAsReadToken":"m","text":"段ボール😀\n\"\u3042\\","emojis":[{"index":14,"length":6,"productId":"p","emojiId":"001"}]}`),
	oneEvent("message", `,"replyToken":"r","message":{"id":"1","type":"text","text":"","quotedMessageId":"2","mention":{"mentionees":[{"index":0,"length":4,"type":"all"},{"index":5,"length":5,"userId":"U4af4980629aabbccddeeff0011223344","type":"user","isSelf":true}]}}`),
	oneEvent("message", `,"message":{"id":"1","type":"location","latitude":35.687574,"longitude":-139.72922,"title":"a"}`),
	oneEvent("message", `,"message":{"id":"1","type":"sticker","stickerId":"1988","keywords":["cony","sally"]}`),
	oneEvent("postback", `,"replyToken":"r","postback":{"data":"f:s1:3","params":{"datetime":"2017-12-25T01:00"}}`),
	oneEvent("unsend", `,"unsend":{"messageId":"325708"}`),
	oneEvent("follow", `,"follow":{"isUnblocked":true}`),
	oneEvent("memberJoined", `,"joined":{"members":[`+aUser+`,{"type":"user"}]}`),
	oneEvent("memberLeft", `,"left":{"members":[]}`),
	oneEvent("accountLink", `,"link":{"result":"failed","nonce":null}`),
	`{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}`,
	` { "events" : [ ] , "new" : [ { } , 1.5e-3 , "\u00e9" ] } `,
}

// unusual are bodies, valid and not, that must not be read in another way than
// encoding/json's.
var unusual = []string{
	oneEvent("message", `,"message":{"id":"1","Text":"a"}`),
	oneEvent("message", `,"me\u0073sage":{"id":"1"}`),
	oneEvent("message", `,"mes\u017fage":{"id":"1"}`), "{\"de\u017ftination\":\"U\"}",
	oneEvent("message", `,"message":{"id":"1","text":"a"},"message":{"type":"text"},"message":null`),
	oneEvent("message", `,"message":{"id":"1","mention":{"mentionees":[{"isSelf":true}],"mentionees":[{"userId":"U"}]}}`),
	oneEvent("memberJoined", `,"joined":{"members":[`+aUser+`],"members":[{}]}`),
	oneEvent("message", `,"message":{"id":"1","text":"\ud83d"}`), oneEvent("message", ",\"message\":{\"id\":\"1\",\"text\":\"\xff\"}"),
	oneEvent("message", `,"message":{"id":"1","text":"\x"}`), oneEvent("message", ",\"message\":{\"id\":\"1\",\"text\":\"\n\"}"),
	oneEvent("message", `,"message":{"id":"1","x":"\x"}`), oneEvent("message", `,"message":{"id":"1","x":01}`),
	oneEvent("message", `,"message":{"id":"1",}`), oneEvent("message", `,"message":{"id":"1" "x":1}`), oneEvent("message", `,,"x":1`),
	oneEvent("message", `,"message":{"id":"1","x":[1,]}`), oneEvent("message", `,"message":{"id":"1","x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`}`),
	oneEvent("leave", `,"timestamp":-5`), oneEvent("leave", `,"timestamp":1e3`), oneEvent("leave", `,"timestamp":007`),
	oneEvent("leave", `,"timestamp":9223372036854775807`), oneEvent("leave", `,"timestamp":99999999999999999999`), oneEvent("leave", `,"timestamp":`),
	oneEvent("leave", `,"source":null`), oneEvent("leave", `,"replyToken":null`), oneEvent("leave", `,"deliveryContext":null`),
	oneEvent("leave", `,"deliveryContext":{"isRedelivery":tru}`), oneEvent("leave", `,"replyToken":7`), oneEvent("tomorrow", `,"message":7`),
	`{"events":[` + aUser + `],"events":[]}`, `{"events":[{}],"destination":"U"}`, `{"events":[null,7,[]]}`, `{"events":{}}`, `{"events":null}`,
	``, ` `, `null`, `[]`, `{`, `{}`, `{}}`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":"`, `{"a":"\`, `{"`, "{}\x00", `"`, `{"events":[`, `{"events":[{}`,
}

// sameBody reads a body in both ways, and tells whether readBody knew it.
func sameBody(t *testing.T, body []byte) bool {
	t.Helper()
	got, known := readBody(body)
	if !known {
		return false
	}
	want, err := decodeJSON(body)
	if err != nil {
		t.Fatalf("%q: read, although %v", body, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q\ngot  %+v\nwant %+v", body, got, want)
	}
	return true
}

func TestReadBody(t *testing.T) {
	for _, body := range usual {
		if !sameBody(t, []byte(body)) {
			t.Errorf("not known: %s", body)
		}
	}
	for _, body := range unusual {
		sameBody(t, []byte(body))
	}
}

// Bodies in which a piece is missing, twice, or another one's are known only if
// they mean the same to both.
func TestReadBodyMixed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	known := 0
	for range 50_000 {
		a, b := usual[r.IntN(len(usual))], usual[r.IntN(len(usual))]
		from, to, at := r.IntN(len(b)), r.IntN(min(40, len(b))), r.IntN(len(a))
		mixed := a[:at] + b[from:min(from+to, len(b))] + a[min(at+r.IntN(40), len(a)):]
		if sameBody(t, []byte(mixed)) {
			known++
		}
	}
	if known == 0 {
		t.Error("none was known: this shows nothing")
	}
}

// FuzzReadBody: what readBody knows it reads as encoding/json does.
func FuzzReadBody(f *testing.F) {
	for _, body := range append(append([]string{}, usual...), unusual...) {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) { sameBody(t, body) })
}
