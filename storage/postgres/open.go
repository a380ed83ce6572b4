// Package postgres keeps a store in PostgreSQL, for councils too many or too
// important for one machine. Several processes may share a database.
//
// There is a table per kind, doc_<kind>, with the council, the id, the document
// as jsonb and a column ix_<index> per index, so that people can query it; read
// only, as the tables whose names begin with mimamori_ go with them.
package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mimamori.example/mimamori/storage"
)

// Options of Open; the zero value is good.
type Options struct {
	// MaxConns is how many connections are used at most, besides the one that
	// listens. Each council that writes at the moment takes one. Default 16.
	MaxConns int
	// Patience bounds how long one commit of many transactions, with what they
	// ask of the database, may take. Default 30 s.
	Patience time.Duration
	// Stall is how long a process may stand still in the midst of a commit, with
	// its council locked, before the server gives the commit up and lets the
	// other processes go on: a copy that was stopped, or whose machine has gone.
	// It must be well below what whoever waits allows. Whole milliseconds;
	// default 750 ms.
	Stall time.Duration
	// Logger hears of panics and of a lost listener. nil: nobody does.
	Logger *slog.Logger
	// Committer changes how transactions share commits; its functions are
	// overwritten, except OnCommit.
	Committer storage.CommitterOptions

	// Create makes the tables when there are none. Who serves does not set it: a
	// database that was lost would be a new one without a word.
	Create bool

	filling  bool // by Make: the store is not whole yet
	unlocked bool // tests show that the lock is needed
}

// Open connects to the database that dsn names (a URL or key=value pairs), and
// upgrades the tables in the first schema of its search_path. It answers
// storage.ErrAbsent when there are none, storage.ErrDamaged when they are not
// whole, and then has changed nothing. It refuses a server that acknowledges
// before it has written to the disk.
func Open(ctx context.Context, dsn string, defs []storage.Definition, o Options) (*Store, error) {
	if err := storage.CheckDefinitions(defs); err != nil {
		return nil, fmt.Errorf("storage/postgres: %w", err)
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 16
	}
	if o.Patience <= 0 {
		o.Patience = 30 * time.Second
	}
	if o.Stall <= 0 {
		o.Stall = 750 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// pgx leaves the password out of its message.
		return nil, fmt.Errorf("storage/postgres: data source name: %w", err)
	}
	config.MaxConns = int32(o.MaxConns)
	config.AfterConnect = checkServer
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "mimamori"
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("storage/postgres: connect: %w", err)
	}
	var schema string
	err = checkServer(ctx, conn)
	if err == nil {
		err = admit(ctx, conn, o)
	}
	if err == nil {
		err = migrate(ctx, conn, defs, o)
	}
	if err == nil {
		err = conn.QueryRow(ctx, `SELECT current_schema()`).Scan(&schema)
	}
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return nil, fmt.Errorf("storage/postgres: open: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("storage/postgres: connect: %w", err)
	}
	s := newStore(pool, defs, o, schema+" "+rand.Text())
	s.start(config.ConnConfig)
	return s, nil
}

// checkServer refuses a server on which acknowledged means less than written.
func checkServer(ctx context.Context, conn *pgx.Conn) error {
	var fsync, commit, encoding string
	var version int
	err := conn.QueryRow(ctx, `SELECT current_setting('fsync'), current_setting('synchronous_commit'),
		current_setting('server_encoding'), current_setting('server_version_num')::int`).
		Scan(&fsync, &commit, &encoding, &version)
	switch {
	case err != nil:
		return fmt.Errorf("settings of the server: %w", err)
	case fsync == "off":
		return errors.New("the server runs with fsync = off: what is acknowledged could be lost; switch it on")
	case commit == "off":
		return errors.New("synchronous_commit is off for this user or database: what is acknowledged could be lost; switch it on")
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s; create it with UTF8", encoding)
	case version < 130000:
		return fmt.Errorf("PostgreSQL 13 or later is needed, the server is %d", version)
	}
	return nil
}
