package investigation

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// thread is a case of three names on an address. One of them shares a tracker
// with others, one of which shares a mail exchanger with one more: two hops that
// a depth of one does not follow.
type thread struct {
	*Workspace
	t  *testing.T
	id string
}

func newThread(t *testing.T) thread {
	t.Helper()
	w := workspace(t)
	store, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w.Cases, w.Version, w.Actor, w.Random = store, "test", "tester", rand.NewChaCha8([32]byte{1})
	month := observation.Window{First: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Last: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	put := func(name string, r observation.Relation, object observable.Value) {
		o := observation.Observation{Subject: domain(name), Relation: r, Object: object, Window: month, Count: 1, Source: "test", Evidence: "test"}
		if err := w.Corpus.Put(t.Context(), []observation.Observation{o}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"seed.test", "beside.test", "next.test"} {
		put(name, observation.ResolvesTo, observable.Must(observable.IP, "192.0.2.10"))
	}
	for _, name := range []string{"next.test", "far.test", "away.test"} {
		put(name, observation.Tracker, observable.Must(observable.Tracker, "UA-1234567-1"))
	}
	for _, name := range []string{"far.test", "further.test"} {
		put(name, observation.MX, domain("mx.far.test"))
	}
	doc, err := w.Investigate(t.Context(), Request{
		Seeds: []Seed{{Value: domain("seed.test"), Confidence: 100}}, Scope: "hunt", TLP: marking.TLPAmber, PAP: marking.Amber, Depth: 1, MaxHolders: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	return thread{w, t, doc.Case.ID}
}

func domain(name string) observable.Value { return observable.Must(observable.Domain, name) }

// holds checks that the case has these findings and no others, that its record is
// sound, and that it replays.
func (h thread) holds(when string, want ...string) casefile.Document {
	h.t.Helper()
	record, err := casefile.Load(h.t.Context(), h.Cases, h.id)
	if err != nil {
		h.t.Fatal(err)
	}
	doc := record.Document()
	var got []string
	for _, f := range doc.Findings {
		got = append(got, f.Value)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.t.Errorf("%s: findings %v, want %v", when, got, want)
	}
	if v, err := casefile.Verify(h.t.Context(), h.Cases, h.id, ""); err != nil || len(v.Problems) > 0 {
		h.t.Errorf("%s: verify: %v %v", when, v.Problems, err)
	}
	if _, err := Replay(h.t.Context(), h.Cases, h.id); err != nil {
		h.t.Errorf("%s: replay: %v", when, err)
	}
	return doc
}

func (h thread) expand(from, method string) uint64 {
	h.t.Helper()
	x, err := NewExpansion(domain(from), method, observable.Value{})
	if err != nil {
		h.t.Fatal(err)
	}
	doc, err := h.Investigate(h.t.Context(), Request{CaseID: h.id, PAP: marking.Clear, Expand: []pivot.Expansion{x}})
	if err != nil {
		h.t.Fatal(err)
	}
	return doc.Expansions[len(doc.Expansions)-1].Seq
}

func (h thread) undo(seq uint64) uint64 {
	h.t.Helper()
	e, err := h.Undo(h.t.Context(), h.id, seq, "a test", false)
	if err != nil {
		h.t.Fatal(err)
	}
	return e.Seq
}

var near = []string{"192.0.2.10", "beside.test", "next.test"}

func with(more ...string) []string { return slices.Concat(near, more) }

// TestExpandAndRollBack: what came only through an expansion goes with it, also
// what was expanded from there; everything else stays as it was, byte for byte;
// and taking back the roll-back brings all of it back.
func TestExpandAndRollBack(t *testing.T) {
	h := newThread(t)
	before := h.holds("at first", near...)
	tracker := h.expand("next.test", "tracker")
	once := h.holds("expanded", with("far.test", "away.test")...)
	mx := h.expand("far.test", "mx")
	h.holds("expanded twice", with("far.test", "away.test", "mx.far.test", "further.test")...)

	rolledBack := h.undo(tracker)
	doc := h.holds("rolled back", near...)
	if !slices.EqualFunc(doc.Findings, before.Findings, func(a, b casefile.Finding) bool { return a.Value == b.Value && a.P == b.P && a.Bits == b.Bits }) {
		t.Errorf("rolled back: %+v, want %+v", doc.Findings, before.Findings)
	}
	if x := doc.Expansions; len(x) != 2 || x[0].State != casefile.ExpansionRolledBack || x[0].Undone != rolledBack || x[1].State != casefile.ExpansionRun {
		t.Errorf("expansions: %+v", x)
	}
	h.undo(rolledBack)
	h.holds("back again", with("far.test", "away.test", "mx.far.test", "further.test")...)
	h.undo(mx)
	if again := h.holds("the second taken back", with("far.test", "away.test")...); again.Findings[0].P != once.Findings[0].P {
		t.Errorf("%+v, want %+v", again.Findings[0], once.Findings[0])
	}
	if _, err := h.Undo(t.Context(), h.id, mx, "", false); !errors.Is(err, casefile.ErrInvalid) {
		t.Errorf("undone twice: %v", err)
	}
	if _, err := h.Undo(t.Context(), h.id, 1, "", false); !errors.Is(err, casefile.ErrInvalid) {
		t.Errorf("the opening undone: %v", err)
	}
}

// TestContinuingKeepsExpansions: a further run follows what was asked for by hand.
func TestContinuingKeepsExpansions(t *testing.T) {
	h := newThread(t)
	h.expand("next.test", "tracker")
	if _, err := h.Investigate(t.Context(), Request{CaseID: h.id, PAP: marking.Amber, TLP: marking.TLPAmber, Depth: 1, MaxHolders: 100}); err != nil {
		t.Fatal(err)
	}
	h.holds("continued", with("far.test", "away.test")...)
}

// TestRejectedPivot: a pivot point that the analyst rejects is not followed in
// the case, and is shown with the reason, until it is reopened.
func TestRejectedPivot(t *testing.T) {
	h := newThread(t)
	point := pivot.Expansion{From: domain("seed.test"), Method: "resolves-to", Value: observable.Must(observable.IP, "192.0.2.10")}
	rejected, err := NewPivotRejection(point, "a hoster's")
	if err != nil {
		t.Fatal(err)
	}
	e, err := h.Decide(t.Context(), h.id, casefile.TypePivotRejected, rejected, false)
	if err != nil {
		t.Fatal(err)
	}
	h.holds("still by their range", near...)
	block := pivot.Expansion{From: domain("seed.test"), Method: "cidr-neighbours", Value: observable.Must(observable.Prefix, "192.0.2.0/24")}
	if rejected, err = NewPivotRejection(block, "a hoster's"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Decide(t.Context(), h.id, casefile.TypePivotRejected, rejected, false); err != nil {
		t.Fatal(err)
	}
	doc := h.holds("rejected")
	i := slices.IndexFunc(doc.Pivots, func(p casefile.Pivot) bool { return p.Value == "192.0.2.10" && p.Method == "co-hosted" })
	if i < 0 || doc.Pivots[i].State != "rejected" || !strings.Contains(doc.Pivots[i].Reason, "a hoster's") || doc.Pivots[i].Rejection != e.Seq {
		t.Errorf("pivots: %+v", doc.Pivots)
	}
	reopened, err := h.NewPivotReopening(t.Context(), h.id, point, "looked again")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Decide(t.Context(), h.id, casefile.TypeReopened, reopened, false); err != nil {
		t.Fatal(err)
	}
	h.holds("reopened", near...)
	if _, err := h.NewPivotReopening(t.Context(), h.id, point, "again"); err == nil {
		t.Error("reopened what nobody rejects")
	}
	// The rejection taken back says the same as reopening, which is then moot.
	h.undo(e.Seq)
	h.holds("undone", near...)
}

// TestUndoneVerdict: a verdict that a run weighed is taken back with its weight.
func TestUndoneVerdict(t *testing.T) {
	h := newThread(t)
	verdict, err := NewVerdict(domain("beside.test"), "", "ours", false)
	if err != nil {
		t.Fatal(err)
	}
	p := func() float64 {
		doc := h.holds("beside", near...)
		i := slices.IndexFunc(doc.Findings, func(f casefile.Finding) bool { return f.Value == "beside.test" })
		return doc.Findings[i].P
	}
	was := p()
	e, err := h.Decide(t.Context(), h.id, casefile.TypeRejected, verdict, false)
	if err != nil {
		t.Fatal(err)
	}
	if p() != 0.001 {
		t.Errorf("rejected: P %f", p())
	}
	h.undo(e.Seq)
	if p() != was {
		t.Errorf("undone: P %f, want %f", p(), was)
	}
}

// TestCountsBeforeTheClick: how many share a value, and how many are new.
func TestCountsBeforeTheClick(t *testing.T) {
	h := newThread(t)
	method, _ := pivot.MethodNamed("tracker")
	count := func(name string, m *pivot.Method) ([]Count, error) {
		record, err := casefile.Load(t.Context(), h.Cases, h.id)
		if err != nil {
			t.Fatal(err)
		}
		counts, _, err := h.Counts(t.Context(), record, domain(name), m)
		return counts, err
	}
	counts, err := count("next.test", &method)
	if err != nil {
		t.Fatal(err)
	}
	if len(counts) != 1 || counts[0].Sharing != 2 || counts[0].New != 2 || !counts[0].Counted || counts[0].Holders != 3 {
		t.Errorf("before: %+v", counts)
	}
	all, err := count("next.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Method == "co-hosted" && c.New != 0 {
			t.Errorf("in the case already: %+v", c)
		}
	}
	h.expand("next.test", "tracker")
	if counts, err = count("next.test", &method); err != nil || counts[0].New != 0 || counts[0].Sharing != 2 {
		t.Errorf("after: %+v %v", counts, err)
	}
	if _, err := count("stranger.test", nil); !errors.Is(err, ErrByHand) {
		t.Errorf("of a stranger: %v", err)
	}
}

// Whoever continues a case without naming a PAP stays within the case's own; a
// named one is the analyst's decision, and in the record.
func TestContinuingStaysWithinTheCasesPAP(t *testing.T) {
	h := newThread(t)
	run := func(pap marking.PAP, named bool) string {
		t.Helper()
		req := Request{CaseID: h.id, PAP: pap, PAPNamed: named, TLP: marking.TLPClear, Depth: 1, MaxHolders: 100}
		doc, err := h.Investigate(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Case.PAP
	}
	if got := run(marking.Clear, false); got != "AMBER" {
		t.Errorf("continued at %s", got)
	}
	if got := run(marking.Red, false); got != "RED" {
		t.Errorf("asked to be quieter, and continued at %s", got)
	}
	if got := run(marking.Green, true); got != "GREEN" {
		t.Errorf("named GREEN, and continued at %s", got)
	}
}
