package all_test

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/all"
	"clew/internal/observable"
	"clew/internal/observation"
)

// shared opens a file of the facts beside the repository, where it lies.
func shared(t testing.TB, path string) *os.File {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../../shared"
	}
	file, err := os.Open(filepath.Join(root, path))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here: set CLEW_SHARED to the folder of shared facts", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// load imports a shared file and returns what it states.
func load(t *testing.T, format, path string) ([]observation.Observation, ingest.Summary, error) {
	t.Helper()
	f, err := all.Named(format, "")
	if err != nil {
		t.Fatal(err)
	}
	var facts []observation.Observation
	summary, err := ingest.Import{Format: f, Source: "test"}.Run(context.Background(), shared(t, path), func(o observation.Observation) error {
		facts = append(facts, o)
		return nil
	})
	for _, r := range summary.FirstRejected {
		t.Logf("%s line %d: %s: %s", path, r.Line, r.Reason, r.Text)
	}
	return facts, summary, err
}

// TestRecordedFiles holds the counts of every real file that clew reads. They
// were counted apart from this code; the four refused are the name servers of
// gov itself, which is a public suffix and no domain of anybody's.
func TestRecordedFiles(t *testing.T) {
	type counts struct{ Read, Kept, Skipped, Rejected uint64 }
	for _, tt := range []struct {
		format, path string
		want         counts
		incomplete   string
	}{
		{"cof", "fixtures/sources/circl/pdns.149.13.33.14.ndjson", counts{20, 20, 0, 0}, ""},
		{"cof", "fixtures/sources/circl/pdns.www.circl.lu.ndjson", counts{3, 3, 0, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v1_rdata_ip.154.9.205.199.ndjson", counts{22, 22, 0, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v1_rdata_name.github.com.ndjson", counts{256, 256, 0, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v1_rrset.www.farsightsecurity.com.ndjson", counts{2, 2, 0, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v1_rrset_wildcard.farsightsecurity.com.ndjson", counts{1, 4, 0, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v1_summarize_rdata_ip.json", counts{1, 0, 1, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v2_flex_rdata.ndjson", counts{3, 0, 1, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v2_saf_empty.ndjson", counts{2, 0, 0, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v2_saf_failed.ndjson", counts{3, 1, 0, 0}, "Processing timeout"},
		{"dnsdb", "fixtures/sources/dnsdb/v2_saf_limited.ndjson", counts{3, 1, 0, 0}, "Query limit"},
		{"dnsdb", "fixtures/sources/dnsdb/v2_saf_ongoing.ndjson", counts{3, 1, 0, 0}, ""},
		{"dnsdb", "fixtures/sources/dnsdb/v2_saf_succeeded.ndjson", counts{4, 5, 0, 0}, ""},
		{"tweetfeed", "data/campaigns/tweetfeed/domains.jsonl.gz", counts{3377, 18769, 316, 0}, ""},
		{"dotgov-history", "data/reference/dotgov/dns_history.tsv.gz", counts{38845, 51227, 0, 4}, ""},
		{"dotgov-contacts", "data/reference/dotgov/operators.csv.gz", counts{11999, 6818, 5180, 0}, ""},
	} {
		t.Run(filepath.Base(tt.path), func(t *testing.T) {
			facts, s, err := load(t, tt.format, tt.path)
			if err != nil {
				t.Fatal(err)
			}
			got := counts{s.Read, s.Kept, s.Skipped, s.Rejected}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if uint64(len(facts)) != s.Kept {
				t.Errorf("%d facts handed on, %d counted", len(facts), s.Kept)
			}
			if (tt.incomplete == "") != (s.Incomplete == "") || !strings.Contains(s.Incomplete, tt.incomplete) {
				t.Errorf("incomplete %q, want %q in it", s.Incomplete, tt.incomplete)
			}
		})
	}
}

// TestDotgovSets compares the name-server sets derived from the history with
// the zone of the same day.
func TestDotgovSets(t *testing.T) {
	facts, _, err := load(t, "dotgov-history", "data/reference/dotgov/dns_history.tsv.gz")
	if err != nil {
		t.Fatal(err)
	}
	zone := make(map[string][]string)
	zr, err := ingest.Open(shared(t, "data/reference/dotgov/gov.zone.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(zr); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) == 5 && f[3] == "NS" {
			name := strings.TrimSuffix(f[0], ".")
			zone[name] = append(zone[name], strings.TrimSuffix(f[4], "."))
		}
	}
	compared := 0
	for _, o := range facts {
		hosts := zone[o.Subject.Text()]
		if o.Relation != observation.NSSet || hosts == nil || o.Last.Format("2006-01-02") != "2026-08-22" {
			continue
		}
		slices.Sort(hosts)
		if want := strings.Join(hosts, "|"); o.Object.Text() != want {
			t.Errorf("%s: %s, the zone has %s", o.Subject.Text(), o.Object.Text(), want)
		}
		compared++
	}
	if compared < 10_000 {
		t.Errorf("only %d sets compared", compared)
	}
	t.Logf("%d name-server sets agree with the zone", compared)
}

// TestLabelsStayOut makes sure that what connections are checked against does
// not come in as evidence.
func TestLabelsStayOut(t *testing.T) {
	facts, _, err := load(t, "dotgov-contacts", "data/reference/dotgov/operators.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range facts {
		if o.Relation != observation.RegistrantEmail || o.Object.Kind() != observable.Email {
			t.Fatalf("unexpected fact %+v", o)
		}
	}
}
