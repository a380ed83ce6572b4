package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The control API moves an emulator of another process:
//
//	POST /_emulator/{action}   a Command; answers an Outcome, or what was made
//	GET  /_emulator/channels, /people, /groups, /faults
//	GET  /_emulator/talk?user=U…&chat=   a 1:1 talk (chat names the bot)
//	GET  /_emulator/group?id=C…          a group's talk
//	GET  /_emulator/sends?after=SEQ, /webhooks?after=SEQ
//	GET  /_emulator/menu?user=U…&chat=, /content?message=ID
//	GET  /_emulator/changes              server-sent events, one Change each
//
// Errors are {"message": …} with 400, or 404 for what does not exist. It answers
// only to loopback host names and refuses other sites' pages.
//
// The actions are those of command.go: what people do (say, tap, friend, block,
// join …), what goes wrong (break, mend, next for the next events, always with
// "on" true or false for all of them) and the channel's settings.

// maxCommand leaves room for a picture in base64.
const maxCommand = 16 << 20

// Command is the body of an action; which fields it needs depends on the action.
// Unknown fields are refused.
type Command struct {
	User   string   `json:"user,omitempty"`
	Users  []string `json:"users,omitempty"`
	Name   string   `json:"name,omitempty"`
	Chat   string   `json:"chat,omitempty"` // group id, or a bot as elsewhere
	Group  string   `json:"group,omitempty"`
	Text   string   `json:"text,omitempty"`
	Quoted string   `json:"quoted,omitempty"`
	// Message, Label, Path, Value and Area choose what is tapped.
	Message string `json:"message,omitempty"`
	Label   string `json:"label,omitempty"`
	Path    string `json:"path,omitempty"`
	Value   string `json:"value,omitempty"`
	Area    int    `json:"area,omitempty"`

	Package      string `json:"package,omitempty"`
	Sticker      string `json:"sticker,omitempty"`
	Data         []byte `json:"data,omitempty"` // base64
	ContentType  string `json:"contentType,omitempty"`
	Milliseconds int64  `json:"milliseconds,omitempty"`
	Ready        bool   `json:"ready,omitempty"`
	Link         string `json:"link,omitempty"`

	Fault    *Fault          `json:"fault,omitempty"`
	ID       string          `json:"id,omitempty"`
	Mischief *Mischief       `json:"mischief,omitempty"`
	Count    int             `json:"count,omitempty"`
	Batch    bool            `json:"batch,omitempty"`
	Reverse  bool            `json:"reverse,omitempty"`
	On       bool            `json:"on,omitempty"`
	Seconds  float64         `json:"seconds,omitempty"`
	Webhook  string          `json:"webhook,omitempty"`
	Channel  *ChannelOptions `json:"channel,omitempty"`
	Event    map[string]any  `json:"event,omitempty"`
	// NoWait answers before the webhook is delivered.
	NoWait bool `json:"noWait,omitempty"`
}

// Outcome is what an action of a person came to.
type Outcome struct {
	Event   string `json:"event,omitempty"`
	Message string `json:"message,omitempty"`
	Open    string `json:"open,omitempty"`
	Copy    string `json:"copy,omitempty"`
	// Status is what the bot answered to the webhook, 0 when none was sent or
	// nothing came back; Error says why then.
	Status int    `json:"status"`
	Error  string `json:"error,omitempty"`
}

