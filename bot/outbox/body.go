package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"mimamori.example/mimamori/bot/message"
	"mimamori.example/mimamori/storage"
)

var errNotDelivery = errors.New("outbox: item is not a delivery")

// WriteBody writes a delivery as the queue keeps it: a line of JSON about it,
// and behind the line break the messages as they were frozen. Inside that JSON
// they would be checked and reformatted each time, which was the dearest part
// of a turn.
func WriteBody(d Delivery) ([]byte, error) {
	messages := d.Messages
	d.Messages, d.State = nil, message.DeliveryState{}
	head, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("outbox: delivery: %w", err)
	}
	body := make([]byte, 0, len(head)+1+len(messages))
	body = append(body, head...)
	body = append(body, '\n')
	return append(body, messages...), nil
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
	var d Delivery
	if !ok || json.Unmarshal(head, &d) != nil {
		return Delivery{}, errNotDelivery
	}
	d.Messages = messages
	return d, nil
}
