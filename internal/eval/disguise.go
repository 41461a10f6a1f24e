package eval

import (
	"iter"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A Disguise is something hostile that every operator of a world does.
type Disguise struct {
	Name    string
	Rewrite func(observation.Observation) []observation.Observation // nil keeps the world as it is
	Targets []Campaign
}

// A bystander is somebody whose traces operators borrow.
type bystander struct {
	name   observable.Value
	server observable.Value
	facts  []observation.Observation // of its page and its address
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
	busiest, found := survey(observations, member)
	strangers, imitated := assign(campaigns, found, false), assign(campaigns, found, true)
	borrow := func(bystanders []bystander, wanted func(observation.Relation) bool) func(observation.Observation) []observation.Observation {
		lent := map[observable.Value]bool{} // members that borrowed already
		return func(o observation.Observation) []observation.Observation {
			out := []observation.Observation{o}
			i, ours := member[o.Subject]
			if !ours || o.Relation != observation.ResolvesTo || lent[o.Subject] {
				return out
			}
			lent[o.Subject] = true
			for _, fact := range bystanders[i].facts { // none for the zero bystander
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
		{"pointed at a bystander's server", borrow(strangers, address), victims(campaigns, strangers)},
		{"with a bystander's page and tracker", borrow(strangers, page), victims(campaigns, strangers)},
		{"with both", borrow(strangers, anything), victims(campaigns, strangers)},
		{"with both, of a name it imitates", borrow(imitated, anything), victims(campaigns, imitated)},
	}
}

func anything(observation.Relation) bool { return true }

// victims names the bystander of each campaign, where it has one.
func victims(campaigns []Campaign, bystanders []bystander) []Campaign {
	out := slices.Clone(campaigns)
	for i, b := range bystanders {
		if !b.name.IsZero() {
			out[i].Victims = []observable.Value{b.name}
		}
	}
	return out
}

// assign gives each campaign a bystander of its own with a server of its own:
// one whose name its members imitate, or one they have nothing to do with. A
// campaign that finds none has the zero bystander.
func assign(campaigns []Campaign, found []bystander, imitated bool) []bystander {
	out := make([]bystander, len(campaigns))
	taken := map[observable.Value]bool{}
	for i, c := range campaigns {
		for _, b := range found {
			if taken[b.name] || taken[b.server] || imitates(c, b.name) != imitated {
				continue
			}
			out[i] = b
			taken[b.name], taken[b.server] = true, true
			break
		}
	}
	return out
}

// imitates reports whether the first letters of a member stand in a name.
func imitates(c Campaign, name observable.Value) bool {
	label, _ := observable.Label(name)
	return slices.ContainsFunc(c.Members, func(m observable.Value) bool {
		other, _ := observable.Label(m)
		return strings.Contains(label, other[:min(len(other), 6)])
	})
}

// survey finds the busiest address, and bystanders with an address and a tracked
// page of their own, in the order of their names' first appearance.
func survey(observations iter.Seq[observation.Observation], member map[observable.Value]int) (busiest observable.Value, found []bystander) {
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
		var server observable.Value
		tracked := false
		for _, fact := range traces[name] {
			// A server of its own, or of few: where hundreds live nobody looks.
			if fact.Relation == observation.ResolvesTo && load[fact.Object] <= 10 {
				server = fact.Object
			}
			tracked = tracked || fact.Relation == observation.Tracker
		}
		if !server.IsZero() && tracked {
			found = append(found, bystander{name, server, traces[name]})
		}
	}
	return busiest, found
}
