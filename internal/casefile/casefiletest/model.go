package casefiletest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
)

// model is the record as simply as it can be written, with its own arithmetic of
// the chain, so that it does not repeat the mistakes of the package.
type model struct {
	cases map[string][]casefile.Event
	blobs map[string]string
}

func (m *model) append(id string, entries ...casefile.Entry) error {
	events := slices.Clone(m.cases[id])
	for _, entry := range entries {
		if opening := entry.Type == casefile.TypeOpened; opening && len(events) > 0 {
			return casefile.ErrExists
		} else if !opening && len(events) == 0 {
			return casefile.ErrNoCase
		}
		data, err := casefile.Canonical(entry.Data)
		if err != nil {
			return err
		}
		e := casefile.Event{
			Case: id, Seq: uint64(len(events) + 1), Time: entry.Time.UTC().Format("2006-01-02T15:04:05.000Z"),
			Type: entry.Type, Actor: entry.Actor, Data: data,
		}
		if len(events) > 0 {
			e.Prev = events[len(events)-1].Hash
		}
		text := ""
		for _, field := range []any{"clew-event-1", e.Case, e.Seq, e.Time, e.Type, e.Actor, string(e.Data), e.Prev} {
			text += fmt.Sprintf("%d:%v,", len(fmt.Sprint(field)), field)
		}
		sum := sha256.Sum256([]byte(text))
		e.Hash = hex.EncodeToString(sum[:])
		events = append(events, e)
	}
	m.cases[id] = events
	return nil
}

// randomOperationsMatchTheModel runs the same random operations on the store and
// on the model, and compares every answer.
func randomOperationsMatchTheModel(t *testing.T, s casefile.Store) {
	const operations = 400
	random := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // a fixed seed, so that a failure repeats
	m := &model{cases: map[string][]casefile.Event{}, blobs: map[string]string{}}
	ids := []string{"a-case", "b-case", "c-case", "2026-11-23-evil-example-4f2a"}
	for n := range operations {
		id := ids[random.IntN(len(ids))]
		switch random.IntN(6) {
		case 0, 1, 2:
			compareAppend(t, s, m, id, randomEntries(random, n))
		case 3:
			q := randomQuery(random)
			got, err := s.Events(t.Context(), id, q)
			if want, known := m.cases[id]; !known {
				if !errors.Is(err, casefile.ErrNoCase) {
					t.Errorf("operation %d: events of %s: %v, want ErrNoCase", n, id, err)
				}
			} else if diff := cmp.Diff(q.Of(want), got); err != nil || diff != "" {
				t.Errorf("operation %d: events of %s, %+v: %v\n%s", n, id, q, err, diff)
			}
		case 4:
			content := fmt.Sprint("reply ", random.IntN(20))
			digest, err := s.PutBlob(t.Context(), []byte(content))
			if err != nil {
				t.Fatalf("operation %d: %v", n, err)
			}
			m.blobs[digest] = content
		case 5:
			compareCases(t, s, m)
		}
	}
	compareCases(t, s, m)
	for digest, content := range m.blobs {
		if got, err := s.GetBlob(t.Context(), digest); err != nil || string(got) != content {
			t.Errorf("blob %s = %q, %v; want %q", digest, got, err, content)
		}
	}
}

func compareAppend(t *testing.T, s casefile.Store, m *model, id string, entries []casefile.Entry) {
	t.Helper()
	before := len(m.cases[id])
	want := m.append(id, entries...)
	got, err := s.Append(t.Context(), id, entries...)
	if !errors.Is(err, want) {
		t.Fatalf("append to %s: %v, want %v", id, err, want)
	}
	if want == nil {
		if diff := cmp.Diff(m.cases[id][before:], got); diff != "" {
			t.Fatalf("append to %s (-model +store):\n%s", id, diff)
		}
	}
}

func compareCases(t *testing.T, s casefile.Store, m *model) {
	t.Helper()
	heads, err := s.Cases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []casefile.Head
	for _, id := range slices.Sorted(maps.Keys(m.cases)) {
		events := m.cases[id]
		first, last := events[0], events[len(events)-1]
		want = append(want, casefile.Head{Case: id, Seq: last.Seq, Hash: last.Hash, Opened: first.At(), Changed: last.At()})
	}
	if diff := cmp.Diff(want, heads); diff != "" {
		t.Fatalf("cases (-model +store):\n%s", diff)
	}
}

func randomEntries(random *rand.Rand, n int) []casefile.Entry {
	entries := make([]casefile.Entry, 1+random.IntN(4))
	for i := range entries {
		entries[i] = Note(fmt.Sprint("note ", n, i, string(rune(0x20+random.IntN(0x2000)))))
		// Clocks jump back, and carry a zone and more digits than the record keeps.
		entries[i].Time = start.Add(time.Duration(random.Int64N(int64(48 * time.Hour)))).In(time.FixedZone("", 7200))
	}
	if random.IntN(4) == 0 {
		entries[random.IntN(len(entries))] = Opening("evil.example")
	}
	return entries
}

func randomQuery(random *rand.Rand) casefile.Query {
	q := casefile.Query{After: uint64(random.IntN(30)), Last: random.IntN(3) == 0}
	if random.IntN(2) == 0 {
		q.Types = []casefile.Type{casefile.TypeOpened, casefile.TypeNoted}[:1+random.IntN(2)]
	}
	return q
}
