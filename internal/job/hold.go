package job

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// claim takes up a job whose turn it is. ok is false where it is nobody's to take:
// it has ended, another has it, or another of its case runs.
func (s *Store) claim(ctx context.Context, id, worker string, lease time.Duration) (j Job, ok bool, err error) {
	err = s.tx(ctx, true, func(tx t) error {
		ok = false
		others := 0
		if j, err = tx.job(ctx, id); err != nil || j.State != Queued {
			return err
		}
		if j.Case != "" {
			if err := tx.one(ctx, `SELECT count(*) FROM {jobs} WHERE case_id = $1 AND state = 'running'`, []any{j.Case}, &others); err != nil || others > 0 {
				return err
			}
		}
		_, err := tx.exec(ctx, `UPDATE {jobs} SET state = 'running', worker = $2, attempt = attempt + 1, lease = {now} + $3, error = '',
			started = CASE started WHEN 0 THEN {now} ELSE started END, version = version + 1 WHERE id = $1`, id, worker, lease.Milliseconds())
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM {lines} WHERE job = $1`, id); err != nil { // of an attempt before
			return err
		}
		ok = true
		if j, err = tx.job(ctx, id); err == nil {
			j.Work, err = tx.work(ctx, id)
		}
		return err
	})
	if ok {
		s.tell(id)
	}
	return j, ok && err == nil, err
}

// beat renews the lease of a hold and reports how the job stands, where doc is not
// nil. It returns whether the job is to end; [ErrLost] where the hold is over.
func (s *Store) beat(ctx context.Context, j Job, lease time.Duration, doc json.RawMessage, lines []string) (cancelling bool, err error) {
	err = s.tx(ctx, false, func(tx t) error {
		set, args := "", []any{j.ID, j.Attempt, lease.Milliseconds()}
		if doc != nil {
			set, args = ", doc = $4, version = version + 1", append(args, string(doc))
		}
		n, err := tx.exec(ctx, `UPDATE {jobs} SET lease = {now} + $3`+set+` WHERE id = $1 AND attempt = $2 AND state = 'running'`, args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLost
		}
		if err := tx.keep(ctx, j.ID, lines); err != nil {
			return err
		}
		flag := 0
		err = tx.one(ctx, `SELECT cancelling FROM {jobs} WHERE id = $1`, []any{j.ID}, &flag)
		cancelling = flag != 0
		return err
	})
	if err == nil && doc != nil {
		s.tell(j.ID)
	}
	return cancelling, err
}

// linesAtOnce is how many lines go into one statement.
const linesAtOnce = 200

func (tx t) keep(ctx context.Context, id string, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	for part := range slices.Chunk(lines, linesAtOnce) {
		args := []any{id}
		var rows []string
		for _, line := range part {
			args = append(args, line)
			rows = append(rows, fmt.Sprintf("($1, $%d)", len(args)))
		}
		if _, err := tx.exec(ctx, `INSERT INTO {lines} (job, data) VALUES `+strings.Join(rows, ", "), args...); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, `UPDATE {jobs} SET lined = 1 WHERE id = $1`, id)
	return err
}

// An outcome is how a hold ends.
type outcome struct {
	state State         // Queued hands it back
	delay time.Duration // of a Queued one: before it is tried again
	tries int           // of a Queued one: 1 where it could not be done at the moment
	said  string
	doc   json.RawMessage
	lines []string
}

// release ends a hold. [ErrLost] where it was over already.
func (s *Store) release(ctx context.Context, j Job, o outcome) error {
	err := s.tx(ctx, true, func(tx t) error {
		const held = ` WHERE id = $1 AND attempt = $2 AND state = 'running'`
		if o.state == Queued && o.tries > 0 {
			tried := 0
			if err := tx.one(ctx, `SELECT tries FROM {jobs}`+held, []any{j.ID, j.Attempt}, &tried); err != nil {
				return err
			}
			o.delay = min(time.Second<<min(tried, 5), 30*time.Second)
			if tried+1 >= mostTries {
				o.state, o.said = Failed, fmt.Sprintf("%s (tried %d times)", o.said, tried+1)
			}
		}
		n, err := tx.exec(ctx, `UPDATE {jobs} SET state = $3, lease = 0, doc = $4, error = $5, tries = tries + $6,
			ended = CASE $3 WHEN 'queued' THEN 0 ELSE {now} END, version = version + 1`+held,
			j.ID, j.Attempt, string(o.state), string(o.doc), o.said, o.tries)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLost
		}
		if err := tx.keep(ctx, j.ID, o.lines); err != nil {
			return err
		}
		if o.state == Queued {
			return tx.dispatch(ctx, j.ID, j.Queue, o.delay)
		}
		return tx.next(ctx, j.Case)
	})
	if err == nil {
		s.tell(j.ID)
	}
	return err
}

// Sweep puts jobs whose worker died back into the queue. For those that wait longer
// than silence it looks whether the call went to a worker that died before it took
// them up, and wakes another.
func (s *Store) Sweep(ctx context.Context, silence time.Duration) error {
	idle := true
	err := s.tx(ctx, false, func(tx t) error { // most of the time nobody has to wait for it
		n := 0
		const query = `SELECT count(*) FROM {jobs} WHERE state = 'running' AND lease < {now} OR state = 'queued' AND dispatched < {now} - $1`
		err := tx.one(ctx, query, []any{silence.Milliseconds()}, &n)
		idle = n == 0
		return err
	})
	if err != nil || idle {
		return err
	}
	var swept []string
	err = s.tx(ctx, true, func(tx t) (err error) {
		swept, err = tx.sweep(ctx, silence)
		return err
	})
	for _, id := range swept {
		s.tell(id)
	}
	return err
}

func (tx t) sweep(ctx context.Context, silence time.Duration) (swept []string, err error) {
	dead, err := tx.jobs(ctx, ` WHERE state = 'running' AND lease < {now} ORDER BY n`)
	if err != nil {
		return nil, err
	}
	for _, j := range dead {
		swept = append(swept, j.ID)
		state, said := Queued, ""
		switch {
		case j.Cancelling:
			state = Interrupted
		case j.Deaths+1 >= mostDeaths:
			state, said = Interrupted, fmt.Sprintf("%d workers died of it, %s last: see its machine's log, then: clew job retry %s", j.Deaths+1, j.Worker, j.ID)
		}
		_, err := tx.exec(ctx, `UPDATE {jobs} SET state = $2, lease = 0, deaths = deaths + 1, error = $3,
			ended = CASE $2 WHEN 'queued' THEN 0 ELSE {now} END, version = version + 1 WHERE id = $1`, j.ID, string(state), said)
		if err != nil {
			return nil, err
		}
		if state != Queued {
			err = tx.next(ctx, j.Case)
		} else {
			err = tx.dispatch(ctx, j.ID, j.Queue, 0)
		}
		if err != nil {
			return nil, err
		}
	}
	return swept, tx.wakeAnew(ctx, silence)
}

// wakeAnew leaves another call for jobs whose turn it is and whose call nobody
// answers any more.
func (tx t) wakeAnew(ctx context.Context, silence time.Duration) error {
	type waiting struct {
		id, queue, caseID string
		ticket            int64
	}
	var all []waiting
	const query = `SELECT id, queue, case_id, ticket FROM {jobs} WHERE state = 'queued' AND dispatched < {now} - $1 ORDER BY n`
	err := tx.each(ctx, query, []any{silence.Milliseconds()}, func(scan func(...any) error) error {
		var w waiting
		err := scan(&w.id, &w.queue, &w.caseID, &w.ticket)
		all = append(all, w)
		return err
	})
	if err != nil {
		return err
	}
	for _, w := range all {
		before := 0
		if w.caseID != "" {
			const query = `SELECT count(*) FROM {jobs} WHERE case_id = $1 AND (state = 'running' OR state = 'queued' AND n < (SELECT n FROM {jobs} WHERE id = $2))`
			if err := tx.one(ctx, query, []any{w.caseID, w.id}, &before); err != nil {
				return err
			}
		}
		pending := false
		if before == 0 && w.ticket != 0 {
			if pending, err = tx.Pending(ctx, w.ticket); err != nil {
				return err
			}
		}
		if before > 0 || pending {
			_, err = tx.exec(ctx, `UPDATE {jobs} SET dispatched = {now} WHERE id = $1`, w.id) // look again later
		} else {
			err = tx.dispatch(ctx, w.id, w.queue, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// seen notes that a worker is there.
func (s *Store) seen(ctx context.Context, w Seen) error {
	return s.tx(ctx, false, func(tx t) error {
		_, err := tx.exec(ctx, `INSERT INTO {workers} (name, queues, slots, seen) VALUES ($1, $2, $3, {now})
			ON CONFLICT (name) DO UPDATE SET queues = excluded.queues, slots = excluded.slots, seen = excluded.seen`, w.Name, strings.Join(w.Queues, " "), w.Slots)
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, `DELETE FROM {workers} WHERE seen < {now} - $1`, (24 * time.Hour).Milliseconds())
		return err
	})
}

// gone notes that a worker has stopped.
func (s *Store) gone(ctx context.Context, name string) error {
	return s.tx(ctx, false, func(tx t) error {
		_, err := tx.exec(ctx, `DELETE FROM {workers} WHERE name = $1`, name)
		return err
	})
}
