package pivot

import (
	"context"

	"clew/internal/observable"
)

// A Described fact is an attribute of an indicator with how common it is.
type Described struct {
	Fact
	Holders, Of  uint64
	HoldersKnown bool
	Estimate     bool
	CountOf      string // who counted
	Suppressed   string // why it means nothing, "" when it may
}

// Describe lists what is known of v, each attribute with how many share it.
// Names that only say that others may point at v are left out unless some do.
func (e *Engine) Describe(ctx context.Context, v observable.Value) ([]Described, error) {
	r := e.newRun([]observable.Value{v})
	n, err := r.node(ctx, v)
	if err != nil {
		return nil, err
	}
	var out []Described
	for _, f := range n.facts {
		h, err := r.holders(ctx, f)
		if err != nil {
			return nil, err
		}
		if f.Self && h.n == 0 {
			continue
		}
		out = append(out, Described{
			Fact: f, Holders: h.n, Of: h.of, HoldersKnown: h.known, Estimate: h.estimate, CountOf: h.from,
			Suppressed: r.suppressed(f),
		})
	}
	return out, nil
}
