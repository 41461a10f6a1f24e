package casegraph

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
)

// Bounds limit a graph.
type Bounds struct {
	Nodes    int  // at most
	Rejected bool // with pivot points that were rejected
}

// edgesPerNode bounds the edges by the nodes: a case of shared values has two or
// three for each, and one that hangs together by everything is no picture.
const edgesPerNode = 6

// Of draws a case. When it has more than the bounds allow, the surest findings
// stay, each with what it shares; the rest is counted.
func Of(d casefile.Document, b Bounds) Graph {
	known := NamesOf(d, func(casefile.Value) bool { return true })
	g := drawing{bounds: b, at: map[casefile.Value]int{}, edge: map[edgeKey]int{}, left: map[casefile.Value]bool{}}
	for _, s := range d.Seeds {
		g.seed(s, d.Case.Window)
	}
	for _, f := range d.Findings {
		g.finding(f)
		g.links(f, known)
	}
	for _, p := range d.Pivots {
		if p.State == string(pivot.Run) || b.Rejected && p.State == string(pivot.Rejected) {
			g.pivot(p)
		}
	}
	g.finish()
	return Graph{Case: d.Case.ID, Head: d.Case.Head, Nodes: append([]Node{}, g.nodes...), Edges: append([]Edge{}, g.edges...), Left: g.lost}
}

type edgeKey struct {
	from, to int
	relation observation.Relation
}

// drawing is a graph in the making.
type drawing struct {
	bounds  Bounds
	nodes   []Node
	edges   []Edge
	sources [][]string // of edges
	at      map[casefile.Value]int
	edge    map[edgeKey]int
	left    map[casefile.Value]bool // shared values that found no room
	lost    Left
}

// node returns the place of a value, -1 where there is no room for it.
func (g *drawing) node(v casefile.Value, role string) int {
	if i, ok := g.at[v]; ok {
		return i
	}
	if len(g.nodes) >= g.bounds.Nodes {
		return -1
	}
	g.at[v] = len(g.nodes)
	g.nodes = append(g.nodes, Node{ID: ID(v), Kind: v.Kind, Value: v.Value, Role: role, Hop: -1})
	return len(g.nodes) - 1
}

func (g *drawing) seed(s casefile.Seed, incident casefile.Window) {
	if i := g.node(casefile.Value{Kind: s.Kind, Value: s.Value}, Seed); i >= 0 {
		n := &g.nodes[i]
		n.Confidence, n.Hop, n.First, n.Last, n.Tags = s.Confidence, 0, incident[0], incident[1], s.Tags
	}
}

func (g *drawing) finding(f casefile.Finding) {
	i := g.node(casefile.Value{Kind: f.Kind, Value: f.Value}, Finding)
	if i < 0 {
		g.lost.Findings++
		return
	}
	n := &g.nodes[i]
	if n.Role != Seed {
		n.Role, n.Hop = Finding, f.Hops
	}
	n.P, n.Confidence, n.Band, n.First, n.Last = f.P, f.Confidence, f.Band, f.FirstSeen, f.LastSeen
	n.Verdict, n.Reason, n.Tags = f.Verdict, cmp.Or(f.Reason, f.Suppressed), f.Tags
	if f.Verdict == string(casefile.TypeRejected) {
		n.Role = Rejected
	}
}

// links draws the paths of a finding, each edge with what the finding's own
// waterfall says of it.
func (g *drawing) links(f casefile.Finding, known Names) {
	own := casefile.Value{Kind: f.Kind, Value: f.Value}
	for _, path := range f.Paths {
		steps := known.Steps(path)
		for _, step := range steps {
			said := factorOf(f, step, own, steps[len(steps)-1].Shared)
			i := g.draw(step)
			if i < 0 {
				continue
			}
			e := &g.edges[i]
			if said == nil {
				continue
			}
			e.Bits = max(e.Bits, math.Round(said.Bits*100)/100)
			window := e.window().Union(said.Window.Observed())
			e.First, e.Last = casefile.WindowOf(window)[0], casefile.WindowOf(window)[1]
			for _, s := range said.Sources {
				if !slices.Contains(g.sources[i], s) {
					g.sources[i] = append(g.sources[i], s)
				}
			}
			if shared := &g.nodes[e.To]; said.Holders > 0 && said.Family != "bridge" && shared.Holders == nil {
				holders := said.Holders
				shared.Holders = &holders
			}
		}
	}
}

