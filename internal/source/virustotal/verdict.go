package virustotal

import (
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// verdict is what the engines said at the last analysis. They change their minds
// daily, so it is a ratio with a date.
type verdict struct {
	At    int64 `json:"last_analysis_date"`
	Stats struct {
		Malicious  source.Number `json:"malicious"`
		Suspicious source.Number `json:"suspicious"`
		Harmless   source.Number `json:"harmless"`
		Undetected source.Number `json:"undetected"`
	} `json:"last_analysis_stats"`
	Threat struct {
		Names source.Rows[struct {
			Value string        `json:"value"`
			Count source.Number `json:"count"`
		}] `json:"popular_threat_name"`
	} `json:"popular_threat_classification"`
}

// fewestEngines is how many engines must agree on a family: two may share one engine.
const fewestEngines = 3

// judged keeps how many engines flag v, and the family most of them name.
func (f *facts) judged(v observable.Value, a verdict) {
	w := observation.Window{}
	if a.At > 0 {
		w = record.At(record.Unix(a.At))
	}
	if all := a.Stats.Malicious + a.Stats.Suspicious + a.Stats.Harmless + a.Stats.Undetected; all > 0 {
		f.Judge(v, fmt.Sprintf("flagged by %d of %d engines", a.Stats.Malicious+a.Stats.Suspicious, all), w)
	}
	best := -1
	for i, name := range a.Threat.Names.Items {
		if name.Count >= fewestEngines && (best < 0 || name.Count > a.Threat.Names.Items[best].Count) {
			best = i
		}
	}
	if best >= 0 {
		f.Family(v, a.Threat.Names.Items[best].Value, w)
	}
}
