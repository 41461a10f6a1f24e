package eval

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
	"clew/internal/score"
)

// A Row is one line of what `clew eval` prints: a figure, what it has to be, and
// whether it is.
type Row struct {
	Table, Figure string
	Got, Want     string
	OK            bool
}

// Lists say which values mean nothing.
type Lists interface {
	Match(relation observation.Relation, value observable.Value) (hit reference.Hit, ok bool)
}

// Tables holds the model to the labelled tables of a folder other than the
// operators: signers, import hashes, names, addresses and their windows.
func Tables(dir string, model score.Model, lists Lists) ([]Row, error) {
	var rows []Row
	for _, table := range []func(string, score.Model, Lists) ([]Row, error){signers, imphashes, names, windows} {
		more, err := table(dir, model, lists)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// records reads a CSV file with a header, each row by column name.
func records(path string) ([]map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("labelled table: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	table := csv.NewReader(io.LimitReader(file, maxTable))
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var out []map[string]string
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		record := map[string]string{}
		for i, name := range header {
			record[name] = row[i]
		}
		out = append(out, record)
	}
}

const maxTable = 64 << 20

// alone weighs one shared value and nothing else, and places it.
func alone(model score.Model, population uint64, m score.Match) (float64, score.Band) {
	sum := model.Weigh(population, []score.Match{m})
	return sum.P, score.BandOf(sum.P, sum, nil)
}

// filesInTheWorld is about how many files anybody ever hashed; it nearly cancels.
const filesInTheWorld = 1_000_000_000

// signers: samples signed with one certificate are one app, unless the
// certificate is a test key, which connects nothing.
func signers(dir string, model score.Model, lists Lists) ([]Row, error) {
	samples, err := records(filepath.Join(dir, "apk_signers.csv"))
	if err != nil {
		return nil, err
	}
	apps := map[string][]string{}
	for _, s := range samples {
		if s["certificate_sha1"] != "" {
			apps[s["certificate_sha1"]] = append(apps[s["certificate_sha1"]], s["app"])
		}
	}
	pairs, same, suppressed, loud := 0, 0, 0, 0
	for certificate, held := range apps {
		signer, err := observable.New(observable.Signer, strings.ToLower(certificate))
		if err != nil {
			return nil, fmt.Errorf("apk_signers.csv: %w", err)
		}
		reason, dropped := lists.Match(observation.SignedBy, signer)
		if dropped {
			suppressed += len(held) * (len(held) - 1) / 2
			p, band := alone(model, filesInTheWorld, score.Match{
				Relation: observation.SignedBy, Holders: uint64(len(held)), Population: filesInTheWorld, Suppressed: reason.String(), A: always, B: always,
			})
			if band != score.Coincidence || p > score.MinP {
				loud++
			}
			continue
		}
		for i, app := range held {
			for _, other := range held[i+1:] {
				pairs++
				if app == other {
					same++
				}
			}
		}
	}
	share := float64(same) / float64(max(pairs, 1))
	return []Row{
		{"apk_signers", fmt.Sprintf("same app among %d pairs of one certificate", pairs), figure(share), ">= 0.97", share >= 0.97},
		{"apk_signers", fmt.Sprintf("pairs of test keys (%d) outside the coincidence band", suppressed), strconv.Itoa(loud), "0, of at least one key", loud == 0 && suppressed > 0},
	}, nil
}

func figure(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }

// imphashes: an import hash that several malware families share is a packer's.
func imphashes(dir string, model score.Model, _ Lists) ([]Row, error) {
	hashes, err := records(filepath.Join(dir, "imphash_families.csv"))
	if err != nil {
		return nil, err
	}
	commodity, above, highest := 0, 0, 0.0
	for _, h := range hashes {
		families := len(strings.Split(h["families"], "|"))
		if families < 3 {
			continue
		}
		commodity++
		// As rare as can be otherwise: nobody but these families holds it.
		p, band := alone(model, filesInTheWorld, score.Match{
			Relation: observation.Imphash, Holders: uint64(families), Population: filesInTheWorld, MalwareFamilies: families, A: always, B: always,
		})
		highest = max(highest, p)
		if band == score.High || band == score.Medium {
			above++
		}
	}
	return []Row{{
		"imphash_families", fmt.Sprintf("of %d import hashes in three families and more, above low alone (highest P %.2f)", commodity, highest),
		strconv.Itoa(above), "0", above == 0 && commodity > 0,
	}}, nil
}

var digits = regexp.MustCompile(`[0-9]+`)

// names: a rare word or a shape brings a lead, whatever the store's size; only
// what is shared beside it makes it sure.
func names(dir string, model score.Model, _ Lists) ([]Row, error) {
	domains, err := records(filepath.Join(dir, "family_domains.csv"))
	if err != nil {
		return nil, err
	}
	holders := map[observation.Relation]map[string]uint64{observation.Token: {}, observation.Shape: {}}
	for _, d := range domains {
		v, err := observable.New(observable.Domain, d["domain"])
		if err != nil {
			continue // published with a typing error: no name
		}
		for _, token := range observable.Tokens(v) {
			holders[observation.Token][token]++
		}
		if label, ok := observable.Label(v); ok && digits.MatchString(label) {
			holders[observation.Shape][digits.ReplaceAllString(label, "0")]++
		}
	}
	population := uint64(len(domains))
	var rows []Row
	for _, relation := range []observation.Relation{observation.Token, observation.Shape} {
		shared, high, highest := 0, 0, 0.0
		for _, n := range holders[relation] {
			if n < 2 {
				continue
			}
			shared++
			p, band := alone(model, population, score.Match{Relation: relation, Holders: n, Population: population, A: always, B: always})
			highest = max(highest, p)
			if band == score.High {
				high++
			}
		}
		rows = append(rows, Row{
			"family_domains", fmt.Sprintf("of %d values of type %s, high alone (highest P %.2f)", shared, relation, highest), strconv.Itoa(high), "0", high == 0 && shared > 0,
		})
	}
	return rows, nil
}

// A server is one address of a C2 list with the weeks it was seen in.
type server struct {
	tool   string
	window observation.Window
}

// windows: servers of one /24 that were seen at the same time run the same tool
// more often than those of different times, and weigh no less; a /24 alone
// makes nobody sure.
func windows(dir string, model score.Model, _ Lists) ([]Row, error) {
	list, err := records(filepath.Join(dir, "c2_windows.csv"))
	if err != nil {
		return nil, err
	}
	blocks := map[string][]server{}
	for _, row := range list {
		first, err := time.Parse(time.DateOnly, row["first_seen"])
		if err != nil {
			return nil, fmt.Errorf("c2_windows.csv: %w", err)
		}
		last, err := time.Parse(time.DateOnly, row["last_seen"])
		if err != nil {
			return nil, fmt.Errorf("c2_windows.csv: %w", err)
		}
		block := row["ip"][:strings.LastIndexByte(row["ip"], '.')+1]
		blocks[block] = append(blocks[block], server{row["tool"], observation.Window{First: first, Last: last}})
	}
	const gaps = 5 // overlap, under 2 months, 4, 8, longer
	var seen, same [gaps]int
	above, over, highest := 0, 0, 0.0
	for _, servers := range blocks {
		for i, a := range servers {
			for _, b := range servers[i+1:] {
				match := score.Match{Relation: observation.InPrefix, Holders: uint64(len(servers)), Population: uint64(len(list)), A: a.window, B: b.window}
				gap, _ := score.Gap(a.window, b.window)
				bin := gapBin(gap)
				p, band := alone(model, uint64(len(list)), match)
				seen[bin]++
				together := match
				together.B = together.A
				if most, _ := alone(model, uint64(len(list)), together); p > most {
					over++
				}
				highest = max(highest, p)
				if a.tool == b.tool {
					same[bin]++
				}
				if band == score.High {
					above++
				}
			}
		}
	}
	overlapping := rate(same[0], seen[0])
	worst := 0.0
	for bin := 1; bin < gaps; bin++ {
		worst = max(worst, rate(same[bin], seen[bin]))
	}
	return []Row{
		{"c2_windows", fmt.Sprintf("/24 alone above medium (highest P %.2f)", highest), strconv.Itoa(above), "0", above == 0},
		{"c2_windows", fmt.Sprintf("same tool when windows overlap (%d pairs), against the best of the gaps", seen[0]), figure(overlapping) + " against " + figure(worst), "never below", overlapping >= worst && seen[0] > 0},
		{"c2_windows", "pairs that weigh more apart in time than they would together", strconv.Itoa(over), "0", over == 0},
	}, nil
}

func rate(part, whole int) float64 { return float64(part) / float64(max(whole, 1)) }

func gapBin(gap time.Duration) int {
	days := gap.Hours() / 24
	return slices.IndexFunc([]float64{0, 60, 120, 240, 1e9}, func(most float64) bool { return days <= most })
}

// CountBins compares, for each doubling of the holders of the rarest value that
// carries a pair, the stated chance with the observed one.
func CountBins(set *Operators, truth *Truth, predictions []Prediction) []Row {
	matches, index := set.matches(), map[string]int{}
	for i, domain := range set.Domains {
		index[domain.Name] = i
	}
	const bins = 9
	var n, same [bins]int
	var stated [bins]float64
	for _, p := range predictions {
		is, known := truth.Same(p.A, p.B)
		if !known {
			continue
		}
		rarest := uint64(0)
		for _, s := range matches[ordered(index[p.A], index[p.B])] {
			if counted := max(set.counts[s.attribute], 2); rarest == 0 || counted < rarest {
				rarest = counted
			}
		}
		if rarest == 0 {
			continue // joined by bridges only
		}
		bin := min(bitsOf(rarest-1), bins-1)
		n[bin]++
		stated[bin] += p.P
		if is {
			same[bin]++
		}
	}
	var rows []Row
	for bin := range bins {
		if n[bin] < 30 {
			continue // too few to observe a chance to 0.1
		}
		got, observed := stated[bin]/float64(n[bin]), rate(same[bin], n[bin])
		rows = append(rows, Row{
			"operators", fmt.Sprintf("stated against observed, rarest shared value held by %s (%d pairs)", binName(bin, bins), n[bin]),
			figure(got) + " against " + figure(observed), "within 0.1", got-observed <= 0.1 && observed-got <= 0.1,
		})
	}
	return rows
}

// bitsOf puts 1 into bin 0, 2 and 3 into bin 1, 4 to 7 into bin 2.
func bitsOf(others uint64) int {
	bin := 0
	for ; others > 1; others /= 2 {
		bin++
	}
	return bin
}

func binName(bin, bins int) string {
	low, high := 1<<bin+1, 2<<bin
	switch bin {
	case 0:
		return "2"
	case bins - 1:
		return fmt.Sprintf("%d and more", low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}
