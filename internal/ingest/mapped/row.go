package mapped

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A row holds the texts of the columns a mapping reads: none for an absent
// value, several for a list.
type row struct {
	values [][]string
	empty  map[string]bool // texts that mean "absent"
}

func (m *Mapping) newRow() *row {
	return &row{values: make([][]string, len(m.paths)), empty: m.empty}
}

// one returns the text of a column that holds a single value.
func (r *row) one(column int) (string, bool) {
	if len(r.values[column]) == 0 {
		return "", false
	}
	return r.values[column][0], true
}

var errNoNumber = errors.New("count is no number")

// number returns a count; an absent one is 1.
func (r *row) number(column int) (uint64, error) {
	if column == noColumn {
		return 1, nil
	}
	text, ok := r.one(column)
	if !ok {
		return 1, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, errNoNumber
	}
	return n, nil
}

// set stores one cell, trimmed; a text that means "absent" is left out.
func (r *row) set(column int, text string) {
	r.values[column] = r.values[column][:0]
	if text = strings.TrimSpace(text); !r.empty[text] {
		r.values[column] = append(r.values[column], text)
	}
}

var errNoObject = errors.New("not a JSON object")

// readJSON fills the row from one JSON object; a.b is member b of member a.
func (m *Mapping) readJSON(line []byte, r *row) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil || members == nil {
		return errNoObject
	}
	for i, path := range m.paths {
		r.values[i] = r.values[i][:0]
		raw, err := member(members, path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := r.addJSON(i, raw); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// member follows a path. A name with a dot in it is found as it stands first.
func member(members map[string]json.RawMessage, path string) (json.RawMessage, error) {
	if raw, ok := members[path]; ok {
		return raw, nil
	}
	name, rest, nested := strings.Cut(path, ".")
	raw, ok := members[name]
	if !nested || !ok || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var inner map[string]json.RawMessage
	if err := json.Unmarshal(raw, &inner); err != nil {
		return nil, errNoObject
	}
	return member(inner, rest)
}

// addJSON adds a scalar, or each scalar of an array.
func (r *row) addJSON(column int, raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case 'n': // null
		return nil
	case '{':
		return errors.New("is an object: name one of its members")
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, item := range list {
			if item[0] == '[' {
				return errors.New("is a list of lists")
			}
			if err := r.addJSON(column, item); err != nil {
				return err
			}
		}
		return nil
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		r.add(column, text)
		return nil
	}
	r.add(column, string(raw)) // number, true, false
	return nil
}

func (r *row) add(column int, text string) {
	if text = strings.TrimSpace(text); !r.empty[text] {
		r.values[column] = append(r.values[column], text)
	}
}

// hasMembers reports whether line is a JSON object with every column.
func (m *Mapping) hasMembers(line []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &members) != nil {
		return false
	}
	for _, path := range m.paths {
		name, _, _ := strings.Cut(path, ".")
		if _, ok := members[name]; !ok && members[path] == nil {
			return false
		}
	}
	return true
}
