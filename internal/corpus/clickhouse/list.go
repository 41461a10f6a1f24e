package clickhouse

import (
	"context"

	"clew/internal/corpus"
	"clew/internal/observable"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var (
	_ corpus.ObjectLister = (*Store)(nil)
	_ corpus.NameLister   = (*Store)(nil)
)

// EachObject implements [corpus.ObjectLister].
func (s *Store) EachObject(ctx context.Context, kind observable.Kind, visit func(observable.Value) error) error {
	sql := s.distinct(linksByObject, "object", []byte{byte(kind)}, []byte{byte(kind) + 1})
	return s.each(ctx, sql, visit)
}

// EachDomain implements [corpus.NameLister].
func (s *Store) EachDomain(ctx context.Context, visit func(observable.Value) error) error {
	lower, upper := []byte{byte(observable.Domain)}, []byte{byte(observable.Domain) + 1}
	sql := "SELECT DISTINCT v FROM (SELECT subject AS v FROM (" + s.distinct(linksBySubject, "subject", lower, upper) +
		") UNION ALL SELECT object AS v FROM (" + s.distinct(linksByObject, "object", lower, upper) + ")) ORDER BY v"
	return s.each(ctx, sql, visit)
}

func (s *Store) each(ctx context.Context, sql string, visit func(observable.Value) error) error {
	return s.within(ctx, func() error {
		return s.query(ctx, sql, func(rows driver.Rows) error {
			var key string
			if err := rows.Scan(&key); err != nil {
				return err
			}
			v, err := readKey(key)
			if err != nil {
				return err
			}
			return visit(v)
		})
	})
}
