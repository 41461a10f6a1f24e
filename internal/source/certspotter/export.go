package certspotter

import (
	"encoding/json"
	"time"

	"clew/internal/observation"
)

// ReadIssuance reads one issuance of a saved answer. seen is when it was given,
// zero when nobody knows; ok is false for what identifies no certificate.
func ReadIssuance(row []byte, seen time.Time) (facts []observation.Observation, ok bool) {
	var i issuance
	if json.Unmarshal(row, &i) != nil {
		return nil, false
	}
	c := i.certificate()
	c.Seen = seen
	facts = c.Observations()
	return facts, len(facts) > 0
}
