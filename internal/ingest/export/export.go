// Package export reads what people saved of a provider's answers: one JSON value
// after another, or lists of them inside the answer's envelope. What a value says
// is for the provider's connector to know; the wiring joins the two.
package export

import (
	"encoding/json"
	"io"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/document"
	"clew/internal/observation"
)

// A Format is the exports of one provider.
type Format struct {
	Label string
	// Lists are the paths of the lists in an answer's envelope, as in
	// [document.Values].
	Lists []string
	// Marks are members of which an export's first value has all of one set.
	Marks [][]string
	// Decode returns what one value says. at is when the answer was given, zero
	// when nobody knows; ok is false for a value that is none of the provider's.
	Decode func(value []byte, at time.Time) (facts []observation.Observation, ok bool)
}

// Name implements [ingest.Format].
func (f Format) Name() string { return f.Label }

// Likely reports whether head begins with a value that has the marks. Exports of
// one long line are cut in head, so the marks are looked for as text.
func (f Format) Likely(head []byte) bool { return document.HasMembers(head, f.Marks) }

// Read implements [ingest.DocumentFormat].
func (f Format) Read(r io.Reader, out *ingest.Out) error {
	return document.Values(r, out, f.Lists, func(value json.RawMessage) error {
		facts, ok := f.Decode(value, out.AsOf)
		if !ok {
			out.Reject("no %s", f.Label)
			return out.Stopped()
		}
		out.KeepAll(facts)
		return out.Stopped()
	})
}
