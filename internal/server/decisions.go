package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/job"
)

type tagInput struct {
	CaseName
	Body struct {
		Add    []string `json:"add,omitempty" maxItems:"64"`
		Remove []string `json:"remove,omitempty" maxItems:"64"`
		About  string   `json:"about,omitempty" maxLength:"8192" doc:"the indicator it is about; the case when left out"`
	}
}

type undoInput struct {
	CaseName
	Body struct {
		Seq    uint64 `json:"seq" minimum:"1" doc:"of the event that is taken back"`
		Reason string `json:"reason,omitempty" maxLength:"65536"`
	}
}

type whyInput struct {
	CaseName
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"65536"`
	}
}

func (s *service) registerDecisions(api huma.API) {
	decision := func(id, path, summary, text string) huma.Operation {
		op := post(account.Work, id, "/cases/{case}"+path, summary, text)
		op.Errors = []int{http.StatusNotFound, http.StatusConflict}
		op.DefaultStatus = http.StatusCreated
		return op
	}
	register(api, decision("tag", "/tags", "Put tags on a case or on a value of it, and take others off", ""), func(ctx context.Context, in *tagInput) (casefile.Event, error) {
		about, err := about(in.Body.About)
		if err != nil {
			return casefile.Event{}, err
		}
		tagged, err := investigation.NewTags(about, in.Body.Add, in.Body.Remove)
		if err != nil {
			return casefile.Event{}, err
		}
		return s.record(ctx, in.Case, casefile.TypeTagged, tagged)
	})
	register(api, decision("undo", "/undo", "Take back a decision",
		"A verdict, a note, tags, an expansion (rolls it back: what came only through it leaves the findings), a rejected pivot, a closing, or an undoing. The record keeps both events."), s.undo)
	register(api, decision("weigh", "/weigh", "Weigh the case again", "From what the last run read, with the verdicts given since. It asks nobody."),
		func(ctx context.Context, in *CaseName) (CaseHead, error) {
			id, err := s.resolve(ctx, in.Case)
			if err != nil {
				return CaseHead{}, err
			}
			if underWay, err := s.jobs.underWay(ctx, id); err != nil {
				return CaseHead{}, err
			} else if underWay {
				return CaseHead{}, job.ErrBusy
			}
			if err := s.withCorpus(func(w *investigation.Workspace) error {
				_, err := w.Reweigh(ctx, id)
				return err
			}); err != nil {
				return CaseHead{}, err
			}
			head, err := s.cases.Cases.Head(ctx, id)
			return CaseHead{id, head.Seq, head.Hash}, err
		})
	register(api, decision("close", "/close", "Close a case", "Nothing more is to be done about it. A further run, and reopening it, opens it again."),
		func(ctx context.Context, in *whyInput) (casefile.Event, error) {
			return s.record(ctx, in.Case, casefile.TypeClosed, casefile.Closed{Reason: in.Body.Reason})
		})
	register(api, decision("reopen", "/reopen", "Reopen a case", ""), func(ctx context.Context, in *whyInput) (casefile.Event, error) {
		return s.record(ctx, in.Case, casefile.TypeReopened, casefile.Reopened{Reason: in.Body.Reason, Tool: s.cases.Version})
	})
}

func (s *service) undo(ctx context.Context, in *undoInput) (e casefile.Event, err error) {
	id, err := s.resolve(ctx, in.Case)
	if err != nil {
		return e, err
	}
	underWay, err := s.jobs.underWay(ctx, id)
	if err != nil {
		return e, err
	}
	err = s.withCorpus(func(w *investigation.Workspace) error {
		e, err = w.Undo(ctx, id, in.Body.Seq, in.Body.Reason, underWay)
		return err
	})
	s.watch.wrote(id)
	return e, err
}

// decide records what findings depend on, and weighs them again.
func (s *service) decide(ctx context.Context, name string, t casefile.Type, payload any) (e casefile.Event, err error) {
	id, err := s.resolve(ctx, name)
	if err != nil {
		return e, err
	}
	underWay, err := s.jobs.underWay(ctx, id)
	if err != nil {
		return e, err
	}
	err = s.withCorpus(func(w *investigation.Workspace) error {
		e, err = w.Decide(ctx, id, t, payload, underWay)
		return err
	})
	s.watch.wrote(id)
	return e, err
}

func (s *service) withCorpus(do func(*investigation.Workspace) error) error {
	w, giveBack, err := s.shelf.lend()
	if err != nil {
		return err
	}
	defer giveBack()
	return do(w)
}
