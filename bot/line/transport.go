package line

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// maxAnswer caps every answer but content: LINE's are a few KB.
	maxAnswer = 1 << 20
	// keptConnections is enough for the outbox's workers of a large council.
	keptConnections = 128
)

var errTooLarge = errors.New("line: answer too large")

// NewHTTPClient makes the HTTP client that the LINE clients of several
// councils should share: connections are kept and reused, every phase has a
// time limit, and the environment's proxy is used.
func NewHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          2 * keptConnections,
		MaxIdleConnsPerHost:   keptConnections,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 20 * time.Second,
		ExpectContinueTimeout: time.Second,
	}}
}

// guard stands between the SDK and the network and takes away three of the
// SDK's traps: it reads answers without bound, leaves the body of a failed one
// unclosed, and sends the retry key's header even when there is no key.
type guard struct {
	next  http.RoundTripper
	limit int64
}

// RoundTrip sends one request and reads its whole answer, up to the limit.
func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if v, ok := req.Header[retryKeyHeader]; ok && (len(v) == 0 || v[0] == "") {
		req = req.Clone(req.Context())
		req.Header.Del(retryKeyHeader)
	}
	res, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, g.limit+1))
	if cerr := res.Body.Close(); err == nil {
		err = cerr
	}
	if err == nil && int64(len(body)) > g.limit {
		err = errTooLarge
	}
	read := io.Reader(bytes.NewReader(body))
	if err != nil { // the status stands; whoever reads on meets the error
		read = io.MultiReader(read, failing{err})
	}
	res.Body = io.NopCloser(read)
	return res, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
