package source

import (
	"bytes"
	"encoding/json"
)

// Maybe is a member whose shape differs from reply to reply, such as an empty
// list where an object belongs. A shape that is no T leaves it empty, instead of
// costing the row it stands in.
type Maybe[T any] struct{ Value T }

// UnmarshalJSON implements [json.Unmarshaler]. It never fails.
func (m *Maybe[T]) UnmarshalJSON(raw []byte) error {
	var v T
	if json.Unmarshal(raw, &v) == nil {
		m.Value = v
	}
	return nil
}

// Texts is a list of texts, of which some providers write a single one without
// the brackets.
type Texts []string

// UnmarshalJSON implements [json.Unmarshaler]. Members that are no text are
// left out; an object is an empty list.
func (t *Texts) UnmarshalJSON(raw []byte) error {
	*t = nil
	if raw = bytes.TrimSpace(raw); raw[0] != '[' {
		raw = append(append([]byte("["), raw...), ']')
	}
	var members Rows[Text]
	if err := members.UnmarshalJSON(raw); err != nil {
		return err
	}
	for _, member := range members.Items {
		if member != "" {
			*t = append(*t, string(member))
		}
	}
	return nil
}
