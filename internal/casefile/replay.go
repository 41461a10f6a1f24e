package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// ErrNotRead means a question was asked that the recorded run did not ask: the
// replay runs with other options, or with another version, than the recording.
var ErrNotRead = errors.New("the recorded run did not ask the corpus this")

// Reads are the corpus questions of one run with their answers.
type Reads struct {
	answers map[string][]said
}

// maxReadLine bounds one recorded answer, in bytes: [corpus.DefaultHolderLimit]
// links of the longest values fit.
const maxReadLine = 128 << 20

// ReadReads reads what [RecordingReader.Bytes] wrote.
func ReadReads(recording []byte) (*Reads, error) {
	reads := &Reads{answers: map[string][]said{}}
	for n := 1; len(recording) > 0; n++ {
		line, rest, ended := bytes.Cut(recording, []byte("\n"))
		if recording = rest; !ended || len(line) > maxReadLine {
			return nil, fmt.Errorf("%w: recorded reads, line %d is cut off or too long", ErrDamaged, n)
		}
		var read struct {
			question
			Answer json.RawMessage `json:"answer"`
			Times  int             `json:"times"`
		}
		if err := json.Unmarshal(line, &read); err != nil || read.Answer == nil || read.Times < 1 {
			return nil, fmt.Errorf("%w: recorded reads, line %d is not a question with its answer", ErrDamaged, n)
		}
		key := read.question.key()
		reads.answers[key] = append(reads.answers[key], said{read.Answer, read.Times})
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

// Final returns a corpus that gives each question the last answer it had: the
// corpus as the run left it. It suits a replay that gathers nothing.
func (r *Reads) Final() *ReplayReader { return &ReplayReader{reads: r} }

// InOrder returns a corpus that gives each question its answers in the order of
// the run, the last one for good. It suits a replay that repeats the run step by
// step, its questions to the sources included.
func (r *Reads) InOrder() *ReplayReader {
	return &ReplayReader{reads: r, given: map[string]int{}}
}

// A ReplayReader is a corpus that knows the answers of a recorded run and
// nothing else. It is safe for several goroutines.
type ReplayReader struct {
	reads *Reads

	mu    sync.Mutex
	given map[string]int // answers given, by question; nil for the final ones; guarded by mu
}

var _ corpus.Reader = (*ReplayReader)(nil)

// answer finds the answer that is due and reads it into out.
func (r *ReplayReader) answer(ctx context.Context, q question, out any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := q.key()
	list := r.reads.answers[key]
	if len(list) == 0 {
		return fmt.Errorf("%w: %s", ErrNotRead, Printable(key))
	}
	if err := json.Unmarshal(r.due(key, list), out); err != nil {
		return damagedAnswer(q, err)
	}
	return nil
}

func (r *ReplayReader) due(key string, list []said) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.given == nil {
		return list[len(list)-1].answer
	}
	nth := r.given[key]
	r.given[key]++
	for _, s := range list {
		if nth < s.times {
			return s.answer
		}
		nth -= s.times
	}
	return list[len(list)-1].answer
}

func damagedAnswer(q question, err error) error {
	return fmt.Errorf("%w: recorded answer to %s: %v", ErrDamaged, Printable(q.key()), err)
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
