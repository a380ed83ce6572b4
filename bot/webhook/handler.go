package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"mimamori.example/mimamori/bot/clock"
	"mimamori.example/mimamori/bot/dialogue"
	"mimamori.example/mimamori/bot/line"
)

// Limits of the door.
const (
	// MaxBody is the largest body that is read, in bytes. LINE documents no
	// bound; a body of 100 long texts stays below it.
	MaxBody = 1 << 20
	// TurnTimeout is how long the turns of one body may take: LINE gives up
	// after 2 s.
	TurnTimeout = 1500 * time.Millisecond
	// DefaultMaxTurns is how many turns run at once, of all councils.
	DefaultMaxTurns = 512
	// maxLanes is how many chats of one body are worked on side by side.
	maxLanes = 16
	// maxDoubts is how many turns that were given up are tried a second time at
	// once, doubtTimeout how long such a try may take.
	maxDoubts    = 32
	doubtTimeout = 5 * time.Second
	// maxReading is how many bytes of unfinished and unchecked bodies are held
	// in memory at once: whoever has no signature may not fill it.
	maxReading = 64 << 20
)

// Turner takes one event as one transaction. It returns nil only after the
// commit, and must come to an end soon after ctx has ended. It is called by
// many goroutines, for one chat of a body by one after the other.
type Turner interface {
	Turn(ctx context.Context, council string, ev dialogue.Event) error
}

// Council is one council's side of the door.
type Council struct {
	ID        string // the path's last part
	Secret    string // the channel secret
	BotUserID string // what destination must be; "" while it is not known
}

// Options are what the door is made of. Turner and Clock are required.
type Options struct {
	Councils []Council
	Turner   Turner
	Clock    clock.Clock
	Log      *slog.Logger // nil: nothing is logged
	Observer Observer     // nil: nothing is counted
	// Apology answers a reply token directly with the council's telephone,
	// after an event could not be stored. It is tried at most once per event.
	Apology func(ctx context.Context, council, replyToken string, group bool) error
	// Held tells that nothing goes out, as after a restore: whoever writes alone
	// is then told to telephone although the event was stored. nil: never.
	Held func() bool
	// StoreFailed is told of every turn that failed, so that readiness falls
	// until the store has been seen to work. It must not block.
	StoreFailed func(err error)
	MaxTurns    int // at once; 0: DefaultMaxTurns
}

// Handler serves POST /webhook/{council}.
type Handler struct {
	councils map[string]*served
	dummy    string
	o        Options
	slots    chan struct{}
	doubts   chan struct{} // second tries under way
	reading  atomic.Int64
	sorry    *apologies
	running  running
	verify   func(secret string, body []byte, signature string) bool // line.VerifySignature; tests watch it
}

type served struct {
	id, secret string
	bot        atomic.Pointer[string]
}

// New makes the door. It opens nothing.
func New(o Options) (*Handler, error) {
	if o.Turner == nil || o.Clock == nil {
		return nil, errors.New("webhook: a turner and a clock are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = unobserved{}
	}
	if o.Held == nil {
		o.Held = func() bool { return false }
	}
	if o.StoreFailed == nil {
		o.StoreFailed = func(error) {}
	}
	if o.MaxTurns <= 0 {
		o.MaxTurns = DefaultMaxTurns
	}
	h := &Handler{
		councils: make(map[string]*served, len(o.Councils)),
		// As long as a real secret, known to nobody, and another in each process.
		dummy: (rand.Text() + rand.Text())[:32],
		o:     o, slots: make(chan struct{}, o.MaxTurns),
		doubts: make(chan struct{}, maxDoubts),
		verify: line.VerifySignature,
	}
	for _, c := range o.Councils {
		if c.ID == "" || c.Secret == "" {
			return nil, errors.New("webhook: a council needs an id and a channel secret")
		}
		if h.councils[c.ID] != nil {
			return nil, errors.New("webhook: council " + c.ID + " is given twice")
		}
		s := &served{id: c.ID, secret: c.Secret}
		s.bot.Store(&c.BotUserID)
		h.councils[c.ID] = s
	}
	h.sorry = newApologies(o, &h.running)
	return h, nil
}

// Register adds the route to a router.
func (h *Handler) Register(r chi.Router) { r.Method(http.MethodPost, "/webhook/{council}", h) }

// SetBotUserID tells which destination a council's bodies must have, once it
// is known. An unknown council is left alone.
func (h *Handler) SetBotUserID(council, id string) {
	if s := h.councils[council]; s != nil {
		s.bot.Store(&id)
	}
}

// Wait returns when no turn and no apology runs any more, or with the error
// of ctx. The server must have stopped before.
func (h *Handler) Wait(ctx context.Context) error {
	return h.running.Wait(ctx)
}

// ServeHTTP answers one body of LINE's. Its statuses: 200 all is committed;
// 400 not a webhook body, or another bot's; 401 no valid signature, or no
// such council; 413 too large; 503 deliver it again.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	council := h.councils[chi.URLParam(r, "council")]
	status := h.serve(council, w, r)
	name := ""
	if council != nil {
		name = council.id
	}
	h.o.Observer.WebhookAnswered(name, status)
	if status == http.StatusOK {
		w.WriteHeader(status)
		return
	}
	http.Error(w, http.StatusText(status), status)
}

