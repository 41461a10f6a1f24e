package job

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Store holds jobs. It may be used by many goroutines, and by many processes on
// the same database.
type Store struct {
	db    Backend
	names *strings.Replacer

	mu      sync.Mutex
	nudges  map[string]func() // guarded by mu; has the worker of a job here look at it now
	changed func(id string)   // guarded by mu
}

// NewStore is a store on a database.
func NewStore(db Backend) *Store {
	return &Store{db: db, names: db.Names(), nudges: map[string]func(){}, changed: func(string) {}}
}

// OnChange has told called with the ID of each job that this process changes.
func (s *Store) OnChange(told func(id string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = told
}

// Close lets go of the database.
func (s *Store) Close() error { return s.db.Close() }

// tx runs do in a transaction, with the names of the tables filled in.
func (s *Store) tx(ctx context.Context, exclusive bool, do func(t) error) error {
	return s.db.Explain(s.db.Tx(ctx, exclusive, func(tx Tx) error { return do(t{tx, s.names}) }))
}

func (s *Store) tell(id string) {
	s.mu.Lock()
	told := s.changed
	s.mu.Unlock()
	told(id)
}

// nudge has the worker of a job, if it is in this process, look at it now.
func (s *Store) nudge(id string) {
	s.mu.Lock()
	nudge := s.nudges[id]
	s.mu.Unlock()
	if nudge != nil {
		nudge()
	}
}

// Add takes up a job. Its turn comes when the jobs of the same case before it have
// ended and a worker is free.
func (s *Store) Add(ctx context.Context, n New) (Job, error) {
	work, err := json.Marshal(n.Work)
	if err != nil {
		return Job{}, fmt.Errorf("job: %w", err)
	}
	doc, err := json.Marshal(n.Doc)
	if err != nil {
		return Job{}, fmt.Errorf("job: %w", err)
	}
	if n.Queue == "" {
		n.Queue = Shared
	}
	var added Job
	err = s.tx(ctx, true, func(tx t) error {
		queued, others, size := 0, 0, int64(0)
		if err := tx.one(ctx, `SELECT count(*) FROM {jobs} WHERE state = 'queued'`, nil, &queued); err != nil {
			return err
		}
		if err := tx.one(ctx, `SELECT coalesce(sum(length(work)), 0) FROM {jobs} WHERE state IN ('queued', 'running')`, nil, &size); err != nil {
			return err
		}
		if n.Case != "" {
			if err := tx.one(ctx, `SELECT count(*) FROM {jobs} WHERE case_id = $1 AND state IN ('queued', 'running')`, []any{n.Case}, &others); err != nil {
				return err
			}
		}
		switch {
		case queued >= MostQueued, size > mostWork:
			return ErrFull
		case n.Alone && others > 0:
			return ErrBusy
		}
		_, err := tx.exec(ctx, `INSERT INTO {jobs} (id, kind, case_id, queue, state, actor, work, doc, created) VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7, {now})`,
			n.ID, n.Kind, n.Case, n.Queue, n.Actor, string(work), string(doc))
		if err != nil {
			return err
		}
		if others == 0 {
			if err := tx.dispatch(ctx, n.ID, n.Queue, 0); err != nil {
				return err
			}
		}
		if err := tx.forget(ctx); err != nil {
			return err
		}
		added, err = tx.job(ctx, n.ID)
		return err
	})
	return added, err
}

// Get returns a job.
func (s *Store) Get(ctx context.Context, id string) (j Job, err error) {
	err = s.tx(ctx, false, func(tx t) error {
		j, err = tx.job(ctx, id)
		return err
	})
	return j, err
}

// A Filter says which jobs are meant; what is empty excludes none.
type Filter struct {
	Kinds  []string
	States []State
	Case   string
}

func (f Filter) where() (clause string, args []any) {
	var parts []string
	in := func(column string, values []string) {
		var marks []string
		for _, v := range values {
			args = append(args, v)
			marks = append(marks, fmt.Sprintf("$%d", len(args)))
		}
		parts = append(parts, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	if len(f.Kinds) > 0 {
		in("kind", f.Kinds)
	}
	if len(f.States) > 0 {
		var states []string
		for _, state := range f.States {
			states = append(states, string(state))
		}
		in("state", states)
	}
	if f.Case != "" {
		in("case_id", []string{f.Case})
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}

// List returns jobs, newest first.
func (s *Store) List(ctx context.Context, f Filter) (jobs []Job, err error) {
	where, args := f.where()
	err = s.tx(ctx, false, func(tx t) error {
		jobs, err = tx.jobs(ctx, where+` ORDER BY n DESC`, args...)
		return err
	})
	return jobs, err
}

// Cancel ends a job: one that waits at once, one that runs when its worker hears
// of it, which is within a beat.
func (s *Store) Cancel(ctx context.Context, id string) (j Job, err error) {
	err = s.tx(ctx, true, func(tx t) error {
		if j, err = tx.job(ctx, id); err != nil || j.State.Over() {
			return err
		}
		if j.State == Running {
			_, err = tx.exec(ctx, `UPDATE {jobs} SET cancelling = 1, version = version + 1 WHERE id = $1`, id)
		} else {
			_, err = tx.exec(ctx, `UPDATE {jobs} SET state = 'interrupted', ended = {now}, version = version + 1 WHERE id = $1`, id)
			if err == nil {
				err = tx.next(ctx, j.Case)
			}
		}
		if err == nil {
			j, err = tx.job(ctx, id)
		}
		return err
	})
	if err == nil {
		s.nudge(id)
		s.tell(id)
	}
	return j, err
}

// Retry puts a job that was interrupted or failed back into the queue. What it did
// of its case is in the record, and is gone on with.
func (s *Store) Retry(ctx context.Context, id string) (j Job, err error) {
	err = s.tx(ctx, true, func(tx t) error {
		if j, err = tx.job(ctx, id); err != nil {
			return err
		}
		if j.State != Interrupted && j.State != Failed {
			return ErrActive
		}
		_, err := tx.exec(ctx, `UPDATE {jobs} SET state = 'queued', ended = 0, deaths = 0, tries = 0, cancelling = 0, error = '', version = version + 1 WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if err := tx.next(ctx, j.Case, id); err != nil {
			return err
		}
		j, err = tx.job(ctx, id)
		return err
	})
	if err == nil {
		s.tell(id)
	}
	return j, err
}

// Work returns what a job needs to be done.
func (s *Store) Work(ctx context.Context, id string) (work json.RawMessage, err error) {
	err = s.tx(ctx, false, func(tx t) error {
		work, err = tx.work(ctx, id)
		return err
	})
	return work, err
}

// Lines returns what was kept of a job line by line ([Task.Keep]).
func (s *Store) Lines(ctx context.Context, id string) (lines []json.RawMessage, err error) {
	err = s.tx(ctx, false, func(tx t) error {
		lines = nil
		const query = `SELECT data FROM {lines} WHERE job = $1 ORDER BY n`
		return tx.each(ctx, query, []any{id}, func(scan func(...any) error) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			lines = append(lines, json.RawMessage(text))
			return nil
		})
	})
	return lines, err
}

// forget drops the oldest ended jobs beyond those kept, with their lines, and what
// the older ones needed where that is large.
func (tx t) forget(ctx context.Context) error {
	const ended = `state NOT IN ('queued', 'running') ORDER BY n DESC LIMIT 100 OFFSET`
	for _, statement := range []string{
		fmt.Sprintf(`DELETE FROM {jobs} WHERE n IN (SELECT n FROM {jobs} WHERE %s %d)`, ended, mostKept),
		fmt.Sprintf(`DELETE FROM {jobs} WHERE n IN (SELECT n FROM {jobs} WHERE lined = 1 AND %s %d)`, ended, keptLined),
		fmt.Sprintf(`UPDATE {jobs} SET work = '' WHERE n IN (SELECT n FROM {jobs} WHERE length(work) > %d AND %s %d)`, largeWork, ended, keptLined),
		`DELETE FROM {lines} WHERE job NOT IN (SELECT id FROM {jobs} WHERE lined = 1)`,
	} {
		if _, err := tx.exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// A Standing says how the queue stands.
type Standing struct {
	Queued, Running map[string]int // by kind
	Oldest          time.Duration  // since when the job waits that waits longest
	Workers         []Seen         // heard of in the last minute
	Stuck           []Stuck
}

// Seen is a worker that was heard of.
type Seen struct {
	Name   string
	Queues []string
	Slots  int // jobs at once, per queue
	Ago    time.Duration
}

// Stuck is a job that does not get on by itself.
type Stuck struct {
	Job
	Why string
}

// seenWithin is how long a worker counts that is not heard of.
const seenWithin = time.Minute

// Standing says how the queue stands, and what is stuck.
func (s *Store) Standing(ctx context.Context) (st Standing, err error) {
	err = s.tx(ctx, false, func(tx t) error {
		st = Standing{Queued: map[string]int{}, Running: map[string]int{}}
		jobs, err := tx.jobs(ctx, ` WHERE state IN ('queued', 'running') ORDER BY n`)
		if err != nil {
			return err
		}
		var now int64
		if err := tx.one(ctx, `SELECT {now}`, nil, &now); err != nil {
			return err
		}
		if st.Workers, err = tx.seen(ctx, now); err != nil {
			return err
		}
		for _, j := range jobs {
			if j.State == Running {
				st.Running[j.Kind]++
				if silent := time.UnixMilli(now).Sub(j.Lease); silent > seenWithin {
					st.Stuck = append(st.Stuck, Stuck{j, fmt.Sprintf("its worker %s has not been heard of since %s, and no other has taken it over: start clew serve or clew worker", j.Worker, j.Lease.Format(time.RFC3339))})
				}
				continue
			}
			st.Queued[j.Kind]++
			st.Oldest = max(st.Oldest, time.UnixMilli(now).Sub(j.Created))
			taken := slices.ContainsFunc(st.Workers, func(w Seen) bool { return slices.Contains(w.Queues, j.Queue) })
			switch {
			case !taken && j.Queue == Shared:
				st.Stuck = append(st.Stuck, Stuck{j, "no worker takes jobs: start clew worker, or clew serve without --no-work"})
			case !taken:
				st.Stuck = append(st.Stuck, Stuck{j, "only the machine that it was started on has its files, and no clew serve or clew worker runs there"})
			case j.Error != "":
				st.Stuck = append(st.Stuck, Stuck{j, j.Error})
			}
		}
		return nil
	})
	return st, err
}

func (tx t) seen(ctx context.Context, now int64) (seen []Seen, err error) {
	const query = `SELECT name, queues, slots, seen FROM {workers} WHERE seen > $1 ORDER BY name`
	err = tx.each(ctx, query, []any{now - seenWithin.Milliseconds()}, func(scan func(...any) error) error {
		var w Seen
		var queues string
		var at int64
		if err := scan(&w.Name, &queues, &w.Slots, &at); err != nil {
			return err
		}
		w.Queues, w.Ago = strings.Fields(queues), time.Duration(now-at)*time.Millisecond
		seen = append(seen, w)
		return nil
	})
	return seen, err
}
