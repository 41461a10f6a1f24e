package watch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"clew/internal/casefile"
)

// A Store keeps watches, what they know and what they told. Engines are in the
// folders below: the statements are the same for all.
type Store struct {
	db      *sql.DB
	prefix  string // of table names
	explain func(error) error
	close   func() error
}

// NewStore is a store in a database. Tables have the names of [Tables] behind
// prefix; explain says what an error of the engine means.
func NewStore(db *sql.DB, prefix string, explain func(error) error, closing func() error) *Store {
	return &Store{db, prefix, explain, closing}
}

// Tables are the statements that make them, one for each version. {p} is the prefix.
// They hold for both engines. Never change one that was released: append another.
var Tables = []string{`
CREATE TABLE {p}watches (
	id   TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	due  BIGINT NOT NULL, -- in milliseconds since 1970
	data TEXT NOT NULL
);
CREATE TABLE {p}watch_known (
	watch TEXT NOT NULL,
	mark  TEXT NOT NULL,
	PRIMARY KEY (watch, mark)
);
CREATE TABLE {p}watch_batches (
	id    TEXT PRIMARY KEY,
	watch TEXT NOT NULL,
	open  INTEGER NOT NULL, -- 1 until everybody has heard
	data  TEXT NOT NULL
);
CREATE INDEX {p}watch_batches_open ON {p}watch_batches (watch, open);
CREATE TABLE {p}watch_told (
	batch TEXT NOT NULL,
	whom  TEXT NOT NULL,
	state TEXT NOT NULL, -- sending, until it is known what became of it
	said  TEXT NOT NULL,
	PRIMARY KEY (batch, whom)
);
CREATE TABLE {p}watch_runs (
	watch TEXT NOT NULL,
	job   TEXT NOT NULL,
	ended BIGINT NOT NULL,
	data  TEXT NOT NULL,
	PRIMARY KEY (watch, job)
);
`}

// mostRuns are kept of each watch.
const mostRuns = 100

// Close lets go of the database.
func (s *Store) Close() error { return s.close() }

func (s *Store) tx(ctx context.Context, do func(tx) error) error {
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(err)
	}
	defer t.Rollback() //nolint:errcheck // nothing to undo after Commit
	if err := do(tx{t, s.prefix}); err != nil {
		return s.explain(err)
	}
	return s.explain(t.Commit())
}

// tx is a transaction that knows the names of the tables.
type tx struct {
	*sql.Tx
	prefix string
}

