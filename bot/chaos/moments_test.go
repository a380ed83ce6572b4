package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"mimamori.example/mimamori/bot/app"
	"mimamori.example/mimamori/bot/config"
	"mimamori.example/mimamori/bot/line"
	"mimamori.example/mimamori/bot/outbox"
	"mimamori.example/mimamori/storage"
)

// Moments inside the program. It tells of them and waits for an answer, so that
// it can be killed exactly there.
const (
	turnCommits  = "a turn is about to be committed"
	turnKept     = "a turn is committed, and LINE has no answer"
	markCommits  = "that a reply is tried is about to be committed"
	markKept     = "that a reply is tried is committed, and LINE has no call"
	replySettles = "what became of a reply is about to be committed"
	replySettled = "what became of a reply is committed"
	pushSettles  = "what became of a push is about to be committed"
	pushSettled  = "what became of a push is committed"
)

// kept are the moments behind those in which something is about to be committed.
var kept = map[string]string{turnCommits: turnKept, markCommits: markKept, replySettles: replySettled, pushSettles: pushSettled}

const (
	momentPath = "/chaos/moment"
	replyPath  = "/message/reply"
	pushPath   = "/message/push"
	retryKey   = "X-Line-Retry-Key"
	// eventKey begins the deduplication keys of events.
	eventKey = "event "
)

// serveWatched is the program with a store that tells of its moments, and with
// one fault or none.
func serveWatched(how, file string) error {
	c, err := config.Load(file)
	if err != nil {
		return err
	}
	log := app.NewLogger(c.Log, os.Stderr)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, err := app.OpenStore(ctx, c.Storage, log)
	if err != nil {
		return err
	}
	o := app.Options{Log: log, Store: store, HTTPClient: line.NewHTTPClient()}
	programs()[how](&o)
	o.Store = watched{o.Store, teller(c.Councils[0].LINE.Endpoint)}
	a, err := app.New(c, o)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	if err := a.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// teller tells the platform of a moment and waits for its answer.
func teller(platform string) func(moment string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	return func(moment string) {
		res, err := client.PostForm(platform+momentPath, url.Values{"moment": {moment}})
		if err == nil {
			err = res.Body.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "moment:", err)
		}
	}
}

// watched is a store that tells what it is about to commit, and what it has.
type watched struct {
	storage.Store
	at func(moment string)
}

// Update implements storage.Store.
func (w watched) Update(ctx context.Context, council string, fn func(storage.Tx) error) error {
	var last atomic.Pointer[string] // fn may run again, and after the end
	err := w.Store.Update(ctx, council, func(tx storage.Tx) error {
		seen := &watchedTx{Tx: tx}
		if err := fn(seen); err != nil {
			return err
		}
		if seen.moment != "" {
			w.at(seen.moment)
		}
		last.Store(&seen.moment)
		return nil
	})
	if moment := last.Load(); err == nil && moment != nil && *moment != "" {
		w.at(kept[*moment])
	}
	return err
}

// watchedTx notes what a transaction is for.
type watchedTx struct {
	storage.Tx
	moment string
}

// Once implements storage.Tx.
func (w *watchedTx) Once(at time.Time, key string) (bool, error) {
	first, err := w.Tx.Once(at, key)
	if first && strings.HasPrefix(key, eventKey) {
		w.moment = turnCommits
	}
	return first, err
}

// Amend implements storage.Tx.
func (w *watchedTx) Amend(c storage.Claim, state []byte) error {
	w.moment = markCommits
	return w.Tx.Amend(c, state)
}

// Settle implements storage.Tx.
func (w *watchedTx) Settle(c storage.Claim) error {
	w.moment = pushSettles
	if d, err := outbox.ReadItem(c.Item); err == nil && d.Reply != nil && !d.State.Spent {
		w.moment = replySettles
	}
	return w.Tx.Settle(c)
}
