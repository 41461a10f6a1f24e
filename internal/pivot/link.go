package pivot

import (
	"fmt"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A Link is a value as what connects: under one relation, or under any when
// Relation is zero.
type Link struct {
	Value    observable.Value
	Relation observation.Relation
}

// anyRelation stands for the zero Relation in text.
const anyRelation = "any"

// MarshalText writes the relation, a blank, and the value: links are keys of JSON objects.
func (l Link) MarshalText() ([]byte, error) {
	name := anyRelation
	if l.Relation.Valid() {
		name = l.Relation.String()
	}
	return []byte(name + " " + l.Value.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (l *Link) UnmarshalText(text []byte) error {
	name, value, _ := strings.Cut(string(text), " ")
	relation, known := observation.RelationNamed(name)
	if !known && name != anyRelation {
		return fmt.Errorf("%q is no relation", name)
	}
	l.Relation = relation
	return l.Value.UnmarshalText([]byte(value))
}
