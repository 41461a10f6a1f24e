// Package stix reads STIX 2.0 and 2.1: bundles, lists of objects as TAXII servers
// answer, and objects one a line.
//
// Source: https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html, and the
// patterning of STIX 2.0 part 5, of which equality is read.
package stix

import (
	"fmt"
	"io"

	"clew/internal/ingest"
	"clew/internal/ingest/document"
	"clew/internal/observable"
)

// Format is STIX 2.
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "stix" }

// Likely reports whether head begins with a bundle or an object of STIX 2.
func (Format) Likely(head []byte) bool {
	return document.HasMembers(head, [][]string{{"type", "objects", "spec_version"}, {"type", "id", "created", "modified", "spec_version"}, {"bundle", "objects"}}) ||
		document.HasMembers(head, [][]string{{"pattern", "valid_from"}, {"object_marking_refs"}, {"x_mitre_version"}})
}

const (
	// maxObjects and maxLinks bound what is remembered of one file: objects refer
	// to each other in any order, so relations are told at its end.
	maxObjects = 1_000_000
	maxLinks   = 3_000_000
)

// Read implements [ingest.DocumentFormat].
func (Format) Read(r io.Reader, out *ingest.Out) error {
	g := &graph{out: out, nodes: map[string]node{}}
	err := document.Objects(r, out, []string{"objects"}, func(o *object) {
		if o.Type == "" || o.ID == "" && o.Type != "bundle" {
			out.Reject("no STIX object: it has no type or id")
			return
		}
		before := out.Kept + out.Rejected
		g.take(o)
		if out.Kept+out.Rejected == before {
			out.Skip()
		}
	})
	g.finish()
	return err
}

// graph is what the objects of one file stand for.
type graph struct {
	out   *ingest.Out
	nodes map[string]node
	links []link
	full  bool
}

// node is an object: values, or a name.
type node struct {
	values []observable.Value
	kind   string // of an object without values: malware, campaign, attack-pattern, …
	name   string
}

// link is a relationship, or the naming of an object in a report, to be told
// when every object is known.
type link struct {
	from, to string
	kind     string
	times    times
}

func (g *graph) node(id string, n node) {
	if len(g.nodes) >= maxObjects {
		g.overflow()
		return
	}
	if before, ok := g.nodes[id]; ok {
		n.values = append(before.values, n.values...)
	}
	g.nodes[id] = n
}

func (g *graph) link(l link) {
	if len(g.links) >= maxLinks {
		g.overflow()
		return
	}
	g.links = append(g.links, l)
}

// overflow says once that the file is larger than what is joined.
func (g *graph) overflow() {
	if !g.full {
		g.full = true
		g.out.Partial(fmt.Sprintf("more than %d objects or %d relationships in one file: later ones are not joined; split it", maxObjects, maxLinks))
	}
}
