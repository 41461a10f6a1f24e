package all_test

import (
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest/all"
)

func TestNamed(t *testing.T) {
	choices, err := all.Choices()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range choices {
		mapping := ""
		if c.Name == all.Mapped {
			mapping = "tweetfeed"
		}
		f, err := all.Named(c.Name, mapping)
		if err != nil || c.Title == "" {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if c.Name != all.Mapped && f.Name() != c.Name {
			t.Errorf("%s calls itself %s", c.Name, f.Name())
		}
	}
	for claim, tt := range map[string]struct{ name, mapping, want string }{
		"unknown format":            {"pcap", "", "use one of"},
		"mapped without a mapping":  {"mapped", "", "--mapping"},
		"mapping for another":       {"cof", "tweetfeed", "takes no mapping"},
		"mapping that is not there": {"mapped", "nowhere.yaml", "neither a file"},
	} {
		if _, err := all.Named(tt.name, tt.mapping); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", claim, err)
		}
	}
}

func TestGuess(t *testing.T) {
	for head, want := range map[string]string{
		`{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7"}` + "\n": "cof",
		`{"cond":"begin"}` + "\n":                                   "dnsdb",
		"rrname\trrtype\trdata\tfirst_seen\tlast_seen\tsnapshots\n": "dotgov-history",
		"Domain name,Domain type,Organization name,Suborganization name,City,State,Security contact email\n":                               "dotgov-contacts",
		`{"domain":"evil.example","created":null,"registrar":null,"ns":[],"ips":[],"asn":null,"checked_at":"2026-01-02T03:04:05Z"}` + "\n": "tweetfeed",
		"a,b,c\n1,2,3\n": "",
		"":               "",
		"\x1f\x8b":       "",
	} {
		f, ok := all.Guess([]byte(head))
		got := ""
		if ok {
			got = f.Name()
		}
		if got != want {
			t.Errorf("Guess(%.40q) = %q, want %q", head, got, want)
		}
	}
}

// TestWorldMappings holds the layouts of the synthetic internet to what a
// mapping may say.
func TestWorldMappings(t *testing.T) {
	paths, err := filepath.Glob("../../world/layout/mapping/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no mappings of the world: %v", err)
	}
	for _, path := range paths {
		if _, err := all.Named(all.Mapped, path); err != nil {
			t.Error(err)
		}
	}
}
