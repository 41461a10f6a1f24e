package export

import (
	"slices"

	"clew/internal/casefile"
)

// Exported returns what the record of each case says of a set: the cases in it, and
// those of which nothing is. format is as clew export or clew push names it; to
// is the server that it was handed to and said what that answered, "" where it
// was only written.
func (s Set) Exported(format, to, said string) map[string]casefile.Exported {
	all := map[string]casefile.Exported{}
	for _, c := range s.Cases {
		all[c.ID] = casefile.Exported{Format: format, To: to, Said: said, TLP: string(s.TLP)}
	}
	for id := range s.leftOf {
		if _, in := all[id]; !in {
			all[id] = casefile.Exported{Format: format, To: to, Said: said}
		}
	}
	for id, e := range all {
		for _, entry := range s.Entries {
			if slices.Contains(entry.Cases, id) {
				e.Entries++
			}
		}
		left := slices.Clone(s.leftOf[id])
		slices.SortFunc(left, compareLeft)
		left = slices.Compact(left)
		e.Left, e.More = []casefile.LeftOut{}, max(0, len(left)-casefile.MaxLeftOut)
		for _, l := range left[:len(left)-e.More] {
			e.Left = append(e.Left, casefile.LeftOut(l))
		}
		all[id] = e
	}
	return all
}
