package casefile

import (
	"context"
	"slices"
	"time"

	"clew/internal/source"
)

// The states of a case.
const (
	StateOpen        = "open"        // a run is under way, or ended without a word
	StateComplete    = "complete"    // the last run did all it wanted to
	StateInterrupted = "interrupted" // the last run was stopped and can be continued
	StateClosed      = "closed"      // somebody closed it
)

// A Record is a case read whole: its events, and what they add up to.
type Record struct {
	Head     Head
	Events   []Event
	Opened   Opened
	State    string
	PAP      string // as last set
	Limits   Limits // as last set
	Tool     string // version that last worked on the case
	Findings []Finding

	asked       []Asked // in order of time, repeats included
	verdicts    []verdict
	notes       []Note
	sighted     []Sighted
	sightedAt   map[sightedIn]int // index into sighted of the last that counts
	searches    []Search
	acted       []Acted
	pivots      []Pivot
	pivotAt     map[PivotName]int // index into pivots
	newRun      bool              // the points of the last one are complete
	disclosures int
	exported    []Exported
	changed     time.Time // what was told to others changes nothing of the case
	finished    *Finished
	found       *Found
	read        *Read
	described   Described
	escalations []Escalation
	undone      map[uint64]uint64 // by which event, the events that do not count
	tags        map[Value][]string
	expansions  []Expansion
	refused     map[pivotKey]refusal
	closed      bool
}

type verdict struct {
	Verdict
	accepted bool
	seq      uint64
}

// Load reads a case and adds it up. Events of types it does not know count in
// the head and the log only.
func Load(ctx context.Context, r Reader, id string) (*Record, error) {
	return new(Memory).Load(ctx, r, id)
}

// sum adds up events; findings are not read.
func sum(head Head, events []Event) (*Record, error) {
	undone, err := undoneBy(events)
	if err != nil {
		return nil, err
	}
	r := &Record{Head: head, Events: events, undone: undone}
	for _, e := range events {
		if err := r.add(e); err != nil {
			return nil, err
		}
	}
	if r.closed {
		r.State = StateClosed
	}
	return r, nil
}

// After returns what the record adds up to with further entries, without
// findings. It writes nothing.
func (r *Record) After(entries ...Entry) (*Record, error) {
	if len(entries) == 0 {
		return sum(r.Head, r.Events)
	}
	events, err := Seal(r.Head.Case, r.Head, entries)
	if err != nil {
		return nil, err
	}
	return sum(r.Head.Next(events), slices.Concat(r.Events, events))
}

// add takes one event into the sum.
func (r *Record) add(e Event) error {
	if r.undone[e.Seq] != 0 && e.Type != TypeExpanded { // one that was rolled back is listed
		return nil
	}
	var err error
	switch e.Type {
	case TypeOpened:
		err = e.Decode(&r.Opened)
		r.State, r.PAP, r.Limits, r.Tool = StateOpen, r.Opened.PAP, r.Opened.Limits, r.Opened.Tool
	case TypeReopened:
		err = r.reopen(e)
	case TypeAsked:
		r.asked, err = appended(r.asked, e)
	case TypeDisclosed:
		var d *Disclosed
		if d, err = decoded[Disclosed](e); err == nil && !d.Own {
			r.disclosures++
		}
	case TypePivoted:
		err = r.pivot(e)
	case TypeRead:
		r.read, err = decoded[Read](e)
	case TypeFound:
		r.found, err = decoded[Found](e)
	case TypeFinished:
		if r.finished, err = decoded[Finished](e); err == nil {
			r.State, r.newRun = r.finished.State, true
		}
	case TypeDescribed:
		var d *Described
		if d, err = decoded[Described](e); err == nil {
			r.described = *d
		}
	case TypeAccepted, TypeRejected:
		var v *Verdict
		if v, err = decoded[Verdict](e); err == nil {
			r.verdicts = append(r.verdicts, verdict{*v, e.Type == TypeAccepted, e.Seq})
		}
	case TypeNoted:
		var n *Noted
		if n, err = decoded[Noted](e); err == nil {
			r.notes = append(r.notes, Note{e.Seq, timeOf(e.At()), e.Actor, n.About.Kind, n.About.Value, n.Text})
		}
	case TypeSighted:
		err = r.sight(e)
	case TypeSearched:
		var searched *Searched
		if searched, err = decoded[Searched](e); err == nil {
			r.searches = append(r.searches, Search{timeOf(e.At()), e.Actor, *searched})
		}
	case TypeActed:
		err = r.act(e)
	case TypeEscalated:
		err = r.escalate(e)
	case TypeDelivered:
		err = r.deliver(e)
	case TypeTagged:
		err = r.tag(e)
	case TypeExpanded:
		err = r.expand(e)
	case TypePivotRejected:
		err = r.refusePivot(e)
	case TypeExported:
		err = r.export(e)
	case TypeClosed:
		r.closed = true
	}
	if e.Type != TypeExported && e.Type != TypeDisclosed {
		r.changed = e.At()
	}
	return err
}

func (r *Record) reopen(e Event) error {
	reopened, err := decoded[Reopened](e)
	if err != nil {
		return err
	}
	if reopened.Pivot != nil {
		key, _ := ofMethod(reopened.Pivot.Method, reopened.Pivot.On)
		delete(r.refused, key)
		return nil
	}
	r.closed = false
	if reopened.Limits == nil {
		return nil // by hand: what the last run came to stands
	}
	r.State, r.newRun = StateOpen, true
	if reopened.Limits != nil {
		r.Limits = *reopened.Limits
	}
	if reopened.PAP != "" {
		r.PAP = reopened.PAP
	}
	if reopened.Tool != "" {
		r.Tool = reopened.Tool
	}
	return nil
}

