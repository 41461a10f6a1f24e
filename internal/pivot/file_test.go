package pivot

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
)

// digestOf makes up the SHA-256 of a numbered file.
func digestOf(n int) string { return fmt.Sprintf("%064x", n) }

// fileWorld has an operator's two files. The first knows two command servers;
// one has its address in common with the second's server, the other its
// registrant: two independent ways there. Twelve thousand strangers make that rare.
// Six thousand did while the prior expected all 58 siblings of an operator in any
// store: the second server was at 0.58 and is at 0.42 there since the prior of a
// small store is that of 20,000 names, too little to carry on to its file. With
// three of the operator's names among them, less is what is right.
func fileWorld() []observation.Observation {
	ours := days(0, 9)
	all := []observation.Observation{
		saw(digestOf(1), observation.ConfigC2, "first-c2.test", ours),
		saw(digestOf(1), observation.ConfigC2, "third-c2.test", ours),
		saw("third-c2.test", observation.RegistrantEmail, "operator@mail.test", ours),
		saw("second-c2.test", observation.RegistrantEmail, "operator@mail.test", ours),
		saw("first-c2.test", observation.ResolvesTo, "192.0.2.50", ours),
		saw("second-c2.test", observation.ResolvesTo, "192.0.2.50", ours),
		saw(digestOf(2), observation.ConfigC2, "second-c2.test", ours),
		saw(digestOf(3), observation.Imphash, strings.Repeat("ab", 16), ours),
		saw(digestOf(1), observation.Imphash, strings.Repeat("ab", 16), ours),
	}
	for i := range 12_000 {
		all = append(
			all,
			saw(digestOf(10_000+i), observation.ConfigC2, fmt.Sprintf("stranger%d.test", i), days(0, 9)),
			saw(fmt.Sprintf("stranger%d.test", i), observation.ResolvesTo, fmt.Sprintf("198.51.%d.%d", i/250, i%250), days(0, 9)),
			saw(fmt.Sprintf("stranger%d.test", i), observation.RegistrantEmail, fmt.Sprintf("someone%d@mail.test", i), days(0, 9)),
			saw(digestOf(10_000+i), observation.Imphash, fmt.Sprintf("%032x", 100+i/2), days(0, 9)),
		)
	}
	return all
}

func TestFileLeadsOverItsServerToOtherFiles(t *testing.T) {
	e := engine(t, fileWorld())
	e.Depth = 4
	result, err := e.Investigate(t.Context(), []observable.Value{observable.Must(observable.File, digestOf(1))})
	if err != nil {
		t.Fatal(err)
	}
	found := &result
	for value, least := range map[string]float64{
		"first-c2.test":  0.5,
		"second-c2.test": 0.5,
		digestOf(2):      0.2,
		digestOf(3):      0.5,
	} {
		f := found.finding(t, value)
		if f.P < least {
			t.Errorf("%s: P %.3f, want %.2f at least", value, f.P, least)
		}
		t.Logf("%.10s P %.3f %s %v", value, f.P, f.Band, f.Paths)
	}
	for _, f := range found.Findings {
		if strings.Contains(f.Value.Text(), "stranger") && f.P > 0.1 {
			t.Errorf("stranger %s has P %.2f", f.Value, f.P)
		}
	}
}