func (t tx) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := t.ExecContext(ctx, strings.ReplaceAll(statement, "{p}", t.prefix), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each reads the JSON of every row.
func (t tx) each(ctx context.Context, row func(text string) error, query string, args ...any) error {
	rows, err := t.QueryContext(ctx, strings.ReplaceAll(query, "{p}", t.prefix), args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says what matters
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := row(text); err != nil {
			return err
		}
	}
	return rows.Err()
}

func all[T any](ctx context.Context, s *Store, query string, args ...any) (list []T, err error) {
	err = s.tx(ctx, func(t tx) error {
		list = nil
		return t.each(ctx, func(text string) error {
			var one T
			err := json.Unmarshal([]byte(text), &one)
			list = append(list, one)
			return err
		}, query, args...)
	})
	return list, err
}

// Add saves a watch. [ErrExists] where its name is taken.
func (s *Store) Add(ctx context.Context, w Watch) error {
	if err := w.Check(); err != nil {
		return err
	}
	return s.tx(ctx, func(t tx) error {
		text, err := json.Marshal(w)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `INSERT INTO {p}watches (id, name, due, data) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, w.ID, w.Name, w.Due.UnixMilli(), string(text))
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: %s", ErrExists, w.Name)
		}
		return err
	})
}

// List returns all watches by name.
func (s *Store) List(ctx context.Context) ([]Watch, error) {
	return all[Watch](ctx, s, `SELECT data FROM {p}watches ORDER BY name, id`)
}

// Due returns the watches that are due at now, the longest overdue first.
func (s *Store) Due(ctx context.Context, now time.Time) ([]Watch, error) {
	due, err := all[Watch](ctx, s, `SELECT data FROM {p}watches WHERE due <= $1 ORDER BY due, id`, now.UnixMilli())
	var list []Watch
	for _, w := range due {
		if !w.Paused {
			list = append(list, w)
		}
	}
	return list, err
}

// Get returns a watch by its ID or name.
func (s *Store) Get(ctx context.Context, name string) (w Watch, err error) {
	found, err := all[Watch](ctx, s, `SELECT data FROM {p}watches WHERE id = $1 OR name = $1`, strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), ""))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: %s: clew watch list names them", ErrNoWatch, casefile.Printable(name))
	}
	if err != nil {
		return w, err
	}
	return found[0], nil
}

// Change has edit change a watch, and nobody else meanwhile.
func (s *Store) Change(ctx context.Context, id string, edit func(*Watch) error) (w Watch, err error) {
	err = s.tx(ctx, func(t tx) error {
		if w, err = t.watch(ctx, id); err != nil {
			return err
		}
		if err := edit(&w); err != nil {
			return err
		}
		return t.put(ctx, w)
	})
	return w, err
}

// watch reads one, and keeps others from changing it until the end.
func (t tx) watch(ctx context.Context, id string) (w Watch, err error) {
	// A write that changes nothing locks the row on both engines.
	n, err := t.exec(ctx, `UPDATE {p}watches SET due = due WHERE id = $1`, id)
	if err == nil && n == 0 {
		err = fmt.Errorf("%w: %.64s", ErrNoWatch, id)
	}
	if err != nil {
		return w, err
	}
	err = t.each(ctx, func(text string) error { return json.Unmarshal([]byte(text), &w) }, `SELECT data FROM {p}watches WHERE id = $1`, id)
	return w, err
}

func (t tx) put(ctx context.Context, w Watch) error {
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE {p}watches SET due = $2, data = $3 WHERE id = $1`, w.ID, w.Due.UnixMilli(), string(text))
	return err
}

// Start notes that the run which was due has been ordered, and when the next is due.
// Who comes second, of two servers, changes nothing.
func (s *Store) Start(ctx context.Context, id string, due casefile.Time, now time.Time) error {
	_, err := s.Change(ctx, id, func(w *Watch) error {
		if !w.Due.Equal(due.Time) {
			return nil
		}
		next, err := w.Next(now)
		w.Due = casefile.Time{Time: next}
		return err
	})
	return err
}

// Remove forgets a watch and what it knew. Its case and what was told stay in the
// record.
func (s *Store) Remove(ctx context.Context, id string) error {
	return s.tx(ctx, func(t tx) error {
		if _, err := t.watch(ctx, id); err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM {p}watch_told WHERE batch IN (SELECT id FROM {p}watch_batches WHERE watch = $1)`,
			`DELETE FROM {p}watch_batches WHERE watch = $1`, `DELETE FROM {p}watch_known WHERE watch = $1`,
			`DELETE FROM {p}watch_runs WHERE watch = $1`, `DELETE FROM {p}watches WHERE id = $1`,
		} {
			if _, err := t.exec(ctx, statement, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Known returns the marks of what a watch knows.
func (s *Store) Known(ctx context.Context, id string) (map[string]bool, error) {
	known := map[string]bool{}
	err := s.tx(ctx, func(t tx) error {
		return t.each(ctx, func(mark string) error { known[mark] = true; return nil }, `SELECT mark FROM {p}watch_known WHERE watch = $1`, id)
	})
	return known, err
}

// Learn notes in one step that facts are known, and the batch by which that is told,
// nil where it is not. A batch that is there already is left as it is.
func (s *Store) Learn(ctx context.Context, id string, marks []string, b *Batch) error {
	return s.tx(ctx, func(t tx) error {
		w, err := t.watch(ctx, id)
		if err != nil {
			return err
		}
		for _, mark := range marks {
			if _, err := t.exec(ctx, `INSERT INTO {p}watch_known (watch, mark) VALUES ($1, $2) ON CONFLICT DO NOTHING`, id, mark); err != nil {
				return err
			}
		}
		if b != nil {
			text, err := json.Marshal(b)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO {p}watch_batches (id, watch, open, data) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING`, b.Escalation.ID, id, string(text)); err != nil {
				return err
			}
		}
		w.Settled = true
		return t.put(ctx, w)
	})
}

