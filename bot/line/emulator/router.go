package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// route is one API function. Its name stands in faults and logs.
type route struct {
	method, pattern string
	name            string
	rate            rate
	retry           bool // takes X-Line-Retry-Key
	handle          func(*call) answer
	parts           []string // of the pattern
}

// call is one API call that has been authenticated.
type call struct {
	e       *Emulator
	c       *Channel
	r       *http.Request
	route   route
	args    map[string]string
	body    []byte
	text    string   // the same; empty for files
	sending outgoing // of a call that sends messages
	wrong   *answer  // to what is wrong with them
	key     string   // retry key
	request string   // x-line-request-id
	log     *Send
	now     time.Time
}

// answer is what goes back. Either body (JSON) or data (a file).
type answer struct {
	status   int
	body     any
	data     []byte
	ctype    string
	accepted string // x-line-accepted-request-id
}

// problem is LINE's error body.
type problem struct {
	Message string        `json:"message"`
	Details []detail      `json:"details,omitempty"`
	Sent    []sentMessage `json:"sentMessages,omitempty"`
}

type detail struct {
	Message  string `json:"message"`
	Property string `json:"property,omitempty"`
}

type empty struct{}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func refuse(status int, message string, details ...detail) answer {
	return answer{status: status, body: problem{Message: message, Details: details}}
}

func notFound() answer { return refuse(http.StatusNotFound, "Not found") }

// Endpoints lists the names of the API functions, for faults.
func (e *Emulator) Endpoints() []string { return e.endpoints() }

func (e *Emulator) endpoints() []string {
	var names []string
	for _, r := range e.routes {
		names = append(names, r.name)
	}
	return names
}

// match finds the route of a path. The path is cleaned first, as servers do:
// an id of "../list" reaches another function.
func (e *Emulator) match(method, p string) (route, map[string]string, bool) {
	parts := strings.Split(strings.Trim(path.Clean("/"+p), "/"), "/")
next:
	for _, r := range e.routes {
		if r.method != method || len(r.parts) != len(parts) {
			continue
		}
		args := map[string]string{}
		for i, w := range r.parts {
			if name, isArg := strings.CutPrefix(w, ":"); isArg {
				arg, err := url.PathUnescape(parts[i])
				if err != nil {
					continue next
				}
				args[name] = arg
			} else if w != parts[i] {
				continue next
			}
		}
		return r, args, true
	}
	return route{}, nil, false
}

// ServeHTTP answers LINE's API below /v2/, the control API below /_emulator/ and
// hands everything else to what Mount has put there.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/_emulator/"):
		e.control(w, r)
		return
	case !isAPI(r.URL.Path):
		e.rest(w, r)
		return
	}
	began := time.Now()
	e.mu.Lock()
	request := e.requestID()
	s := &Send{
		Time: e.clock.Now(), Method: r.Method, Path: r.URL.Path, RetryKey: r.Header.Get("X-Line-Retry-Key"), Request: request,
	}
	e.mu.Unlock()
	w.Header().Set("X-Line-Request-Id", request)

	a, f := e.answer(w, r, s)
	s.Took = time.Since(began)
	out := mustBody(a)
	e.mu.Lock()
	s.Status, s.Fault = a.status, f.Kind
	if a.data == nil {
		s.Answer = string(out)
	}
	switch f.Kind {
	case FailAfter:
		s.Status = f.Status
		a = refuse(f.Status, "Internal server error")
		out = mustBody(a)
	case DropBefore, DropAfter, HangBefore, HangAfter:
		s.Status = 0
	}
	e.logSend(*s)
	e.mu.Unlock()

	switch f.Kind {
	case DropBefore, DropAfter:
		panic(http.ErrAbortHandler) // net/http closes the connection without a word
	case HangBefore, HangAfter:
		e.hang(r.Context())
		panic(http.ErrAbortHandler)
	}
	if a.accepted != "" {
		w.Header().Set("X-Line-Accepted-Request-Id", a.accepted)
	}
	ctype := a.ctype
	if ctype == "" {
		ctype = "application/json"
	}
	w.Header().Set("Content-Type", ctype)
	w.WriteHeader(a.status)
	if _, err := w.Write(out); err != nil {
		return // the caller has gone; what happened is in the log
	}
}

