package server

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/ingest/mapped"
)

// An operation declares one permission. What follows is for those of which a part
// needs another one. Without accounts everything is allowed.

// must refuses what needs a permission that the caller has not.
func (s *service) must(ctx context.Context, needs account.Permission, what string) error {
	if s.accounts == nil {
		return nil
	}
	if !s.has(ctx, needs) {
		return huma.Error403Forbidden(fmt.Sprintf("%s: that needs the permission to %s", what, needs))
	}
	v := visitOf(ctx)
	v.needs = append(v.needs, needs)
	return nil
}

// has reports whether who asks has a permission.
func (s *service) has(ctx context.Context, needs account.Permission) bool {
	if s.accounts == nil {
		return true
	}
	caller, known := account.CallerOf(ctx)
	return known && caller.May(needs)
}

// mayRead refuses paths of this machine that lie outside the folders for everybody:
// whoever could name any file could read what is none of the team's business. An
// admin may name any.
func (s *service) mayRead(ctx context.Context, paths ...string) error {
	for _, path := range paths {
		if path == "" || s.within(path) {
			continue
		}
		if err := s.must(ctx, account.Administer, "reading "+casefile.Printable(path)+" of the server's machine, which is in none of its folders for everybody (accounts: folders)"); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a path leads into one of the folders, links followed.
func (s *service) within(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for _, folder := range s.folders {
		top, err := filepath.EvalSymlinks(folder)
		if err != nil {
			continue
		}
		if below, err := filepath.Rel(top, real); err == nil && below != ".." && !strings.HasPrefix(below, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// mayMap refuses a mapping of an import that is a file of this machine.
func (s *service) mayMap(ctx context.Context, h ImportHow) error {
	if h.Mapping == "" || slices.Contains(mapped.Names(), h.Mapping) {
		return nil
	}
	return s.mayRead(ctx, h.Mapping)
}

// actor is whom records name for what a request does.
func (s *service) actor(ctx context.Context) string {
	if caller, known := account.CallerOf(ctx); known && s.accounts != nil {
		return caller.User.Name
	}
	return s.core.Status().Actor
}

// shows reports whether work about a case, or about none yet, is shown to who asks:
// the case decides, and before there is one only who began the work sees it, and
// who administers.
func (s *service) shows(ctx context.Context, id, by string) bool {
	if s.accounts == nil {
		return true
	}
	if id != "" {
		_, err := s.cases.Cases.Head(ctx, id)
		return err == nil
	}
	caller, known := account.CallerOf(ctx)
	return known && (caller.User.Name == by || caller.May(account.Administer))
}

// showsRun is shows for a run. An import is of the corpus, which is everybody's.
func (s *service) showsRun(ctx context.Context, r Run) bool {
	return r.Import != nil || s.shows(ctx, r.Case, r.Actor)
}

// mayChange refuses an operation that changes a case to who may only see it.
func (s *service) mayChange(ctx context.Context, id string) error {
	if s.accounts == nil || !visitOf(ctx).writes {
		return nil
	}
	caller, known := account.CallerOf(ctx)
	if !known {
		return account.ErrSignedOut
	}
	return changes(ctx, s.accounts, caller, id)
}

// mayStop refuses to end the work on a case for who may not change it.
func (s *service) mayStop(ctx context.Context, id, by string) error {
	caller, known := account.CallerOf(ctx)
	if s.accounts == nil || known && caller.User.Name == by || id == "" {
		return nil
	}
	return changes(ctx, s.accounts, caller, id)
}

// still looks again who asks, for what goes on for longer than a request: false
// means that they have been signed out since.
func (s *service) still(ctx context.Context) (context.Context, bool) {
	if s.accounts == nil {
		return ctx, true
	}
	caller, known := account.CallerOf(ctx)
	if !known {
		return ctx, false
	}
	now, err := s.accounts.Still(ctx, caller)
	return asCaller(ctx, now), err == nil && now.May(account.Read)
}
