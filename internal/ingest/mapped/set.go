package mapped

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/ingest"
	"clew/internal/observable"
	"clew/internal/observation"
)

// maxMembers bounds a set: no domain has more name servers.
const maxMembers = 1000

// setSpec is one entry of "sets": what all rows of one subject say together.
type setSpec struct {
	Relation string          `yaml:"relation"`
	Subject  valueSpec       `yaml:"subject"`
	Member   valueSpec       `yaml:"member"`
	Window   windowSpec      `yaml:"window"`
	When     []conditionSpec `yaml:"when"`
}

// A set states, for the rows of one subject, the whole set of members that were
// there at the last moment any of them was seen: a member is in it when it was
// seen up to that moment. That is true of a history that lists every member
// with the time it was first and last seen.
type set struct {
	relation        observation.Relation
	subject, member *value
	window          window
	when            []condition
}

func (m *Mapping) set(spec setSpec, common windowSpec) (s set, err error) {
	relation, ok := observation.RelationNamed(spec.Relation)
	if !ok {
		return s, fmt.Errorf("unknown relation %q", spec.Relation)
	}
	if spec.Window == (windowSpec{}) {
		spec.Window = common
	}
	if spec.Window.Last == "" {
		return s, errors.New("needs a window with a last column: it tells which members were there at the end")
	}
	s.relation, s.window = relation, m.window(spec.Window)
	if s.when, err = m.conditions(spec.When); err != nil {
		return s, fmt.Errorf("when: %w", err)
	}
	if s.subject, err = m.value(spec.Subject); err != nil {
		return s, fmt.Errorf("subject: %w", err)
	}
	if s.member, err = m.value(spec.Member); err != nil {
		return s, fmt.Errorf("member: %w", err)
	}
	if !slices.Contains(relation.Objects(), observable.Text) {
		return s, fmt.Errorf("%s does not lead to a set", relation)
	}
	return s, nil
}

// A group gathers the rows of the current subject of a set.
type group struct {
	subject string
	members []seen
}

// seen is one member of a set and when it was seen.
type seen struct {
	text string
	observation.Window
}

// take adds a row to the group, and reports whether it belongs to one. Rows of
// one subject stand together, in ascending order of the subject: otherwise a
// part would be told as the whole.
func (g *group) take(s *set, r *row, c clock, out *ingest.Out) bool {
	if !holds(s.when, r) {
		return false
	}
	subjects, texts := s.subject.of(r, c), s.member.of(r, c)
	w, err := s.window.of(r, c)
	if len(subjects) != 1 || len(texts) == 0 || err != nil {
		return false // the facts of the row have said why
	}
	if subjects[0] != g.subject {
		g.tell(s, out)
		if subjects[0] < g.subject {
			out.Reject("%s: %q follows %q: sort the file by that column (LC_ALL=C sort)", s.relation, subjects[0], g.subject)
			return true
		}
		g.subject = subjects[0]
	}
	if len(g.members)+len(texts) > maxMembers {
		out.Reject("%s of more than %d members", s.relation, maxMembers)
		return true
	}
	for _, text := range texts {
		g.members = append(g.members, seen{text, w})
	}
	return true
}

// tell hands out the set of the group, if it has two members or more, and
// empties the group.
func (g *group) tell(s *set, out *ingest.Out) {
	all := g.members
	g.members = g.members[:0]
	if len(all) == 0 {
		return
	}
	var end time.Time
	for _, m := range all {
		if m.Last.After(end) {
			end = m.Last
		}
	}
	whole := observation.Window{Last: end}
	var texts []string
	for _, m := range all {
		begins := m.First // from here on the member is there
		if !m.Last.Equal(end) {
			begins = m.Last // until here one more was
		} else {
			texts = append(texts, m.text)
		}
		if begins.After(whole.First) {
			whole.First = begins
		}
	}
	slices.Sort(texts)
	if texts = slices.Compact(texts); len(texts) < 2 {
		return // one member says no more than itself
	}
	s.keep(g.subject, texts, whole, out)
}

func (s *set) keep(subject string, members []string, w observation.Window, out *ingest.Out) {
	o := observation.Observation{Relation: s.relation, Window: w, Count: 1}
	var err error
	if o.Subject, err = s.subject.typed(subject, s.relation.Subjects()); err != nil {
		return // the facts of these rows have said so
	}
	if o.Object, err = observable.New(observable.Text, strings.Join(members, "|")); err != nil {
		out.Reject("%s: %w", s.relation, err)
		return
	}
	out.Keep(o)
}
