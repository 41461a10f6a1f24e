package casefile_test

import (
	"testing"

	"clew/internal/casefile"
)

// Who searches the same place again sees the same again: it counts once. What
// was seen there stays seen when the logs are gone; another place adds to it.
func TestSightingsOfAPlaceCountOnce(t *testing.T) {
	s := investigated(t)
	about := domain("shop.example")
	look := func(where, state string, count int) casefile.Sighted {
		seen := casefile.Sighted{About: about, State: state, Count: count, Where: where}
		if count > 0 {
			seen.Assets, seen.AssetCounts = []string{"pc-7"}, []int{count}
			seen.Days, seen.Verdicts = []casefile.Bucket{{When: "2026-01-02", Count: count}}, map[string]int{"hit": count}
		}
		return seen
	}
	did(t, s, "a-case",
		casefile.Searched{Where: "dns", Complete: true, Lines: 10, Files: 1},
		look("dns", casefile.Hit, 3), look("dns", casefile.Hit, 4), look("proxy", casefile.Hit, 2), look("dns", casefile.NoHit, 0),
		casefile.Sighted{About: about, State: casefile.NotChecked, Where: "fw", Verdicts: map[string]int{"worthless": 5}},
		casefile.Sighted{About: about, State: casefile.NotChecked, Where: "fw", Verdicts: map[string]int{"worthless": 5}},
	)
	record := load(t, s)
	if v := record.Findings[1].Validation; v.State != casefile.Hit || v.Sightings != 6 {
		t.Errorf("%+v, want 4 in dns and 2 in proxy", v)
	}
	seen := record.Sightings()
	if len(seen.Searches) != 1 || seen.Searches[0].Lines != 10 {
		t.Errorf("searches %+v", seen.Searches)
	}
	for _, v := range seen.Values {
		if v.Value != about.Value {
			continue
		}
		if v.Count != 6 || len(v.Assets) != 1 || v.Assets[0].Count != 6 || len(v.Days) != 1 || v.Days[0].Count != 6 || v.Verdicts["hit"] != 6 || v.Verdicts["worthless"] != 5 || len(v.Where) != 3 {
			t.Errorf("%+v", v)
		}
		return
	}
	t.Errorf("%s is not among %+v", about.Value, seen.Values)
}
