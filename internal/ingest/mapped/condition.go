package mapped

import (
	"errors"
	"slices"
)

// conditionSpec is a claim about one column: its text is, or is not, one of
// those listed. The empty text stands for an absent value.
type conditionSpec struct {
	Column string     `yaml:"column"`
	Is     stringList `yaml:"is"`
	Not    stringList `yaml:"not"`
}

type condition struct {
	column int
	texts  []string
	not    bool
}

func (m *Mapping) conditions(specs []conditionSpec) ([]condition, error) {
	var all []condition
	for _, s := range specs {
		if s.Column == "" || (s.Is == nil) == (s.Not == nil) {
			return nil, errors.New("a condition needs a column and either \"is\" or \"not\"")
		}
		all = append(all, condition{m.column(s.Column), append(s.Is, s.Not...), s.Not != nil})
	}
	return all, nil
}

func (c condition) holds(r *row) bool {
	text, _ := r.one(c.column)
	return slices.Contains(c.texts, text) != c.not
}

// holds reports whether all conditions hold.
func holds(all []condition, r *row) bool {
	for _, c := range all {
		if !c.holds(r) {
			return false
		}
	}
	return true
}