// Open returns the batches of a watch that not everybody has heard of.
func (s *Store) Open(ctx context.Context, id string) ([]Batch, error) {
	return all[Batch](ctx, s, `SELECT data FROM {p}watch_batches WHERE watch = $1 AND open = 1 ORDER BY id`, id)
}

// Begin notes that a recipient is about to be told, and returns what was noted before:
// Heard.State is "" for nothing, "sending" where somebody was interrupted in the middle.
func (s *Store) Begin(ctx context.Context, batch, to string) (before Heard, err error) {
	err = s.tx(ctx, func(t tx) error {
		before = Heard{To: to}
		row := t.QueryRowContext(ctx, strings.ReplaceAll(`SELECT state, said FROM {p}watch_told WHERE batch = $1 AND whom = $2`, "{p}", t.prefix), batch, to)
		err := row.Scan(&before.State, &before.Said)
		if !errors.Is(err, sql.ErrNoRows) && err != nil {
			return err
		}
		if before.State != "" && before.State != Failed {
			return nil
		}
		_, err = t.exec(ctx, `INSERT INTO {p}watch_told (batch, whom, state, said) VALUES ($1, $2, $3, '')
			ON CONFLICT (batch, whom) DO UPDATE SET state = excluded.state`, batch, to, Sending)
		return err
	})
	return before, err
}

// The states of a telling, beside those of the record ([casefile.Sent],
// [casefile.Withheld]).
const (
	Sending = "sending" // until it is known what became of it
	Failed  = "failed"  // tried again by the next run
	Unclear = "unknown" // interrupted in the middle, and not sent a second time
)

// End notes what became of telling a recipient.
func (s *Store) End(ctx context.Context, batch string, told Heard) error {
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE {p}watch_told SET state = $3, said = $4 WHERE batch = $1 AND whom = $2`, batch, told.To, told.State, told.Said)
		return err
	})
}

// Shut notes that everybody has heard of a batch.
func (s *Store) Shut(ctx context.Context, batch string) error {
	return s.tx(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE {p}watch_batches SET open = 0 WHERE id = $1`, batch)
		return err
	})
}

// Keep keeps a run, and forgets the oldest beyond a bound, with what only they told:
// the case record has that.
func (s *Store) Keep(ctx context.Context, r Round) error {
	return s.tx(ctx, func(t tx) error {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO {p}watch_runs (watch, job, ended, data) VALUES ($1, $2, $3, $4)
			ON CONFLICT (watch, job) DO UPDATE SET ended = excluded.ended, data = excluded.data`, r.Watch, r.Job, r.Ended.UnixMilli(), string(text)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM {p}watch_runs WHERE watch = $1 AND job NOT IN
			(SELECT job FROM {p}watch_runs WHERE watch = $1 ORDER BY ended DESC, job LIMIT $2)`, r.Watch, mostRuns); err != nil {
			return err
		}
		return t.forgetTold(ctx, r.Watch)
	})
}

// forgetTold forgets the batches that everybody has heard of and no kept run names.
func (t tx) forgetTold(ctx context.Context, id string) error {
	named := map[string]bool{}
	err := t.each(ctx, func(text string) error {
		var r Round
		err := json.Unmarshal([]byte(text), &r)
		named[r.Digest] = true
		return err
	}, `SELECT data FROM {p}watch_runs WHERE watch = $1`, id)
	if err != nil {
		return err
	}
	var gone []string
	err = t.each(ctx, func(batch string) error {
		if !named[batch] {
			gone = append(gone, batch)
		}
		return nil
	}, `SELECT id FROM {p}watch_batches WHERE watch = $1 AND open = 0`, id)
	for _, batch := range gone {
		for _, statement := range []string{`DELETE FROM {p}watch_told WHERE batch = $1`, `DELETE FROM {p}watch_batches WHERE id = $1`} {
			if err == nil {
				_, err = t.exec(ctx, statement, batch)
			}
		}
	}
	return err
}

// Runs returns what is kept of the runs of a watch, the latest first.
func (s *Store) Runs(ctx context.Context, id string) ([]Round, error) {
	return all[Round](ctx, s, `SELECT data FROM {p}watch_runs WHERE watch = $1 ORDER BY ended DESC, job`, id)
}
