package clickhouse

import (
	"context"
	"fmt"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Put implements [corpus.Writer].
func (s *Store) Put(ctx context.Context, observations []observation.Observation) error {
	var rows block
	for i, o := range observations {
		o, err := corpus.Normal(o)
		if err != nil {
			return fmt.Errorf("observation %d of %d: %w", i+1, len(observations), err)
		}
		rows.add(o, 0)
	}
	return s.within(ctx, func() error { return s.send(ctx, &rows) })
}

// send writes a block, where there is anything in it.
func (s *Store) send(ctx context.Context, rows *block) error {
	if rows.len() == 0 {
		return nil
	}
	return s.insert(ctx, incoming, incomingNames, rows.columns()...)
}

// PutTotals implements [corpus.Writer]. Older ones stay in the table and are
// passed over.
func (s *Store) PutTotals(ctx context.Context, totals []corpus.Total) error {
	var (
		objects, sources []string
		relations        []uint8
		asOf             []int64
		n, seq           []uint64
	)
	first := s.next(len(totals))
	for i, t := range totals {
		t, err := corpus.NormalTotal(t)
		if err != nil {
			return err
		}
		objects = append(objects, string(valuekey.Append(nil, t.Object)))
		relations = append(relations, uint8(t.Relation))
		sources = append(sources, t.Source)
		asOf, n, seq = append(asOf, t.AsOf.Unix()), append(n, t.N), append(seq, first+uint64(i))
	}
	return s.within(ctx, func() error {
		if len(n) == 0 {
			return nil
		}
		return s.insert(ctx, totalsTable, "object, relation, source, as_of, n, seq", objects, relations, sources, asOf, n, seq)
	})
}

// Answers implements [corpus.Answers].
func (s *Store) Answers(ctx context.Context, about observable.Value) (answers []corpus.Answer, err error) {
	sql := fmt.Sprintf("SELECT source, at, until, detail FROM %s WHERE about = %s ORDER BY seq", s.name(answersTable), keyLiteral(about))
	err = s.within(ctx, func() error {
		return s.query(ctx, sql, func(rows driver.Rows) error {
			a := corpus.Answer{About: about}
			var at, until int64
			var detail string
			err := rows.Scan(&a.Source, &at, &until, &detail)
			a.At, a.Until, a.Detail = time.Unix(at, 0).UTC(), time.Unix(until, 0).UTC(), []byte(detail)
			answers = corpus.MergeAnswers(answers, []corpus.Answer{a})
			return err
		})
	})
	return answers, err
}

// PutAnswers implements [corpus.Answers].
func (s *Store) PutAnswers(ctx context.Context, answers []corpus.Answer) error {
	var (
		about, sources, details []string
		at, until               []int64
		seq                     []uint64
	)
	first := s.next(len(answers))
	for i, a := range answers {
		a, err := corpus.NormalAnswer(a)
		if err != nil {
			return err
		}
		about = append(about, string(valuekey.Append(nil, a.About)))
		sources, details = append(sources, a.Source), append(details, string(a.Detail))
		at, until, seq = append(at, a.At.Unix()), append(until, a.Until.Unix()), append(seq, first+uint64(i))
	}
	return s.within(ctx, func() error {
		if len(seq) == 0 {
			return nil
		}
		return s.insert(ctx, answersTable, "about, source, at, until, detail, seq", about, sources, at, until, details, seq)
	})
}
