package graph

import (
	"encoding/xml"
	"io"
	"strconv"

	"clew/internal/export"
)

// GraphML, http://graphml.graphdrawing.org/specification.html.
type graphML struct {
	XMLName xml.Name `xml:"http://graphml.graphdrawing.org/xmlns graphml"`
	Keys    []key    `xml:"key"`
	Graph   mlGraph  `xml:"graph"`
}

type key struct {
	ID   string `xml:"id,attr"`
	For  string `xml:"for,attr"`
	Name string `xml:"attr.name,attr"`
	Type string `xml:"attr.type,attr"`
}

type mlGraph struct {
	Direction string   `xml:"edgedefault,attr"`
	Nodes     []mlNode `xml:"node"`
	Edges     []mlEdge `xml:"edge"`
}

type mlNode struct {
	ID   string `xml:"id,attr"`
	Data []data `xml:"data"`
}

type mlEdge struct {
	Source string `xml:"source,attr"`
	Target string `xml:"target,attr"`
	Data   []data `xml:"data"`
}

type data struct {
	Key  string `xml:"key,attr"`
	Text string `xml:",chardata"`
}

func writeGraphML(w io.Writer, s export.Set) error {
	g := graphML{Graph: mlGraph{Direction: "directed"}, Keys: []key{
		{"kind", "node", "kind", "string"},
		{"label", "node", "label", "string"},
		{"band", "node", "band", "string"},
		{"confidence", "node", "confidence", "int"},
		{"trace", "node", "trace", "string"},
		{"relation", "edge", "relation", "string"},
	}}
	for _, n := range nodes(s) {
		g.Graph.Nodes = append(g.Graph.Nodes, mlNode{id(n.value), []data{
			{"kind", n.value.Kind().String()}, {"label", n.value.Text()}, {"band", n.band()}, {"confidence", strconv.Itoa(n.confidence())}, {"trace", n.trace()},
		}})
	}
	for _, e := range s.Edges {
		g.Graph.Edges = append(g.Graph.Edges, mlEdge{id(e.From), id(e.To), []data{{"relation", e.Relation.String()}}})
	}
	return export.WriteXML(w, g)
}

// GEXF 1.3, https://gexf.net/schema.html.
type gexf struct {
	XMLName xml.Name `xml:"http://gexf.net/1.3 gexf"`
	Version string   `xml:"version,attr"`
	Graph   exfGraph `xml:"graph"`
}

type exfGraph struct {
	Type       string       `xml:"defaultedgetype,attr"`
	Attributes []attributes `xml:"attributes"`
	Nodes      []exfNode    `xml:"nodes>node"`
	Edges      []exfEdge    `xml:"edges>edge"`
}

type attributes struct {
	Class string      `xml:"class,attr"`
	List  []attribute `xml:"attribute"`
}

type attribute struct {
	ID    string `xml:"id,attr"`
	Title string `xml:"title,attr"`
	Type  string `xml:"type,attr"`
}

type exfNode struct {
	ID     string  `xml:"id,attr"`
	Label  string  `xml:"label,attr"`
	Values []value `xml:"attvalues>attvalue"`
}

type exfEdge struct {
	ID     string `xml:"id,attr"`
	Source string `xml:"source,attr"`
	Target string `xml:"target,attr"`
	Label  string `xml:"label,attr"`
}

type value struct {
	For  string `xml:"for,attr"`
	Text string `xml:"value,attr"`
}

func writeGEXF(w io.Writer, s export.Set) error {
	g := gexf{Version: "1.3", Graph: exfGraph{Type: "directed", Attributes: []attributes{{Class: "node", List: []attribute{
		{"kind", "kind", "string"}, {"band", "band", "string"}, {"confidence", "confidence", "integer"}, {"trace", "trace", "string"},
	}}}}}
	for _, n := range nodes(s) {
		g.Graph.Nodes = append(g.Graph.Nodes, exfNode{id(n.value), n.value.Text(), []value{
			{"kind", n.value.Kind().String()}, {"band", n.band()}, {"confidence", strconv.Itoa(n.confidence())}, {"trace", n.trace()},
		}})
	}
	for _, e := range s.Edges {
		g.Graph.Edges = append(g.Graph.Edges, exfEdge{
			export.UUID("edge", e.From.String(), e.Relation.String(), e.To.String()), id(e.From), id(e.To), e.Relation.String(),
		})
	}
	return export.WriteXML(w, g)
}
