package clickhouse

import (
	"fmt"
	"math"
	"slices"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

const (
	unknownFirst = math.MaxInt64
	unknownLast  = math.MinInt64
)

// block is rows of incoming on their way to the server, column by column.
type block struct {
	subject, object         []string
	relation                []uint8
	number                  []uint64
	first, last             []int64
	high, low               []uint64
	source, digest          []string
	bytes                   int // of all texts
	subjectText, objectText []byte
}

// add appends a normal observation of an import.
func (b *block) add(o observation.Observation, number uint64) {
	b.subjectText = valuekey.Append(b.subjectText[:0], o.Subject)
	b.objectText = valuekey.Append(b.objectText[:0], o.Object)
	b.subject = append(b.subject, string(b.subjectText))
	b.object = append(b.object, string(b.objectText))
	b.relation = append(b.relation, uint8(o.Relation))
	b.number = append(b.number, number)
	b.first = append(b.first, secondsOr(o.First, unknownFirst))
	b.last = append(b.last, secondsOr(o.Last, unknownLast))
	b.high = append(b.high, o.Count>>32)
	b.low = append(b.low, o.Count&math.MaxUint32)
	b.source = append(b.source, o.Source)
	digest := ""
	if raw, ok := corpus.Digest(o.Evidence); ok {
		digest = string(raw[:])
	}
	b.digest = append(b.digest, digest)
	b.bytes += len(b.subjectText) + len(b.objectText) + len(o.Source) + len(digest)
}

func (b *block) len() int { return len(b.subject) }

// incomingNames are those of columns.
const incomingNames = "subject, relation, object, import, first_seen, last_seen, count_high, count_low, source, digest"

func (b *block) columns() []any {
	return []any{b.subject, b.relation, b.object, b.number, b.first, b.last, b.high, b.low, b.source, b.digest}
}

// clear empties the block and keeps its memory.
func (b *block) clear() {
	for _, texts := range []*[]string{&b.subject, &b.object, &b.source, &b.digest} {
		clear(*texts)
		*texts = (*texts)[:0]
	}
	for _, numbers := range []*[]uint64{&b.number, &b.high, &b.low} {
		*numbers = (*numbers)[:0]
	}
	b.relation, b.first, b.last, b.bytes = b.relation[:0], b.first[:0], b.last[:0], 0
}

func secondsOr(t time.Time, unknown int64) int64 {
	if t.IsZero() {
		return unknown
	}
	return t.Unix()
}

// window is the inverse of secondsOr.
func window(first, last int64) (w observation.Window) {
	if first != unknownFirst {
		w.First = time.Unix(first, 0).UTC()
	}
	if last != unknownLast {
		w.Last = time.Unix(last, 0).UTC()
	}
	return w
}

// linkAnswer are the columns that scanLink reads.
const linkAnswer = `subject, relation, object, minMerge(first), maxMerge(last), sumMerge(high), sumMerge(low),
  groupUniqArrayMerge(sources), groupUniqArrayMerge(evidence)`

func scanLink(rows driver.Rows) (corpus.Link, error) {
	var (
		link              corpus.Link
		subject, object   string
		relation          uint8
		first, last       int64
		high, low         uint64
		sources, evidence []string
	)
	err := rows.Scan(&subject, &relation, &object, &first, &last, &high, &low, &sources, &evidence)
	if err != nil {
		return link, err
	}
	if link.Subject, err = readKey(subject); err != nil {
		return link, err
	}
	if link.Object, err = readKey(object); err != nil {
		return link, err
	}
	link.Relation = observation.Relation(relation)
	link.Window = window(first, last)
	link.Count = wholeCount(high, low)
	slices.Sort(sources)
	link.Sources = slices.DeleteFunc(sources, func(source string) bool { return source == "" })
	slices.Sort(evidence)
	for _, digest := range evidence {
		if len(digest) == 32 && len(link.Evidence) < corpus.MaxEvidence {
			link.Evidence = append(link.Evidence, corpus.DigestText([32]byte([]byte(digest))))
		}
	}
	return link, nil
}

// wholeCount puts the halves of a count together without wrapping around.
func wholeCount(high, low uint64) uint64 {
	high = corpus.AddCounts(high, low>>32)
	if high > math.MaxUint32 {
		return math.MaxUint64
	}
	return high<<32 | low&math.MaxUint32
}

func readKey(text string) (observable.Value, error) {
	raw := []byte(text)
	if valuekey.Len(raw) != len(raw) {
		return observable.Value{}, fmt.Errorf("%w: %w: %.80q", corpus.ErrDamaged, valuekey.ErrMalformed, text)
	}
	return valuekey.Read(raw)
}
