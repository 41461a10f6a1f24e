package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clew/internal/marking"
)

// mostMembers bounds who a case is shared with by name.
const mostMembers = 1000

// Sees reports whether a caller may see a case with a marking. What they may not
// see is not there for them.
func (b *Book) Sees(ctx context.Context, c Caller, id string, tlp marking.TLP) (bool, error) {
	if c.system {
		return true, nil
	}
	all, err := b.accessOf(ctx)
	return err == nil && all[id].Sees(c.User, tlp), err
}

// Access returns who may see and change a case.
func (b *Book) Access(ctx context.Context, id string) (Access, error) { return b.store.Access(ctx, id) }

// Changes reports whether a caller may change a case that they see, as far as
// their role goes.
func (b *Book) Changes(ctx context.Context, c Caller, id string) (bool, error) {
	if c.system {
		return true, nil
	}
	all, err := b.accessOf(ctx)
	return err == nil && all[id].Changes(c.User), err
}

// Own makes a caller the owner of a case that is about to be opened. It comes
// first: a case that should be restricted is never open for a moment.
func (b *Book) Own(ctx context.Context, c Caller, id string, restricted bool) error {
	if c.system {
		return nil
	}
	e := c.entry("case-open")
	e.Case = id
	return b.change(ctx, &e, func(tx Tx) error {
		return tx.PutAccess(ctx, Access{Case: id, Owner: c.User.ID, Restricted: restricted})
	})
}

// MayGrant reports whether a caller decides who sees a case: its owner does, and
// who administers. The latter need not see it, and what they do is in the audit.
func (a Access) MayGrant(c Caller) bool {
	return c.May(Administer) || a.Owner != "" && a.Owner == c.User.ID
}

// SetAccess says who may see and change a case.
func (b *Book) SetAccess(ctx context.Context, by Caller, a Access) (Access, error) {
	e := by.entry("access")
	e.Case = a.Case
	if len(a.Members) > mostMembers {
		return a, fmt.Errorf("%w: %d members are more than %d: open the case to the team", ErrInvalid, len(a.Members), mostMembers)
	}
	err := b.change(ctx, &e, func(tx Tx) error {
		before, err := tx.Access(ctx, a.Case)
		if err != nil {
			return err
		}
		if !before.MayGrant(by) {
			return fmt.Errorf("%w: who sees a case is for its owner or an admin to say", ErrForbidden)
		}
		if !a.Restricted && len(a.Members) > 0 {
			return fmt.Errorf("%w: a case that is open to the team has no members", ErrInvalid)
		}
		names := map[string]string{}
		for _, id := range append([]string{a.Owner}, ids(a.Members)...) {
			if id == "" {
				continue
			}
			u, err := tx.User(ctx, id)
			if err != nil {
				return err
			}
			names[id] = u.Name
		}
		if a.Restricted && a.Owner == "" && len(a.Members) == 0 {
			return fmt.Errorf("%w: nobody could see the case: name an owner or members", ErrInvalid)
		}
		slices.SortFunc(a.Members, func(x, y Member) int { return strings.Compare(x.User, y.User) })
		a.Members = slices.CompactFunc(a.Members, func(x, y Member) bool { return x.User == y.User })
		e.Detail = a.words(names)
		return tx.PutAccess(ctx, a)
	})
	return a, err
}

func ids(members []Member) []string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = m.User
	}
	return list
}

func (a Access) words(names map[string]string) string {
	said := "open to the team"
	if a.Restricted {
		said = "restricted"
	}
	if a.Owner != "" {
		said += ", of " + names[a.Owner]
	}
	for _, m := range a.Members {
		said += ", " + names[m.User]
		if m.Changes {
			said += " (changes)"
		}
	}
	return said
}
