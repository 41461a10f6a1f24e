package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/job"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/pivot"
)

// A Turn is a pivot of a case: from a seed or finding, by a method, on one value
// or on all that the method leads over.
type Turn struct {
	From   string `json:"from" maxLength:"8192" doc:"a seed or finding of the case, defanged or not"`
	Method string `json:"method" maxLength:"64"`
	Value  string `json:"value,omitempty" maxLength:"8192" doc:"the shared value; every value of the method when left out"`
	Kind   string `json:"kind,omitempty" maxLength:"64" doc:"of the value; follows from the method when left out"`
}

func (t Turn) expansion() (pivot.Expansion, error) {
	var from, on observable.Value
	var err error
	if t.From != "" {
		if from, err = observable.Parse(t.From); err != nil {
			return pivot.Expansion{}, err
		}
	}
	if t.Value != "" {
		if on, err = investigation.PivotValue(t.Method, t.Kind, t.Value); err != nil {
			return pivot.Expansion{}, err
		}
	}
	return investigation.NewExpansion(from, t.Method, on)
}

// Counts says what following pivots of a case would bring and cost.
type Counts struct {
	Kind      string       `json:"kind"`
	Value     string       `json:"value"`
	Points    []PointCount `json:"points"`
	Left      int          `json:"left" doc:"points that were not counted"`
	Questions []Question   `json:"questions" doc:"whom following all of them would ask, and what is disclosed; what is not asked has the reason"`
	Asked     int          `json:"asked" doc:"questions that would be asked"`
	Requests  int          `json:"requests" doc:"at least"`
	Credits   int          `json:"credits" doc:"at least"`
}

// PointCount is one pivot point, counted before it is followed.
type PointCount struct {
	Method   string           `json:"method"`
	Kind     string           `json:"kind" doc:"of the shared value"`
	Value    string           `json:"value"`
	Holders  *uint64          `json:"holders" doc:"how many hold it, as far as anybody counted; null when nobody did"`
	Counted  bool             `json:"counted" doc:"whether sharing and new are known before it is followed"`
	Sharing  int              `json:"sharing" doc:"others in the corpus that share it"`
	New      int              `json:"new" doc:"of them, not yet in the case"`
	More     bool             `json:"more" doc:"the corpus holds more than were counted"`
	Examples []casefile.Value `json:"examples" doc:"some of the new ones"`
	Expected float64          `json:"expected" doc:"bits, if shared"`
	State    string           `json:"state" enum:"not-asked,rejected" doc:"rejected ones can be followed all the same"`
	Reason   string           `json:"reason"`
	Asks     bool             `json:"asks" doc:"sources are asked about the value as well"`
	Summary  string           `json:"summary" doc:"in words"`
}

type countsInput struct {
	CaseName
	Asked
	Method string `query:"method" maxLength:"64" doc:"only this one"`
}

type turnInput struct {
	CaseName
	Body struct {
		Pivots  []Turn   `json:"pivots" minItems:"1" maxItems:"64"`
		Reason  string   `json:"reason,omitempty" maxLength:"65536"`
		Budget  []string `json:"budget,omitempty" maxItems:"64" doc:"requests at most, as of an investigation"`
		Offline bool     `json:"offline,omitempty" doc:"ask nobody"`
	}
}

type pivotDecision struct {
	CaseName
	Body struct {
		Pivot  Turn   `json:"pivot"`
		Reason string `json:"reason" maxLength:"65536"`
	}
}

func (s *service) registerByHand(api huma.API) {
	about := func(op huma.Operation) huma.Operation {
		op.Errors = []int{http.StatusNotFound, http.StatusConflict}
		return op
	}
	register(api, about(get(account.Read, "counts", "/cases/{case}/expand", "What following pivots from an indicator would bring, counted before", "How many share each value and how many of them are new; whom it would ask, at what cost. It asks nobody.")), s.counts)
	turn := about(post(account.Work, "turn", "/cases/{case}/pivots", "Follow pivots by hand", "One hop from seeds or findings, whatever the rank of the pivots, as a run with events. It waits for its turn when the case has a run already. Each can be undone: expansions of the document have its event."))
	turn.DefaultStatus = http.StatusAccepted
	turn.Errors = append(turn.Errors, http.StatusTooManyRequests)
	register(api, turn, s.turn)
	reject := about(post(account.Work, "reject-pivot", "/cases/{case}/pivots/reject", "Reject a pivot point", "It is not followed in this case from wherever it is reached, and what came only through it is no longer in the findings."))
	reject.DefaultStatus = http.StatusCreated
	register(api, reject, s.rejectPivot)
	reopen := about(post(account.Work, "reopen-pivot", "/cases/{case}/pivots/reopen", "Reopen a pivot point that was rejected by hand", "What the engine rejected is followed by hand instead."))
	reopen.DefaultStatus = http.StatusCreated
	register(api, reopen, s.reopenPivot)
}

func (s *service) counts(ctx context.Context, in *countsInput) (counts Counts, err error) {
	id, err := s.resolve(ctx, in.Case)
	if err != nil {
		return counts, err
	}
	err = s.withValue(in.Indicator, func(w *investigation.Workspace, v observable.Value) error {
		counts, err = CountsOf(ctx, s.core, w, id, pivot.Expansion{From: v, Method: in.Method})
		return err
	})
	return counts, err
}

