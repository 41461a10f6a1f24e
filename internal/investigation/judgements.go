package investigation

import (
	"errors"
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// judgements remembers what the lists said during a run, so that a bundle
// replays with the lists as they were, whoever replays it.
type judgements struct {
	lists   pivot.Lists
	answers map[string]judgement
}

// judgement is one answer of the lists. A question that was asked and has no
// entry in Reason, N or Of was answered with no.
type judgement struct {
	Reason string `json:"reason,omitempty"`
	N      uint64 `json:"n,omitempty"`
	Of     uint64 `json:"of,omitempty"`
	Yes    bool   `json:"yes,omitempty"`
}

func newJudgements(l pivot.Lists) *judgements {
	return &judgements{lists: l, answers: map[string]judgement{}}
}

func (j *judgements) ask(key string, answer func() judgement) judgement {
	if known, ok := j.answers[key]; ok {
		return known
	}
	said := answer()
	j.answers[key] = said
	return said
}

func judged(question string, r observation.Relation, text string) string {
	return question + " " + r.String() + " " + text
}

// Suppressed implements pivot.Lists.
func (j *judgements) Suppressed(r observation.Relation, v observable.Value) (string, bool) {
	said := j.ask(judged("suppressed", r, v.String()), func() judgement {
		reason, ok := j.lists.Suppressed(r, v)
		return judgement{Reason: reason, Yes: ok}
	})
	return said.Reason, said.Yes
}

// Benign implements pivot.Lists.
func (j *judgements) Benign(v observable.Value) (string, bool) {
	said := j.ask("benign "+v.String(), func() judgement {
		reason, ok := j.lists.Benign(v)
		return judgement{Reason: reason, Yes: ok}
	})
	return said.Reason, said.Yes
}

// BaseCount implements pivot.Lists.
func (j *judgements) BaseCount(r observation.Relation, v observable.Value) (n, of uint64, list string, ok bool) {
	said := j.ask(judged("count", r, v.String()), func() judgement {
		n, of, list, ok := j.lists.BaseCount(r, v)
		return judgement{Reason: list, N: n, Of: of, Yes: ok}
	})
	return said.N, said.Of, said.Reason, said.Yes
}

// NameCount implements pivot.Lists. That the vocabulary counted goes without
// saying, as in the records of before the corpus did.
func (j *judgements) NameCount(r observation.Relation, word string) (n uint64, from string, known bool) {
	said := j.ask(judged("name", r, word), func() judgement {
		n, from, known := j.lists.NameCount(r, word)
		if from == vocabulary {
			from = ""
		}
		return judgement{Reason: from, N: n, Yes: known}
	})
	if from = said.Reason; from == "" {
		from = vocabulary
	}
	return said.N, from, said.Yes
}

// errNotJudged means a replay asked the lists what the recorded run did not.
var errNotJudged = errors.New("the recorded run did not ask the lists this")

// replayed answers from a recording. The first question that is not in it is
// kept in missing: the engine's questions to the lists cannot fail.
func replayed(answers map[string]judgement) (lists *judgements, missing *error) {
	missing = new(error)
	return &judgements{lists: silent{missing}, answers: answers}, missing
}

// silent is asked only for what the recording lacks.
type silent struct{ missing *error }

func (s silent) note(question string) {
	if *s.missing == nil {
		*s.missing = fmt.Errorf("%w: %s", errNotJudged, question)
	}
}

func (s silent) Suppressed(r observation.Relation, v observable.Value) (string, bool) {
	s.note(judged("suppressed", r, v.String()))
	return "", false
}

func (s silent) Benign(v observable.Value) (string, bool) {
	s.note("benign " + v.String())
	return "", false
}

func (s silent) BaseCount(r observation.Relation, v observable.Value) (n, of uint64, list string, ok bool) {
	s.note(judged("count", r, v.String()))
	return 0, 0, "", false
}

func (s silent) NameCount(r observation.Relation, word string) (n uint64, from string, known bool) {
	s.note(judged("name", r, word))
	return 0, "", false
}
