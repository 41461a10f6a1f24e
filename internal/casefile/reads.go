package casefile

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A RecordingReader answers from a corpus and remembers every question with its
// answer. Where an answer changed in between, the last one counts: the corpus as
// the run left it. Answers that failed are not recorded. It is safe for several
// goroutines.
type RecordingReader struct {
	corpus corpus.Reader

	mu      sync.Mutex
	answers map[string][]byte // by question; guarded by mu
}

var _ corpus.Reader = (*RecordingReader)(nil)

// NewRecordingReader records what is read through it from c.
func NewRecordingReader(c corpus.Reader) *RecordingReader {
	return &RecordingReader{corpus: c, answers: map[string][]byte{}}
}

// Len returns the number of distinct questions.
func (r *RecordingReader) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.answers)
}

// Bytes returns the recording as JSON Lines, sorted by question: the same reads
// give the same bytes, whatever the order in which goroutines asked.
//
//	{"ask":"holders","of":"ip:203.0.113.7","relation":"resolves-to","limit":500,"answer":{"n":41,…}}
func (r *RecordingReader) Bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []byte
	for _, q := range slices.Sorted(maps.Keys(r.answers)) {
		out = append(out, q[:len(q)-1]...) // without the closing brace
		out = append(append(out, `,"answer":`...), r.answers[q]...)
		out = append(out, '}', '\n')
	}
	return out
}

// keep remembers an answer.
func (r *RecordingReader) keep(q question, answer []byte) {
	key := q.key()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[key] = answer
}

// question is what was asked, in the one spelling that both the recorder and the
// replay use as its key.
type question struct {
	Ask       string   `json:"ask"`
	Of        string   `json:"of,omitempty"` // kind:value, or a prefix
	Relation  string   `json:"relation,omitempty"`
	Relations []string `json:"relations,omitempty"`
	Limit     int      `json:"limit"`
}

func (q question) key() string {
	key, err := json.Marshal(q)
	if err != nil {
		panic("a question of strings and numbers cannot fail to marshal: " + err.Error())
	}
	return string(key)
}

func askObjects(subject observable.Value, limit int, relations []observation.Relation) question {
	names := make([]string, len(relations))
	for i, r := range relations {
		names[i] = r.String()
	}
	return question{Ask: "objects", Of: typed(subject), Relations: names, Limit: limit}
}

func askSubjects(relation observation.Relation, object observable.Value, limit int) question {
	return question{Ask: "subjects", Of: typed(object), Relation: relation.String(), Limit: limit}
}

func askHolders(relation observation.Relation, object observable.Value, limit int) question {
	return question{Ask: "holders", Of: typed(object), Relation: relation.String(), Limit: limit}
}

func askTotals(relation observation.Relation, object observable.Value) question {
	return question{Ask: "totals", Of: typed(object), Relation: relation.String()}
}

func askSubdomains(domain observable.Value, limit int) question {
	return question{Ask: "subdomains", Of: typed(domain), Limit: limit}
}

func askInRange(prefix netip.Prefix, limit int) question {
	return question{Ask: "in-range", Of: prefix.String(), Limit: limit}
}

func askPopulation(relation observation.Relation) question {
	return question{Ask: "population", Relation: relation.String()}
}

// typed writes a value as kind:text.
func typed(v observable.Value) string { return v.Kind().String() + ":" + v.Text() }

// untyped reads what typed wrote.
func untyped(text string) (observable.Value, error) {
	kind, value, _ := strings.Cut(text, ":")
	v, err := valueOf(kind, value)
	if err == nil && v.IsZero() {
		err = fmt.Errorf("%q is no value", text)
	}
	return v, err
}

// Objects records links from a subject.
func (r *RecordingReader) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	links, more, err := r.corpus.Objects(ctx, subject, limit, relations...)
	if err == nil {
		r.keep(askObjects(subject, limit, relations), appendLinks(nil, links, more))
	}
	return links, more, err
}

// Subjects records links to an object.
func (r *RecordingReader) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	links, more, err := r.corpus.Subjects(ctx, relation, object, limit)
	if err == nil {
		r.keep(askSubjects(relation, object, limit), appendLinks(nil, links, more))
	}
	return links, more, err
}

// Holders records a count.
func (r *RecordingReader) Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (corpus.Count, error) {
	count, err := r.corpus.Holders(ctx, relation, object, limit)
	if err == nil {
		r.keep(askHolders(relation, object, limit), appendCount(nil, count))
	}
	return count, err
}

// Totals records the providers' totals.
func (r *RecordingReader) Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	totals, err := r.corpus.Totals(ctx, relation, object)
	if err == nil {
		r.keep(askTotals(relation, object), appendTotals(nil, totals))
	}
	return totals, err
}

// Subdomains records the names below a domain.
func (r *RecordingReader) Subdomains(ctx context.Context, domain observable.Value, limit int) ([]observable.Value, bool, error) {
	names, more, err := r.corpus.Subdomains(ctx, domain, limit)
	if err == nil {
		r.keep(askSubdomains(domain, limit), appendValues(nil, names, more))
	}
	return names, more, err
}

// InRange records the addresses of a prefix.
func (r *RecordingReader) InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error) {
	addresses, more, err := r.corpus.InRange(ctx, prefix, limit)
	if err == nil {
		r.keep(askInRange(prefix, limit), appendValues(nil, addresses, more))
	}
	return addresses, more, err
}

// Population records the size of a relation.
func (r *RecordingReader) Population(ctx context.Context, relation observation.Relation) (corpus.Population, error) {
	p, err := r.corpus.Population(ctx, relation)
	if err == nil {
		r.keep(askPopulation(relation), appendPopulation(nil, p))
	}
	return p, err
}
