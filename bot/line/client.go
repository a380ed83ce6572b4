package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"
	"golang.org/x/time/rate"

	"mimamori.example/mimamori/bot/clock"
)

const (
	retryKeyHeader = "X-Line-Retry-Key"

	defaultEndpoint     = "https://api.line.me"
	defaultDataEndpoint = "https://api-data.line.me"
	defaultTimeout      = 10 * time.Second
	defaultContentLimit = 20 << 20
)

// Options say where and as whom a Client speaks. Only Token is needed.
type Options struct {
	// Token is the channel access token.
	Token string
	// Endpoint and DataEndpoint are LINE's servers unless set; an emulator
	// serves both. Paths in them are kept.
	Endpoint     string
	DataEndpoint string
	// HTTPClient is shared by councils: see NewHTTPClient. Only its Transport
	// is used.
	HTTPClient *http.Client
	// Timeout is how long one request may take, 10 s unless set. The caller's
	// context may end it sooner.
	Timeout time.Duration
	// ContentLimit caps what Content returns, in bytes; 20 MiB unless set.
	ContentLimit int64
	// Clock is the system's unless set. It only reads a Retry-After that is a
	// date. Waiting for it is up to the caller, who has other work to do.
	Clock clock.Clock
}

// Client speaks to LINE for one channel. It is safe for use by many goroutines.
//
// It is built on LINE's SDK. Facts are asked for by the SDK's typed calls, each
// on its own copy of the SDK client, because the SDK's WithContext changes the
// client it is called on. Messages are sent by the SDK's Do with a body made
// here: they were frozen long before, retries must be byte-identical even when
// a newer SDK writes its envelope in another way, and a frozen message must not
// take a turn through the SDK's types, which add zero values.
type Client struct {
	api     *messaging_api.MessagingApiAPI
	blob    *messaging_api.MessagingApiBlobAPI
	timeout time.Duration
	paces   map[string]*rate.Limiter
	clock   clock.Clock
}

// NewClient makes a client. It does not speak to LINE yet.
func NewClient(o Options) (*Client, error) {
	if o.Token == "" {
		return nil, errors.New("line: client: the channel access token is missing")
	}
	if o.Endpoint == "" {
		o.Endpoint = defaultEndpoint
	}
	if o.DataEndpoint == "" {
		o.DataEndpoint = defaultDataEndpoint
	}
	for name, s := range map[string]string{"endpoint": o.Endpoint, "data endpoint": o.DataEndpoint} {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
			return nil, fmt.Errorf("line: client: the %s is not an http or https address", name)
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.ContentLimit <= 0 {
		o.ContentLimit = defaultContentLimit
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.HTTPClient == nil {
		o.HTTPClient = NewHTTPClient()
	}
	next := o.HTTPClient.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	through := func(limit int64) *http.Client {
		return &http.Client{
			Transport: guard{next: next, limit: limit},
			// LINE does not redirect; a sign-in page must not get the token.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	api, err := messaging_api.NewMessagingApiAPI(o.Token,
		messaging_api.WithHTTPClient(through(maxAnswer)), messaging_api.WithEndpoint(o.Endpoint))
	if err != nil {
		return nil, errors.New("line: client: the endpoint is not accepted")
	}
	blob, err := messaging_api.NewMessagingApiBlobAPI(o.Token,
		messaging_api.WithBlobHTTPClient(through(o.ContentLimit)), messaging_api.WithBlobEndpoint(o.DataEndpoint))
	if err != nil {
		return nil, errors.New("line: client: the data endpoint is not accepted")
	}
	return &Client{api: api, blob: blob, timeout: o.Timeout, paces: newPaces(), clock: o.Clock}, nil
}

// call does one exchange within the operation's pace and the time limit. do
// must use the context it is given and return LINE's response even beside an
// error, as the SDK's …WithHttpInfo calls do. The response's body has been read
// by the guard. A 409 is left to the caller.
func (c *Client) call(ctx context.Context, op string, do func(context.Context) (*http.Response, error)) (answer, error) {
	if e := wait(ctx, op, c.paces[op]); e != nil {
		return answer{}, e
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var connected atomic.Bool // before that, nothing can have been written
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	res, err := do(traced)
	if res == nil {
		return answer{}, broken(ctx, op, err, !connected.Load())
	}
	a := answer{status: res.StatusCode, header: res.Header}
	var rerr error
	if a.body, rerr = io.ReadAll(res.Body); rerr != nil {
		a.broken = true
	}
	if err := res.Body.Close(); err != nil {
		a.broken = true
	}
	switch {
	case a.status == http.StatusConflict, a.status/100 == 2 && !a.broken && err == nil:
		return a, nil
	case a.status/100 == 2:
		e := broken(ctx, op, rerr, false)
		e.Status, e.RequestID = a.status, cleanID(a.header.Get("X-Line-Request-Id"))
		if !a.broken {
			e.Reason = "the answer cannot be read"
		}
		return a, e
	}
	return a, a.fault(op, c.clock.Now())
}

// ask calls one of the SDK's typed methods on a copy of the SDK's client that
// carries the context.
func ask[T any](ctx context.Context, c *Client, op string, method func(*messaging_api.MessagingApiAPI) (*http.Response, T, error)) (T, error) {
	var out T
	a, err := c.call(ctx, op, func(ctx context.Context) (*http.Response, error) {
		api := *c.api
		res, got, err := method(api.WithContext(ctx))
		out = got
		return res, err
	})
	if err == nil && a.status == http.StatusConflict {
		err = a.fault(op, c.clock.Now())
	}
	if err != nil {
		var none T
		return none, err
	}
	return out, nil
}
