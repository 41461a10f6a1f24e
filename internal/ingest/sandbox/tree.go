package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A tree is JSON of which nothing is sure: sandboxes change their reports from
// version to version. What is not there, or is of another type, is empty.
type tree struct{ v any }

// at walks down the names of objects.
func (t tree) at(names ...string) tree {
	for _, name := range names {
		object, _ := t.v.(map[string]any)
		t = tree{object[name]}
	}
	return t
}

// has reports whether an object has that name.
func (t tree) has(name string) bool {
	object, _ := t.v.(map[string]any)
	_, ok := object[name]
	return ok
}

// items lists the members of an array.
func (t tree) items() []tree {
	array, _ := t.v.([]any)
	out := make([]tree, len(array))
	for i, v := range array {
		out[i] = tree{v}
	}
	return out
}

// names lists the names of an object, sorted.
func (t tree) names() []string {
	object, _ := t.v.(map[string]any)
	out := make([]string, 0, len(object))
	for name := range object {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// text is a string, or a number as it was written.
func (t tree) text() string {
	switch v := t.v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// texts lists the strings of an array, or the one string.
func (t tree) texts() []string {
	if one := t.text(); one != "" {
		return []string{one}
	}
	var out []string
	for _, item := range t.items() {
		if text := item.text(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// number is an integer, or 0.
func (t tree) number() int64 {
	n, err := strconv.ParseInt(t.text(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// parse reads one document.
func parse(data []byte) (tree, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return tree{}, fmt.Errorf("JSON, near byte %d: %w", decoder.InputOffset(), err)
	}
	return tree{v}, nil
}
