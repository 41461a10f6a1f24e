// Package architecture holds the repository to the order that docs/design
// describes: imports run one way, leaves are named only by the wiring.
package architecture

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers are the packages from the ground up. A package may import those above
// it in this list, and nothing else of ours.
var layers = []string{
	"words",
	"fuzzy",
	"durable",
	"yamlfile",
	"sealed",
	"database",
	"observable",
	"marking",
	"account",
	"observation",
	"corpus",
	"score",
	"reference",
	"naming",
	"source",
	"fetch",
	"ingest",
	"artifact",
	"pivot",
	"similar",
	"casefile",
	"job",
	"watch",
	"journal",
	"casegraph",
	"audit",
	"telemetry",
	"report",
	"export",
	"response",
	"backup",
	"world",
	"eval",
	"investigation",
	"server",
	"reliability",
}

// The packages below a layer are of three sorts. Kits are tools that anybody
// above may use. Test kits are for tests alone. All others are leaves (engines,
// connectors, formats): only the wiring names them, and none knows its sisters.
var (
	kits = []string{
		"database/sqlitefile", "database/clientcert", "observable/extract", "observable/extract/pdftext", "artifact/view", "artifact/cms", "artifact/archive", "observation/record", "source/replay", "ingest/mapped", "ingest/pdns", "ingest/document", "ingest/export",
		"corpus/memory", "corpus/valuekey", "corpus/ahead", "corpus/transfer", "source/all", "ingest/all", "fuzzy/ssdeep", "fuzzy/tlsh", "telemetry/match",
		"telemetry/format", "telemetry/format/all", "telemetry/logfile", "telemetry/indicators", "telemetry/index", "telemetry/siem", "telemetry/siem/all", "export/all", "export/stix",
		"response/policy", "response/blast", "response/decision", "response/escalation", "response/deliver", "response/deliver/all", "response/handover", "report/pdf", "job/dispatch", "account/relational", "account/totp",
	}
	testKits = []string{"ingest/ingesttest", "corpus/corpustest", "corpus/clickhousetest", "casefile/casefiletest", "job/jobtest", "watch/watchtest", "account/accounttest", "database/postgrestest", "database/versiontest", "database/certtest", "source/sourcetest", "fetch/dnstest", "fetch/state/statetest", "fuzzy/fuzzytest", "export/exporttest", "artifact/artifacttest", "reliability/clewtest"}
	wiring   = []string{"artifact", "source/all", "ingest/all", "telemetry/format/all", "export/all", "export/push", "response/deliver/all", "investigation", "investigation/bench", "corpus/bench", "telemetry/bench", "telemetry/siem/all"}
)

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "clew/...")
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	var all []listed
	decoder := json.NewDecoder(out)
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

// layerOf returns the number of the layer that a package below internal belongs
// to, or -1.
func layerOf(name string) int {
	top, _, _ := strings.Cut(name, "/")
	return slices.Index(layers, top)
}

func isLeaf(name string) bool {
	return strings.Contains(name, "/") && !slices.Contains(kits, name) && !slices.Contains(testKits, name)
}

func TestImportsRunOneWay(t *testing.T) {
	all := packages(t)
	if len(all) < 10 {
		t.Fatalf("go list names only %d packages", len(all))
	}
	for _, p := range all {
		from, inside := strings.CutPrefix(p.ImportPath, "clew/internal/")
		if !inside || from == "architecture" {
			continue
		}
		if layerOf(from) < 0 {
			t.Errorf("%s has no place in the order: add it to layers", from)
			continue
		}
		for _, imported := range p.Imports {
			if to, ours := strings.CutPrefix(imported, "clew/internal/"); ours {
				checkArrow(t, from, to)
			} else if strings.HasPrefix(imported, "clew/cmd/") {
				t.Errorf("%s imports the command line", from)
			}
		}
	}
}

func checkArrow(t *testing.T, from, to string) {
	t.Helper()
	switch {
	case slices.Contains(testKits, from):
		// imported by tests only, so its own imports bind nobody
	case slices.Contains(testKits, to):
		t.Errorf("%s imports the test kit %s outside a test", from, to)
	case layerOf(to) > layerOf(from):
		t.Errorf("%s imports %s, which stands above it", from, to)
	case isLeaf(to) && !slices.Contains(wiring, from) && !inside(from, to):
		t.Errorf("%s imports the leaf %s: only the wiring names leaves", from, to)
	}
}

// inside reports whether one package lies in the folder of the other, both
// below the top of their layer.
func inside(a, b string) bool {
	return strings.HasPrefix(b, a+"/") && strings.Contains(a, "/") || strings.HasPrefix(a, b+"/")
}
