package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

const (
	// abandonedAfter is how old the rows of a load are that nobody committed or
	// gave up before they are taken for those of a process that died.
	abandonedAfter = 7 * 24 * time.Hour
	sweepPoll      = 50 * time.Millisecond
)

// Flush implements [corpus.Store]: it deletes the rows of removed and abandoned
// imports from the tables that the connected server keeps itself, and waits for
// it. The server merges what is left without being told.
func (s *Store) Flush(ctx context.Context) error {
	return s.within(ctx, func() error {
		dead, err := s.deadImports(ctx)
		if err != nil || len(dead) == 0 {
			return err
		}
		for _, table := range []string{linksBySubject, linksByObject, populations} {
			sql := fmt.Sprintf("ALTER TABLE %s DELETE WHERE import IN (%s)", s.name(table+s.local), strings.Join(dead, ", "))
			if err := s.conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return s.awaitDeletion(ctx)
	})
}

// maxSwept bounds how many imports one Flush deletes; the next one goes on.
const maxSwept = 1000

// deadImports returns the numbers that rows of this server have and that will
// never be visible.
func (s *Store) deadImports(ctx context.Context) (numbers []string, err error) {
	old := uint64(s.opts.Clock().Add(-abandonedAfter).UnixMilli()) << randomBits
	gone := fmt.Sprintf("SELECT number FROM %s WHERE state = %d", s.name(importsTable), stateGone)
	sql := fmt.Sprintf(`SELECT DISTINCT import FROM %s WHERE import != 0 AND import GLOBAL NOT IN (%s)
  AND (import < %d OR import GLOBAL IN (%s)) LIMIT %d`, s.name(linksBySubject+s.local), s.live(), old, gone, maxSwept)
	err = s.query(ctx, sql, func(rows driver.Rows) error {
		var number uint64
		err := rows.Scan(&number)
		numbers = append(numbers, fmt.Sprint(number))
		return err
	})
	return numbers, err
}

// awaitDeletion waits until the server has rewritten its tables.
func (s *Store) awaitDeletion(ctx context.Context) error {
	sql := fmt.Sprintf("SELECT count() FROM system.mutations WHERE database = '%s' AND is_done = 0", s.opts.Database)
	tick := time.NewTicker(sweepPoll)
	defer tick.Stop()
	for {
		var left uint64
		if err := s.conn.QueryRow(ctx, sql).Scan(&left); err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
