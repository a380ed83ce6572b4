package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// event is a webhook event object, with the property names of LINE's webhook
// description. Pointers are present in their own event types only.
type event struct {
	Type            string        `json:"type"`
	Message         *content      `json:"message,omitempty"`
	Unsend          *unsendDetail `json:"unsend,omitempty"`
	Follow          *followDetail `json:"follow,omitempty"`
	Joined          *memberList   `json:"joined,omitempty"`
	Left            *memberList   `json:"left,omitempty"`
	Postback        *postback     `json:"postback,omitempty"`
	Mode            string        `json:"mode"`
	Timestamp       int64         `json:"timestamp"`
	Source          *source       `json:"source,omitempty"`
	ReplyToken      string        `json:"replyToken,omitempty"`
	WebhookEventID  string        `json:"webhookEventId"`
	DeliveryContext struct {
		IsRedelivery bool `json:"isRedelivery"`
	} `json:"deliveryContext"`

	reply *replyToken
	extra map[string]json.RawMessage // of an injected event: these win
}

// MarshalJSON adds what an injected event brought along.
func (ev *event) MarshalJSON() ([]byte, error) {
	type plain event
	raw := mustJSON((*plain)(ev))
	if ev.extra == nil {
		return raw, nil
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	for k, v := range ev.extra {
		if k != "deliveryContext" {
			all[k] = v
		}
	}
	return mustJSON(all), nil
}

// unname takes the people's ids out of an event in a group.
func (ev *event) unname() {
	if ev.Source == nil || ev.Source.Type != "group" {
		return
	}
	from := *ev.Source
	from.UserID = ""
	ev.Source = &from
	for _, list := range []**memberList{&ev.Joined, &ev.Left} {
		if *list == nil {
			continue
		}
		nobody := &memberList{}
		for _, m := range (*list).Members {
			m.UserID = ""
			nobody.Members = append(nobody.Members, m)
		}
		*list = nobody
	}
}

type source struct {
	Type    string `json:"type"`
	GroupID string `json:"groupId,omitempty"`
	UserID  string `json:"userId,omitempty"`
}

type unsendDetail struct {
	MessageID string `json:"messageId"`
}

type followDetail struct {
	IsUnblocked bool `json:"isUnblocked"`
}

type memberList struct {
	Members []source `json:"members"`
}

type postback struct {
	Data   string            `json:"data"`
	Params map[string]string `json:"params,omitempty"`
}

// content is the message object of a message event.
type content struct {
	Type                string           `json:"type"`
	ID                  string           `json:"id"`
	QuoteToken          string           `json:"quoteToken,omitempty"`
	MarkAsReadToken     string           `json:"markAsReadToken,omitempty"`
	Text                *string          `json:"text,omitempty"`
	Mention             *mention         `json:"mention,omitempty"`
	QuotedMessageID     string           `json:"quotedMessageId,omitempty"`
	PackageID           string           `json:"packageId,omitempty"`
	StickerID           string           `json:"stickerId,omitempty"`
	StickerResourceType string           `json:"stickerResourceType,omitempty"`
	Keywords            []string         `json:"keywords,omitempty"`
	ContentProvider     *contentProvider `json:"contentProvider,omitempty"`
	Duration            int64            `json:"duration,omitempty"`
	FileName            string           `json:"fileName,omitempty"`
	FileSize            int64            `json:"fileSize,omitempty"`
	Title               string           `json:"title,omitempty"`
	Address             string           `json:"address,omitempty"`
	Latitude            *float64         `json:"latitude,omitempty"`
	Longitude           *float64         `json:"longitude,omitempty"`
}

type contentProvider struct {
	Type string `json:"type"`
}

type mention struct {
	Mentionees []mentionee `json:"mentionees"`
}

type mentionee struct {
	Index  int    `json:"index"`
	Length int    `json:"length"`
	Type   string `json:"type"`
	UserID string `json:"userId,omitempty"`
	IsSelf *bool  `json:"isSelf,omitempty"`
}

// event starts an event of now. The caller holds mu.
func (e *Emulator) event(c *Channel, kind string, from source) *event {
	now := e.clock.Now()
	ev := &event{Type: kind, Mode: "active", Timestamp: now.UnixMilli(), Source: &from, WebhookEventID: e.ulid(now)}
	if c.o.Standby {
		ev.Mode = "standby"
	}
	return ev
}

// envelope is a webhook's body.
func envelope(destination string, events []*event) []byte {
	return mustJSON(struct {
		Destination string   `json:"destination"`
		Events      []*event `json:"events"`
	}{destination, events})
}

// sign is LINE's x-line-signature of a body: base64 of its HMAC-SHA256 with the
// channel secret.
func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body) // a hash's Write never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// mustJSON encodes the emulator's own structures, which cannot fail, without
// escaping HTML (LINE sends the text as it is).
func mustJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("emulator: encoding own structure: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
