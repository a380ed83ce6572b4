package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

var errNotDelivery = errors.New("outbox: item is not a delivery")

// WriteBody writes a delivery as the queue keeps it: a line of JSON about it,
// and behind the line break the messages as they were frozen. Inside that JSON
// they would be checked and reformatted each time, which was the dearest part
// of a turn.
func WriteBody(d Delivery) ([]byte, error) {
	messages := d.Messages
	d.Messages = nil
	head, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("outbox: delivery: %w", err)
	}
	body := make([]byte, 0, len(head)+1+len(messages))
	body = append(body, head...)
	body = append(body, '\n')
	return append(body, messages...), nil
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
