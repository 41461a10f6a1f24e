package pivot

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
)

// files gives files one import hash, each a malware family by one provider, and
// another family's name for the same thing by a second.
func files(families ...string) []observation.Observation {
	var all []observation.Observation
	for i, family := range families {
		file := fmt.Sprintf("%064x", i+1)
		named := saw(file, observation.MalwareFamily, family, days(0, 9))
		also := saw(file, observation.MalwareFamily, "Trojan."+family, days(0, 9))
		named.Source, also.Source = "first", "second"
		named.Subject = observable.Must(observable.File, file)
		also.Subject = named.Subject
		all = append(all, saw(file, observation.Imphash, strings.Repeat("ab", 16), days(0, 9)), named, also)
	}
	for i := range 600 { // a population, so that the hash is counted
		all = append(all, saw(fmt.Sprintf("%064x", 1000+i), observation.Imphash, fmt.Sprintf("%032x", 1000+i), days(0, 9)))
	}
	return all
}

func TestImportHashOfSeveralFamiliesIsALeadAtMost(t *testing.T) {
	p := func(families ...string) (float64, string) {
		t.Helper()
		seed := observable.Must(observable.File, fmt.Sprintf("%064x", 1))
		result, err := engine(t, files(families...)).Investigate(context.Background(), []observable.Value{seed})
		if err != nil {
			t.Fatal(err)
		}
		f := result.finding(t, fmt.Sprintf("%064x", 2))
		return f.P, f.Factors[1].Note
	}
	one, _ := p("Redline", "Redline", "Redline", "Redline")
	many, note := p("Redline", "Lumma", "AgentTesla", "Formbook")
	if one <= 0.25 {
		t.Errorf("an import hash of one family under two names is at %.3f: two providers' names for one thing were taken for two", one)
	}
	if many > 0.25+1e-9 || !strings.Contains(note, "files of 4 malware families hold it") {
		t.Errorf("an import hash of four families is at %.3f (%s), want a quarter at most and the reason", many, note)
	}
}
