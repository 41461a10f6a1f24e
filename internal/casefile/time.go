package casefile

import (
	"encoding/json"
	"fmt"
	"time"

	"clew/internal/observation"
)

// A Time is a point in time in the document: RFC 3339, UTC, to the second, and
// null when it is not known.
type Time struct{ time.Time }

// MarshalJSON writes the time, or null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format(time.RFC3339))
}

// UnmarshalJSON reads what MarshalJSON writes, and any other RFC 3339 time.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	var text *string
	if err := json.Unmarshal(data, &text); err != nil || text == nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return fmt.Errorf("%q is no RFC 3339 time", *text)
	}
	t.Time = at.UTC().Truncate(time.Second)
	return nil
}

// String returns the time as the document writes it, "" when unknown.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Day returns the UTC day alone, "" when unknown.
func (t Time) Day() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// A Window is [from, to] in JSON; an unknown end is null.
type Window [2]Time

// WindowOf converts an observation's window.
func WindowOf(w observation.Window) Window {
	return Window{timeOf(w.First), timeOf(w.Last)}
}

// Observed converts back.
func (w Window) Observed() observation.Window {
	return observation.Window{First: w[0].Time, Last: w[1].Time}
}

// Known reports whether at least one end is known.
func (w Window) Known() bool { return !w[0].IsZero() || !w[1].IsZero() }

func timeOf(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Second)}
}
