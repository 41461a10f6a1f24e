package eval

import (
	"errors"
	"math"
)

// A sample is one labelled pair as calibration sees it.
type sample struct {
	x      float64 // evidence
	same   bool
	weight float64
}

// fitLogistic finds the slope a and offset b of p = logistic(a·x + b) that make
// the labels most likely, by Newton's method, drawn to the prior (a0, b0) with
// the strength of that many pairs.
func fitLogistic(samples []sample, a0, b0, strength float64) (a, b float64, err error) {
	a, b = a0, b0
	for range 100 {
		ga, gb := -strength*(a-a0), -strength*(b-b0)
		haa, hab, hbb := strength, 0.0, strength
		for _, s := range samples {
			p := 1 / (1 + math.Exp(-(a*s.x + b)))
			y := 0.0
			if s.same {
				y = 1
			}
			ga += s.weight * (y - p) * s.x
			gb += s.weight * (y - p)
			w := s.weight * p * (1 - p)
			haa += w * s.x * s.x
			hab += w * s.x
			hbb += w
		}
		det := haa*hbb - hab*hab
		if det <= 0 || math.IsNaN(det) {
			break
		}
		da, db := (ga*hbb-gb*hab)/det, (gb*haa-ga*hab)/det
		// A full Newton step may overshoot where the labels separate; half a unit
		// of slope and two of offset at a time always arrive.
		da, db = math.Max(-0.5, math.Min(0.5, da)), math.Max(-2, math.Min(2, db))
		a, b = a+da, b+db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			return a, b, nil
		}
	}
	return a, b, errors.New("calibration does not settle: too few labelled pairs, or they contradict each other")
}

// isotonic makes values non-increasing by pooling neighbours that are not (pool
// adjacent violators), each weighing as given. Source: Barlow et al., 1972.
func isotonic(values, weights []float64) []float64 {
	type block struct {
		value, weight float64
		n             int
	}
	var blocks []block
	for i, v := range values {
		blocks = append(blocks, block{v, weights[i], 1})
		for n := len(blocks); n > 1 && blocks[n-2].value < blocks[n-1].value; n = len(blocks) {
			a, b := blocks[n-2], blocks[n-1]
			w := a.weight + b.weight
			blocks = append(blocks[:n-2], block{(a.value*a.weight + b.value*b.weight) / w, w, a.n + b.n})
		}
	}
	out := make([]float64, 0, len(values))
	for _, b := range blocks {
		for range b.n {
			out = append(out, b.value)
		}
	}
	return out
}
