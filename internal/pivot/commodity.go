package pivot

import "clew/internal/observation"

// malwareFamilies counts the malware families that the case's holders of an
// attribute were put down to: what is in several is a packer's or a tool's on
// sale. Each provider has names of its own for one family, so that families are
// counted by provider, and the one that tells most apart counts.
func (a *attribute) malwareFamilies() int {
	bySource := map[string]map[string]bool{}
	for _, m := range a.members {
		for _, f := range m.facts {
			if f.Relation != observation.MalwareFamily {
				continue
			}
			for _, source := range f.Sources {
				if bySource[source] == nil {
					bySource[source] = map[string]bool{}
				}
				bySource[source][f.Value.Text()] = true
			}
		}
	}
	most := 0
	for _, families := range bySource {
		most = max(most, len(families))
	}
	return most
}
