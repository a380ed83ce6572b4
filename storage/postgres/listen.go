package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is the name of our notifications. Their payload is the schema and who
// sent it, as other schemas of the database may have a store as well.
const channel = "mimamori_queue"

// Pauses of the listener.
const (
	lookAgain = 5 * time.Second // wakes even if nobody has notified
	reconnect = time.Second
)

// start runs what Wake needs until Close.
func (s *Store) start(config *pgx.ConnConfig) {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.wg.Go(func() { s.notifyOthers(ctx) })
	s.wg.Go(func() { s.listen(ctx, config) })
}

// Wake implements storage.Store.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// changed is called after a commit that changed the queue.
func (s *Store) changed() {
	signal(s.wake)
	signal(s.notify)
}

// notifyOthers tells the other processes, once for many commits. It is not part
// of the commits: those with a NOTIFY in them wait for each other on the whole
// server. What a crash in between swallows is found by looking again.
func (s *Store) notifyOthers(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.notify:
		}
		if _, err := s.pool.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, s.self); err != nil && ctx.Err() == nil {
			s.o.Logger.Warn("other processes could not be notified", "error", err)
		}
	}
}

// listen wakes when another process has notified, and every few seconds.
func (s *Store) listen(ctx context.Context, config *pgx.ConnConfig) {
	for {
		err := s.listenOnce(ctx, config)
		if ctx.Err() != nil {
			return
		}
		s.o.Logger.Warn("the listening connection is lost", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(reconnect):
		}
	}
}

func (s *Store) listenOnce(ctx context.Context, config *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing) // it is of no more use either way
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		signal(s.wake) // something may have been missed
		if err := s.waitForOthers(ctx, conn); err != nil {
			return err
		}
	}
}

// waitForOthers returns when another process has notified, or after lookAgain.
func (s *Store) waitForOthers(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	for {
		n, err := conn.WaitForNotification(waiting)
		switch {
		case err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			return nil
		case err != nil:
			return err
		case n.Payload != s.self && sameSchema(n.Payload, s.self):
			return nil
		}
	}
}

// sameSchema compares all but the last word.
func sameSchema(a, b string) bool {
	const name = 26 // of rand.Text, behind a space
	return len(a) > name && len(b) > name && a[:len(a)-name] == b[:len(b)-name]
}
