package clickhouse

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// literal writes bytes into SQL, whatever they are.
func literal(raw []byte) string { return "unhex('" + hex.EncodeToString(raw) + "')" }

func keyLiteral(v observable.Value) string { return literal(valuekey.Append(nil, v)) }

// live selects the numbers of the imports that count: committed and not removed,
// of two of one ID the first.
func (s *Store) live() string {
	return fmt.Sprintf(`SELECT min(number) FROM (SELECT id, number, max(state) AS reached FROM %s GROUP BY id, number)
  WHERE reached = %d GROUP BY id`, s.name(importsTable), stateCommitted)
}

// visible is the condition that every reader of links puts.
func (s *Store) visible() string { return "(import = 0 OR import GLOBAL IN (" + s.live() + "))" }

// links asks for the merged links of a table where condition holds, in the order
// of the columns named.
func (s *Store) links(ctx context.Context, table, condition, order string, limit int) (links []corpus.Link, more bool, err error) {
	limit = corpus.ResultLimit(limit)
	sql := fmt.Sprintf("SELECT %s FROM %s WHERE %s AND %s GROUP BY subject, relation, object ORDER BY %s LIMIT %d",
		linkAnswer, s.name(table), condition, s.visible(), order, uint64(limit)+1)
	err = s.within(ctx, func() error {
		return s.query(ctx, sql, func(rows driver.Rows) error {
			link, err := scanLink(rows)
			links = append(links, link)
			return err
		})
	})
	if err != nil {
		return nil, false, err
	}
	n := min(len(links), limit)
	return links[:n], n < len(links), nil
}

// Objects implements [corpus.Reader].
func (s *Store) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	condition := "subject = " + keyLiteral(subject)
	if len(relations) > 0 {
		numbers := make([]string, len(relations))
		for i, r := range relations {
			numbers[i] = fmt.Sprint(uint8(r))
		}
		condition += " AND relation IN (" + strings.Join(numbers, ", ") + ")"
	}
	return s.links(ctx, linksBySubject, condition, "relation, object", limit)
}

// Subjects implements [corpus.Reader].
func (s *Store) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	return s.links(ctx, linksByObject, held(relation, object), "subject", limit)
}

func held(relation observation.Relation, object observable.Value) string {
	return fmt.Sprintf("object = %s AND relation = %d", keyLiteral(object), uint8(relation))
}

// Holders implements [corpus.Reader]. The server stops at the limit; how many
// there are beyond, it estimates.
func (s *Store) Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (count corpus.Count, err error) {
	bound := uint64(corpus.ResultLimit(limit))
	from := fmt.Sprintf("FROM %s WHERE %s AND %s", s.name(linksByObject), held(relation, object), s.visible())
	err = s.within(ctx, func() error {
		exact := fmt.Sprintf("SELECT count() FROM (SELECT DISTINCT subject %s LIMIT %d)", from, bound+1)
		if err := s.conn.QueryRow(ctx, exact).Scan(&count.N); err != nil || count.N <= bound {
			return err
		}
		var estimate uint64
		err := s.conn.QueryRow(ctx, "SELECT uniq(subject) "+from).Scan(&estimate)
		count.N, count.Estimate = max(count.N, estimate), true
		return err
	})
	return count, err
}

// Subdomains implements [corpus.Reader].
func (s *Store) Subdomains(ctx context.Context, domain observable.Value, limit int) ([]observable.Value, bool, error) {
	if domain.Kind() != observable.Domain {
		return nil, false, ctx.Err()
	}
	lower, upper := valuekey.Below(domain)
	return s.values(ctx, lower, upper, limit)
}

// InRange implements [corpus.Reader].
func (s *Store) InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error) {
	if !prefix.IsValid() {
		return nil, false, fmt.Errorf("address range %s is not valid", prefix)
	}
	lower, upper := valuekey.Within(prefix)
	return s.values(ctx, lower, upper, limit)
}

// distinct selects the keys of a column in [lower, upper), in order.
func (s *Store) distinct(table, column string, lower, upper []byte) string {
	return fmt.Sprintf("SELECT %[1]s FROM %[2]s WHERE %[1]s >= %[3]s AND %[1]s < %[4]s AND %[5]s GROUP BY %[1]s ORDER BY %[1]s",
		column, s.name(table), literal(lower), literal(upper), s.visible())
}

// values returns the subjects and objects in [lower, upper).
func (s *Store) values(ctx context.Context, lower, upper []byte, limit int) ([]observable.Value, bool, error) {
	limit = corpus.ResultLimit(limit)
	var keys []string
	err := s.within(ctx, func() error {
		for _, side := range []struct{ table, column string }{{linksBySubject, "subject"}, {linksByObject, "object"}} {
			sql := fmt.Sprintf("%s LIMIT %d", s.distinct(side.table, side.column, lower, upper), uint64(limit)+1)
			err := s.query(ctx, sql, func(rows driver.Rows) error {
				var key string
				err := rows.Scan(&key)
				keys = append(keys, key)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	n := min(len(keys), limit)
	found := make([]observable.Value, n)
	for i := range found {
		if found[i], err = readKey(keys[i]); err != nil {
			return nil, false, s.explain(ctx, err)
		}
	}
	return found, n < len(keys), nil
}

// exactPopulation is up to where the sketch of a population counts exactly: it
// keeps 32 bits of each member's hash, and two of so many are alike in one of
// eight thousand populations.
const exactPopulation = 1000

// Population implements [corpus.Reader], from sketches that are kept per import.
func (s *Store) Population(ctx context.Context, relation observation.Relation) (p corpus.Population, err error) {
	sql := fmt.Sprintf("SELECT uniqMerge(subjects), uniqMerge(links) FROM %s WHERE relation = %d AND %s", s.name(populations), uint8(relation), s.visible())
	err = s.within(ctx, func() error { return s.conn.QueryRow(ctx, sql).Scan(&p.Subjects, &p.Links) })
	p.Estimate = p.Links > exactPopulation
	return p, err
}

// Totals implements [corpus.Reader].
func (s *Store) Totals(ctx context.Context, relation observation.Relation, object observable.Value) (totals []corpus.Total, err error) {
	newest := map[string]corpus.Total{}
	sql := fmt.Sprintf("SELECT source, as_of, n FROM %s WHERE %s ORDER BY as_of, seq", s.name(totalsTable), held(relation, object))
	err = s.within(ctx, func() error {
		return s.query(ctx, sql, func(rows driver.Rows) error {
			t := corpus.Total{Relation: relation, Object: object}
			var asOf int64
			err := rows.Scan(&t.Source, &asOf, &t.N)
			t.AsOf = time.Unix(asOf, 0).UTC()
			newest[t.Source] = t
			return err
		})
	})
	for _, t := range newest {
		totals = append(totals, t)
	}
	slices.SortFunc(totals, corpus.CompareTotals)
	return totals, err
}
