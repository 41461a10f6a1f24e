package eval

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/score"
)

// verdictsOf draws findings whose truth follows a calibration of its own.
func verdictsOf(n int, a, b float64) []casefile.Label {
	random := rand.New(rand.NewPCG(1, 2))
	out := make([]casefile.Label, n)
	for i := range out {
		bits := -8 + 20*random.Float64()
		p := 1 / (1 + math.Exp(-(math.Ln2*a*bits + b)))
		out[i] = casefile.Label{Finding: casefile.Finding{Bits: bits, Model: score.Fitted().Version}, Accepted: random.Float64() < p}
	}
	return out
}

func TestVerdictsMoveTheCalibration(t *testing.T) {
	labels := append(verdictsOf(3000, 0.5, -3), casefile.Label{Finding: casefile.Finding{Bits: 9, Model: "closed-1"}, Accepted: true})
	fit, err := FitVerdicts(score.Fitted(), labels, "team")
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(fit.Model.A-0.5) > 0.05 || math.Abs(fit.Model.B+3) > 0.3 {
		t.Errorf("got %.3f, %.3f from verdicts drawn with 0.5, -3", fit.Model.A, fit.Model.B)
	}
	if fit.After >= fit.Before || fit.Other != 1 || fit.Model.Version != "team" {
		t.Errorf("got %+v", fit)
	}
}

func TestFewVerdictsMoveNothing(t *testing.T) {
	fit, err := FitVerdicts(score.Fitted(), verdictsOf(100, 0.5, -3), "team")
	if err == nil || !strings.Contains(err.Error(), "too few") {
		t.Errorf("100 verdicts gave %+v, %v", fit.Model.A, err)
	}
}