func (h *Handler) serve(council *served, w http.ResponseWriter, r *http.Request) int {
	body, status := h.read(w, r)
	if status != http.StatusOK {
		return status
	}
	// An unknown council costs the same time and gets the same answer.
	secret := h.dummy
	if council != nil {
		secret = council.secret
	}
	valid := h.verify(secret, body, r.Header.Get("X-Line-Signature"))
	if !valid || council == nil {
		return http.StatusUnauthorized
	}
	received := h.o.Clock.Now()
	envelope, err := line.Decode(body)
	if err != nil {
		return http.StatusBadRequest
	}
	if want := *council.bot.Load(); want != "" && envelope.Destination != want {
		h.o.Log.WarnContext(r.Context(), "webhook for another bot: check the channel's secret and bot_user_id",
			"council", council.id)
		return http.StatusBadRequest
	}
	if n := envelope.Malformed + envelope.Refused; n > 0 {
		h.o.Observer.WebhookMalformed(council.id, n)
		h.o.Log.WarnContext(r.Context(), "events of a webhook could not be read", "council", council.id,
			"count", n, "first", envelope.Faults[0].Reason)
	}
	lanes := h.lanes(council.id, envelope, received)
	if len(lanes) == 0 || h.work(r.Context(), council.id, lanes) {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}

// lanes sorts the events that are to be acted on by chat, each chat's in the
// order of the body, and counts the others.
func (h *Handler) lanes(council string, envelope line.Envelope, received time.Time) [][]dialogue.Event {
	var lanes [][]dialogue.Event
	at := make(map[string]int)
	for _, raw := range envelope.Events {
		ev, why := translate(raw, received)
		if why != "" {
			h.o.Observer.WebhookPassed(council, why)
			continue
		}
		where := chat(ev)
		i, known := at[where]
		if !known {
			i = len(lanes)
			at[where] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], ev)
	}
	return lanes
}

// read takes in the raw body, in steps that count against a budget shared by
// all requests.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, int) {
	if r.ContentLength > MaxBody {
		w.Header().Set("Connection", "close")
		return nil, http.StatusRequestEntityTooLarge
	}
	var taken int64
	defer func() { h.reading.Add(-taken) }()
	in := http.MaxBytesReader(w, r.Body, MaxBody)
	size := int64(4 << 10)
	if r.ContentLength > 0 {
		size = min(r.ContentLength+1, 64<<10)
	}
	body := make([]byte, 0, size)
	for {
		if grown := int64(cap(body)) - taken; grown > 0 {
			taken += grown
			if h.reading.Add(grown) > maxReading {
				return nil, http.StatusServiceUnavailable
			}
		}
		n, err := in.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err != nil {
			return ended(body, err)
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}

// ended judges the error with which the reading of a body has ended.
func ended(body []byte, err error) ([]byte, int) {
	if errors.Is(err, io.EOF) {
		return body, http.StatusOK
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, http.StatusRequestEntityTooLarge
	}
	return nil, http.StatusBadRequest // the sender broke off
}
