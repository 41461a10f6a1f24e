// Package eval measures clew's confidence against labelled data.
package eval

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Operators is a labelled set of domains with the attributes they share: the
// layout of domains.jsonl, value_counts.csv and population.csv.
type Operators struct {
	Domains    []OperatorDomain
	counts     map[attribute]uint64
	population map[string]population
	pools      dnsPools
}

// An OperatorDomain is one domain, its shared values by type, and how many
// values of each type it holds in all.
type OperatorDomain struct {
	Name   string              `json:"domain"`
	Values map[string][]string `json:"attrs"`
	Sizes  map[string]int      `json:"n_values"`
}

type attribute struct{ kind, value string }

type population struct {
	size uint64
	mean float64
}

// LoadOperators reads the three files of an operators folder.
func LoadOperators(dir string) (*Operators, error) {
	set := &Operators{counts: map[attribute]uint64{}, population: map[string]population{}}
	if err := set.readDomains(filepath.Join(dir, "domains.jsonl")); err != nil {
		return nil, err
	}
	err := readTable(filepath.Join(dir, "value_counts.csv"), []string{"type", "value", "count"}, func(row []string) error {
		n, err := strconv.ParseUint(row[2], 10, 64)
		set.counts[attribute{row[0], row[1]}] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	set.pools = poolsOf(set.counts)
	err = readTable(filepath.Join(dir, "population.csv"), []string{"type", "population_with_type", "mean_values"}, func(row []string) error {
		size, err := strconv.ParseUint(row[1], 10, 64)
		if err != nil {
			return err
		}
		mean, err := strconv.ParseFloat(row[2], 64)
		set.population[row[0]] = population{size, mean}
		return err
	})
	return set, err
}

func (set *Operators) readDomains(path string) error {
	err := eachLine(path, func(line []byte) error {
		var domain OperatorDomain
		if err := json.Unmarshal(line, &domain); err != nil {
			return err
		}
		for _, values := range domain.Values {
			slices.Sort(values)
		}
		set.Domains = append(set.Domains, domain)
		return nil
	})
	if err != nil {
		return fmt.Errorf("operators set: %w", err)
	}
	slices.SortFunc(set.Domains, func(a, b OperatorDomain) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

func readTable(path string, header []string, each func(row []string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("operators set: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	table := csv.NewReader(bufio.NewReader(file))
	table.ReuseRecord = true
	first, err := table.Read()
	if err != nil || !slices.Equal(first, header) {
		return fmt.Errorf("%s: header is not %v", path, header)
	}
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(row)
		}
		if err != nil {
			line, _ := table.FieldPos(0)
			return fmt.Errorf("%s line %d: %w", path, line, err)
		}
	}
}
