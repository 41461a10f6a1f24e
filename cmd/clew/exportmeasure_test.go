package main

import (
	"strings"
	"testing"

	"clew/internal/telemetry"
)

// A measurement that stopped to take in names says so in the rule's comment.
func TestAFullMeasurementIsSaid(t *testing.T) {
	const said = "among the first 2000000 distinct words"
	for _, full := range []bool{false, true} {
		m := telemetry.Measured{Full: full, Names: 7, Logs: 1}
		if got := hitsOf(m, 1, m.Names, "registered names"+beyond(m), "given logs"); strings.Contains(got, said) != full {
			t.Errorf("full %v: %s", full, got)
		}
	}
}
