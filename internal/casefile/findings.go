package casefile

import (
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

func readFinding(line string, f *Finding) error { return json.Unmarshal([]byte(line), f) }
