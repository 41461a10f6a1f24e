package telemetry

import (
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
)

// ByReference judges by the reference lists: what is benign itself, and
// addresses so widely shared that a name behind them says nothing.
func ByReference(set *reference.Set) Lists { return referenceLists{set} }

type referenceLists struct{ set *reference.Set }

func (l referenceLists) Worthless(v observable.Value) (string, bool) {
	if hit, ok := l.set.Benign(v); ok {
		return hit.String(), true
	}
	if v.Kind() == observable.IP {
		if hit, ok := l.set.Match(observation.ResolvesTo, v); ok {
			return hit.String(), true
		}
	}
	if v.Kind() == observable.File {
		if hit, ok := l.set.Match(observation.BodyHash, v); ok {
			return hit.String(), true
		}
	}
	return "", false
}
