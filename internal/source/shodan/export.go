package shodan

import (
	"encoding/json"
	"time"

	"clew/internal/observation"
	"clew/internal/source"
)

// ReadExport reads one banner, as downloads hold one a line and answers hold
// lists of them. It carries its own time. ok is false for what is none.
func ReadExport(row []byte, _ time.Time) (facts []observation.Observation, ok bool) {
	var b banner
	if json.Unmarshal(row, &b) != nil || b.Address == "" {
		return nil, false
	}
	var p source.Page
	b.keep(&p)
	return p.Observations, true
}