func mustBody(a answer) []byte {
	if a.data != nil || a.body == nil {
		return a.data
	}
	return mustJSON(a.body)
}

// answer decides what a call gets, and which fault strikes it.
func (e *Emulator) answer(w http.ResponseWriter, r *http.Request, s *Send) (answer, Fault) {
	rt, args, found := e.match(r.Method, r.URL.EscapedPath())
	body, err := readAll(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	var big *http.MaxBytesError
	if err != nil && !errors.As(err, &big) {
		return refuse(http.StatusBadRequest, "The request body could not be read"), Fault{}
	}
	if !strings.HasSuffix(rt.pattern, "/content") {
		s.Body = string(body)
	}
	bearer, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")

	e.mu.Lock()
	at := slices.IndexFunc(e.channels, func(c *Channel) bool { return isBearer && c.o.Token == bearer })
	if at < 0 {
		e.mu.Unlock()
		why := "Confirm that the access token in the authorization header is valid."
		if r.Header.Get("Authorization") == "" {
			why = "Missing or invalid Authorization header."
		}
		return refuse(http.StatusUnauthorized, "Authentication failed due to the following reason: invalid token. "+why), Fault{}
	}
	c := e.channels[at]
	s.Channel = c.o.ID
	if !found {
		e.mu.Unlock()
		return notFound(), Fault{}
	}
	s.Endpoint = rt.name
	f, _ := e.struck(c, rt.name)
	e.mu.Unlock()

	switch f.Kind {
	case FailBefore:
		return refuse(f.Status, "Internal server error"), f
	case RateLimited:
		return refuse(http.StatusTooManyRequests, rateText), f
	case QuotaOut:
		return refuse(http.StatusTooManyRequests, quotaText), f
	case DropBefore, HangBefore:
		return answer{}, f
	case Slow:
		e.slow(r.Context(), f.Delay)
	}

	k := &call{e: e, c: c, r: r, route: rt, args: args, body: body, text: s.Body, request: s.Request, log: s}
	if big == nil {
		k.read()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	k.now = e.clock.Now()
	if !e.noRates && !c.allow(rt.name, rt.rate, k.now) {
		return refuse(http.StatusTooManyRequests, rateText), f
	}
	if big != nil {
		return refuse(http.StatusRequestEntityTooLarge, "Request body exceeds the maximum size of 2MB"), f
	}
	if a, bad := k.retryKey(); bad {
		return a, f
	}
	if k.wrong != nil {
		return *k.wrong, f
	}
	a := rt.handle(k)
	s.Accepted = a.status >= 200 && a.status < 300
	return a, f
}

// readAll is io.ReadAll for about so many bytes, -1 when nobody knows: it does
// not grow to them step by step.
func readAll(r io.Reader, size int64) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, bytes.MinRead+min(max(size, 0), maxBody)))
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

// read reads and judges the messages of a call that sends some, while nothing is
// locked: that takes the longest of all, and needs none of the emulator's state.
// What is wrong with them is told when it is its turn.
func (k *call) read() {
	switch kind := k.route.name; kind {
	case "reply", "push", "multicast", "broadcast":
		k.sending, k.wrong = k.parse(kind)
	}
}

// retryKey reads X-Line-Retry-Key. An empty header counts as none, because
// LINE's own SDK sends one.
func (k *call) retryKey() (answer, bool) {
	k.key = k.r.Header.Get("X-Line-Retry-Key")
	switch {
	case k.key == "":
		return answer{}, false
	case !k.route.retry:
		return refuse(http.StatusBadRequest, "X-Line-Retry-Key is not supported by this endpoint"), true
	case !uuid.MatchString(k.key):
		return refuse(http.StatusBadRequest, "X-Line-Retry-Key must be a UUID in hexadecimal notation"), true
	}
	return answer{}, false
}

func paramInvalid(name string) answer {
	return refuse(http.StatusBadRequest, fmt.Sprintf("The value for the '%s' parameter is invalid", name))
}

func propertyInvalid(name string) answer {
	return refuse(http.StatusBadRequest, fmt.Sprintf("The property, '%s', in the request body is invalid (line: -, column: -)", name))
}