// pivot keeps the last word on each pivot point of the last run, in the order
// they first came up.
func (r *Record) pivot(e Event) error {
	p, err := decoded[Pivot](e)
	if err != nil {
		return err
	}
	if r.newRun {
		r.pivots, r.pivotAt, r.newRun = nil, nil, false
	}
	if r.pivotAt == nil {
		r.pivotAt = map[PivotName]int{}
	}
	name := PivotName{Value{p.FromKind, p.From}, p.Method, Value{p.Kind, p.Value}}
	if i, known := r.pivotAt[name]; known {
		r.pivots[i] = *p
		return nil
	}
	r.pivotAt[name] = len(r.pivots)
	r.pivots = append(r.pivots, *p)
	return nil
}

func decoded[T any](e Event) (*T, error) {
	payload := new(T)
	return payload, e.Decode(payload)
}

func appended[T any](list []T, e Event) ([]T, error) {
	payload, err := decoded[T](e)
	return append(list, *payload), err
}

// sightedIn is a value and where it was looked for.
type sightedIn struct {
	about Value
	where string
}

// sight adds what a search said. Who searches the same place again sees the same
// sightings again: they count once.
func (r *Record) sight(e Event) (err error) {
	if r.sighted, err = appended(r.sighted, e); err != nil {
		return err
	}
	last := len(r.sighted) - 1
	if r.sighted[last].Count == 0 {
		return nil
	}
	in := sightedIn{r.sighted[last].About, r.sighted[last].Where}
	if before, again := r.sightedAt[in]; again {
		r.sighted[before].Count = 0
	}
	if r.sightedAt == nil {
		r.sightedAt = map[sightedIn]int{}
	}
	r.sightedAt[in] = last
	return nil
}

// overlay lays what came after the last run over its findings: verdicts,
// sightings and actions count at once, not only from the next run on.
func (r *Record) overlay() {
	byValue := map[Value]*Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		byValue[Value{f.Kind, f.Value}] = f
	}
	last := map[Value]verdict{}
	for _, v := range r.verdicts {
		if v.Relation == "" {
			last[v.About] = v
		}
	}
	for about, v := range last {
		if f := byValue[about]; f != nil {
			f.judge(v)
		}
	}
	for about, tags := range r.tags {
		if f := byValue[about]; f != nil && len(tags) > 0 {
			f.Tags = tags
		}
	}
	for _, s := range r.sighted {
		if f := byValue[s.About]; f != nil {
			f.Validation.add(s)
		}
	}
	for i := range r.Findings {
		r.Findings[i].Action = bandAction(r.Findings[i])
	}
	for _, a := range r.acted {
		if f := byValue[a.About]; f != nil {
			f.Action = a.Action
		}
	}
}

// rejectedP is the probability of what the analyst rejected (confidence.md section 4).
const rejectedP = 0.001

func (f *Finding) judge(v verdict) {
	f.Reason, f.VerdictSeq = v.Reason, v.seq
	if v.accepted {
		f.Verdict = string(TypeAccepted)
		return
	}
	f.Verdict = string(TypeRejected)
	f.P, f.Confidence, f.Band = rejectedP, percent(rejectedP), "coincidence"
}

// validationRank orders the states: what was seen once stays seen.
var validationRank = []string{NotChecked, NoHit, HitOutside, Hit}

func (v *Validation) add(s Sighted) {
	if slices.Index(validationRank, s.State) > slices.Index(validationRank, v.State) {
		v.State = s.State
	}
	v.Sightings += s.Count
	v.Note = s.Note
	if s.State != Hit && s.State != HitOutside {
		return
	}
	if !s.First.IsZero() && (v.First.IsZero() || s.First.Before(v.First.Time)) {
		v.First = s.First
	}
	if s.Last.After(v.Last.Time) {
		v.Last = s.Last
	}
	if i := slices.Index(contacts, s.Contact); i >= 0 && i < contactRank(v.Contact) {
		v.Contact = s.Contact
	}
	for _, a := range s.Assets {
		if !slices.Contains(v.Assets, a) {
			v.Assets = append(v.Assets, a)
		}
	}
}

// contacts are who turned to whom, what our own machines did first.
var contacts = []string{"outbound", "present", "lookup", "inbound", "scan"}

func contactRank(contact string) int {
	if i := slices.Index(contacts, contact); i >= 0 {
		return i
	}
	return len(contacts)
}

// Asked returns how each question to a source last ended, so that a continued
// run asks nothing twice. Whether an outcome is worth asking again is the
// caller's to say.
func (r *Record) Asked() map[Question]Asked {
	last := make(map[Question]Asked, len(r.asked))
	for _, a := range r.asked {
		last[Question{a.Source, a.About}] = a
	}
	return last
}

// Described reports whether the record says what is thought of its values.
func (r *Record) Described() bool { return len(r.described.Context) > 0 }

// A Question is one value a source was asked about.
type Question struct {
	Source string
	About  Value
}

// Settled reports whether the source gave an answer, which "nothing known" is
// too, so that asking again would only spend its quota.
func (a Asked) Settled() bool {
	switch source.State(a.State) {
	case source.Answered, source.Empty, source.Truncated, source.FromCorpus:
		return true
	}
	return false
}
