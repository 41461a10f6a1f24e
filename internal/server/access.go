package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
)

// A CaseAccess says who may see and change a case.
type CaseAccess struct {
	Case       string         `json:"case"`
	TLP        string         `json:"tlp" doc:"only who sees this marking sees the case, whoever else is named"`
	Owner      string         `json:"owner" doc:"name of who opened it, or was made its owner; empty for nobody"`
	Restricted bool           `json:"restricted" doc:"to the owner and the members; open to the team otherwise"`
	Members    []AccessMember `json:"members"`
	Changes    bool           `json:"changes" doc:"whether who asks may change the case"`
	Grants     bool           `json:"grants" doc:"whether who asks may say who sees it"`
}

// An AccessMember is somebody who sees a restricted case.
type AccessMember struct {
	User    string `json:"user" maxLength:"64" doc:"the name"`
	Changes bool   `json:"changes" doc:"and may change it, within their role"`
}

type accessInput struct {
	CaseName
	Body struct {
		Owner      string         `json:"owner" maxLength:"64" doc:"name; empty for nobody"`
		Restricted bool           `json:"restricted"`
		Members    []AccessMember `json:"members,omitempty" maxItems:"1000" doc:"of a restricted case"`
	}
}

// An AuditEntry is one line of the audit.
type AuditEntry struct {
	ID        int64         `json:"id"`
	At        casefile.Time `json:"at"`
	Actor     string        `json:"actor" doc:"name of the user; what was typed, for a sign-in that failed"`
	Via       string        `json:"via" doc:"session, token and its name, job and its ID, password, link, oidc or console"`
	Address   string        `json:"address"`
	Operation string        `json:"operation"`
	Case      string        `json:"case"`
	About     string        `json:"about" doc:"the user that it was about"`
	Outcome   string        `json:"outcome" enum:"done,refused,failed"`
	Detail    string        `json:"detail"`
}

type trailInput struct {
	Actor     string    `query:"actor" maxLength:"64"`
	Operation string    `query:"operation" maxLength:"64"`
	Case      string    `query:"case" maxLength:"200" doc:"its whole ID"`
	Outcome   string    `query:"outcome" enum:"done,refused,failed"`
	Since     time.Time `query:"since" doc:"RFC 3339"`
	Until     time.Time `query:"until" doc:"RFC 3339"`
	Page
}

// accessSet is the one operation that changes a case by who decides about it, and not
// by who may change it.
const accessSet = "access-set"

func (s *service) registerAccess(api huma.API) {
	own := func(op huma.Operation) huma.Operation {
		op.Metadata = map[string]any{ownAudit: true}
		op.Errors = []int{http.StatusForbidden, http.StatusNotFound}
		return op
	}
	register(api, own(get(account.Read, "access", "/cases/{case}/access", "Who may see and change a case", "")), func(ctx context.Context, in *CaseName) (CaseAccess, error) {
		b, caller, err := s.asked(ctx)
		if err != nil {
			return CaseAccess{}, err
		}
		id, err := s.resolve(ctx, in.Case)
		if err != nil {
			return CaseAccess{}, err
		}
		return s.accessOf(ctx, b, caller, id)
	})
	register(api, own(post(account.Work, accessSet, "/cases/{case}/access", "Say who may see and change a case",
		"For its owner. An admin may for every case, also for one they do not see themselves: whom they let in is in the audit.")), s.setAccess)
	register(api, own(get(account.Administer, "all-access", "/access", "Who may see and change each case",
		"Of all cases within the TLP ceiling of the admin who asks, also those that are restricted to others: their names and markings, and nothing of what is in them.")), s.allAccess)
	register(api, own(get(account.Administer, "trail", "/audit", "What was done, newest first",
		"Every sign-in, every one that failed, every change of users, tokens, access and cases over the API. It is only ever added to.")), s.trail)
}

func (s *service) accessOf(ctx context.Context, b *account.Book, caller account.Caller, id string) (CaseAccess, error) {
	a, err := b.Access(ctx, id)
	if err != nil {
		return CaseAccess{}, err
	}
	mark, err := marked(account.System(ctx), s.cases.Cases, id)
	if err != nil {
		return CaseAccess{}, err
	}
	users, err := b.Users(ctx)
	if err != nil {
		return CaseAccess{}, err
	}
	names := map[string]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	return shownAccess(a, string(mark), names, caller), nil
}

func shownAccess(a account.Access, tlp string, names map[string]string, caller account.Caller) CaseAccess {
	shown := CaseAccess{
		Case: a.Case, TLP: tlp, Owner: names[a.Owner], Restricted: a.Restricted, Members: []AccessMember{},
		Changes: a.Changes(caller.User) && caller.May(account.Work), Grants: a.MayGrant(caller),
	}
	for _, m := range a.Members {
		shown.Members = append(shown.Members, AccessMember{names[m.User], m.Changes})
	}
	return shown
}

