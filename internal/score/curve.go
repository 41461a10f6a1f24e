package score

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// A Curve corrects the closed form for one type of value by how many others
// hold it. Source: docs/confidence, section 8.
//
// Others holds log2 of the other holders, ascending; Bits what to add to the
// closed form there. Between knots the correction is interpolated, beyond them
// the nearest one holds, so that a value from a larger world than the labelled
// one still gains a bit for each halving of its holders.
type Curve struct {
	Others []float64 `json:"log2_others"`
	Bits   []float64 `json:"bits"`
}

// At returns the correction for 2^x other holders.
func (c Curve) At(x float64) float64 {
	last := len(c.Others) - 1
	switch {
	case last < 0:
		return 0
	case x <= c.Others[0]:
		return c.Bits[0]
	case x >= c.Others[last]:
		return c.Bits[last]
	}
	i := sort.SearchFloat64s(c.Others, x)
	low, high := c.Others[i-1], c.Others[i]
	return c.Bits[i-1] + (c.Bits[i]-c.Bits[i-1])*(x-low)/(high-low)
}

// maxCorrection bounds what a curve may add or take: no labelled set is large
// enough to know a likelihood ratio better than that.
const maxCorrection = 20

func (c Curve) check() error {
	if len(c.Others) == 0 || len(c.Others) != len(c.Bits) {
		return fmt.Errorf("%d knots and %d corrections", len(c.Others), len(c.Bits))
	}
	for i := range c.Others {
		switch {
		case math.IsNaN(c.Others[i]) || math.Abs(c.Others[i]) > 64:
			return fmt.Errorf("knot %d is %g, no log2 of holders", i, c.Others[i])
		case math.IsNaN(c.Bits[i]) || math.Abs(c.Bits[i]) > maxCorrection:
			return fmt.Errorf("correction %d is %g bits, over %d", i, c.Bits[i], maxCorrection)
		case i > 0 && c.Others[i] <= c.Others[i-1]:
			return errors.New("knots are not ascending")
		// The closed form loses at least a bit for each doubling of holders; a
		// curve that gives back more would make common values worth more than rare.
		case i > 0 && c.Bits[i]-c.Bits[i-1] > c.Others[i]-c.Others[i-1]+1e-3:
			return fmt.Errorf("knot %d makes more holders worth more", i)
		}
	}
	return nil
}
