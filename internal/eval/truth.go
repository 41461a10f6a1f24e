package eval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
)

// Truth is the ownership that several lists state for each domain of a set.
type Truth struct {
	owners map[string]map[string]string // domain to list to owner
	groups map[string]string            // linked ownership groups
	names  []string
}

// LoadTruth reads the owners in domains.jsonl and the groups in groups.csv.
func LoadTruth(dir string) (*Truth, error) {
	truth := &Truth{owners: map[string]map[string]string{}, groups: map[string]string{}}
	err := eachLine(filepath.Join(dir, "domains.jsonl"), func(line []byte) error {
		var row struct {
			Domain string            `json:"domain"`
			Owner  map[string]string `json:"owner"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return err
		}
		truth.owners[row.Domain] = row.Owner
		truth.names = append(truth.names, row.Domain)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	slices.Sort(truth.names)
	return truth, readTable(filepath.Join(dir, "groups.csv"), []string{"domain", "group"}, func(row []string) error {
		truth.groups[row[0]] = row[1]
		return nil
	})
}

// Same says whether a and b have one owner: known is false where the lists do
// not allow a verdict. One list that names the same owner for both is enough;
// apart means two lists know both, all disagree, and no group joins them.
func (truth *Truth) Same(a, b string) (same, known bool) {
	both := 0
	for list, owner := range truth.owners[a] {
		switch other, knows := truth.owners[b][list]; {
		case knows && other == owner:
			return true, true
		case knows:
			both++
		}
	}
	group := truth.groups[a]
	if group != "" && group == truth.groups[b] {
		return false, false
	}
	return false, both >= 2
}

// A BandMeasure is the quality of one band.
type BandMeasure struct {
	N                 int
	Precision, Recall float64
}

// A Measure is the quality of predictions against labels.
type Measure struct {
	Positives, Negatives int
	AveragePrecision     float64
	RecallAt90           float64 // recall at 90 % precision
	High, Medium         BandMeasure
	ECE                  float64 // expected calibration error over p > 0.1
}

// String says it in a line.
func (m Measure) String() string {
	return fmt.Sprintf("average precision %.3f; recall at 90 %% precision %.3f; high band %.3f precise at recall %.3f (%d pairs); medium band %.3f precise (%d pairs); calibration error %.3f",
		m.AveragePrecision, m.RecallAt90, m.High.Precision, m.High.Recall, m.High.N, m.Medium.Precision, m.Medium.N, m.ECE)
}

type labelled struct {
	p    float64
	same bool
}

// Measure compares predictions with the labels; a pair left out counts as p = 0.
func (truth *Truth) Measure(predictions []Prediction) Measure {
	return truth.measure(predictions, func(string, string) bool { return true })
}

// WithoutLargest is Measure without the pairs inside the operator that has most
// of them, and how many those are: one firm can make a figure.
func (truth *Truth) WithoutLargest(predictions []Prediction) (m Measure, left int) {
	pairs := map[string]int{}
	for i, a := range truth.names {
		for _, b := range truth.names[i+1:] {
			if same, _ := truth.Same(a, b); same && truth.groups[a] != "" && truth.groups[a] == truth.groups[b] {
				pairs[truth.groups[a]]++
			}
		}
	}
	largest := ""
	for _, group := range slices.Sorted(maps.Keys(pairs)) {
		if pairs[group] > pairs[largest] {
			largest = group
		}
	}
	m = truth.measure(predictions, func(a, b string) bool {
		return largest == "" || truth.groups[a] != largest || truth.groups[b] != largest
	})
	return m, pairs[largest]
}

func (truth *Truth) measure(predictions []Prediction, counts func(a, b string) bool) Measure {
	var m Measure
	for i, a := range truth.names {
		for _, b := range truth.names[i+1:] {
			switch same, known := truth.Same(a, b); {
			case !counts(a, b):
			case same:
				m.Positives++
			case known:
				m.Negatives++
			}
		}
	}
	var items []labelled
	for _, p := range predictions {
		if same, known := truth.Same(p.A, p.B); known && counts(p.A, p.B) {
			items = append(items, labelled{p.P, same})
		}
	}
	slices.SortFunc(items, func(a, b labelled) int { return cmp.Compare(b.p, a.p) })
	m.AveragePrecision, m.RecallAt90 = precisionRecall(items, m.Positives)
	m.High = band(items, m.Positives, 0.9, 2)
	m.Medium = band(items, m.Positives, 0.5, 0.9)
	m.ECE = calibrationError(items)
	return m
}

// precisionRecall walks items from sure to unsure; ties are one step.
func precisionRecall(items []labelled, positives int) (average, recallAt90 float64) {
	hits, lastRecall := 0, 0.0
	for i := 0; i < len(items); {
		p := items[i].p
		for ; i < len(items) && items[i].p == p; i++ {
			if items[i].same {
				hits++
			}
		}
		recall, precision := float64(hits)/float64(max(positives, 1)), float64(hits)/float64(i)
		average += (recall - lastRecall) * precision
		lastRecall = recall
		if precision >= 0.9 {
			recallAt90 = max(recallAt90, recall)
		}
	}
	return average, recallAt90
}

func band(items []labelled, positives int, from, below float64) BandMeasure {
	var m BandMeasure
	hits := 0
	for _, item := range items {
		if item.p >= from && item.p < below {
			m.N++
			if item.same {
				hits++
			}
		}
	}
	m.Precision, m.Recall = float64(hits)/float64(max(m.N, 1)), float64(hits)/float64(max(positives, 1))
	return m
}

// calibrationError is the mean distance between stated and observed chance, in
// ten bins of p, over predictions above 0.1.
func calibrationError(items []labelled) float64 {
	var n, hits [10]int
	var stated [10]float64
	total := 0
	for _, item := range items {
		if item.p <= 0.1 {
			continue
		}
		bin := min(int(item.p*10), 9)
		n[bin]++
		stated[bin] += item.p
		if item.same {
			hits[bin]++
		}
		total++
	}
	sum := 0.0
	for bin := range n {
		sum += math.Abs(stated[bin] - float64(hits[bin]))
	}
	return sum / float64(max(total, 1))
}
