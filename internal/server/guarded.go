package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/marking"
)

// Guarded is a record in which everybody finds only the cases they may see, and
// changes only those they may change. A case that somebody may not see is not there
// for them, wherever they ask: everything that reads cases does it through this, so
// lists, search, events, feeds and exports cannot disagree. Who nobody let in finds
// nothing.
func Guarded(book *account.Book) func(casefile.Store) casefile.Store {
	return guardedBy(book, false)
}

// GuardedWork is [Guarded] for a process that has no accounts and does the jobs of
// those that have: jobs are held to the rights of their users, and who asks without
// being anybody sits at the machine.
func GuardedWork(book *account.Book) func(casefile.Store) casefile.Store {
	return guardedBy(book, true)
}

func guardedBy(book *account.Book, console bool) func(casefile.Store) casefile.Store {
	known := &marks{of: map[string]marking.TLP{}}
	return func(store casefile.Store) casefile.Store { return &guarded{store, book, known, console} }
}

type guarded struct {
	casefile.Store
	book    *account.Book
	marks   *marks
	console bool // whether who is nobody sees all
}

// marks are the markings of cases, which never change.
type marks struct {
	mu sync.Mutex
	of map[string]marking.TLP // guarded by mu
}

func (g *guarded) marking(ctx context.Context, id string) (marking.TLP, error) {
	g.marks.mu.Lock()
	mark, known := g.marks.of[id]
	g.marks.mu.Unlock()
	if known {
		return mark, nil
	}
	mark, err := marked(ctx, g.Store, id)
	if err != nil {
		return "", err
	}
	g.marks.mu.Lock()
	defer g.marks.mu.Unlock()
	g.marks.of[id] = mark
	return mark, nil
}

// marked reads how a case is marked; one that does not say is as the strictest.
func marked(ctx context.Context, r casefile.Reader, id string) (marking.TLP, error) {
	events, err := r.Events(ctx, id, casefile.Query{Types: []casefile.Type{casefile.TypeOpened}})
	if err != nil || len(events) == 0 {
		return marking.TLPRed, err
	}
	var opened casefile.Opened
	if err := events[0].Decode(&opened); err != nil {
		return "", err
	}
	return markOf(opened.TLP), nil
}

// markOf reads a marking; one that nobody can read is strictest.
func markOf(text string) marking.TLP {
	mark, err := marking.ParseTLP(text)
	if err != nil {
		return marking.TLPRed
	}
	return mark
}

// see is [casefile.ErrNoCase] for who may not see a case.
func (g *guarded) see(ctx context.Context, id string) (account.Caller, error) {
	hidden := fmt.Errorf("%w: %s", casefile.ErrNoCase, id)
	caller, known := account.CallerOf(ctx)
	switch {
	case !known && g.console:
		caller, _ = account.CallerOf(account.System(ctx))
		return caller, nil
	case !known:
		return caller, hidden
	case caller.IsSystem():
		return caller, nil
	}
	mark, err := g.marking(ctx, id)
	if err != nil {
		return caller, err
	}
	sees, err := g.book.Sees(ctx, caller, id, mark)
	if err == nil && !sees {
		err = hidden
	}
	return caller, err
}

// Cases implements [casefile.Reader].
func (g *guarded) Cases(ctx context.Context) ([]casefile.Head, error) {
	heads, err := g.Store.Cases(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]casefile.Head, 0, len(heads))
	for _, head := range heads {
		_, err := g.see(ctx, head.Case)
		if errors.Is(err, casefile.ErrNoCase) {
			continue
		}
		if err != nil {
			return nil, err
		}
		shown = append(shown, head)
	}
	return shown, nil
}

// Head implements [casefile.Reader].
func (g *guarded) Head(ctx context.Context, id string) (casefile.Head, error) {
	if _, err := g.see(ctx, id); err != nil {
		return casefile.Head{}, err
	}
	return g.Store.Head(ctx, id)
}

// Events implements [casefile.Reader].
func (g *guarded) Events(ctx context.Context, id string, q casefile.Query) ([]casefile.Event, error) {
	if _, err := g.see(ctx, id); err != nil {
		return nil, err
	}
	return g.Store.Events(ctx, id, q)
}

