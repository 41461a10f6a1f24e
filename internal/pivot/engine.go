package pivot

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// Corpus is what the engine asks of a store of observations.
type Corpus interface {
	Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error)
	Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error)
	Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (corpus.Count, error)
	Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error)
	Subdomains(ctx context.Context, domain observable.Value, limit int) ([]observable.Value, bool, error)
	InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error)
	Population(ctx context.Context, relation observation.Relation) (corpus.Population, error)
}

// Lists say which values mean nothing, and how common the common ones are.
type Lists interface {
	// Suppressed gives the reason why a value shared under a relation is no link.
	Suppressed(relation observation.Relation, value observable.Value) (reason string, ok bool)
	// Benign gives the reason why an indicator cannot be a finding.
	Benign(v observable.Value) (reason string, ok bool)
	// BaseCount gives the holders of a common value, of how many, and the list.
	BaseCount(relation observation.Relation, value observable.Value) (n, of uint64, list string, ok bool)
	// NameCount gives the registered names in the world that hold a word, or
	// start with it when the relation is name-prefix, and who counted them: the
	// vocabulary, or the names of the corpus where those that it holds are more.
	NameCount(relation observation.Relation, word string) (n uint64, from string, known bool)
}

// A Gatherer fills the corpus with what sources know of a value. What kept a
// source from answering is its to record; an error ends the run.
type Gatherer interface {
	Gather(ctx context.Context, v observable.Value) error
	// Price says what asking about a value of a kind costs at least, 1 for a
	// question that anybody may ask, 0 when there is nobody to ask.
	Price(kind observable.Kind) float64
}

// Verdicts are what the analyst has decided before.
type Verdicts struct {
	RejectedFindings map[observable.Value]string // reason by finding
	AcceptedFindings map[observable.Value]string // reason by finding
	RejectedLinks    map[Link]string             // reason by shared value
	RejectedPoints   map[PointName]string        // reason by pivot point that is not to be followed
}

// Options bound an investigation. The zero value means the defaults.
type Options struct {
	Depth      int       // hops; 0 means DefaultDepth
	MaxHolders int       // 0 means DefaultMaxHolders
	AsOf       time.Time // what was known then; zero means everything
	// Window is when the incident happened. A fact that ended before it or
	// began after it is shown and not followed.
	Window observation.Window
	// Ungrouped counts holders one by one, without effective holders.
	Ungrouped bool
	// Pivots is how many points are followed at most, 0 for all that the other
	// bounds allow. Order says in which order they come.
	Pivots   int
	Order    Order
	Verdicts Verdicts
	// Expansions are followed by hand, in this order, after what the engine
	// chooses. GatherFrom, when positive, is the first of them (from 1) for which
	// sources are asked; for what comes before it none is.
	Expansions []Expansion
	GatherFrom int
}

// Defaults of Options.
const (
	DefaultDepth      = 2
	DefaultMaxHolders = 500
)

// An Engine follows seeds through a corpus.
type Engine struct {
	Corpus   Corpus
	Ahead    Foresight // of Corpus; nil where reading is as fast one by one
	Lists    Lists
	Gatherer Gatherer // nil offline
	Model    score.Model
	// Searches are the methods in code, by name. One that is missing is not run.
	Searches map[string]Search
	Clock    func() time.Time
	Progress func(Progress) // nil shows nothing
	Options
}

// Progress says how far an investigation is.
type Progress struct {
	Hop, Expanded, Waiting int
	Candidates             int
	Now                    string // what is being done, in words
}

// A Result is what an investigation found. A cancelled one holds what there was.
type Result struct {
	Findings []Finding
	Points   []Point
	// Short lists values of which the corpus held more than was read.
	Short []observable.Value
}

// ErrNoSeed means nothing was given to start from.
var ErrNoSeed = errors.New("no seed to start from")

// Investigate follows the seeds hop by hop. On a cancelled context it returns
// what it found so far beside the context's error.
func (e *Engine) Investigate(ctx context.Context, seeds []observable.Value) (Result, error) {
	if len(seeds) == 0 {
		return Result{}, ErrNoSeed
	}
	r := e.newRun(seeds)
	err := r.expandAll(ctx)
	findings, weighErr := r.findings(context.WithoutCancel(ctx))
	if err == nil {
		err = weighErr
	}
	return Result{Findings: findings, Points: r.points, Short: r.short}, err
}

