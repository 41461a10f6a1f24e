package graph

import (
	"encoding/xml"
	"strings"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

const str = `'(?:[^'\\]|\\['\\]|\\u[0-9a-f]{4})*'`

var cypherForm = exporttest.Lines("//", `CREATE CONSTRAINT clew_indicator IF NOT EXISTS FOR \(i:Indicator\) REQUIRE i\.id IS UNIQUE;`,
	`MERGE \(i:Indicator \{id: `+str+`\}\) SET i\.kind = `+str+`, i\.value = `+str+`, i\.band = `+str+`, i\.confidence = [0-9]+, i\.trace = `+str+`;`,
	`MATCH \(a:Indicator \{id: `+str+`\}\), \(b:Indicator \{id: `+str+`\}\) MERGE \(a\)-\[:RELATED \{relation: `+str+`\}\]->\(b\);`)

// checks reads each format back: every entry is a node with its exact value, and
// every edge joins two nodes.
var checks = map[string]exporttest.Check{
	"cypher": cypherForm,
	"graphml": func(t testing.TB, files map[string][]byte, s export.Set) {
		t.Helper()
		var g graphML
		if err := xml.Unmarshal(files["clew.graphml"], &g); err != nil {
			t.Fatal(err)
		}
		labels, ids := map[string]bool{}, map[string]bool{}
		for _, n := range g.Graph.Nodes {
			ids[n.ID] = true
			labels[n.Data[1].Text] = true
		}
		joined(t, ids, labels, s)
		for _, e := range g.Graph.Edges {
			if !ids[e.Source] || !ids[e.Target] {
				t.Errorf("an edge to nowhere: %+v", e)
			}
		}
	},
	"gexf": func(t testing.TB, files map[string][]byte, s export.Set) {
		t.Helper()
		var g gexf
		if err := xml.Unmarshal(files["clew.gexf"], &g); err != nil {
			t.Fatal(err)
		}
		labels, ids := map[string]bool{}, map[string]bool{}
		for _, n := range g.Graph.Nodes {
			ids[n.ID] = true
			labels[n.Label] = true
		}
		joined(t, ids, labels, s)
		for _, e := range g.Graph.Edges {
			if !ids[e.Source] || !ids[e.Target] {
				t.Errorf("an edge to nowhere: %+v", e)
			}
		}
	},
}

func joined(t testing.TB, ids, labels map[string]bool, s export.Set) {
	t.Helper()
	if len(ids) != len(nodes(s)) {
		t.Errorf("%d nodes, want %d", len(ids), len(nodes(s)))
	}
	for _, e := range s.Entries {
		if !labels[e.Value.Text()] {
			t.Errorf("no node for %q", e.Value.Text())
		}
	}
}

func TestGolden(t *testing.T) {
	for _, f := range Formats() {
		exporttest.Golden(t, f)
	}
}

func TestHostile(t *testing.T) {
	for _, f := range Formats() {
		exporttest.Hold(t, f, checks[f.Name])
	}
}

func FuzzFormats(f *testing.F) { exporttest.FuzzAll(f, Formats(), checks) }

// A path of the case is a path of the graph: seed, shared value, finding.
func TestPathsAreEdges(t *testing.T) {
	f := Formats()[2]
	text := exporttest.Only(t, f)
	seed, host, found := exporttest.Value(t, "domain", "cdn-update.example"), exporttest.Value(t, "ip", "203.0.113.7"), exporttest.Value(t, "domain", "login-portal.example")
	for _, from := range []string{id(seed), id(found)} {
		if want := "{id: '" + from + "'}), (b:Indicator {id: '" + id(host) + "'})"; !strings.Contains(text, want) {
			t.Errorf("no edge %s", want)
		}
	}
}
