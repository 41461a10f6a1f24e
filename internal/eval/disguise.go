package eval

import (
	"iter"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/world"
)

// CampaignsOf turns planted operators into campaigns, at most so many.
func CampaignsOf(operators []world.Operator, most int) []Campaign {
	var out []Campaign
	for _, op := range operators[:min(most, len(operators))] {
		c := Campaign{ID: op.ID, Seed: observable.Must(observable.Domain, op.Seed)}
		for _, name := range op.Domains {
			c.Members = append(c.Members, observable.Must(observable.Domain, name))
		}
		out = append(out, c)
	}
	return out
}

// A Disguise is something hostile that every operator of a world does.
type Disguise struct {
	Name    string
	Rewrite func(observation.Observation) []observation.Observation // nil keeps the world as it is
	Targets []Campaign
}

// A bystander is somebody whose traces operators borrow.
type bystander struct {
	name  observable.Value
	facts []observation.Observation // of its page and its address
}

// Disguises sets up what operators may do against an analyst: hide behind the
// busiest address of the world, point their names at a bystander's server,
// copy a bystander's page with its tracking ID, or both.
func Disguises(observations iter.Seq[observation.Observation], campaigns []Campaign) []Disguise {
	member := map[observable.Value]int{}
	for i, c := range campaigns {
		for _, m := range c.Members {
			member[m] = i
		}
	}
	busiest, bystanders := survey(observations, member, len(campaigns))
	withVictims := slices.Clone(campaigns)
	for i := range withVictims {
		if i < len(bystanders) {
			withVictims[i].Victims = []observable.Value{bystanders[i].name}
		}
	}
	borrow := func(wanted func(observation.Relation) bool) func(observation.Observation) []observation.Observation {
		lent := map[observable.Value]bool{} // members that borrowed already
		return func(o observation.Observation) []observation.Observation {
			out := []observation.Observation{o}
			i, ours := member[o.Subject]
			if !ours || i >= len(bystanders) || o.Relation != observation.ResolvesTo || lent[o.Subject] {
				return out
			}
			lent[o.Subject] = true
			for _, fact := range bystanders[i].facts {
				if wanted(fact.Relation) {
					fact.Subject, fact.Window = o.Subject, o.Window
					out = append(out, fact)
				}
			}
			return out
		}
	}
	address := func(r observation.Relation) bool { return r == observation.ResolvesTo }
	page := func(r observation.Relation) bool { return r != observation.ResolvesTo }
	return []Disguise{
		{"as they are", nil, campaigns},
		{"hidden behind a CDN", func(o observation.Observation) []observation.Observation {
			if _, ours := member[o.Subject]; ours && o.Relation == observation.ResolvesTo {
				o.Object = busiest
			}
			return []observation.Observation{o}
		}, campaigns},
		{"pointed at a bystander's server", borrow(address), withVictims},
		{"with a bystander's page and tracker", borrow(page), withVictims},
		{"with both", borrow(func(observation.Relation) bool { return true }), withVictims},
	}
}

// survey finds the busiest address, and bystanders with an address and a tracked
// page of their own, in the order of their names' first appearance.
func survey(observations iter.Seq[observation.Observation], member map[observable.Value]int, wanted int) (busiest observable.Value, found []bystander) {
	load := map[observable.Value]int{}
	traces := map[observable.Value][]observation.Observation{}
	var order []observable.Value
	for o := range observations {
		switch o.Relation {
		case observation.ResolvesTo:
			load[o.Object]++
			if n := load[o.Object]; n > load[busiest] || (n == load[busiest] && o.Object.Compare(busiest) < 0) {
				busiest = o.Object
			}
		case observation.Tracker, observation.Title, observation.Favicon, observation.BodyHash:
		default:
			continue
		}
		if _, ours := member[o.Subject]; ours || o.Subject.Kind() != observable.Domain {
			continue
		}
		if traces[o.Subject] == nil {
			order = append(order, o.Subject)
		}
		traces[o.Subject] = append(traces[o.Subject], o)
	}
	for _, name := range order {
		if len(found) == wanted {
			break
		}
		own, tracked := false, false
		for _, fact := range traces[name] {
			// A server of its own, or of few: where hundreds live nobody looks.
			own = own || (fact.Relation == observation.ResolvesTo && load[fact.Object] <= 10)
			tracked = tracked || fact.Relation == observation.Tracker
		}
		if own && tracked {
			found = append(found, bystander{name, traces[name]})
		}
	}
	return busiest, found
}