func (e Edge) window() observation.Window {
	return observation.Window{First: e.First.Time, Last: e.Last.Time}
}

// factorOf returns the line of a finding's waterfall that a step is about: the
// value itself for the last link of a path, or the bridge that goes over it.
// Earlier links are explained by the findings they lead to.
func factorOf(f casefile.Finding, step Step, own, last casefile.Value) *casefile.Factor {
	if step.Shared != last {
		return nil
	}
	relation := step.Relation.String()
	for i := range f.Factors {
		factor := &f.Factors[i]
		if factor.Relation != relation {
			continue
		}
		value := casefile.Value{Kind: factor.Kind, Value: factor.Value}
		switch {
		case factor.Family != "bridge" && (value == step.Shared || value == own && step.Holder != own):
			return factor
		case factor.Family == "bridge" && (value == step.Holder || step.Holder == own):
			return factor
		}
	}
	return nil
}

// draw returns the place of the edge of a step, -1 where there is no room.
func (g *drawing) draw(s Step) int {
	// The holder of a link is there already, or was left out itself.
	from, to := g.node(s.Holder, Attribute), g.node(s.Shared, Attribute)
	if from < 0 || to < 0 {
		if to < 0 && !g.left[s.Shared] {
			g.left[s.Shared] = true
			g.lost.Attributes++
		}
		g.lost.Edges++
		return -1
	}
	key := edgeKey{from, to, s.Relation}
	if i, ok := g.edge[key]; ok {
		return i
	}
	if len(g.edges) >= edgesPerNode*g.bounds.Nodes {
		g.lost.Edges++
		return -1
	}
	g.edge[key] = len(g.edges)
	g.edges = append(g.edges, Edge{
		From: from, To: to, Relation: s.Relation.String(), Family: string(s.Relation.Family()), Inferred: Inferred(s.Relation),
	})
	g.sources = append(g.sources, nil)
	return len(g.edges) - 1
}

// Inferred reports whether a relation follows from the values themselves.
func Inferred(r observation.Relation) bool { return slices.Contains(inferred, r) }

// inferred relations follow from names, addresses and digests themselves.
var inferred = []observation.Relation{
	observation.Label, observation.Token, observation.NamePrefix, observation.Shape, observation.SubdomainOf,
	observation.InPrefix, observation.NSDomain, observation.Ssdeep, observation.TLSH, observation.Behaves,
}

// pivot draws a pivot point: followed, or rejected and why.
func (g *drawing) pivot(p casefile.Pivot) {
	method, ok := pivot.MethodNamed(p.Method)
	from, shared := casefile.Value{Kind: p.FromKind, Value: p.From}, casefile.Value{Kind: p.Kind, Value: p.Value}
	if _, drawn := g.at[from]; !ok || method.Relation == 0 || from == shared || !drawn {
		return
	}
	role := Attribute
	if p.State == string(pivot.Rejected) {
		role = Rejected
	}
	if i := g.node(shared, role); i >= 0 {
		n := &g.nodes[i]
		if n.Holders == nil {
			n.Holders = p.Holders
		}
		if n.Role == Rejected && n.Reason == "" {
			n.Reason = p.Reason
		}
	}
	if i := g.draw(Step{from, method.Relation, shared}); i >= 0 && role == Rejected {
		g.edges[i].Rejected = cmp.Or(p.Reason, "rejected")
	}
}

// finish fills in what depends on all edges.
func (g *drawing) finish() {
	for i := range g.edges {
		e := &g.edges[i]
		e.Source = strings.Join(g.sources[i], ", ")
		e.Weak = e.Bits < score.FamilyBits && e.Rejected == ""
		shared, holder := &g.nodes[e.To], g.nodes[e.From]
		if shared.Role == Seed || shared.Band != "" {
			continue
		}
		if shared.Hop < 0 || holder.Hop < shared.Hop {
			shared.Hop = holder.Hop
		}
		window := observation.Window{First: shared.First.Time, Last: shared.Last.Time}.Union(e.window())
		shared.First, shared.Last = casefile.WindowOf(window)[0], casefile.WindowOf(window)[1]
	}
	for i := range g.nodes {
		g.nodes[i].Hop = max(g.nodes[i].Hop, 0)
	}
}
