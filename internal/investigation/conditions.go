package investigation

import (
	"encoding/json"
	"fmt"
	"time"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/score"
)

// conditions are everything beside the corpus that the findings of a run depend
// on: bounds, verdicts, and what the lists said. With the recorded reads they
// make a bundle replay to the same bytes anywhere.
type conditions struct {
	Model      string                      `json:"model"`
	Weights    *score.Model                `json:"weights,omitempty"` // the model itself; absent in old records
	At         time.Time                   `json:"at"`
	Depth      int                         `json:"depth"`
	MaxHolders int                         `json:"max_holders"`
	AsOf       time.Time                   `json:"as_of"`
	Window     casefile.Window             `json:"window"`
	Ungrouped  bool                        `json:"ungrouped"`
	Rejected   map[observable.Value]string `json:"rejected"`
	Accepted   map[observable.Value]string `json:"accepted"`
	NoLink     map[pivot.Link]string       `json:"no_link"`
	NoPivot    map[pivot.PointName]string  `json:"no_pivot,omitempty"`
	ByHand     []byHand                    `json:"by_hand,omitempty"` // in the order in which they were followed
	Lists      map[string]judgement        `json:"lists"`
	Likeness   map[string]likenesses       `json:"likeness,omitempty"` // what searches said
}

// byHand is a pivot that the analyst had followed.
type byHand struct {
	From   observable.Value `json:"from"`
	Method string           `json:"method"`
	Value  observable.Value `json:"value"` // zero for every point of the method
}

func conditionsOf(model score.Model, at time.Time, bounds pivot.Options, lists map[string]judgement) conditions {
	c := conditions{
		Model: model.Version, Weights: &model, At: at, Depth: bounds.Depth, MaxHolders: bounds.MaxHolders, AsOf: bounds.AsOf,
		Window: casefile.WindowOf(bounds.Window), Ungrouped: bounds.Ungrouped,
		Rejected: bounds.Verdicts.RejectedFindings, Accepted: bounds.Verdicts.AcceptedFindings,
		NoLink: bounds.Verdicts.RejectedLinks, NoPivot: bounds.Verdicts.RejectedPoints, Lists: lists,
	}
	for _, x := range bounds.Expansions {
		c.ByHand = append(c.ByHand, byHand(x))
	}
	return c
}

// weights returns the model of the run: its own copy, or, where an older clew
// kept the name alone, the built-in one of that name.
func (c conditions) weights() (score.Model, bool) {
	if c.Weights != nil {
		return *c.Weights, c.Weights.Version == c.Model
	}
	for _, model := range []score.Model{score.Fitted(), score.Closed()} {
		if model.Version == c.Model {
			return model, true
		}
	}
	return score.Model{}, false
}

// options gives the bounds back.
func (c conditions) options() pivot.Options {
	bounds := pivot.Options{
		Depth: c.Depth, MaxHolders: c.MaxHolders, AsOf: c.AsOf, Window: c.Window.Observed(), Ungrouped: c.Ungrouped,
		Verdicts: pivot.Verdicts{RejectedFindings: c.Rejected, AcceptedFindings: c.Accepted, RejectedLinks: c.NoLink, RejectedPoints: c.NoPivot},
	}
	for _, x := range c.ByHand {
		bounds.Expansions = append(bounds.Expansions, pivot.Expansion(x))
	}
	return bounds
}

func readConditions(blob []byte) (conditions, error) {
	var c conditions
	if err := json.Unmarshal(blob, &c); err != nil {
		return c, fmt.Errorf("%w: conditions of the run: %w", casefile.ErrDamaged, err)
	}
	return c, nil
}
