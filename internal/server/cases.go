package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
)

// A CaseName names a case in a path. Exported, as all that is embedded in an
// input: huma cannot set what is not.
type CaseName struct {
	Case string `path:"case" maxLength:"200" doc:"the ID, or a beginning or end that only this case has"`
}

type casesInput struct {
	Page
	Query string `query:"q" maxLength:"8192" doc:"only cases whose ID or seeds hold this"`
}

type verifyInput struct {
	CaseName
	Head string `query:"head" maxLength:"128" doc:"head hash noted elsewhere, which the chain must hold"`
}

type verdictInput struct {
	CaseName
	Body struct {
		Verdict    string `json:"verdict" enum:"accepted,rejected"`
		Indicator  string `json:"indicator" maxLength:"8192"`
		Relation   string `json:"relation,omitempty" maxLength:"64" doc:"judge the value only as a link under this relation"`
		Reason     string `json:"reason" maxLength:"65536"`
		Everywhere bool   `json:"everywhere,omitempty" doc:"for every case, not only this one"`
	}
}

type noteInput struct {
	CaseName
	Body struct {
		Text  string `json:"text" minLength:"1" maxLength:"65536" doc:"kept as it stands; Markdown, if you like"`
		About string `json:"about,omitempty" maxLength:"8192" doc:"the indicator it is about"`
	}
}

func (s *service) registerCases(api huma.API) {
	register(api, get(account.Read, "cases", "/cases", "Every case, newest first", "With its state and its findings by band."), s.list)
	s.registerDocuments(api)
	s.registerLog(api)
	register(api, known(get(account.Read, "verify", "/cases/{case}/verify", "Check the chain of events and every raw answer", "")),
		func(ctx context.Context, in *verifyInput) (casefile.Verification, error) {
			id, err := s.resolve(ctx, in.Case)
			if err != nil {
				return casefile.Verification{}, err
			}
			return casefile.Verify(ctx, s.cases.Cases, id, in.Head)
		})
	s.registerAudit(api)
	judge := known(post(account.Work, "judge", "/cases/{case}/verdicts", "Accept or reject a finding, or reject a value as a link", "It counts at once in the document; the rest is weighed again when the case is continued."))
	judge.DefaultStatus = http.StatusCreated
	register(api, judge, s.judge)
	note := known(post(account.Work, "note", "/cases/{case}/notes", "Write a remark into the record", ""))
	note.DefaultStatus = http.StatusCreated
	register(api, note, s.note)
	sse.Register(api, s.streams.bounded(get(account.Read, "case-events", "/cases/{case}/events", "Follow a case", "Server-sent events: the head of the record at once, then with each change, whoever made it.")),
		map[string]any{"head": CaseHead{}, "gone": Gone{}}, s.followCase)
}

// known is an operation on a case, which may not be there.
func known(op huma.Operation) huma.Operation {
	op.Errors = []int{http.StatusNotFound}
	return op
}

// resolve finds the case of that name that is shown to who asks. An operation that
// changes it is refused to who may only see it.
func (s *service) resolve(ctx context.Context, name string) (string, error) {
	id, err := casefile.Resolve(ctx, s.cases.Cases, name)
	if err != nil {
		return "", err
	}
	noteCase(ctx, id)
	return id, s.mayChange(ctx, id)
}

// load returns the record of a case; its findings may be without factors and paths.
func (s *service) load(ctx context.Context, name string) (*casefile.Record, error) {
	id, err := s.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.docs.outlined(ctx, id)
}

func (s *service) list(ctx context.Context, in *casesInput) (List[casefile.Summary], error) {
	all, err := casefile.List(ctx, s.cases.Cases)
	if err != nil {
		return List[casefile.Summary]{}, err
	}
	slices.Reverse(all) // IDs begin with the day
	all = slices.DeleteFunc(all, func(c casefile.Summary) bool { return !mentions(c, in.Query) })
	return paged(all, func(c casefile.Summary) string { return c.ID }, in.Page)
}

// mentions reports whether the ID or a seed of a case holds a text. An indicator
// may be written defanged.
func mentions(c casefile.Summary, text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	exact := text
	if v, err := observable.Parse(text); err == nil {
		exact = v.Text()
	}
	return strings.Contains(c.ID, text) || slices.ContainsFunc(c.Seeds, func(s casefile.Seed) bool {
		return strings.Contains(s.Value, text) || s.Value == exact
	})
}

// document returns a case under the policy that counts.
func (s *service) document(ctx context.Context, in *CaseName) (casefile.Document, error) {
	id, err := s.resolve(ctx, in.Case)
	if err != nil {
		return casefile.Document{}, err
	}
	doc, err := s.docs.document(ctx, id, false)
	return doc.Document, err
}

func (s *service) judge(ctx context.Context, in *verdictInput) (casefile.Event, error) {
	if in.Body.Everywhere {
		if err := s.mustPart(ctx, partEverywhere); err != nil {
			return casefile.Event{}, err
		}
	}
	v, err := observable.Parse(in.Body.Indicator)
	if err != nil {
		return casefile.Event{}, err
	}
	verdict, err := investigation.NewVerdict(v, in.Body.Relation, in.Body.Reason, in.Body.Everywhere)
	if err != nil {
		return casefile.Event{}, err
	}
	return s.record(ctx, in.Case, casefile.Type(in.Body.Verdict), verdict)
}

func (s *service) note(ctx context.Context, in *noteInput) (casefile.Event, error) {
	about, err := about(in.Body.About)
	if err != nil {
		return casefile.Event{}, err
	}
	return s.record(ctx, in.Case, casefile.TypeNoted, casefile.Noted{Text: in.Body.Text, About: about})
}

// about reads what a note or a tag is about; nothing is the case.
func about(text string) (casefile.Value, error) {
	if text == "" {
		return casefile.Value{}, nil
	}
	v, err := observable.Parse(text)
	return casefile.ValueOf(v), err
}

func (s *service) record(ctx context.Context, name string, t casefile.Type, payload any) (casefile.Event, error) {
	id, err := s.resolve(ctx, name)
	if err != nil {
		return casefile.Event{}, err
	}
	e, err := s.cases.Record(ctx, id, t, payload)
	s.watch.wrote(id)
	return e, err
}

// CaseHead is the end of a case's record.
type CaseHead struct {
	Case   string `json:"case"`
	Events uint64 `json:"events"`
	Head   string `json:"head" doc:"hash of the last event"`
}

func (s *service) followCase(ctx context.Context, in *CaseName, send sse.Sender) {
	id, err := s.resolve(ctx, in.Case)
	if err != nil {
		_ = send.Data(Gone{err.Error()}) // it ends either way
		return
	}
	watched, leave := s.watch.follow(id)
	defer leave()
	var last casefile.Head
	sent := time.Time{}
	for {
		head, looked, changed, err := watched.now()
		if err != nil {
			_ = send.Data(Gone{err.Error()}) // it ends either way
			return
		}
		if looked && (head != last || time.Since(sent) >= s.beat) {
			if send.Data(CaseHead{id, head.Seq, head.Hash}) != nil {
				return
			}
			last, sent = head, time.Now()
		}
		if !s.wait(ctx, changed) {
			return
		}
		var in bool
		if ctx, in = s.still(ctx); !in {
			_ = send.Data(Gone{account.ErrSignedOut.Error()}) // it ends either way
			return
		}
		if _, err := s.resolve(ctx, id); err != nil {
			_ = send.Data(Gone{err.Error()}) // it ends either way
			return
		}
	}
}