// Append implements [casefile.Store]. Who opens a case owns it.
func (g *guarded) Append(ctx context.Context, id string, entries ...casefile.Entry) ([]casefile.Event, error) {
	if err := g.write(ctx, id, entries); err != nil {
		return nil, err
	}
	return g.Store.Append(ctx, id, entries...)
}

// AppendUnless implements [casefile.Store].
func (g *guarded) AppendUnless(ctx context.Context, id string, news casefile.Query, entries ...casefile.Entry) ([]casefile.Event, error) {
	if err := g.write(ctx, id, entries); err != nil {
		return nil, err
	}
	return g.Store.AppendUnless(ctx, id, news, entries...)
}

// write refuses entries to who may not write them, and has who opens a case own it.
func (g *guarded) write(ctx context.Context, id string, entries []casefile.Entry) error {
	ctx, err := g.still(ctx)
	if err != nil {
		return err
	}
	caller, err := g.see(ctx, id)
	if errors.Is(err, casefile.ErrNoCase) && len(entries) > 0 && entries[0].Type == casefile.TypeOpened {
		err = g.open(ctx, caller, id, entries[0])
	} else if err == nil && !onlyTaken(entries) {
		err = changes(ctx, g.book, caller, id)
	}
	if err == nil {
		noteCase(ctx, id)
	}
	return err
}

// still looks up again who a job is done for: it began with their rights, and that may
// be hours ago.
func (g *guarded) still(ctx context.Context) (context.Context, error) {
	caller, known := account.CallerOf(ctx)
	if !known || caller.Job == "" {
		return ctx, nil
	}
	caller, err := g.book.Still(ctx, caller)
	if err == nil && !caller.May(account.Work) {
		err = fmt.Errorf("%w: %s", account.ErrForbidden, whyNot(caller, account.Work))
	}
	return account.As(ctx, caller), err
}

// changes refuses to change a case to who may only see it.
func changes(ctx context.Context, book *account.Book, caller account.Caller, id string) error {
	may, err := book.Changes(ctx, caller, id)
	if err == nil && !may {
		err = fmt.Errorf("%w: you may see case %s and not change it; its owner can let you", account.ErrForbidden, id)
	}
	return err
}

// onlyTaken reports whether entries say nothing but what somebody took out of a case:
// that is recorded of whoever may see it.
func onlyTaken(entries []casefile.Entry) bool {
	return !slices.ContainsFunc(entries, func(e casefile.Entry) bool { return e.Type != casefile.TypeExported })
}

// open makes the caller the owner of a case that is about to begin.
func (g *guarded) open(ctx context.Context, caller account.Caller, id string, first casefile.Entry) error {
	if caller.User.ID == "" {
		return account.ErrSignedOut
	}
	if _, err := g.Store.Head(ctx, id); err == nil {
		return fmt.Errorf("%w: %s", casefile.ErrExists, id)
	} else if !errors.Is(err, casefile.ErrNoCase) {
		return err
	}
	text, err := json.Marshal(first.Data)
	if err != nil {
		return err
	}
	var opened casefile.Opened
	if err := json.Unmarshal(text, &opened); err != nil {
		return fmt.Errorf("%w: %w", casefile.ErrInvalid, err)
	}
	if err := withinCeiling(caller, markOf(opened.TLP)); err != nil {
		return err
	}
	if before, err := g.book.Access(ctx, id); err != nil || before.Owner == caller.User.ID {
		return err // owned since it was asked for
	}
	return g.book.Own(ctx, caller, id, false)
}

// ofAccounts has a case owned from the moment it is asked for: it may be opened by a
// worker on another machine, after others.
func (s *service) ofAccounts() {
	if s.accounts == nil {
		return
	}
	s.jobs.opens = func(ctx context.Context, id, tlp string, restricted bool) error {
		caller, known := account.CallerOf(ctx)
		if !known {
			return account.ErrSignedOut
		}
		if err := withinCeiling(caller, markOf(tlp)); err != nil {
			return err
		}
		return s.accounts.Own(ctx, caller, id, restricted)
	}
}

// withinCeiling refuses to open what the caller could not see.
func withinCeiling(c account.Caller, mark marking.TLP) error {
	if mark.StricterThan(c.User.Ceiling) {
		return fmt.Errorf("%w: you see cases up to TLP:%s, and would not see this one, which is marked TLP:%s", account.ErrForbidden, c.User.Ceiling, mark)
	}
	return nil
}
