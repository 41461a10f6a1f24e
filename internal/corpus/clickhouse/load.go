package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// A block goes to the server when it has so many rows or bytes of text: large
// enough that each becomes one part worth keeping, small enough to hold many.
const (
	blockRows  = 100_000
	blockBytes = 16 << 20
)

// dropTimeout bounds how long a load that is given up tries to say so.
const dropTimeout = 10 * time.Second

var errLoadDone = errors.New("load was committed or closed before")

// Load implements [corpus.Writer]. Rows go to the server as they come, under a
// number that no reader looks at before Commit.
func (s *Store) Load(ctx context.Context) (corpus.Loader, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	number, err := s.number()
	if err != nil {
		return nil, err
	}
	return &loader{ctx: ctx, store: s, number: number}, nil
}

type loader struct {
	ctx    context.Context // of the whole load, as the contract says
	store  *Store
	number uint64
	id     string // under which a Commit was tried, "" for none
	rows   block
	kept   uint64
	sent   bool // something is on the server
	done   bool
}

func (l *loader) Add(o observation.Observation) error {
	if l.done {
		return errLoadDone
	}
	return l.store.within(l.ctx, func() error {
		o, err := corpus.Normal(o)
		if err != nil {
			return err
		}
		l.kept++
		l.rows.add(o, l.number)
		if l.rows.len() < blockRows && l.rows.bytes < blockBytes {
			return nil
		}
		return l.flush()
	})
}

func (l *loader) flush() error {
	l.sent = l.sent || l.rows.len() > 0
	err := l.store.send(l.ctx, &l.rows)
	l.rows.clear()
	return err
}

func (l *loader) Commit(entry corpus.Import) (corpus.Import, error) {
	if l.done {
		return corpus.Import{}, errLoadDone
	}
	entry, err := corpus.NormalImport(entry)
	if err != nil {
		return corpus.Import{}, err
	}
	err = l.store.within(l.ctx, func() error {
		l.store.committing.Lock()
		defer l.store.committing.Unlock()
		if winner, err := l.store.liveNumber(l.ctx, entry.ID); err != nil || winner != 0 {
			return errors.Join(err, imported(entry.ID, winner))
		}
		if err := l.flush(); err != nil {
			return err
		}
		distinct, coverage, err := l.store.coverage(l.ctx, l.number)
		if err != nil {
			return err
		}
		entry.Kept, entry.Merged, entry.Coverage = l.kept, l.kept-distinct, coverage
		return l.register(entry)
	})
	if err != nil {
		return corpus.Import{}, err
	}
	l.done, l.rows = true, block{}
	return entry, nil
}

func imported(id string, winner uint64) error {
	if winner == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", id, corpus.ErrImported)
}

// register lists the load as committed. Where another process was quicker with
// the same ID, the one with the lower number stays.
func (l *loader) register(entry corpus.Import) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	l.id, l.sent = entry.ID, true
	if err := l.store.mark(l.ctx, entry.ID, l.number, stateCommitted, string(text)); err != nil {
		return err
	}
	winner, err := l.store.liveNumber(l.ctx, entry.ID)
	if err != nil || winner == l.number {
		return err
	}
	return errors.Join(l.store.mark(l.ctx, entry.ID, l.number, stateGone, ""), imported(entry.ID, winner))
}

// Close drops what was not committed. Rows that are on the server already are
// marked, for Flush to delete; they were never visible, unless it was the answer
// to Commit that got lost: then they are no longer.
func (l *loader) Close() error {
	if l.done {
		return nil
	}
	l.done, l.rows = true, block{}
	if !l.sent {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), dropTimeout)
	defer cancel()
	err := l.store.within(ctx, func() error { return l.store.mark(ctx, l.id, l.number, stateGone, "") })
	if errors.Is(err, errClosed) {
		return nil // Flush deletes them when they are old
	}
	return err
}

// coverage counts what an import holds, on the server.
func (s *Store) coverage(ctx context.Context, number uint64) (distinct uint64, all []corpus.Coverage, err error) {
	sql := fmt.Sprintf(`SELECT relation, kind, count() AS subjects, sum(n) AS links, min(earliest), max(latest) FROM (
  SELECT relation, reinterpretAsUInt8(substring(subject, 1, 1)) AS kind, subject, count() AS n, min(f) AS earliest, max(l) AS latest FROM (
    SELECT subject, relation, object, minMerge(first) AS f, maxMerge(last) AS l FROM %s WHERE import = %d GROUP BY subject, relation, object)
  GROUP BY relation, subject) GROUP BY relation, kind ORDER BY relation, kind`, s.name(linksBySubject), number)
	err = s.query(ctx, sql, func(rows driver.Rows) error {
		var (
			c              corpus.Coverage
			relation, kind uint8
			first, last    int64
		)
		err := rows.Scan(&relation, &kind, &c.Subjects, &c.Links, &first, &last)
		c.Relation, c.Kind, c.Window = observation.Relation(relation), observable.Kind(kind), window(first, last)
		distinct += c.Links
		all = append(all, c)
		return err
	})
	return distinct, all, err
}
