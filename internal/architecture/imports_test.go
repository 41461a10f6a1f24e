// Package architecture holds the repository to the order that docs/design
// describes: imports run one way, leaves are named only by the wiring.
package architecture

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

// layers are the packages from the ground up. A package may import those above
// it in this list, and nothing else of ours. A trailing /… stands for every
// package below: those are leaves, and leaves do not know one another.
var layers = []string{
	"observable",
	"marking",
	"observation",
	"corpus",
	"score",
	"reference",
	"source",
	"fetch",
	"ingest",
	"pivot",
	"casefile",
	"report",
	"world",
	"eval",
	"investigation",
}

// helpers are test kits: they may be imported by tests of any package.
var helpers = map[string]bool{"corpus/corpustest": true, "casefile/casefiletest": true, "source/sourcetest": true}

// leafKits lists the leaves that other leaves of the same layer may import.
var leafKits = map[string]bool{
	"source/replay": true, "ingest/mapped": true, "corpus/memory": true,
}

// wiring are the tables that name every leaf of their layer.
var wiring = map[string]bool{"source/all": true, "ingest/formats": true, "investigation": true}

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

// layerOf returns the layer of a package below internal, and whether it is a leaf in it.
func layerOf(name string) (layer int, leaf, known bool) {
	top, _, nested := strings.Cut(name, "/")
	for i, l := range layers {
		if l == top {
			return i, nested, true
		}
	}
	return 0, false, false
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
		if _, _, known := layerOf(from); !known {
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
	fromLayer, fromLeaf, _ := layerOf(from)
	toLayer, toLeaf, _ := layerOf(to)
	switch {
	case toLayer > fromLayer:
		t.Errorf("%s imports %s, which stands above it", from, to)
	case helpers[to] && !helpers[from]:
		t.Errorf("%s imports the test kit %s outside a test", from, to)
	case toLeaf && toLayer != fromLayer && !wiring[from] && !leafKits[to] && !sameStem(from, to):
		t.Errorf("%s imports the leaf %s: only the wiring names leaves", from, to)
	case toLeaf && fromLeaf && toLayer == fromLayer && !wiring[from] && !leafKits[to] && !sameStem(from, to):
		t.Errorf("%s imports its sister leaf %s", from, to)
	case toLeaf && !fromLeaf && toLayer == fromLayer && !wiring[from]:
		t.Errorf("%s imports its own leaf %s: only the wiring names leaves", from, to)
	}
}

// sameStem reports whether one package lies below the other.
func sameStem(a, b string) bool {
	return path.Dir(a) == b || path.Dir(b) == a || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}
