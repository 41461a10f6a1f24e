package job

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// t is a transaction that knows the names of the tables.
type t struct {
	Tx
	names *strings.Replacer
}

func (tx t) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	return tx.Exec(ctx, tx.names.Replace(statement), args...)
}

func (tx t) each(ctx context.Context, query string, args []any, row func(func(...any) error) error) error {
	return tx.Each(ctx, tx.names.Replace(query), args, row)
}

// one reads the only row of an answer; nothing is read where there is none.
func (tx t) one(ctx context.Context, query string, args []any, into ...any) error {
	return tx.each(ctx, query, args, func(scan func(...any) error) error { return scan(into...) })
}

// columns are all but the work, which may be large and is read by its worker alone.
const columns = `id, kind, case_id, queue, state, actor, doc, worker, attempt, deaths, cancelling, error, version, created, started, ended, lease`

func (tx t) jobs(ctx context.Context, rest string, args ...any) (jobs []Job, err error) {
	err = tx.each(ctx, `SELECT `+columns+` FROM {jobs}`+rest, args, func(scan func(...any) error) error {
		var (
			j                              Job
			doc                            string
			cancelling                     int
			created, started, ended, lease int64
		)
		err := scan(&j.ID, &j.Kind, &j.Case, &j.Queue, &j.State, &j.Actor, &doc, &j.Worker, &j.Attempt, &j.Deaths, &cancelling, &j.Error, &j.Version,
			&created, &started, &ended, &lease)
		j.Doc, j.Cancelling = json.RawMessage(doc), cancelling != 0
		j.Created, j.Started, j.Ended, j.Lease = at(created), at(started), at(ended), at(lease)
		jobs = append(jobs, j)
		return err
	})
	return jobs, err
}

func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (tx t) job(ctx context.Context, id string) (Job, error) {
	var jobs []Job
	var err error
	if utf8.ValidString(id) && !strings.ContainsRune(id, 0) { // PostgreSQL refuses others
		jobs, err = tx.jobs(ctx, ` WHERE id = $1`, id)
	}
	if err != nil {
		return Job{}, err
	}
	if len(jobs) == 0 {
		return Job{}, fmt.Errorf("%w: %.64q: it ended long ago, or never was; its case has what it found", ErrNoJob, id)
	}
	return jobs[0], nil
}

// dispatch has a worker woken for a job whose turn it is.
func (tx t) dispatch(ctx context.Context, id, queue string, delay time.Duration) error {
	ticket, err := tx.Dispatch(ctx, id, queue, delay)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE {jobs} SET ticket = $2, dispatched = {now} WHERE id = $1`, id, ticket)
	return err
}

// next wakes a worker for the job of a case whose turn it is, if it is anybody's.
// Jobs on no case do not wait for each other: those named are woken.
func (tx t) next(ctx context.Context, caseID string, alone ...string) error {
	if caseID == "" {
		for _, id := range alone {
			j, err := tx.job(ctx, id)
			if err != nil {
				return err
			}
			if err := tx.dispatch(ctx, id, j.Queue, 0); err != nil {
				return err
			}
		}
		return nil
	}
	jobs, err := tx.jobs(ctx, ` WHERE case_id = $1 AND state IN ('queued', 'running') ORDER BY n`, caseID)
	if err != nil || len(jobs) == 0 {
		return err
	}
	for _, j := range jobs {
		if j.State == Running {
			return nil
		}
	}
	return tx.dispatch(ctx, jobs[0].ID, jobs[0].Queue, 0)
}

// work reads what a job needs.
func (tx t) work(ctx context.Context, id string) (json.RawMessage, error) {
	var text string
	err := tx.one(ctx, `SELECT work FROM {jobs} WHERE id = $1`, []any{id}, &text)
	return json.RawMessage(text), err
}
