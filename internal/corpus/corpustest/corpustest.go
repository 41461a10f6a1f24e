// Package corpustest holds every corpus engine to one behaviour: the claims of
// the contract one by one, and random operations compared with a model that is
// too simple to be wrong.
package corpustest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Run runs the suite. open returns an empty store; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) corpus.Store) { run(t, open, 1) }

// RunRemote is Run for an engine across a network, where a question takes
// milliseconds: of the thousands of questions that have no answer because their
// relation never leads to such a value, one in nineteen is asked.
func RunRemote(t *testing.T, open func(t *testing.T) corpus.Store) { run(t, open, 19) }

func run(t *testing.T, open func(t *testing.T) corpus.Store, senseless int) {
	claims := map[string]func(t *testing.T, s *subject){
		"links_are_found_from_both_ends":              linksFromBothEnds,
		"sightings_of_one_fact_merge":                 sightingsMerge,
		"a_window_keeps_what_is_unknown":              windowsKeepUnknown,
		"times_are_kept_to_the_second_in_utc":         timesToTheSecond,
		"evidence_is_capped_whatever_the_order":       evidenceCapped,
		"more_sources_than_bits_in_a_word":            manySources,
		"counts_do_not_wrap":                          countsDoNotWrap,
		"results_come_in_canonical_order":             canonicalOrder,
		"a_limit_cuts_and_says_so":                    limitsAndMore,
		"relations_filter_objects":                    relationFilter,
		"hostile_text_comes_back_unchanged":           hostileText,
		"values_that_share_a_prefix_stay_apart":       prefixesApart,
		"digests_of_all_lengths_come_back":            digestForms,
		"holders_are_distinct_subjects":               holdersDistinct,
		"holders_above_the_limit":                     holdersAboveLimit,
		"holders_grow_with_puts_and_loads":            holdersGrow,
		"totals_newest_first":                         totalsNewestFirst,
		"answers_by_source_the_newest":                answersNewest,
		"an_answer_without_author_is_refused":         answersRefused,
		"a_total_without_author_is_refused":           totalsRefused,
		"subdomains_of_subjects_and_objects":          subdomains,
		"addresses_in_range":                          inRange,
		"objects_of_a_kind_are_listed":                objectsListed,
		"populations_count_links_and_subjects":        populations,
		"a_bad_observation_refuses_its_batch":         badObservation,
		"nothing_known_is_no_error":                   nothingKnown,
		"a_load_is_visible_from_its_commit":           loadVisibleFromCommit,
		"a_load_closed_without_commit_leaves_nothing": loadClosed,
		"a_load_merges_with_what_is_stored":           loadMerges,
		"a_load_survives_a_refused_observation":       loadRefuses,
		"a_load_ends_once":                            loadEndsOnce,
		"loads_and_puts_interleave":                   loadsInterleave,
		"an_empty_load_commits":                       emptyLoad,
		"imports_are_listed_with_what_they_hold":      importsListed,
		"an_import_is_taken_once":                     importedOnce,
		"an_entry_that_is_none_is_refused":            entryRefused,
		"a_removed_import_leaves_no_trace":            importRemoved,
		"a_removed_import_gives_back_its_holders":     heavyImportRemoved,
		"what_is_handed_out_is_the_callers":           handedOut,
		"cancelled_calls_fail":                        cancelled,
		"a_closed_store_answers_errors":               closedStore,
		"readers_and_writers_run_together":            concurrent,
		"random_operations_agree_with_the_model":      random,
	}
	for name, claim := range claims {
		t.Run(name, func(t *testing.T) {
			s := &subject{t: t, store: open(t), senseless: senseless}
			defer s.close()
			claim(t, s)
		})
	}
}

// subject is the store under test, with calls that fail the test by themselves.
type subject struct {
	t       *testing.T
	store   corpus.Store
	closed  bool
	commits int // names the imports
	// senseless is how many questions without sense there are to one that is asked.
	senseless int
}

func (s *subject) close() {
	s.t.Helper()
	if s.closed {
		return
	}
	s.closed = true
	if err := s.store.Close(); err != nil {
		s.t.Errorf("Close: %v", err)
	}
}

func (s *subject) put(observations ...observation.Observation) {
	s.t.Helper()
	if err := s.store.Put(s.t.Context(), observations); err != nil {
		s.t.Fatalf("Put: %v", err)
	}
}

