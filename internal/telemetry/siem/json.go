package siem

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"clew/internal/source"
)

// Decode reads one JSON document of a reply.
func Decode(reply source.Reply, to any) error {
	if err := json.Unmarshal(reply.Body, to); err != nil {
		return fmt.Errorf("%w: %w", source.ErrBadReply, err)
	}
	return nil
}

// Line writes a JSON value in one line.
func Line(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// Lines calls each for every line of a reply that holds something.
func Lines(body []byte, each func(line []byte) error) error {
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := each(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// Quote writes text between double quotes, with backslashes before those within
// and before backslashes: string literals of KQL, LogsQL, LogQL and SPL.
func Quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// Message returns the record that a field holds as it was logged, where it is one
// of JSON: its fields are then known by their names, where those of the document
// around it are all one text. Otherwise it returns the document.
func Message(document []byte, field string) string {
	var fields map[string]json.RawMessage
	var message string
	if json.Unmarshal(document, &fields) == nil && json.Unmarshal(fields[field], &message) == nil && strings.HasPrefix(message, "{") && json.Valid([]byte(message)) {
		return message
	}
	return string(document)
}