// decodeCommand reads one Command and nothing after it.
func decodeCommand(body []byte) (Command, error) {
	var c Command
	if len(bytes.TrimSpace(body)) == 0 {
		return c, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Command{}, fmt.Errorf("emulator: command: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Command{}, errors.New("emulator: command: something follows the object")
	}
	return c, nil
}

func (e *Emulator) control(w http.ResponseWriter, r *http.Request) {
	if !guard(w, r) {
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/_emulator/")
	switch {
	case r.Method == http.MethodGet && name == "changes":
		e.changes(w, r)
		return
	case r.Method == http.MethodGet && name == "content":
		e.serveContent(w, r.URL.Query().Get("message"))
		return
	case r.Method == http.MethodGet:
		v, err := e.look(name, r.URL.Query())
		answerControl(w, v, err)
		return
	case r.Method != http.MethodPost:
		write(w, http.StatusMethodNotAllowed, problem{Message: "GET or POST"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommand))
	if err != nil {
		write(w, http.StatusRequestEntityTooLarge, problem{Message: err.Error()})
		return
	}
	c, err := decodeCommand(body)
	if err != nil {
		write(w, http.StatusBadRequest, problem{Message: err.Error()})
		return
	}
	v, err := e.do(r.Context(), name, c)
	answerControl(w, v, err)
}

func answerControl(w http.ResponseWriter, v any, err error) {
	switch {
	case errors.Is(err, ErrUnknown):
		write(w, http.StatusNotFound, problem{Message: err.Error()})
	case err != nil:
		write(w, http.StatusBadRequest, problem{Message: err.Error()})
	default:
		write(w, http.StatusOK, v)
	}
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(mustJSON(v)); err != nil {
		return // the caller has gone
	}
}

// look reads something.
func (e *Emulator) look(name string, q url.Values) (any, error) {
	after, err := strconv.ParseInt("0"+q.Get("after"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("emulator: after: %w", err)
	}
	switch name {
	case "channels":
		list := []map[string]any{}
		for _, c := range e.Channels() {
			list = append(list, map[string]any{
				"id": c.ID(), "userId": c.UserID(), "basicId": c.BasicID(), "name": c.Name(), "consumption": c.Consumption(), "mischief": c.Standing(),
			})
		}
		return list, nil
	case "people":
		return e.People(), nil
	case "groups":
		return e.Groups(), nil
	case "faults":
		return e.Faults(), nil
	case "talk":
		return e.Talk(q.Get("user"), q.Get("chat"))
	case "group":
		return e.Group(q.Get("id"))
	case "menu":
		m, shown := e.Menu(q.Get("user"), q.Get("chat"))
		if !shown {
			return nil, fmt.Errorf("%w: menu", ErrUnknown)
		}
		return m, nil
	case "sends":
		list := []Send{}
		for _, s := range e.Sends() {
			if s.Seq > after {
				list = append(list, s)
			}
		}
		return list, nil
	case "webhooks":
		list := []Webhook{}
		for _, h := range e.Webhooks() {
			if h.Seq > after {
				list = append(list, h)
			}
		}
		return list, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknown, name)
}

// outcome waits for the webhook, unless it need not.
func outcome(ctx context.Context, wait bool, h *Handle, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	o := Outcome{Event: h.Event, Message: h.Message, Open: h.Open, Copy: h.Copy}
	if wait {
		var failed error
		if o.Status, failed = h.Status(ctx); failed != nil {
			o.Error = failed.Error()
		}
	}
	return o, nil
}

// Content is the file of a person's message (a picture, a voice message, a
// document) and its media type, as the phones show it: also while the API still
// answers 202 (SetContentReady). It is not ok for a message without a file and
// for one that was unsent. The data are a copy.
func (e *Emulator) Content(message string) (data []byte, contentType string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[message]
	if en == nil || en.ctype == "" || en.Unsent {
		return nil, "", false
	}
	return slices.Clone(en.data), en.ctype, true
}

func (e *Emulator) serveContent(w http.ResponseWriter, id string) {
	data, ctype, ok := e.Content(id)
	if !ok {
		write(w, http.StatusNotFound, problem{Message: "no content"})
		return
	}
	w.Header().Set("Content-Type", ctype)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if _, err := w.Write(data); err != nil {
		return // the caller has gone
	}
}

// changes streams what happens until the caller goes.
func (e *Emulator) changes(w http.ResponseWriter, r *http.Request) {
	ch, stop := e.Subscribe()
	defer stop()
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if err := rc.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	say := func(c Change) bool {
		if _, err := fmt.Fprintf(w, "data: %s\n\n", mustJSON(c)); err != nil {
			return false
		}
		return rc.Flush() == nil
	}
	if !say(Change{}) { // who comes late reads everything
		return
	}
	for {
		select {
		case c := <-ch:
			if !say(c) {
				return
			}
		case <-r.Context().Done():
			return
		case <-e.ctx.Done():
			return
		}
	}
}
