package investigation

import (
	"testing"

	"clew/internal/casefile"
)

func TestSoftwareNamesItsGroups(t *testing.T) {
	entry := func(id, name string) casefile.AttackEntry { return casefile.AttackEntry{ID: id, Name: name} }
	tests := map[string]struct {
		named casefile.Attack
		want  string
	}{
		"unknown":   {casefile.Attack{}, ""},
		"no_groups": {casefile.Attack{Software: []casefile.AttackEntry{entry("S9999", "Shoplifter")}}, "S9999 Shoplifter"},
		"groups": {casefile.Attack{
			Software: []casefile.AttackEntry{entry("S9999", "Shoplifter")},
			Groups:   []casefile.AttackEntry{entry("G9998", "Day Shift"), entry("G9999", "Night Shift")},
		}, "S9999 Shoplifter, used by G9998 Day Shift, G9999 Night Shift"},
		"many_groups": {casefile.Attack{
			Software: []casefile.AttackEntry{entry("S9999", "Shoplifter")},
			Groups:   []casefile.AttackEntry{entry("G1", "A"), entry("G2", "B"), entry("G3", "C"), entry("G4", "D"), entry("G5", "E"), entry("G6", "F")},
		}, "S9999 Shoplifter, used by G1 A, G2 B, G3 C, G4 D, G5 E and 1 more"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := software(test.named); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
