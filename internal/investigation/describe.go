package investigation

import (
	"context"
	"fmt"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// An AttackLibrary names techniques, software and groups after one release of
// MITRE ATT&CK.
type AttackLibrary interface {
	// Label returns the name of a technique, "" for one it does not know.
	Label(technique string) string
	// Names returns what techniques and malware families stand for, in a fixed order.
	Names(techniques, families []string) casefile.Attack
}

// Bounds of what a run is described with: per value, and in all.
const (
	mostOpinions = 32
	mostContext  = 4096
	foreseen     = 256 // values read ahead of, where the corpus is across a network
)

// opinions are the relations that describe and never weigh.
var opinions = []observation.Relation{observation.MalwareFamily, observation.Reputation, observation.Technique, observation.DGAFamily}

// describe gathers what the corpus holds of opinions on the seeds and findings.
// It is read after the findings are made, and no part of what they rest on.
func (w *Workspace) describe(ctx context.Context, seeds []observable.Value, findings []pivot.Finding) (casefile.Described, error) {
	values := append([]observable.Value{}, seeds...)
	for _, f := range findings {
		values = append(values, f.Value)
	}
	d := casefile.Described{}
	var techniques, families []string
	reader, foresight := across(w.Corpus)
	for i, v := range values {
		if foresight != nil && i%foreseen == 0 {
			next := values[i:min(i+foreseen, len(values))]
			foresight.Foresee(ctx, len(next), func(ctx context.Context, i int, from corpus.Reader) error {
				_, _, err := from.Objects(ctx, next[i], mostOpinions, opinions...)
				return err
			})
		}
		links, more, err := reader.Objects(ctx, v, mostOpinions, opinions...)
		if err != nil {
			return d, fmt.Errorf("what is thought of %s: %w", v.Defang(), err)
		}
		if more {
			d.Left++
		}
		for _, link := range links {
			if len(d.Context) == mostContext {
				d.Left++
				continue
			}
			c := casefile.Context{
				AboutKind: v.Kind().String(), About: v.Text(), Relation: link.Relation.String(),
				Kind: link.Object.Kind().String(), Value: link.Object.Text(), Window: casefile.WindowOf(link.Window), Sources: link.Sources,
			}
			switch link.Object.Kind() {
			case observable.Technique:
				techniques = append(techniques, c.Value)
				if w.Attack != nil {
					c.Label = w.Attack.Label(c.Value)
				}
			case observable.Malware:
				families = append(families, c.Value)
			}
			d.Context = append(d.Context, c)
		}
	}
	if w.Attack != nil {
		d.Attack = w.Attack.Names(techniques, families)
	}
	return d, nil
}