// CountsOf says what following pivots of a case would bring and cost: those of
// one method, or of every method where none is named. It asks nobody.
func CountsOf(ctx context.Context, c Core, w *investigation.Workspace, id string, x pivot.Expansion) (Counts, error) {
	counts := Counts{Kind: x.From.Kind().String(), Value: x.From.Text(), Points: []PointCount{}, Questions: []Question{}}
	var method *pivot.Method
	if x.Method != "" {
		m, known := pivot.MethodNamed(x.Method)
		if !known {
			return counts, fmt.Errorf("%w: %q is no pivot method", investigation.ErrByHand, casefile.Printable(x.Method))
		}
		method = &m
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return counts, err
	}
	points, left, err := w.Counts(ctx, record, x.From, method)
	if err != nil {
		return counts, err
	}
	counts.Left = left
	var values []observable.Value
	for _, p := range points {
		if !x.Value.IsZero() && p.Value != x.Value {
			continue
		}
		counts.Points = append(counts.Points, pointCount(p.Preview))
		for _, v := range p.AsksAbout {
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	questions, err := c.WouldAsk(ctx, w, Ask{PAP: papOf(ctx, c, record)}, values)
	if err != nil {
		return counts, err
	}
	counts.add(questions, record.Asked())
	return counts, nil
}

// add fills in the questions; what the case has an answer to is not asked again.
func (counts *Counts) add(questions []Question, asked map[casefile.Question]casefile.Asked) {
	for _, q := range questions {
		before, known := asked[casefile.Question{Source: q.Source, About: casefile.Value{Kind: q.Kind, Value: q.Value}}]
		if known && before.Settled() && q.Asked {
			q.Asked, q.Learns, q.Requests, q.Credits, q.Reason = false, "", 0, 0, "the case has its answer: "+before.State
		}
		if q.Asked {
			counts.Asked, counts.Requests, counts.Credits = counts.Asked+1, counts.Requests+q.Requests, counts.Credits+q.Credits
		}
		counts.Questions = append(counts.Questions, q)
	}
}

func pointCount(p pivot.Preview) PointCount {
	point := casefile.PivotOf(p.Point)
	c := PointCount{
		Method: point.Method, Kind: point.Kind, Value: point.Value, Holders: point.Holders, Counted: p.Counted, Sharing: p.Sharing, New: p.New,
		More: p.More, Examples: []casefile.Value{}, Expected: point.Expected, State: point.State, Reason: point.Reason, Asks: p.Asks,
	}
	for _, v := range p.Examples {
		c.Examples = append(c.Examples, casefile.ValueOf(v))
	}
	least := ""
	if p.More {
		least = "at least "
	}
	switch {
	case p.Counted:
		c.Summary = fmt.Sprintf("%s%d share this; %d new", least, p.Sharing, p.New)
	case p.HoldersKnown:
		c.Summary = fmt.Sprintf("%d hold this", p.Holders)
	default:
		c.Summary = "not counted before it is followed"
	}
	return c
}

func (s *service) turn(ctx context.Context, in *turnInput) (Run, error) {
	record, err := s.load(ctx, in.Case)
	if err != nil {
		return Run{}, err
	}
	id := record.Head.Case
	underWay, err := s.jobs.underWay(ctx, id)
	if err != nil {
		return Run{}, err
	}
	for _, t := range in.Body.Pivots {
		x, err := t.expansion()
		if err != nil {
			return Run{}, err
		}
		if !record.Holds(x.From) && !underWay { // a run under way may find it yet
			return Run{}, fmt.Errorf("%w: %s is neither a seed nor a finding of case %s", investigation.ErrByHand, x.From.Defang(), id)
		}
	}
	run := Run{Case: id, Pivots: in.Body.Pivots}
	for _, seed := range record.Opened.Seeds {
		run.Seeds = append(run.Seeds, casefile.Value{Kind: seed.Kind, Value: seed.Value})
	}
	ask := Ask{Case: id, Budget: in.Body.Budget, Offline: in.Body.Offline, PAP: papOf(ctx, s.core, record)}
	return asRun(s.jobs.add(ctx, job.New{Kind: kindPivots, Case: id, Doc: newRun(run)}, order{Ask: ask, Pivots: in.Body.Pivots, Reason: in.Body.Reason}))
}

// papOf is how visible a lookup for a pivot by hand may be: as the case says. For an
// assistant what the server was started with holds as well.
func papOf(ctx context.Context, c Core, record *casefile.Record) string {
	if started := c.Status().Defaults.PAP; investigation.Assisted(ctx) && stricterPAP(started, record.PAP) {
		return started
	}
	return record.PAP
}

func stricterPAP(a, b string) bool {
	one, err := marking.ParsePAP(a)
	if err != nil {
		return false // names none
	}
	other, err := marking.ParsePAP(b)
	return err != nil || one < other
}

func (s *service) rejectPivot(ctx context.Context, in *pivotDecision) (casefile.Event, error) {
	x, err := in.Body.Pivot.expansion()
	if err != nil {
		return casefile.Event{}, err
	}
	rejected, err := investigation.NewPivotRejection(x, in.Body.Reason)
	if err != nil {
		return casefile.Event{}, err
	}
	return s.decide(ctx, in.Case, casefile.TypePivotRejected, rejected)
}

func (s *service) reopenPivot(ctx context.Context, in *pivotDecision) (casefile.Event, error) {
	x, err := in.Body.Pivot.expansion()
	if err != nil {
		return casefile.Event{}, err
	}
	id, err := s.resolve(ctx, in.Case)
	if err != nil {
		return casefile.Event{}, err
	}
	reopened, err := s.cases.NewPivotReopening(ctx, id, x, in.Body.Reason)
	if err != nil {
		return casefile.Event{}, err
	}
	return s.decide(ctx, id, casefile.TypeReopened, reopened)
}
