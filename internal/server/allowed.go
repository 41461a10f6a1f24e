package server

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
)

// Allowed is what somebody may do, so that nothing is offered to them that would be
// refused. What counts is decided again with each request.
type Allowed struct {
	Operations []string `json:"operations" doc:"IDs of the operations that who asks may do"`
	Parts      []string `json:"parts" enum:"approve,revoke,judge everywhere,take trusted" doc:"what of act, judge and take needs more than the operation, and who asks may do too"`
}

// CaseAllowed is what somebody may do about a case.
type CaseAllowed struct {
	Case    string `json:"case"`
	Changes bool   `json:"changes" doc:"whether the case may be changed by who asks, as far as their role goes"`
	Allowed
}

// A part of an operation needs another permission than the operation.
type part struct {
	name  string
	needs account.Permission
	what  string // for who is refused
}

var (
	partApprove    = part{"approve", account.Approve, "approve"}
	partRevoke     = part{"revoke", account.Approve, "revoke"}
	partEverywhere = part{"judge everywhere", account.Approve, "a verdict that counts for every case"}
	partTrusted    = part{"take trusted", account.Approve, "trusting what a bundle approved"}
)

var parts = []part{partApprove, partRevoke, partEverywhere, partTrusted}

// mustPart refuses a part of an operation that the caller may not do.
func (s *service) mustPart(ctx context.Context, p part) error { return s.must(ctx, p.needs, p.what) }

func (s *service) registerAllowed(api huma.API) {
	op := get(account.Read, "may", "/cases/{case}/may", "What who asks may do about a case",
		"What of the operations about a case, and of those that name one, would not be refused. Without accounts: all of them.")
	op.Errors = []int{http.StatusNotFound}
	register(api, op, func(ctx context.Context, in *CaseName) (CaseAllowed, error) {
		id, err := s.resolve(ctx, in.Case)
		if err != nil {
			return CaseAllowed{}, err
		}
		return s.allowedIn(ctx, id)
	})
}

// allowed is what who asks may do where no case says otherwise.
func (s *service) allowed(ctx context.Context) Allowed {
	return s.allow(ctx, func(Route) bool { return true })
}

func (s *service) allow(ctx context.Context, that func(Route) bool) Allowed {
	a := Allowed{Operations: []string{}, Parts: []string{}}
	for _, way := range s.ways {
		if way.Operation != way.Pattern && s.has(ctx, way.Needs) && that(way) {
			a.Operations = append(a.Operations, way.Operation)
		}
	}
	slices.Sort(a.Operations)
	for _, p := range parts {
		if s.has(ctx, p.needs) {
			a.Parts = append(a.Parts, p.name)
		}
	}
	return a
}

// allowedIn is what who asks may do about a case that they see.
func (s *service) allowedIn(ctx context.Context, id string) (CaseAllowed, error) {
	grants, changes := true, true
	if s.accounts != nil {
		caller, _ := account.CallerOf(ctx)
		access, err := s.accounts.Access(ctx, id)
		if err != nil {
			return CaseAllowed{}, err
		}
		grants, changes = access.MayGrant(caller), access.Changes(caller.User)
	}
	a := s.allow(ctx, func(w Route) bool {
		if w.Operation == accessSet {
			return grants
		}
		return changes || !w.logged()
	})
	if !changes {
		a.Parts = []string{}
	}
	return CaseAllowed{id, changes, a}, nil
}
