package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"

	"github.com/cockroachdb/pebble/v2"
)

// Answers implements [corpus.Answers].
func (s *Store) Answers(ctx context.Context, about observable.Value) ([]corpus.Answer, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	answers, err := s.storedAnswers(about)
	return answers, s.explain(err)
}

// PutAnswers implements [corpus.Answers]. All answers about one value are one
// row: there are at most as many as there are sources.
func (s *Store) PutAnswers(ctx context.Context, answers []corpus.Answer) error {
	var order []observable.Value
	given := map[observable.Value][]corpus.Answer{}
	for _, a := range answers {
		a, err := corpus.NormalAnswer(a)
		if err != nil {
			return err
		}
		if given[a.About] == nil {
			order = append(order, a.About)
		}
		given[a.About] = append(given[a.About], a)
	}
	return s.write(ctx, func(batch *pebble.Batch) (onDisk func(), err error) {
		for _, about := range order {
			kept, err := s.storedAnswers(about)
			if err != nil {
				return nil, err
			}
			value := appendAnswers(nil, corpus.MergeAnswers(kept, given[about]))
			if err := batch.Set(startKey(answerSpace, about), value, nil); err != nil {
				return nil, err
			}
		}
		return func() {}, nil
	})
}

func (s *Store) storedAnswers(about observable.Value) ([]corpus.Answer, error) {
	value, closer, err := s.db.Get(startKey(answerSpace, about))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	answers, err := readAnswers(about, value)
	return answers, errors.Join(err, closer.Close())
}

// text returns bytes that come after their number.
func (d *decoder) text() []byte {
	n := d.uvarint()
	if n > uint64(len(d.data)) {
		d.bad, d.data = true, nil
		return nil
	}
	return d.take(int(n))
}

// An answer is its source, the two times in seconds since 1970 and the detail;
// texts and bytes come after their length.
func appendAnswers(dst []byte, answers []corpus.Answer) []byte {
	for _, a := range answers {
		dst = binary.AppendUvarint(dst, uint64(len(a.Source)))
		dst = append(dst, a.Source...)
		dst = binary.AppendVarint(dst, a.At.Unix())
		dst = binary.AppendVarint(dst, a.Until.Unix())
		dst = binary.AppendUvarint(dst, uint64(len(a.Detail)))
		dst = append(dst, a.Detail...)
	}
	return dst
}

func readAnswers(about observable.Value, value []byte) ([]corpus.Answer, error) {
	var answers []corpus.Answer
	for d := (decoder{data: value}); len(d.data) > 0; {
		a := corpus.Answer{About: about, Source: string(d.text())}
		a.At, a.Until = time.Unix(d.varint(), 0).UTC(), time.Unix(d.varint(), 0).UTC()
		a.Detail = bytes.Clone(d.text())
		if d.bad {
			return nil, fmt.Errorf("%w: answers about a %s: %.80q", errRow, about.Kind(), value)
		}
		answers = append(answers, a)
	}
	return answers, nil
}
