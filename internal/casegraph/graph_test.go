package casegraph

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"clew/internal/casefile"
)

func day(d int) casefile.Time {
	return casefile.Time{Time: time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC)}
}

// document is a case of one seed: a name on its address, one beyond that by a
// tracker, a rejected name, and a name server that everybody uses.
func document() casefile.Document {
	many := uint64(90_000)
	host := casefile.Factor{Family: "host", Relation: "resolves-to", Kind: "ip", Value: "192.0.2.1", Holders: 3, Bits: 9.3333, Window: casefile.Window{day(1), day(9)}, Sources: []string{"dnsdb"}}
	return casefile.Document{
		Case:  casefile.Case{ID: "a-case", Head: "abc"},
		Seeds: []casefile.Seed{{Kind: "domain", Value: "evil.example", Confidence: 80}},
		Findings: []casefile.Finding{
			{Kind: "ip", Value: "192.0.2.1", P: 0.95, Confidence: 95, Band: "high", Hops: 1, FirstSeen: day(1), LastSeen: day(20), Factors: []casefile.Factor{{Family: "prior", Relation: "prior", Bits: -8}, host}, Paths: [][]string{{"evil.example", "resolves-to:192.0.2.1", "192.0.2.1"}}},
			{Kind: "domain", Value: "c2.example", P: 0.9, Confidence: 90, Band: "high", Hops: 1, Factors: []casefile.Factor{host, {Family: "name", Relation: "token", Kind: "text", Value: "evil", Bits: 1}}, Paths: [][]string{{"evil.example", "resolves-to:192.0.2.1", "c2.example"}, {"evil.example", "token:evil", "c2.example"}}},
			{
				Kind: "domain", Value: "far.example", P: 0.6, Confidence: 60, Band: "medium", Hops: 2,
				Factors: []casefile.Factor{{Family: "bridge", Relation: "tracker", Kind: "domain", Value: "c2.example", Bits: 4, Holders: 2, Sources: []string{"urlscan"}}},
				Paths:   [][]string{{"evil.example", "resolves-to:192.0.2.1", "c2.example", "tracker:UA-1", "far.example"}},
			},
			{Kind: "domain", Value: "own.example", P: 0.001, Band: "coincidence", Hops: 1, Verdict: "rejected", Reason: "ours", Factors: []casefile.Factor{host}, Paths: [][]string{{"evil.example", "resolves-to:192.0.2.1", "own.example"}}},
		},
		Pivots: []casefile.Pivot{
			{FromKind: "domain", From: "evil.example", Method: "nameserver", Kind: "domain", Value: "ns.registrar.example", Holders: &many, State: "rejected", Reason: "90000 hold it"},
			{FromKind: "domain", From: "c2.example", Method: "tracker", Kind: "tracker", Value: "UA-1", State: "run"},
			{FromKind: "domain", From: "evil.example", Method: "mx", Kind: "domain", Value: "mx.example", State: "not-asked"},
		},
	}
}

// node returns the node of a value.
func (g Graph) node(t *testing.T, value string) Node {
	t.Helper()
	i := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.Value == value })
	if i < 0 {
		t.Fatalf("no node %s in %+v", value, g.Nodes)
	}
	return g.Nodes[i]
}

// edge returns the edge between two values.
func (g Graph) edge(t *testing.T, from, to string) Edge {
	t.Helper()
	i := slices.IndexFunc(g.Edges, func(e Edge) bool { return g.Nodes[e.From].Value == from && g.Nodes[e.To].Value == to })
	if i < 0 {
		t.Fatalf("no edge from %s to %s in %+v", from, to, g.Edges)
	}
	return g.Edges[i]
}

