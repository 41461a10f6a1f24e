package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"clew/internal/corpus"
	"clew/internal/observation"

	"github.com/google/go-cmp/cmp"
)

func rowsOf(from, n int) []observation.Observation {
	rows := make([]observation.Observation, n)
	for i := range rows {
		rows[i] = sighting(from + i)
	}
	return rows
}

func loadRows(s *Store, rows []observation.Observation) error {
	l, err := s.Load(context.Background())
	if err != nil {
		return err
	}
	for _, o := range rows {
		if err := l.Add(o); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	_, err = l.Commit(corpus.Import{ID: fmt.Sprintf("load-%d", l.(*load).number), Name: "test"})
	return errors.Join(err, l.Close())
}

// checkCounts counts the rows on disk and compares: both directions hold the
// same rows, and the populations and kept holders are theirs.
func checkCounts(t *testing.T, s *Store) {
	t.Helper()
	rows := map[string]string{}
	var populations [256]corpus.Population
	var group []byte
	err := scanSpace(s.db, forwardSpace, func(key, value []byte) error {
		full := append([]byte{forwardSpace}, key...)
		n := groupLen(full)
		if !bytes.Equal(group, full[:n]) {
			group = bytes.Clone(full[:n])
			populations[full[n-1]].Subjects++
		}
		populations[full[n-1]].Links++
		rows[string(reversed(nil, full))] = string(value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(populations, s.populations.all); diff != "" {
		t.Errorf("populations (-counted +kept):\n%s", diff)
	}
	holders := map[string]uint64{}
	err = scanSpace(s.db, reverseSpace, func(key, value []byte) error {
		full := append([]byte{reverseSpace}, key...)
		if rows[string(full)] != string(value) {
			t.Errorf("reverse row %q is %q, forward it is %q", full, value, rows[string(full)])
		}
		delete(rows, string(full))
		holders[string(holdersKey(full))]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		t.Errorf("%d rows are missing in the reverse direction", len(rows))
	}
	err = scanSpace(s.db, holdersSpace, func(key, value []byte) error {
		n, err := readCount(value)
		if counted := holders[string(append([]byte{holdersSpace}, key...))]; n != counted {
			t.Errorf("%d holders are kept of %q, there are %d", n, key, counted)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
