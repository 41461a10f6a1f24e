package server

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
)

// Deciding is the part of a [Core] that blocks and watches.
type Deciding interface {
	// Actions lists what is proposed or decided; with measure also whom blocks
	// would hit that nobody has measured yet.
	Actions(ctx context.Context, w *investigation.Workspace, id string, bands, kinds []string, measure bool) ([]Decision, error)
	Act(ctx context.Context, w *investigation.Workspace, id string, o Order) (Acted, error)
}

// A Decision is what is to be done, or was, about one value of a case.
type Decision struct {
	Kind    string          `json:"kind"`
	Value   string          `json:"value"`
	Action  casefile.Action `json:"action"`
	Changed bool            `json:"changed" doc:"by the order that this answers"`
	Why     string          `json:"why" doc:"of no change"`
}

// An Order says what is done with which actions: the arguments and flags of clew
// act. Without indicators, bands, kinds or all, propose and expire mean all they
// apply to, and the others nothing.
type Order struct {
	Verb       string   `json:"verb" enum:"propose,approve,apply,expire,revoke"`
	Indicators []string `json:"indicators,omitempty" maxItems:"10000" doc:"defanged or not"`
	Bands      []string `json:"bands,omitempty" maxItems:"3" doc:"all findings of these: high, medium, low"`
	Kinds      []string `json:"kinds,omitempty" maxItems:"64" doc:"all findings of these kinds"`
	All        bool     `json:"all,omitempty" doc:"all findings"`
	Reason     string   `json:"reason,omitempty" maxLength:"65536" doc:"needed to revoke, and to do other than the policy says"`
	Action     string   `json:"action,omitempty" enum:"block,monitor" doc:"other than the policy says"`
	Expires    string   `json:"expires,omitempty" maxLength:"16" doc:"how long it stands: 12h, 14d, 8w, 6mo, 1y or never; by kind when left out"`
	Approver   string   `json:"approver,omitempty" maxLength:"128" doc:"who decides, for the record; when left out, who runs the server"`
	// FourEyes refuses to approve what who decides proposed.
	FourEyes bool `json:"-"`
	DryRun   bool `json:"dry_run,omitempty" doc:"say what would be recorded, blast radius measured, and record nothing"`
}

// Acted is what became of an order.
type Acted struct {
	Actions  []Decision `json:"actions"`
	Changes  int        `json:"changes"`
	Recorded bool       `json:"recorded" doc:"false of a dry run"`
}

type actionsInput struct {
	CaseName
	Page
	Bands   []string `query:"band" maxItems:"3" doc:"high, medium, low"`
	Kinds   []string `query:"kind" maxItems:"64"`
	Measure bool     `query:"measure" doc:"count whom blocks would hit that were not measured yet"`
}

type orderInput struct {
	CaseName
	Body Order
}

func (s *service) registerActions(api huma.API) {
	list := get(account.Read, "actions", "/cases/{case}/actions", "What is proposed, approved and applied, and whom it would hit", "As clew act CASE list: first what waits for somebody.")
	list.Errors = []int{http.StatusNotFound}
	register(api, list, func(ctx context.Context, in *actionsInput) (List[Decision], error) {
		var rows []Decision
		err := s.inCase(ctx, in.Case, in.Measure, func(w *investigation.Workspace, id string) (err error) {
			rows, err = s.core.Actions(ctx, w, id, in.Bands, in.Kinds, in.Measure)
			return err
		})
		if err != nil {
			return List[Decision]{}, err
		}
		return paged(rows, func(d Decision) string { return d.Kind + " " + d.Value }, in.Page)
	})
	act := post(account.Act, "act", "/cases/{case}/actions", "Propose, approve, apply, expire or revoke", "As clew act. A block that would hit bystanders becomes a watch, with the figure. Done twice, it changes nothing.")
	act.Errors = []int{http.StatusNotFound}
	register(api, act, func(ctx context.Context, in *orderInput) (acted Acted, err error) {
		if err := s.decides(ctx, &in.Body); err != nil {
			return acted, err
		}
		measured := in.Body.Verb == "propose" || in.Body.Verb == "approve"
		err = s.inCase(ctx, in.Case, measured, func(w *investigation.Workspace, id string) (err error) {
			acted, err = s.core.Act(ctx, w, id, in.Body)
			return err
		})
		return acted, err
	})
}

// decides refuses to approve, or to take back what was, for who may not. Where there
// are accounts the record names who is signed in, and nobody else.
func (s *service) decides(ctx context.Context, o *Order) error {
	name := s.actor(ctx)
	if investigation.Assisted(ctx) {
		name += casefile.AssistantMark
		o.Approver = name
	}
	if s.accounts == nil {
		return nil
	}
	if o.Approver != "" && o.Approver != name {
		return Refused{fmt.Errorf("approver: the record names who is signed in, %s: leave it out", name)}
	}
	o.Approver = name
	o.FourEyes = !s.accounts.Rules().OwnApproval
	switch o.Verb {
	case partApprove.name:
		return s.mustPart(ctx, partApprove)
	case partRevoke.name:
		return s.mustPart(ctx, partRevoke)
	}
	return nil
}

// inCase resolves the name of a case, and lends the corpus where it is needed.
func (s *service) inCase(ctx context.Context, name string, corpus bool, do func(w *investigation.Workspace, id string) error) error {
	id, err := s.resolve(ctx, name)
	if err != nil {
		return err
	}
	if !corpus {
		return do(s.cases, id)
	}
	w, giveBack, err := s.shelf.lend()
	if err != nil {
		return err
	}
	defer giveBack()
	return do(w, id)
}
