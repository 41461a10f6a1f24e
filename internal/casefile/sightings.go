package casefile

import (
	"cmp"
	"slices"
)

// Sightings is what all searches of the team's own logs said about a case.
type Sightings struct {
	Case     string         `json:"case"`
	Searches []Search       `json:"searches"` // newest first
	Values   []ValueSighted `json:"values"`   // seen first, then most sightings; what is not worth a search is left out
	Assets   []AssetCount   `json:"assets"`   // machines of ours, most sightings first
	Days     []Bucket       `json:"days"`     // of all values, in order of time
}

// A Search is one search of logs, as the record has it. Where neither lines nor
// files are counted, somebody else's search was asked.
type Search struct {
	At Time   `json:"at"`
	By string `json:"by"`
	Searched
}

// ValueSighted is what the searches come to for one seed or finding.
type ValueSighted struct {
	Kind       string         `json:"kind"`
	Value      string         `json:"value"`
	Band       string         `json:"band"` // seed for what the case began with
	Window     Window         `json:"window"`
	State      string         `json:"state"` // Hit, HitOutside, NoHit or NotChecked
	Count      int            `json:"count"`
	First      Time           `json:"first"` // sighting
	Last       Time           `json:"last"`
	Contact    string         `json:"contact"`
	Assets     []AssetCount   `json:"assets"`
	Days       []Bucket       `json:"days"`
	Verdicts   map[string]int `json:"verdicts"` // sightings: hit, hit-outside-window, worthless
	Where      []string       `json:"where"`    // it was looked for
	Note       string         `json:"note"`     // of the last search
	Suppressed string         `json:"suppressed"`
}

// An AssetCount says how often something was seen on a machine. 0 is not
// counted: the record is from before machines were.
type AssetCount struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Sightings adds up what the searches said, each place once.
func (r *Record) Sightings() Sightings {
	doc := r.Document()
	s := Sightings{Case: doc.Case.ID, Searches: slices.Clone(r.searches), Values: []ValueSighted{}}
	slices.Reverse(s.Searches)
	if s.Searches == nil {
		s.Searches = []Search{}
	}
	of := map[Value][]Sighted{}
	for _, one := range r.sighted {
		of[one.About] = append(of[one.About], one)
	}
	machines, days, given := map[string]int{}, map[string]int{}, map[Value]bool{}
	add := func(v ValueSighted, validation *Validation) {
		name := Value{v.Kind, v.Value}
		if given[name] {
			return
		}
		given[name] = true
		v.State = NotChecked
		if validation != nil {
			v.State, v.Count, v.First, v.Last, v.Contact, v.Note = validation.State, validation.Sightings, validation.First, validation.Last, validation.Contact, validation.Note
		}
		v.addUp(of[name], machines, days)
		s.Values = append(s.Values, v)
	}
	for _, seed := range doc.Seeds {
		add(ValueSighted{Kind: seed.Kind, Value: seed.Value, Band: "seed", Window: doc.Case.Window}, seed.Validation)
	}
	for i := range doc.Findings {
		f := &doc.Findings[i]
		if f.Band == "coincidence" && len(of[Value{f.Kind, f.Value}]) == 0 {
			continue
		}
		add(ValueSighted{Kind: f.Kind, Value: f.Value, Band: f.Band, Window: Window{f.FirstSeen, f.LastSeen}, Suppressed: f.Suppressed}, &f.Validation)
	}
	slices.SortStableFunc(s.Values, func(a, b ValueSighted) int {
		return cmp.Or(slices.Index(validationRank, b.State)-slices.Index(validationRank, a.State), b.Count-a.Count)
	})
	s.Assets, s.Days = assetCounts(machines), buckets(days)
	return s
}

// addUp counts machines, days and verdicts of the searches for one value, into
// the value's and into all's.
func (v *ValueSighted) addUp(searches []Sighted, allMachines, allDays map[string]int) {
	machines, days := map[string]int{}, map[string]int{}
	v.Verdicts, v.Where = map[string]int{}, []string{}
	worthless := map[string]int{} // by place, of its last search
	for _, s := range searches {
		if !slices.Contains(v.Where, s.Where) {
			v.Where = append(v.Where, s.Where)
		}
		if s.Count == 0 {
			if s.State == NotChecked {
				worthless[s.Where] = s.Verdicts["worthless"]
			}
			continue // nothing seen, or the same place was searched again since
		}
		for verdict, n := range s.Verdicts {
			v.Verdicts[verdict] += n
		}
		for i, name := range s.Assets {
			n := 0
			if i < len(s.AssetCounts) {
				n = s.AssetCounts[i]
			}
			machines[name] += n
			allMachines[name] += n
		}
		for _, b := range s.Days {
			days[b.When] += b.Count
			allDays[b.When] += b.Count
		}
	}
	for _, n := range worthless {
		if n > 0 {
			v.Verdicts["worthless"] += n
		}
	}
	v.Assets, v.Days = assetCounts(machines), buckets(days)
}

func assetCounts(of map[string]int) []AssetCount {
	list := make([]AssetCount, 0, len(of))
	for name, n := range of {
		list = append(list, AssetCount{name, n})
	}
	slices.SortFunc(list, func(a, b AssetCount) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return list
}

func buckets(of map[string]int) []Bucket {
	list := make([]Bucket, 0, len(of))
	for when, n := range of {
		list = append(list, Bucket{when, n})
	}
	slices.SortFunc(list, func(a, b Bucket) int { return cmp.Compare(a.When, b.When) })
	return list
}
