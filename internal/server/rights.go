package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/job"
)

// A job is done within the rights of whoever asked for it, as they are while it is
// done and not as they were when it was asked for: between the two lie hours, or a
// watch's months. They are looked up before it begins, before it writes into a record
// ([guarded]), and so before each question, whose disclosure is written first, and
// every few seconds for what writes nothing.

// rightsEvery is how often the rights are looked up while a job runs.
const rightsEvery = 2 * time.Second

// A refusal is the end of a job whose user may no longer have it done.
type refusal struct {
	user string
	why  error
}

func (r *refusal) Error() string {
	return fmt.Sprintf("refused: %s, who asked for it, may no longer have it done: %v; whoever may can ask for it anew", r.user, r.why)
}

func (r *refusal) Unwrap() error { return r.why }

// errNobodyKnown passes: another worker may know the users.
var errNobodyKnown = errors.New("it was asked for by a user, and this process knows none: start it again, accounts were turned on since")

// within does a job within the rights of who asked for it. It is a [refusal] where
// they have none, or lose them meanwhile.
func (js *jobs) within(ctx context.Context, j job.Job, o order, do func(context.Context) error) error {
	caller, err := js.allowed(ctx, j, o)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(account.As(ctx, caller))
	defer end(nil)
	if !caller.IsSystem() {
		stop := js.lookAfter(ctx, j, o, end)
		defer stop()
	}
	err = do(ctx)
	var no *refusal
	if errors.As(context.Cause(ctx), &no) {
		return no
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	// What it failed with may be how the loss of a right showed: a case that is not there.
	if _, gone := js.allowed(ctx, j, o); errors.As(gone, &no) {
		return no
	}
	return err
}

// lookAfter ends a job when who asked for it may no longer have it done.
func (js *jobs) lookAfter(ctx context.Context, j job.Job, o order, end context.CancelCauseFunc) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(rightsEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			var no *refusal
			if _, err := js.allowed(ctx, j, o); errors.As(err, &no) {
				end(no)
				return
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// allowed looks up who a job is done for, and whether they may have it done.
func (js *jobs) allowed(ctx context.Context, j job.Job, o order) (account.Caller, error) {
	if js.book == nil {
		if o.Account != "" {
			return account.Caller{}, job.Later{Err: errNobodyKnown}
		}
		caller, _ := account.CallerOf(account.System(ctx))
		return caller, nil
	}
	caller, err := js.book.ForJob(ctx, o.Account, j.Actor, j.ID)
	if err == nil && !caller.IsSystem() {
		err = js.may(account.As(ctx, caller), caller, j, o)
	}
	if errors.Is(err, account.ErrForbidden) {
		err = &refusal{j.Actor, err}
	}
	return caller, err
}

// may refuses what a user's role, ceiling or access to the case does not allow.
func (js *jobs) may(ctx context.Context, caller account.Caller, j job.Job, o order) error {
	for _, needs := range append([]account.Permission{account.Work}, o.Needs...) {
		if !caller.May(needs) {
			return fmt.Errorf("%w: %s", account.ErrForbidden, whyNot(caller, needs))
		}
	}
	id := caseOf(j, o)
	if id == "" {
		return nil
	}
	_, err := js.record.Cases.Head(ctx, id)
	if errors.Is(err, casefile.ErrNoCase) {
		err = js.mayOpen(ctx, caller, id, cmp.Or(o.Ask.TLP, o.Defaults.TLP))
	}
	if err != nil {
		return err
	}
	return changes(ctx, js.book, caller, id)
}

// caseOf is the case that a job writes into, "" for none. A hunt is not under its own:
// it does not wait for its turn there.
func caseOf(j job.Job, o order) string {
	if o.Hunt != nil {
		return o.Hunt.Case
	}
	return j.Case
}

// mayOpen refuses a case that is there for others, and one that its opener could not see.
func (js *jobs) mayOpen(ctx context.Context, caller account.Caller, id, tlp string) error {
	_, err := js.record.Cases.Head(account.System(ctx), id)
	switch {
	case err == nil:
		return fmt.Errorf("%w: case %s is no longer shown to them", account.ErrForbidden, id)
	case !errors.Is(err, casefile.ErrNoCase):
		return err
	case tlp == "":
		return nil // the record refuses what is marked too strictly
	}
	return withinCeiling(caller, markOf(tlp))
}

// noteRefusal writes into the audit that a job was not done.
func (js *jobs) noteRefusal(ctx context.Context, j job.Job, o order, worker string, no *refusal) error {
	if js.book == nil {
		return nil
	}
	return js.book.Log(ctx, account.Entry{
		Actor: j.Actor, Via: "job " + j.ID, Operation: "job", Case: caseOf(j, o), Outcome: account.Refused,
		Detail: fmt.Sprintf("%s, by worker %s: %v", j.Kind, worker, no.why),
	})
}