// load commits observations in one bulk load.
func (s *subject) load(observations ...observation.Observation) corpus.Import {
	s.t.Helper()
	l := s.begin()
	s.add(l, observations...)
	return s.commit(l)
}

func (s *subject) begin() corpus.Loader {
	s.t.Helper()
	l, err := s.store.Load(s.t.Context())
	if err != nil {
		s.t.Fatalf("Load: %v", err)
	}
	return l
}

func (s *subject) add(l corpus.Loader, observations ...observation.Observation) {
	s.t.Helper()
	for _, o := range observations {
		if err := l.Add(o); err != nil {
			s.t.Fatalf("Add(%+v): %v", o, err)
		}
	}
}

// commit commits a load under an ID of its own, import-1 and so on.
func (s *subject) commit(l corpus.Loader) corpus.Import {
	s.t.Helper()
	s.commits++
	entry := corpus.Import{ID: fmt.Sprintf("import-%d", s.commits), Name: "test", At: day(s.commits % 28)}
	sum, err := l.Commit(entry)
	if err != nil {
		s.t.Fatalf("Commit: %v", err)
	}
	if err := l.Close(); err != nil {
		s.t.Fatalf("Close after Commit: %v", err)
	}
	return sum
}

func (s *subject) remove(id string) {
	s.t.Helper()
	if err := s.store.RemoveImport(s.t.Context(), id); err != nil {
		s.t.Fatalf("RemoveImport(%s): %v", id, err)
	}
}

func (s *subject) imports() []corpus.Import {
	s.t.Helper()
	entries, err := s.store.Imports(s.t.Context())
	if err != nil {
		s.t.Fatalf("Imports: %v", err)
	}
	return entries
}

// summary is what a load made of its observations.
func (s *subject) summary(what string, kept, merged uint64, got corpus.Import) {
	s.t.Helper()
	s.want(what, [2]uint64{kept, merged}, [2]uint64{got.Kept, got.Merged})
}

func (s *subject) objects(v observable.Value, relations ...observation.Relation) []corpus.Link {
	s.t.Helper()
	links, _, err := s.store.Objects(s.t.Context(), v, 0, relations...)
	if err != nil {
		s.t.Fatalf("Objects(%s): %v", v.Text(), err)
	}
	return links
}

func (s *subject) subjects(r observation.Relation, v observable.Value, limit int) []corpus.Link {
	s.t.Helper()
	links, _, err := s.store.Subjects(s.t.Context(), r, v, limit)
	if err != nil {
		s.t.Fatalf("Subjects(%s, %s): %v", r, v.Text(), err)
	}
	return links
}

func (s *subject) holders(r observation.Relation, v observable.Value, limit int) corpus.Count {
	s.t.Helper()
	count, err := s.store.Holders(s.t.Context(), r, v, limit)
	if err != nil {
		s.t.Fatalf("Holders(%s, %s): %v", r, v.Text(), err)
	}
	return count
}

// want compares, with links and values readable in the difference.
func (s *subject) want(what string, want, got any) {
	s.t.Helper()
	if diff := difference(want, got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func difference(want, got any) string {
	return cmp.Diff(want, got,
		cmp.Comparer(func(a, b observable.Value) bool { return a == b }),
		cmpopts.EquateEmpty(),
	)
}

// The helpers below make values without asking for their grammar: a store keeps
// whatever canonical text it is given.

func value(kind observable.Kind, text string) observable.Value {
	v, err := observable.Stored(kind, text)
	if err != nil {
		panic(err)
	}
	return v
}

func domain(text string) observable.Value { return value(observable.Domain, text) }
func ip(text string) observable.Value     { return value(observable.IP, text) }

// resolves is an observation that a name had an address from one day to another.
func resolves(name, address string, first, last time.Time) observation.Observation {
	return observation.Observation{
		Subject:  domain(name),
		Relation: observation.ResolvesTo,
		Object:   ip(address),
		Window:   observation.Window{First: first, Last: last},
		Count:    1,
		Source:   "test",
	}
}

// day is a day of 2026, noon.
func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

// linkOf is the link that one observation alone makes.
func linkOf(o observation.Observation) corpus.Link {
	l := corpus.Link{Subject: o.Subject, Relation: o.Relation, Object: o.Object, Window: o.Window, Count: o.Count}
	if o.Source != "" {
		l.Sources = []string{o.Source}
	}
	if o.Evidence != "" {
		l.Evidence = []string{o.Evidence}
	}
	return l
}

func cancelledContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
