package urlscan

import (
	"encoding/json"
	"time"

	"clew/internal/observation"
	"clew/internal/source"
)

// ReadExport reads one row of a search, or one whole result, as urlscan gives
// them. ok is false for what is neither.
func ReadExport(row []byte, at time.Time) (all []observation.Observation, ok bool) {
	var is struct {
		Task, Page, Data json.RawMessage
	}
	if json.Unmarshal(row, &is) != nil || is.Task == nil || is.Page == nil {
		return nil, false
	}
	if is.Data != nil {
		page, err := decodeResult(source.Reply{Body: row, At: at})
		return page.Observations, err == nil
	}
	var found searchRow
	if json.Unmarshal(row, &found) != nil {
		return nil, false
	}
	var f facts
	f.scan(found.scan)
	return f.Observations, true
}