func (s *service) setAccess(ctx context.Context, in *accessInput) (CaseAccess, error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return CaseAccess{}, err
	}
	id, err := s.resolve(overseeing(ctx, caller), in.Case)
	if err != nil {
		return CaseAccess{}, err
	}
	if hidden, err := s.aboveCeiling(ctx, caller, id); err != nil || hidden {
		return CaseAccess{}, errors.Join(casefile.ErrNoCase, err)
	}
	if before, err := b.Access(ctx, id); err != nil || !before.MayGrant(caller) {
		return CaseAccess{}, errors.Join(account.ErrForbidden, err)
	}
	a := account.Access{Case: id, Restricted: in.Body.Restricted}
	find := func(name string) (string, error) {
		u, err := b.UserNamed(ctx, name)
		if err != nil {
			return "", huma.Error422UnprocessableEntity("no user is called " + casefile.Printable(name))
		}
		return u.ID, nil
	}
	if in.Body.Owner != "" {
		if a.Owner, err = find(in.Body.Owner); err != nil {
			return CaseAccess{}, err
		}
	}
	for _, m := range in.Body.Members {
		user, err := find(m.User)
		if err != nil {
			return CaseAccess{}, err
		}
		a.Members = append(a.Members, account.Member{User: user, Changes: m.Changes})
	}
	if _, err := b.SetAccess(ctx, caller, a); err != nil {
		return CaseAccess{}, err
	}
	s.watch.stir(id)
	return s.accessOf(ctx, b, caller, id)
}

// overseeing is the context of who lets others in, and need not be in: an admin.
func overseeing(ctx context.Context, caller account.Caller) context.Context {
	if caller.May(account.Administer) {
		return account.System(ctx)
	}
	return ctx
}

// aboveCeiling reports whether a case is marked stricter than what a caller may
// know of at all, whatever their role.
func (s *service) aboveCeiling(ctx context.Context, caller account.Caller, id string) (bool, error) {
	mark, err := marked(account.System(ctx), s.cases.Cases, id)
	return mark.StricterThan(caller.User.Ceiling), err
}

func (s *service) allAccess(ctx context.Context, in *struct{ Page }) (list List[CaseAccess], err error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return list, err
	}
	all, err := s.cases.Cases.Cases(account.System(ctx))
	if err != nil {
		return list, err
	}
	var heads []casefile.Head
	for _, head := range all {
		hidden, err := s.aboveCeiling(ctx, caller, head.Case)
		if err != nil {
			return list, err
		}
		if !hidden {
			heads = append(heads, head)
		}
	}
	page, err := paged(heads, func(h casefile.Head) string { return h.Case }, in.Page)
	if err != nil {
		return list, err
	}
	list = List[CaseAccess]{Items: make([]CaseAccess, len(page.Items)), Total: page.Total, Next: page.Next}
	for i, head := range page.Items {
		if list.Items[i], err = s.accessOf(ctx, b, caller, head.Case); err != nil {
			return list, err
		}
	}
	return list, nil
}

// unnamed reports whether even the name of a case is kept from a caller. One that is
// no longer there is named.
func (s *service) unnamed(ctx context.Context, caller account.Caller, id string) bool {
	hidden, err := s.aboveCeiling(ctx, caller, id)
	return hidden && !errors.Is(err, casefile.ErrNoCase)
}

func (s *service) trail(ctx context.Context, in *trailInput) (list List[AuditEntry], err error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return list, err
	}
	if in.Case != "" && s.unnamed(ctx, caller, in.Case) {
		return List[AuditEntry]{Items: []AuditEntry{}}, nil
	}
	q := account.AuditQuery{
		Actor: in.Actor, Operation: in.Operation, Case: in.Case, Outcome: in.Outcome, Since: in.Since, Until: in.Until, Limit: in.Limit + 1,
	}
	if in.Cursor != "" { // an ID and no digest, as elsewhere: the list is too long to look for one
		if q.Before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || q.Before < 1 {
			return list, huma.Error410Gone("the cursor is none of this list: begin again without one")
		}
	}
	entries, total, err := b.Audit(ctx, q)
	list = List[AuditEntry]{Items: []AuditEntry{}, Total: total}
	for i, e := range entries {
		if i == in.Limit {
			list.Next = strconv.FormatInt(entries[i-1].ID, 10)
			break
		}
		if e.Case != "" && s.unnamed(ctx, caller, e.Case) {
			e.Case, e.Detail = "(above your ceiling)", ""
		}
		list.Items = append(list.Items, AuditEntry{
			e.ID, instant(e.At), casefile.Printable(e.Actor), casefile.Printable(e.Via), casefile.Printable(e.Address), e.Operation, e.Case, e.About, e.Outcome, casefile.Printable(e.Detail),
		})
	}
	return list, err
}
