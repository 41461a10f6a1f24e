package whois_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
	"clew/internal/source/replay"
	"clew/internal/source/sourcetest"
	"clew/internal/source/whois"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, whois.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, whois.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, whois.Source{}) }

// parsed is the parse of a recorded reply by the project it was recorded for.
type parsed struct {
	Domain struct {
		Domain      string   `json:"domain"`
		Nameservers []string `json:"name_servers"`
	} `json:"domain"`
	Registrar struct {
		Name string `json:"name"`
	} `json:"registrar"`
	Registrant struct {
		Name         string `json:"name"`
		Organization string `json:"organization"`
		Email        string `json:"email"`
	} `json:"registrant"`
}

func TestAgreesWithTheExpectedParses(t *testing.T) {
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "fixtures", "sources")
	files, _ := filepath.Glob(filepath.Join(dir, "whois", "*.parsed.json"))
	if len(files) == 0 {
		t.Skip("recorded answers are not beside the repository")
	}
	recorded, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = recorded.Close() }()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want parsed
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		domain := observable.Must(observable.Domain, want.Domain.Domain)
		out := source.NewRunner(source.RunnerOptions{Asker: recorded, Replay: true}).
			Ask(t.Context(), whois.Source{}, source.Question{Value: domain})
		agree(t, domain, out, observation.Nameserver, observable.Domain, want.Domain.Nameservers...)
		agree(t, domain, out, observation.RegistrarOf, observable.Registrar, want.Registrar.Name)
		agree(t, domain, out, observation.RegistrantName, observable.Person, want.Registrant.Name)
		agree(t, domain, out, observation.RegistrantOrg, observable.Org, want.Registrant.Organization)
		agree(t, domain, out, observation.RegistrantEmail, observable.Email, want.Registrant.Email)
	}
}

// agree compares the values of one relation with those expected; texts that are
// no value of the kind (a web address for an e-mail) are expected to be left out.
func agree(t *testing.T, domain observable.Value, out source.Outcome, relation observation.Relation, kind observable.Kind, texts ...string) {
	t.Helper()
	var want, got []string
	for _, text := range texts {
		if v, err := observable.New(kind, text); err == nil {
			want = append(want, v.Text())
		}
	}
	for _, o := range out.Answer.Observations {
		if o.Relation == relation && o.Subject == domain {
			got = append(got, o.Object.Text())
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(slices.Compact(want), slices.Compact(got)) {
		t.Errorf("%s %s: got %s, want %s", domain, relation, strings.Join(got, ", "), strings.Join(want, ", "))
	}
}
