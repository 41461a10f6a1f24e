package casegraph

import (
	"crypto/sha256"
	"encoding/base64"

	"clew/internal/casefile"
)

// The roles of a node.
const (
	Seed      = "seed"
	Finding   = "finding"
	Attribute = "attribute" // a shared value that is no finding itself
	Rejected  = "rejected"  // a finding or pivot point that was rejected
)

// A Graph is a case as nodes and edges. Its seeds and findings are those of the
// document; the order of nodes and edges follows the document's.
type Graph struct {
	Case  string `json:"case"`
	Head  string `json:"head" doc:"hash of the last event of the record this was made of"`
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
	Left  Left   `json:"left"`
}

// Left counts what the bounds of the graph left out.
type Left struct {
	Findings   int `json:"findings" doc:"the least sure"`
	Attributes int `json:"attributes" doc:"shared values, rejected ones included"`
	Edges      int `json:"edges"`
}

// A Node is an indicator or a shared value. What is empty is left out.
type Node struct {
	ID         string        `json:"id" doc:"the same for the same value, in every case"`
	Kind       string        `json:"kind"`
	Value      string        `json:"value"`
	Role       string        `json:"role" enum:"seed,finding,attribute,rejected" doc:"rejected: by the analyst (a verdict is there), or a pivot point that was not followed"`
	P          float64       `json:"p,omitempty" doc:"of a finding"`
	Confidence int           `json:"confidence,omitempty" doc:"P in percent; of a seed, the analyst's"`
	Band       string        `json:"band,omitempty"`
	First      casefile.Time `json:"first,omitzero" doc:"seen; of an attribute, shared"`
	Last       casefile.Time `json:"last,omitzero"`
	Hop        int           `json:"hop" doc:"0 for seeds; an attribute has that of its nearest holder"`
	Holders    *uint64       `json:"holders,omitempty" doc:"how many hold a shared value; left out where nobody counted"`
	Verdict    string        `json:"verdict,omitempty" doc:"accepted or rejected, by the analyst"`
	Reason     string        `json:"reason,omitempty" doc:"of a verdict, or why it was rejected or held down"`
	Tags       []string      `json:"tags,omitempty"`
}

// An Edge joins a holder and what it shares.
type Edge struct {
	From     int           `json:"from" doc:"the holder: its place in nodes, from 0"`
	To       int           `json:"to" doc:"the shared value: its place in nodes, from 0"`
	Relation string        `json:"relation"`
	Family   string        `json:"family"`
	Bits     float64       `json:"bits,omitempty" doc:"of evidence, at most in any finding it speaks for"`
	First    casefile.Time `json:"first,omitzero" doc:"when the link held"`
	Last     casefile.Time `json:"last,omitzero"`
	Inferred bool          `json:"inferred,omitempty" doc:"follows from the values themselves: no source saw it"`
	Weak     bool          `json:"weak,omitempty" doc:"under 3 bits: no reason of its own"`
	Rejected string        `json:"rejected,omitempty" doc:"why the pivot was not followed"`
	Source   string        `json:"source,omitempty"`
}

// ID names a value in every graph: the same value the same name, of plain
// characters, and no two values one name.
func ID(v casefile.Value) string {
	sum := sha256.Sum256([]byte(v.Kind + "\x00" + v.Value))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