func TestNodes(t *testing.T) {
	g := Of(document(), Bounds{Nodes: 100, Rejected: true})
	roles := map[string]string{
		"evil.example": Seed, "192.0.2.1": Finding, "c2.example": Finding, "far.example": Finding, "own.example": Rejected,
		"evil": Attribute, "UA-1": Attribute, "ns.registrar.example": Rejected,
	}
	for value, role := range roles {
		if n := g.node(t, value); n.Role != role {
			t.Errorf("%s is %q, want %q", value, n.Role, role)
		}
	}
	if len(g.Nodes) != len(roles) {
		t.Errorf("%d nodes, want %d", len(g.Nodes), len(roles))
	}
	if n := g.node(t, "own.example"); n.Verdict != "rejected" || n.Reason != "ours" {
		t.Errorf("rejected: %+v", n)
	}
	if n := g.node(t, "ns.registrar.example"); n.Holders == nil || *n.Holders != 90_000 || n.Reason != "90000 hold it" {
		t.Errorf("rejected pivot: %+v", n)
	}
	if n := g.node(t, "UA-1"); n.Kind != "tracker" || n.Hop != 1 {
		t.Errorf("an attribute has the hop of its nearest holder: %+v", n)
	}
	if n := g.node(t, "192.0.2.1"); n.Holders == nil || *n.Holders != 3 || n.First != day(1) || n.Last != day(20) {
		t.Errorf("a finding that is shared: %+v", n)
	}
}

// TestDigests: paths name a digest with its kind, as observable.Value.String does.
func TestDigests(t *testing.T) {
	const digest = "41e1db9a900cad7c3d5fd0fef2c635eb6865b3303315549a4ef07cd73bf21420"
	d := document()
	d.Findings = append(d.Findings, casefile.Finding{
		Kind: "cert", Value: digest, Band: "high", Paths: [][]string{{"evil.example", "resolves-to:192.0.2.1", "cert:" + digest}},
	})
	if e := Of(d, Bounds{Nodes: 100}).edge(t, digest, "192.0.2.1"); e.Relation != "resolves-to" {
		t.Errorf("a certificate's link: %+v", e)
	}
}

func TestEdges(t *testing.T) {
	g := Of(document(), Bounds{Nodes: 100, Rejected: true})
	if e := g.edge(t, "evil.example", "192.0.2.1"); e.Bits != 9.33 || e.Source != "dnsdb" || e.First != day(1) || e.Last != day(9) || e.Weak || e.Inferred {
		t.Errorf("the seed's address: %+v", e)
	}
	if e := g.edge(t, "c2.example", "evil"); !e.Inferred || !e.Weak {
		t.Errorf("a word in a name is inferred, and one bit is weak: %+v", e)
	}
	for _, end := range []string{"c2.example", "far.example"} {
		if e := g.edge(t, end, "UA-1"); e.Bits != 4 || e.Source != "urlscan" || e.Family != "tracking" {
			t.Errorf("over the bridge, %s: %+v", end, e)
		}
	}
	if e := g.edge(t, "evil.example", "ns.registrar.example"); e.Rejected != "90000 hold it" || e.Weak {
		t.Errorf("rejected: %+v", e)
	}
	hidden := Of(document(), Bounds{Nodes: 100})
	if slices.ContainsFunc(hidden.Edges, func(e Edge) bool { return e.Rejected != "" }) {
		t.Error("a rejected pivot where none was asked for")
	}
}

// TestBounds: the surest findings stay, what is left out is counted, and every
// edge joins two nodes.
func TestBounds(t *testing.T) {
	d := document()
	for i := range 100 {
		name := fmt.Sprintf("more%02d.example", i)
		d.Findings = append(d.Findings, casefile.Finding{Kind: "domain", Value: name, P: 0.1, Band: "coincidence", Hops: 1, Paths: [][]string{{"evil.example", "title:page " + name, name}}})
	}
	whole := Of(d, Bounds{Nodes: 1000, Rejected: true})
	if whole.Left != (Left{}) {
		t.Errorf("left out without need: %+v", whole.Left)
	}
	for _, most := range []int{2, 3, 10, 57} {
		g := Of(d, Bounds{Nodes: most, Rejected: true})
		if len(g.Nodes) != most {
			t.Errorf("%d nodes of at most %d", len(g.Nodes), most)
		}
		for _, e := range g.Edges {
			if e.From >= len(g.Nodes) || e.To >= len(g.Nodes) || e.From == e.To {
				t.Errorf("an edge to nowhere: %+v", e)
			}
		}
		if n := len(g.Nodes) + g.Left.Findings + g.Left.Attributes; n > len(whole.Nodes) || g.Left.Findings == 0 || len(g.Edges)+g.Left.Edges < len(g.Edges)+1 {
			t.Errorf("at most %d: %d nodes with those left out, of %d; %+v", most, n, len(whole.Nodes), g.Left)
		}
	}
}
