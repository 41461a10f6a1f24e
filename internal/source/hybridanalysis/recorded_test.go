package hybridanalysis

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// Reports are asked by the names that another answer gives. Of these two files
// that other answer was not recorded, so they are read here and not by the
// contract test.
func TestRecordedReports(t *testing.T) {
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	tests := map[string]struct {
		decode  func(observable.Value, source.Reply) (source.Page, error)
		file    string
		last    string // of the fact below
		has     observation.Relation
		object  string
		facts   int
		dropped int
	}{
		"report_summary.6f802a56.json": {
			decodeSummary, "6f802a566778618b6a97db31e06f05deb18abd75871a6b972733e6a52c41c90c",
			"2020-01-25T06:26:53Z", observation.Technique, "T1215", 22, 0,
		},
		"overview.eicar.json": {
			decodeOverview, "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
			"2020-01-20T10:16:58Z", observation.DownloadedFrom, "http://www.eicar.org/download/eicarcom2.zip", 89, 0,
		},
	}
	for name, test := range tests {
		body, err := os.ReadFile(filepath.Join(shared, "fixtures", "sources", "hybridanalysis", name))
		if err != nil {
			t.Skipf("recorded answers are not beside the repository: %v", err)
		}
		page, err := test.decode(observable.Must(observable.File, test.file), source.Reply{Status: 200, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Observations) != test.facts || page.Dropped != test.dropped {
			t.Errorf("%s: %d facts, %d dropped; want %d and %d", name, len(page.Observations), page.Dropped, test.facts, test.dropped)
		}
		if !slices.ContainsFunc(page.Observations, func(o observation.Observation) bool {
			return o.Relation == test.has && o.Object.Text() == test.object && o.Last.Format(time.RFC3339) == test.last
		}) {
			t.Errorf("%s does not say %s %s at %s", name, test.has, test.object, test.last)
		}
	}
}
