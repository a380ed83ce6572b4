package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// shortest is what a member does from the scan of the card to the receipt
// number: says the card's code, then taps these choices.
var shortest = []string{"", "soon", "money", "send"}

// cohort is how many members a connection serves side by side. They take the
// same step one after the other, so that the answer to one has arrived by the
// time that it is this one's turn again.
const cohort = 8

// load says what is driven at what.
type load struct {
	url, secret string
	connections int
	lasts       time.Duration
	// tap returns the postback data of a button that the member was shown.
	tap func(ctx context.Context, member, choice string) (string, error)
}

// result holds the time to the answer of every turn.
type result struct {
	took   []time.Duration // sorted
	lasted time.Duration
}

func (r result) perSecond() float64 { return float64(len(r.took)) / r.lasted.Seconds() }

// percentile returns the time within which p of 100 turns were answered.
func (r result) percentile(p int) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[max(0, (len(r.took)*p+99)/100-1)]
}

// drive sends turns over the connections until the time is up. Any answer but
// 200 is an error: refusals would make a fine benchmark of refusing.
func drive(ctx context.Context, l load) (result, error) {
	transport := &http.Transport{MaxConnsPerHost: l.connections, MaxIdleConnsPerHost: l.connections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}

	took := make([][]time.Duration, l.connections)
	faults := make([]error, l.connections)
	var wg sync.WaitGroup
	began := time.Now()
	for c := range l.connections {
		wg.Go(func() { took[c], faults[c] = l.connection(ctx, client, c, began.Add(l.lasts)) })
	}
	wg.Wait()
	r := result{took: slices.Concat(took...), lasted: time.Since(began)}
	slices.Sort(r.took)
	return r, errors.Join(faults...)
}

// connection is one of LINE's connections: cohort after cohort of members.
func (l load) connection(ctx context.Context, client *http.Client, number int, until time.Time) (took []time.Duration, err error) {
	for first := number * 1_000_000; ; first += cohort {
		for step, choice := range shortest {
			for m := first; m < first+cohort; m++ {
				if ctx.Err() != nil || !time.Now().Before(until) {
					return took, ctx.Err()
				}
				body, err := l.event(ctx, m, step, choice)
				if err != nil {
					return took, err
				}
				began := time.Now()
				if err := l.send(ctx, client, body); err != nil {
					return took, err
				}
				took = append(took, time.Since(began))
			}
		}
	}
}

func (l load) send(ctx context.Context, client *http.Client, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(l.secret))
	mac.Write(body)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("X-Line-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", response.Status)
	}
	return nil
}

// event is the webhook body of one step of one member.
func (l load) event(ctx context.Context, number, step int, choice string) ([]byte, error) {
	member := fmt.Sprintf("U%032x", number)
	type object = map[string]any
	event := object{
		"type": "postback", "mode": "active", "timestamp": time.Now().UnixMilli(),
		"webhookEventId":  fmt.Sprintf("01BENCH%019d", number*len(shortest)+step),
		"deliveryContext": object{"isRedelivery": false},
		"source":          object{"type": "user", "userId": member},
		"replyToken":      fmt.Sprintf("%032x", number*len(shortest)+step),
	}
	if choice == "" {
		event["type"] = "message"
		event["message"] = object{"type": "text", "id": fmt.Sprint(number), "quoteToken": "q", "text": card(number)}
	} else {
		data, err := l.tap(ctx, member, choice)
		if err != nil {
			return nil, err
		}
		event["postback"] = object{"data": data}
	}
	return json.Marshal(object{"destination": "U" + fmt.Sprintf("%032x", 0xb07), "events": []object{event}})
}

// card is the text that a member's card fills in: of the form and length of a
// real one.
func card(number int) string { return fmt.Sprintf("MM-%026d", number) }

// madeUp is a tap for servers that show no buttons.
func madeUp(_ context.Context, member, choice string) (string, error) {
	return "f:" + member[1:27] + ":2:" + choice, nil
}
