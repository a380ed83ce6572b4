package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

var (
	errNotDelivery = errors.New("outbox: item is not a delivery")
	errForms       = errors.New("outbox: the two forms of a delivery cannot be told apart")
)

// WriteBody writes a delivery as the queue keeps it: a line of JSON about it,
// and behind the line break the messages as they were frozen. Inside that JSON
// they would be checked and reformatted each time, which was the dearest part
// of a turn. Where there is a bare form it stands behind another line break; the
// rendered messages hold none.
func WriteBody(d Delivery) ([]byte, error) {
	var room [1024]byte // more than most heads need
	head, err := appendHead(room[:0], &d)
	if err != nil {
		return nil, fmt.Errorf("outbox: delivery: %w", err)
	}
	body := make([]byte, 0, len(head)+2+len(d.Messages)+len(d.Bare))
	body = append(body, head...)
	body = append(body, '\n')
	body = append(body, d.Messages...)
	if d.Bare == nil {
		return body, nil
	}
	if d.BareKey == "" || bytes.IndexByte(d.Messages, '\n') >= 0 {
		return nil, errForms
	}
	body = append(body, '\n')
	return append(body, d.Bare...), nil
}

// WriteState writes what has happened to a delivery: the part of a queue item
// that changes.
func WriteState(s message.DeliveryState) ([]byte, error) {
	if s == (message.DeliveryState{}) {
		return nil, nil
	}
	state, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("outbox: state: %w", err)
	}
	return state, nil
}

// ReadItem reads a queue item. Its error quotes nothing.
func ReadItem(it storage.Item) (Delivery, error) {
	d, err := ReadBody(it.Body)
	if err == nil && len(it.State) > 0 && json.Unmarshal(it.State, &d.State) != nil {
		return Delivery{}, errNotDelivery
	}
	return d, err
}

// ReadBody reads the body of a queue item. Its error never quotes the body.
func ReadBody(body []byte) (Delivery, error) {
	head, messages, ok := bytes.Cut(body, []byte{'\n'})
	if !ok {
		return Delivery{}, errNotDelivery
	}
	d, known := readHead(string(head))
	if !known {
		d = Delivery{}
		if json.Unmarshal(head, &d) != nil {
			return Delivery{}, errNotDelivery
		}
	}
	if d.BareKey != "" {
		if messages, d.Bare, ok = bytes.Cut(messages, []byte{'\n'}); !ok {
			return Delivery{}, errNotDelivery
		}
	}
	d.Messages = messages
	return d, nil
}
