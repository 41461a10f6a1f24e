package eval

import (
	"fmt"
	"math"

	"clew/internal/casefile"
	"clew/internal/score"
)

// minVerdicts is the fewest accepted findings that may move a calibration.
// Source: docs/confidence, section 8.
const minVerdicts = 200

// A Refit is what verdicts say about a model.
type Refit struct {
	Model              score.Model
	Accepted, Rejected int     // used
	Other              int     // weighed by another model, left out
	Before, After      float64 // mean distance between stated and observed chance, over P 0.1
}

// FitVerdicts calibrates a model anew by what analysts accepted and rejected,
// with the evidence as it stood. Curves stay: verdicts are given on findings, so
// they say nothing about pairs nobody looked at. Every verdict weighs alike; the
// model's own calibration weighs as a few of them.
func FitVerdicts(model score.Model, labels []casefile.Label, version string) (Refit, error) {
	fit := Refit{Model: model}
	var samples []sample
	for _, l := range labels {
		if l.Finding.Model != model.Version || l.Finding.Suppressed != "" {
			fit.Other++
			continue
		}
		samples = append(samples, sample{x: math.Ln2 * l.Finding.Bits, same: l.Accepted, weight: 1})
		if l.Accepted {
			fit.Accepted++
		} else {
			fit.Rejected++
		}
	}
	if fit.Accepted < minVerdicts || fit.Rejected == 0 {
		return fit, fmt.Errorf("%d accepted and %d rejected findings of model %s are too few to move its calibration: at least %d accepted are needed, and rejected ones beside them; it stays as it is",
			fit.Accepted, fit.Rejected, model.Version, minVerdicts)
	}
	a, b, err := fitLogistic(samples, model.A, model.B, calmness)
	if err != nil {
		return fit, err
	}
	fit.Before = calibrationOf(model, samples)
	fit.Model.Version, fit.Model.A, fit.Model.B = version, a, b
	round(&fit.Model)
	fit.After = calibrationOf(fit.Model, samples)
	return fit, nil
}

func calibrationOf(model score.Model, samples []sample) float64 {
	items := make([]labelled, 0, len(samples))
	for _, s := range samples {
		items = append(items, labelled{model.Probability(s.x / math.Ln2), s.same})
	}
	return calibrationError(items)
}
