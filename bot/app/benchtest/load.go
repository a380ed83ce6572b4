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
	"sync/atomic"
	"time"
)

// shortest is what a member says from the scan of the card to the receipt
// number: the card's code, then these choices of the report's flow. They are
// typed, not tapped: a tap carries the number of its question, which a member
// learns from the answer before, and then the emulated LINE would be measured
// and not the program.
var shortest = []string{"", "急ぎではない", "訪問販売・しつこい勧誘", "送信する"}

// person is a member and what their telephone knows.
type person struct {
	number  int
	user    string // LINE user id
	code    string // of their card
	council string // whose account they write to
	secret  string // of that account's channel
	bot     string // user id of that account
}

// people are those who send.
type people interface {
	// member returns the nth person, or false when there are no more.
	member(n int) (person, bool)
	// token is a fresh reply token for the person's talk.
	token(p person) (string, error)
	// settle waits until so many reports have reached the groups.
	settle(ctx context.Context, reports int) error
}

// load says what is driven at what.
type load struct {
	url         string // scheme, host and port
	connections int
	lasts       time.Duration
	people      people
}

// result holds the time to the answer of every turn.
type result struct {
	took    []time.Duration // sorted
	lasted  time.Duration
	reports int           // sent, and answered 200
	drained time.Duration // from the last answer until all had arrived
	// CPU time until then, of turns until the release: of the server and of this
	// process.
	server, telephones time.Duration
}

// and is what two measurements of the same line tell together.
func (r result) and(s result) result {
	took := slices.Concat(r.took, s.took)
	slices.Sort(took)
	return result{
		took: took, lasted: r.lasted + s.lasted, reports: r.reports + s.reports, drained: r.drained + s.drained,
		server: r.server + s.server, telephones: r.telephones + s.telephones,
	}
}

func (r result) perSecond() float64 { return float64(len(r.took)) / r.lasted.Seconds() }

// perTurn shares CPU time among the turns.
func (r result) perTurn(d time.Duration) time.Duration {
	return d / time.Duration(max(1, len(r.took)))
}

// percentile returns the time within which p of 100 turns were answered.
func (r result) percentile(p int) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[max(0, (len(r.took)*p+99)/100-1)]
}

// drive sends turns over the connections until the time is up or nobody is
// left. Any answer but 200 is an error: refusals would make a fine benchmark of
// refusing.
func drive(ctx context.Context, l load) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	transport := &http.Transport{MaxConnsPerHost: l.connections, MaxIdleConnsPerHost: l.connections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	d := driver{load: l, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}

	took := make([][]time.Duration, l.connections)
	faults := make([]error, l.connections)
	var wg sync.WaitGroup
	began := time.Now()
	for c := range l.connections {
		wg.Go(func() {
			if took[c], faults[c] = d.connection(ctx, began.Add(l.lasts)); faults[c] != nil {
				cancel() // one fault ends all
			}
		})
	}
	wg.Wait()
	r := result{took: slices.Concat(took...), lasted: time.Since(began), reports: int(d.reports.Load())}
	slices.Sort(r.took)
	return r, errors.Join(faults...)
}

type driver struct {
	load
	client  *http.Client
	next    atomic.Int64 // the next member
	reports atomic.Int64
}

// connection is one of LINE's connections: one member's report after another.
func (d *driver) connection(ctx context.Context, until time.Time) (took []time.Duration, err error) {
	for {
		n := int(d.next.Add(1)) - 1
		p, ok := d.people.member(n)
		if !ok {
			return took, nil
		}
		for step, words := range shortest {
			if !time.Now().Before(until) {
				return took, nil
			}
			body, err := d.event(p, step, words)
			if err != nil {
				return took, fmt.Errorf("step %d of member %d: %w", step+1, n, err)
			}
			began := time.Now()
			if err := d.send(ctx, p, body); err != nil {
				return took, fmt.Errorf("step %d of member %d: %w", step+1, n, err)
			}
			took = append(took, time.Since(began))
		}
		d.reports.Add(1)
	}
}

func (d *driver) send(ctx context.Context, p person, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/webhook/"+p.council, bytes.NewReader(body))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(p.secret))
	mac.Write(body)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("X-Line-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return exchange(d.client, request)
}

// exchange makes a call of which only the status counts.
func exchange(client *http.Client, request *http.Request) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", request.URL.Path, response.Status)
	}
	return nil
}

// event is the webhook body of one step of one member.
func (d *driver) event(p person, step int, words string) ([]byte, error) {
	if words == "" {
		words = p.code
	}
	type object = map[string]any
	event := object{
		"mode": "active", "timestamp": time.Now().UnixMilli(),
		"webhookEventId":  fmt.Sprintf("01BENCH%019d", p.number*len(shortest)+step),
		"deliveryContext": object{"isRedelivery": false},
		"source":          object{"type": "user", "userId": p.user},
		"type":            "message",
		"message": object{
			"type": "text", "id": fmt.Sprint(1_000_000 + p.number*len(shortest) + step), "text": words,
			"quoteToken": p.user + p.user, "markAsReadToken": p.user,
		},
	}
	token, err := d.people.token(p)
	if err != nil {
		return nil, err
	}
	event["replyToken"] = token
	return json.Marshal(object{"destination": p.bot, "events": []object{event}})
}

// madeUp are people for servers that answer nothing: without end.
type madeUp struct{}

func (madeUp) member(n int) (person, bool) {
	council := n % councils
	return person{
		number: n, user: fmt.Sprintf("U%032x", n), code: code(n),
		council: councilID(council), secret: secretOf(councilID(council)), bot: fmt.Sprintf("U%032x", 1<<40+council),
	}, true
}

func (madeUp) token(p person) (string, error) { return p.user[1:], nil }

func (madeUp) settle(context.Context, int) error { return nil }
