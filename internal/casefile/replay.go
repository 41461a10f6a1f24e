package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// ErrNotRead means a question was asked that the recorded run did not ask: the
// replay runs with other options, or with another version, than the recording.
var ErrNotRead = errors.New("the recorded run did not ask the corpus this")

// Reads are the corpus questions of one run with their answers.
type Reads struct {
	answers map[string]json.RawMessage // by question
}

// ReadReads reads what [RecordingReader.Bytes] wrote.
func ReadReads(recording []byte) (*Reads, error) {
	reads := &Reads{answers: map[string]json.RawMessage{}}
	for n := 1; len(recording) > 0; n++ {
		line, rest, ended := bytes.Cut(recording, []byte("\n"))
		var read struct {
			question
			Answer json.RawMessage `json:"answer"`
		}
		if err := json.Unmarshal(line, &read); err != nil || !ended || read.Answer == nil {
			return nil, fmt.Errorf("%w: recorded reads, line %d is not a question with its answer", ErrDamaged, n)
		}
		reads.answers[read.key()] = read.Answer
		recording = rest
	}
	return reads, nil
}

// LastReads returns the reads of the last run of a case that recorded any.
func LastReads(ctx context.Context, r Reader, id string) (*Reads, error) {
	events, err := r.Events(ctx, id, Query{Types: []Type{TypeRead}, Last: true})
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("case %s has no finished run to replay: %w", id, ErrNotRead)
	}
	read, err := decoded[Read](events[0])
	if err != nil {
		return nil, err
	}
	blob, err := r.GetBlob(ctx, read.SHA256)
	if err != nil {
		return nil, err
	}
	return ReadReads(blob)
}

// Len returns the number of distinct questions.
func (r *Reads) Len() int { return len(r.answers) }

// Final returns a corpus that gives each question the answer it had last: the
// corpus as the run left it.
func (r *Reads) Final() *ReplayReader { return &ReplayReader{r} }

// A ReplayReader is a corpus that knows the answers of a recorded run and
// nothing else. It is safe for several goroutines.
type ReplayReader struct{ reads *Reads }

var _ corpus.Reader = (*ReplayReader)(nil)

// answer reads the recorded answer into out.
func (r *ReplayReader) answer(ctx context.Context, q question, out any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	answer, known := r.reads.answers[q.key()]
	if !known {
		return fmt.Errorf("%w: %s", ErrNotRead, Printable(q.key()))
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return damagedAnswer(q, err)
	}
	return nil
}

func damagedAnswer(q question, err error) error {
	return fmt.Errorf("%w: recorded answer to %s: %w", ErrDamaged, Printable(q.key()), err)
}

func (r *ReplayReader) links(ctx context.Context, q question) ([]corpus.Link, bool, error) {
	var answer linksJSON
	if err := r.answer(ctx, q, &answer); err != nil {
		return nil, false, err
	}
	links, err := each(q, answer.Links, linkJSON.link)
	return links, answer.More, err
}

func (r *ReplayReader) values(ctx context.Context, q question) ([]observable.Value, bool, error) {
	var answer valuesJSON
	if err := r.answer(ctx, q, &answer); err != nil {
		return nil, false, err
	}
	values, err := each(q, answer.Values, untyped)
	return values, answer.More, err
}

// each converts the parts of an answer; no parts are nil, as an engine returns them.
func each[From, To any](q question, list []From, convert func(From) (To, error)) ([]To, error) {
	var out []To
	for _, item := range list {
		v, err := convert(item)
		if err != nil {
			return nil, damagedAnswer(q, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// Objects answers as recorded.
func (r *ReplayReader) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	return r.links(ctx, askObjects(subject, limit, relations))
}

// Subjects answers as recorded.
func (r *ReplayReader) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	return r.links(ctx, askSubjects(relation, object, limit))
}

// Holders answers as recorded.
func (r *ReplayReader) Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (corpus.Count, error) {
	var answer countJSON
	err := r.answer(ctx, askHolders(relation, object, limit), &answer)
	return corpus.Count{N: answer.N, Estimate: answer.Estimate, Source: answer.Source, AsOf: timeAt(answer.AsOf)}, err
}

// Totals answers as recorded.
func (r *ReplayReader) Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	q := askTotals(relation, object)
	var answer []totalJSON
	if err := r.answer(ctx, q, &answer); err != nil {
		return nil, err
	}
	return each(q, answer, totalJSON.total)
}

// Subdomains answers as recorded.
func (r *ReplayReader) Subdomains(ctx context.Context, domain observable.Value, limit int) ([]observable.Value, bool, error) {
	return r.values(ctx, askSubdomains(domain, limit))
}

// InRange answers as recorded.
func (r *ReplayReader) InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error) {
	return r.values(ctx, askInRange(prefix, limit))
}

// Population answers as recorded.
func (r *ReplayReader) Population(ctx context.Context, relation observation.Relation) (corpus.Population, error) {
	var answer populationJSON
	err := r.answer(ctx, askPopulation(relation), &answer)
	return corpus.Population{Subjects: answer.Subjects, Links: answer.Links, Estimate: answer.Estimate}, err
}
