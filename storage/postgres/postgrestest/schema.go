// Package postgrestest gives tests a PostgreSQL schema of their own, on the
// server that .ci/postgres runs or MIMAMORI_TEST_POSTGRES names.
package postgrestest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

var schemas atomic.Int64

// Schema makes an empty schema, dropped at the end of the test, and returns a
// data source name whose search_path it is. Without a server the test is
// skipped, or fails where MIMAMORI_TEST_ALL is 1.
func Schema(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("MIMAMORI_TEST_POSTGRES")
	if dsn == "" {
		const how = "MIMAMORI_TEST_POSTGRES is not set (.ci/postgres go test ./...)"
		if os.Getenv("MIMAMORI_TEST_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	Exec(t, dsn, "CREATE SCHEMA "+name)
	t.Cleanup(func() { Exec(t, dsn, "DROP SCHEMA "+name+" CASCADE") })
	return With(dsn, "search_path", name)
}

// With adds a setting to a data source name of either form.
func With(dsn, setting, value string) string {
	switch {
	case !strings.Contains(dsn, "://"):
		return dsn + " " + setting + "=" + value
	case strings.Contains(dsn, "?"):
		return dsn + "&" + setting + "=" + value
	}
	return dsn + "?" + setting + "=" + value
}

// Exec runs statements on a connection of their own.
func Exec(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Error(err)
		}
	}
	if err := conn.Close(ctx); err != nil {
		t.Error(err)
	}
}
