package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"clew/internal/corpus"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// The register of imports is only added to: an import is in the highest state
// that any of its rows says.
const (
	stateCommitted = 1
	stateGone      = 2 // removed, or given up before it was committed
)

// importNames are the columns of the register.
const importNames = "id, number, state, entry"

func (s *Store) mark(ctx context.Context, id string, number uint64, state uint8, entry string) error {
	return s.insert(ctx, importsTable, importNames, []string{id}, []uint64{number}, []uint8{state}, []string{entry})
}

// liveNumber returns the number of the import of that ID, 0 where there is none.
func (s *Store) liveNumber(ctx context.Context, id string) (number uint64, err error) {
	sql := fmt.Sprintf("SELECT min(number) FROM %s WHERE id = %s AND number GLOBAL IN (%s)", s.name(importsTable), literal([]byte(id)), s.live())
	err = s.conn.QueryRow(ctx, sql).Scan(&number)
	return number, err
}

// Imports implements [corpus.Register].
func (s *Store) Imports(ctx context.Context) (entries []corpus.Import, err error) {
	sql := fmt.Sprintf("SELECT entry FROM %s WHERE state = %d AND number GLOBAL IN (%s)", s.name(importsTable), stateCommitted, s.live())
	err = s.within(ctx, func() error {
		return s.query(ctx, sql, func(rows driver.Rows) error {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			var entry corpus.Import
			if err := json.Unmarshal([]byte(text), &entry); err != nil {
				return fmt.Errorf("%w: entry of an import: %.80q", corpus.ErrDamaged, text)
			}
			entries = append(entries, entry)
			return nil
		})
	})
	slices.SortFunc(entries, corpus.CompareImports)
	return entries, err
}

// RemoveImport implements [corpus.Register]. It takes a row in the register; the
// space comes back with Flush. Where two processes committed one ID at the same
// time, both numbers go: the second would be live without the first.
func (s *Store) RemoveImport(ctx context.Context, id string) error {
	return s.within(ctx, func() error {
		var ids, entries []string
		var numbers []uint64
		var states []uint8
		sql := fmt.Sprintf("SELECT number FROM %s WHERE id = %s GROUP BY number HAVING max(state) = %d", s.name(importsTable), literal([]byte(id)), stateCommitted)
		err := s.query(ctx, sql, func(rows driver.Rows) error {
			var number uint64
			err := rows.Scan(&number)
			ids, numbers, states, entries = append(ids, id), append(numbers, number), append(states, stateGone), append(entries, "")
			return err
		})
		if err != nil {
			return err
		}
		if len(numbers) == 0 {
			return fmt.Errorf("%s: %w", id, corpus.ErrNoImport)
		}
		return s.insert(ctx, importsTable, importNames, ids, numbers, states, entries)
	})
}
