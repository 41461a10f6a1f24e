package source

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// DecodeLines reads a reply of one JSON document a line. A provider that knows
// nothing sends no line, but says so with a Content-Type: an empty body without
// one is [ErrBadReply], and so is a body that does not start with a document.
func DecodeLines[T any](r Reply) (rows Rows[T], err error) {
	body := bytes.TrimSpace(r.Body)
	switch {
	case len(body) == 0 && r.Header.Get("Content-Type") == "":
		return rows, fmt.Errorf("%w: empty body", ErrBadReply)
	case len(body) > 0 && body[0] != '{':
		return rows, fmt.Errorf("%w: no JSON document a line", ErrBadReply)
	}
	rows.Given = true
	lines := bytes.Split(body, []byte("\n"))
	for i, line := range lines {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		var row T
		switch {
		case json.Unmarshal(line, &row) == nil:
			rows.Items = append(rows.Items, row)
		case json.Valid(line):
			rows.Odd++
		default:
			return rows, fmt.Errorf("%w: line %d of %d is no JSON document", ErrBadReply, i+1, len(lines))
		}
	}
	return rows, nil
}
