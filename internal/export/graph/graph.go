// Package graph writes how a case hangs together for graph tools: GraphML,
// GEXF, and Cypher for Neo4j and its relatives.
package graph

import (
	"slices"

	"clew/internal/export"
	"clew/internal/observable"
)

// Formats returns the three formats.
func Formats() []export.Format {
	const doc = ": indicators and the values they share, joined by relation"
	return []export.Format{
		{
			Name: "graphml", Title: "GraphML", Use: export.Draw, File: "clew.graphml", Kinds: export.EveryKind(), Write: writeGraphML,
			Doc: "for yEd, Gephi, NetworkX" + doc, Proof: "read back by encoding/xml",
		},
		{
			Name: "gexf", Title: "GEXF 1.3", Use: export.Draw, File: "clew.gexf", Kinds: export.EveryKind(), Write: writeGEXF,
			Doc: "for Gephi" + doc, Proof: "read back by encoding/xml",
		},
		{
			Name: "cypher", Title: "Cypher", Use: export.Draw, File: "clew.cypher", Kinds: export.EveryKind(), Write: writeCypher,
			Doc: "statements for Neo4j, Memgraph" + doc + "; loading them again changes nothing", Proof: "its grammar is held by the tests",
		},
	}
}

// node is an indicator, or a value between indicators.
type node struct {
	value observable.Value
	entry *export.Entry // nil for values between
}

// nodes returns everything the edges join and every entry, in order.
func nodes(s export.Set) []node {
	all := map[observable.Value]*export.Entry{}
	for _, edge := range s.Edges {
		all[edge.From], all[edge.To] = nil, nil
	}
	for i := range s.Entries {
		all[s.Entries[i].Value] = &s.Entries[i]
	}
	list := make([]node, 0, len(all))
	for v, e := range all {
		list = append(list, node{v, e})
	}
	slices.SortFunc(list, func(a, b node) int { return a.value.Compare(b.value) })
	return list
}

// id names a node: the same value the same name, of plain characters.
func id(v observable.Value) string { return export.UUID("node", v.String()) }

// band and trace are empty for values between indicators.
func (n node) band() string {
	if n.entry == nil {
		return ""
	}
	return n.entry.Band
}

func (n node) confidence() int {
	if n.entry == nil {
		return 0
	}
	return n.entry.Confidence
}

func (n node) trace() string {
	if n.entry == nil {
		return ""
	}
	return n.entry.Trace()
}
