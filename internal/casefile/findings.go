package casefile

import (
	"bytes"
	"encoding/json"
	"fmt"

	"clew/internal/pivot"
)

// FindingsBlob returns the snapshot of a run's findings and the event that
// names it: JSON Lines, one canonical finding a line, in the engine's order.
// Equal findings give equal bytes, so a replay is checked by comparing digests.
func FindingsBlob(findings []pivot.Finding, model string) ([]byte, Found, error) {
	var blob []byte
	bands := map[string]int{}
	for _, f := range findings {
		line, err := Canonical(FindingOf(f))
		if err != nil {
			return nil, Found{}, fmt.Errorf("finding %s: %w", f.Value.Text(), err)
		}
		blob = append(append(blob, line...), '\n')
		bands[f.Band]++
	}
	return blob, Found{SHA256: DigestOf(blob), Model: model, Bands: bands}, nil
}

// readFinding reads one line of a snapshot.
func (s *scan) readFinding(line []byte, f *Finding) error {
	line = bytes.TrimSuffix(line, []byte("\n"))
	if s.finding(line, f) {
		return nil
	}
	*f = Finding{}
	err := json.Unmarshal(line, f)
	if s.outline {
		f.Factors, f.Paths = nil, nil
	}
	return err
}