// Points lists the pivot points of v, ranked, without following any.
func (e *Engine) Points(ctx context.Context, v observable.Value) ([]Point, error) {
	r := e.newRun([]observable.Value{v})
	n, err := r.node(ctx, v)
	if err != nil {
		return nil, err
	}
	planned, err := r.plan(ctx, n)
	if err != nil {
		return nil, err
	}
	points := make([]Point, len(planned), len(planned)+len(catalogue))
	for i, p := range planned {
		if p.fact.Relation == observation.ResolvesTo && p.Value.Kind() == observable.IP && p.Reason == "" {
			if t, known, err := e.Tenancy(ctx, p.Value); err != nil {
				return nil, err
			} else if known {
				p.Reason = t.String()
			}
		}
		points[i] = p.Point
	}
	return append(points, r.searchable(n)...), nil
}

// Pivot follows one method from v, one hop, whatever its rank.
func (e *Engine) Pivot(ctx context.Context, v observable.Value, method Method) (Result, error) {
	r := e.newRun([]observable.Value{v})
	r.only = &method
	n, err := r.node(ctx, v)
	if err != nil {
		return Result{}, err
	}
	n.seed, n.p, n.band = true, 1, score.High
	err = r.expand(ctx, n)
	findings, weighErr := r.findings(context.WithoutCancel(ctx))
	if err == nil {
		err = weighErr
	}
	return Result{Findings: findings, Points: r.points, Short: r.short}, err
}

// node is an indicator in the case: a seed, a candidate, or an attribute that
// is an indicator itself.
type node struct {
	value observable.Value
	facts []Fact
	attrs []*attribute // of facts, one each
	byID  []int        // indices into facts, by the number of their attribute
	loud  []int        // of byID, those that can bring bits
	sizes map[factSize]int
	// binding are the facts that make their holders one tenant.
	binding []*attribute
	alike   []*node // that a search found to be like it
	since   time.Time
	seed    bool
	hop     int // 0 for seeds
	// found is the node whose expansion brought this one, via the fact that did.
	found    *node
	via      Fact
	expanded bool
	benign   string

	direct  link
	p       float64
	band    score.Band
	bridges []bridge
	owned   bool   // p is the share of its holders that belongs to the case
	tenant  int    // names on the seed's address that hang together with this one, 0 when that did not matter
	crowd   uint64 // names on an address that is held down for them, 0 for none
}

type factSize struct {
	relation observation.Relation
	back     bool
}

// run is one investigation: the nodes met so far and what was counted.
type run struct {
	*Engine
	seeds       []observable.Value
	only        *Method
	nodes       map[observable.Value]*node
	order       []*node // as met
	points      []Point
	short       []observable.Value
	followed    map[factKey]bool
	pivots      map[observable.Value]Fact // the fact that made an indicator a pivot point
	attributes  map[factKey]*attribute
	populations map[observation.Relation]corpus.Population
	universes   map[observable.Kind]uint64
	providers   map[observable.Value]*dnsProvider
	likenesses  map[pair][]Likeness
	identities  *identities        // stands between the engine and its corpus
	met         map[*attribute]int // nodes of the case that hold it
	quiet       bool               // sources are not asked now
	spent       int                // points followed, of Options.Pivots
	scratch     []sharedFact
	matches     []score.Match
}

func (e *Engine) newRun(seeds []observable.Value) *run {
	r := &run{
		Engine: e, nodes: map[observable.Value]*node{}, followed: map[factKey]bool{}, pivots: map[observable.Value]Fact{},
		attributes:  map[factKey]*attribute{},
		populations: map[observation.Relation]corpus.Population{}, universes: map[observable.Kind]uint64{},
		providers: map[observable.Value]*dnsProvider{}, met: map[*attribute]int{},
		likenesses: map[pair][]Likeness{},
	}
	r.seeds = slices.Clone(seeds)
	slices.SortFunc(r.seeds, observable.Value.Compare)
	r.seeds = slices.Compact(r.seeds)
	r.identities = newIdentities(e.Corpus, slices.Clone(r.seeds))
	engine := *e
	engine.Corpus = r.identities
	r.Engine = &engine
	return r
}

func (e *Engine) depth() int {
	if e.Depth > 0 {
		return e.Depth
	}
	return DefaultDepth
}

func (e *Engine) maxHolders() uint64 {
	if e.MaxHolders > 0 {
		return uint64(e.MaxHolders)
	}
	return DefaultMaxHolders
}
