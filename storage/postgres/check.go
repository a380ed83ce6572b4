package postgres

import (
	"context"
	"errors"
	"fmt"
)

// Check looks for what the tables must never hold. It reads everything, so it
// is for tests and for an operator's doubts. The server's own amcheck looks
// for damage below.
func (s *Store) Check(ctx context.Context) error {
	var errs []error
	for what, sql := range map[string]string{
		"items that are blocked and should not be, or the other way round": `SELECT count(*) FROM mimamori_queue q
			WHERE blocked <> (NOT parked AND EXISTS (SELECT FROM mimamori_queue p
				WHERE p.council = q.council AND p.recipient = q.recipient AND p.lane = q.lane
				AND NOT p.parked AND p.position < q.position)) AND (blocked OR NOT passes)`,
		"free items that are not ready when they are due": `SELECT count(*) FROM mimamori_queue WHERE lease = '' AND ready <> due`,
		"items of councils without a row":                 `SELECT count(*) FROM mimamori_queue q WHERE NOT EXISTS (SELECT FROM mimamori_council c WHERE c.council = q.council)`,
	} {
		var n int
		if err := s.pool.QueryRow(ctx, sql).Scan(&n); err != nil {
			return fmt.Errorf("storage/postgres: check: %w", err)
		}
		if n > 0 {
			errs = append(errs, fmt.Errorf("storage/postgres: %d %s", n, what))
		}
	}
	for _, d := range s.defs {
		var n int
		sql := fmt.Sprintf(`SELECT count(*) FROM %s d WHERE NOT EXISTS (SELECT FROM mimamori_council c WHERE c.council = d.council)`, tableOf(d.Name))
		if err := s.pool.QueryRow(ctx, sql).Scan(&n); err != nil || n > 0 {
			errs = append(errs, errors.Join(err, fmt.Errorf("storage/postgres: %d documents of councils without a row", n)))
		}
	}
	return errors.Join(errs...)
}
