package investigation

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/corpus"
	"clew/internal/corpus/memory"
	"clew/internal/ingest"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
)

// This file compares whole investigations with labels, one published set at a
// time, each imported with its shipped mapping. The figures are those of
// docs/benchmarks.md: -v prints them.

// rows reads a table, packed or not, by the names of its columns.
func rows(t *testing.T, path string, comma, comment rune, each func(map[string]string)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	unpacked, err := ingest.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	table := csv.NewReader(unpacked)
	table.Comma, table.Comment, table.LazyQuotes, table.FieldsPerRecord = comma, comment, true, -1
	all, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all[1:] {
		named := map[string]string{}
		for i, name := range all[0] {
			if i < len(row) {
				named[strings.Trim(name, "\ufeff# ")] = row[i]
			}
		}
		each(named)
	}
}

// A labelledSet is a corpus with the labels of some of its values.
type labelledSet struct {
	*Workspace
	kind   observable.Kind
	labels labels
}

// add labels a value, once with each label.
func (s *labelledSet) add(t *testing.T, text, label string) {
	t.Helper()
	if label == "" || text == "" {
		return
	}
	v, err := observable.New(s.kind, text)
	if err != nil {
		return
	}
	if !slices.Contains(s.labels[v.Text()], label) {
		s.labels[v.Text()] = append(s.labels[v.Text()], label)
	}
}

// members lists the values of each label, in order.
func (s *labelledSet) members() map[string][]string {
	of := map[string][]string{}
	for _, text := range slices.Sorted(maps.Keys(s.labels)) {
		for _, label := range s.labels[text] {
			of[label] = append(of[label], text)
		}
	}
	return of
}

// keep drops the labels of fewer than least or more than most values.
func (s *labelledSet) keep(least, most int) {
	of := s.members()
	for text, all := range s.labels {
		all = slices.DeleteFunc(all, func(label string) bool { return len(of[label]) < least || len(of[label]) > most })
		if s.labels[text] = all; len(all) == 0 {
			delete(s.labels, text)
		}
	}
}

// compared is what became of the values that belong with some seeds.
type compared struct {
	seeds, siblings int
	right, wrong    map[score.Band]int
	missed          map[string]int // siblings below the low band, by why
}

// compare investigates n seeds, evenly picked by name among the labelled values
// that have siblings.
func (s *labelledSet) compare(t *testing.T, name string, n int) compared {
	t.Helper()
	of := s.members()
	fit := slices.DeleteFunc(slices.Sorted(maps.Keys(s.labels)), func(text string) bool {
		return !slices.ContainsFunc(s.labels[text], func(label string) bool { return len(of[label]) > 1 })
	})
	sum := compared{right: map[score.Band]int{}, wrong: map[score.Band]int{}, missed: map[string]int{}}
	for i := range min(n, len(fit)) {
		seed := observable.Must(s.kind, fit[i*len(fit)/min(n, len(fit))])
		siblings := map[string]bool{}
		for _, label := range s.labels[seed.Text()] {
			for _, text := range of[label] {
				siblings[text] = text != seed.Text()
			}
		}
		delete(siblings, seed.Text())
		s.one(t, seed, siblings, &sum)
	}
	t.Logf("%s: %d labelled of %d labels; %s", name, len(s.labels), len(of), sum)
	return sum
}

func (s *labelledSet) one(t *testing.T, seed observable.Value, siblings map[string]bool, sum *compared) {
	t.Helper()
	result, err := s.Engine(pivot.Options{}).Investigate(t.Context(), []observable.Value{seed})
	if err != nil {
		t.Fatal(err)
	}
	sum.seeds++
	sum.siblings += len(siblings)
	weighed := map[string]bool{} // siblings that are findings, in whichever band
	met := map[string]bool{}
	for _, f := range result.Findings {
		text := f.Value.Text()
		if f.Value.Kind() != s.kind || s.labels[text] == nil {
			continue
		}
		weighed[text] = true
		switch band := score.Band(f.Band); {
		case band == score.Coincidence:
		case siblings[text]:
			sum.right[band]++
			met[text] = true
		default:
			sum.wrong[band]++
		}
	}
	for text := range siblings {
		if !met[text] {
			sum.missed[s.why(t, seed, observable.Must(s.kind, text), weighed[text], result.Points)]++
		}
	}
}

// why says what kept an investigation from a sibling of its seed.
func (s *labelledSet) why(t *testing.T, seed, sibling observable.Value, weighed bool, points []pivot.Point) string {
	t.Helper()
	if weighed {
		return "weighed as a coincidence"
	}
	held := map[observable.Value]bool{}
	for _, v := range []observable.Value{seed, sibling} {
		links, _, err := s.Corpus.Objects(t.Context(), v, 0)
		if err != nil {
			t.Fatal(err)
		}
		if v == seed {
			for _, l := range links {
				held[l.Object] = true
			}
			continue
		}
		links = slices.DeleteFunc(links, func(l corpus.Link) bool { return !held[l.Object] })
		if len(links) == 0 {
			return "shares no value with the seed"
		}
		for _, p := range points {
			if p.State == pivot.Rejected && slices.ContainsFunc(links, func(l corpus.Link) bool { return l.Object == p.Value }) {
				return "only by what is not followed"
			}
		}
	}
	return "only by what is never followed"
}

func (c compared) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %d siblings", c.seeds, c.siblings)
	for _, band := range []score.Band{score.High, score.Medium, score.Low} {
		fmt.Fprintf(&b, "; %s: %d of %d right", band, c.right[band], c.right[band]+c.wrong[band])
	}
	for _, why := range slices.Sorted(maps.Keys(c.missed)) {
		fmt.Fprintf(&b, "; missed, %s: %d", why, c.missed[why])
	}
	return b.String()
}

// trusted counts what is in the bands that are acted upon.
func (c compared) trusted() (right, wrong int) {
	return c.right[score.High] + c.right[score.Medium], c.wrong[score.High] + c.wrong[score.Medium]
}

func labelled(t *testing.T, kind observable.Kind) *labelledSet {
	t.Helper()
	return &labelledSet{Workspace: workspace(t), kind: kind, labels: labels{}}
}

func TestTrackerRadarAgainstOwners(t *testing.T) {
	path := shared(t, "data/reference/tracker-radar/domains_us.tsv.gz")
	s := labelled(t, observable.Domain)
	s.mustImport(t, "tracker-radar", path)
	rows(t, path, '\t', 0, func(row map[string]string) { s.add(t, row["domain"], row["owner"]) })
	s.keep(2, 100)
	sum := s.compare(t, "Tracker Radar by owner", seedsTried(t))
	if right, wrong := sum.trusted(); right == 0 || right < wrong {
		t.Errorf("high and medium are right in %d of %d", right, right+wrong)
	}
}

// without is a corpus that never learns one relation.
type without struct {
	corpus.Store
	relation observation.Relation
}

func (w without) Load(ctx context.Context) (corpus.Loader, error) {
	l, err := w.Store.Load(ctx)
	return loadWithout{l, w.relation}, err
}

type loadWithout struct {
	corpus.Loader
	relation observation.Relation
}

func (l loadWithout) Add(o observation.Observation) error {
	if o.Relation == l.relation {
		return nil
	}
	return l.Loader.Add(o)
}

// The command server is the label, so the corpus does not get to know it: what
// leads from one sample to another is mutex, build and paths.
func TestLuminosityLinkAgainstCommandServers(t *testing.T) {
	path := shared(t, "data/campaigns/luminositylink/luminositylink_configs.csv.gz")
	s := labelled(t, observable.File)
	s.Corpus = without{memory.New(), observation.ConfigC2}
	s.mustImport(t, "luminositylink", path)
	rows(t, path, ',', 0, func(row map[string]string) { s.add(t, row["SHA256"], strings.ToLower(row["Domain/IP"])) })
	s.keep(2, 100)
	sum := s.compare(t, "LuminosityLink by command server", seedsTried(t))
	if right, wrong := sum.trusted(); right == 0 || right < wrong {
		t.Errorf("high and medium are right in %d of %d", right, right+wrong)
	}
}

// The blacklist says nothing of a certificate but the family it was seen with,
// and that is the label: it is shown, and brings no two certificates together.
func TestSSLBlacklistConnectsNothing(t *testing.T) {
	path := shared(t, "data/campaigns/certificates/sslblacklist-2023-12-22.csv.gz")
	s := labelled(t, observable.Cert)
	s.mustImport(t, "sslbl", path)
	rows(t, path, ',', 0, func(row map[string]string) { s.add(t, row["SHA1"], row["ListingReason"]) })
	shown := 0
	for text, of := range s.labels {
		links, _, err := s.Corpus.Objects(t.Context(), observable.Must(observable.Cert, text), 0, observation.MalwareFamily)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(links, func(l corpus.Link) bool { return strings.EqualFold(l.Object.Text(), of[0]) }) {
			shown++
		}
	}
	t.Logf("SSLBL: the family of %d of %d certificates is shown as listed", shown, len(s.labels))
	if shown != len(s.labels) || shown < 5000 {
		t.Errorf("the family of %d of %d certificates is shown", shown, len(s.labels))
	}
	sum := s.compare(t, "SSLBL by family", seedsTried(t))
	for _, band := range []score.Band{score.High, score.Medium, score.Low} {
		if n := sum.right[band] + sum.wrong[band]; n > 0 {
			t.Errorf("%d certificates are %s for what somebody calls them", n, band)
		}
	}
}

// keptKeys is up to how many servers a team server's key is its operator's and
// not one that comes with a cracked copy.
const keptKeys = 35

// teamServers imports the published servers of Cobalt Strike with mapping, and
// labels each address with its keys; watermarks are those of each address.
func teamServers(t *testing.T, mapping string) (s *labelledSet, watermarks labels) {
	t.Helper()
	dir := shared(t, "data/campaigns/cobaltstrike/carbonblack")
	s, watermarks = labelled(t, observable.IP), labels{}
	paths, err := filepath.Glob(filepath.Join(dir, "cobaltstrike_*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no servers in %s: %v", dir, err)
	}
	for _, path := range paths {
		if mapping == "cobaltstrike" {
			s.mustImport(t, mapping, path)
		}
		rows(t, path, '\t', 0, func(row map[string]string) {
			s.add(t, row["c2_ip"], row["pubkey_md5"])
			mark, _, _ := strings.Cut(row["watermark"], " ")
			watermarks[row["c2_ip"]] = append(watermarks[row["c2_ip"]], mark)
		})
	}
	if mapping == "cobaltstrike-foxit" {
		s.mustImport(t, mapping, shared(t, "data/campaigns/cobaltstrike/fox-it-iocs-export.csv.gz"))
	}
	return s, watermarks
}

// fewServers is up to how many servers a key is so rare that it leads to every one
// of them. The fitted model expects 58 siblings of anything, so that of a key on 35
// alone all are coincidences.
const fewServers = 10

// The keys are what the mapping brings in, so the comparison asks whether a key
// of few servers leads to all of them and to nobody else, and whether strangers
// who only have the watermark of one leaked copy stay apart.
func TestCobaltStrikeKeys(t *testing.T) {
	s, watermarks := teamServers(t, "cobaltstrike")
	common := s.members()
	s.keep(2, keptKeys)
	sum := s.compare(t, "Cobalt Strike by key", seedsTried(t))
	right, wrong := sum.trusted()
	if right == 0 || wrong > 0 {
		t.Errorf("keys of few servers: high and medium are right in %d of %d", right, right+wrong)
	}
	strangers := 0
	for _, seed := range slices.Sorted(maps.Keys(s.labels))[:min(200, len(s.labels))] {
		result, err := s.Engine(pivot.Options{}).Investigate(t.Context(), []observable.Value{observable.Must(observable.IP, seed)})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range result.Findings {
			other := f.Value.Text()
			if f.Band == string(score.Coincidence) || s.labels[other] == nil || s.labels.same(seed, other) {
				continue
			}
			if watermarks.same(seed, other) && f.Hops == 1 {
				strangers++
			}
		}
	}
	if strangers > 0 {
		t.Errorf("%d servers were brought together by a watermark", strangers)
	}
	for key, servers := range common {
		if len(servers) <= 150 {
			continue
		}
		sum := newTally()
		seed := observable.Must(observable.IP, servers[0])
		result, err := s.Engine(pivot.Options{}).Investigate(t.Context(), []observable.Value{seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range result.Findings {
			sum.right[f.Band]++
		}
		t.Logf("key %s on %d servers: from one of them %v", key, len(servers), sum.right)
		if sum.right[string(score.High)]+sum.right[string(score.Medium)] > 0 {
			t.Errorf("key %s on %d servers still connects them: %v", key, len(servers), sum.right)
		}
	}
	s.keep(2, fewServers)
	if few := s.compare(t, "Cobalt Strike by key of few servers", seedsTried(t)); few.siblings == 0 || len(few.missed) > 0 {
		t.Errorf("keys of at most %d servers do not lead to all of them: %s", fewServers, few)
	}
}

// Somebody's own mapping may bring watermarks in: the leaked ones lead nowhere.
func TestLeakedWatermarksConnectNothing(t *testing.T) {
	_, watermarks := teamServers(t, "")
	w := workspace(t)
	var all []observation.Observation
	for address, marks := range watermarks {
		ip, err := observable.New(observable.IP, address)
		if err != nil {
			continue
		}
		for _, mark := range marks {
			key, err := observable.New(observable.Text, mark)
			if err != nil {
				continue
			}
			all = append(all, observation.Observation{Subject: ip, Relation: observation.CampaignKey, Object: key, Count: 1, Source: "watermarks"})
		}
	}
	if err := w.Corpus.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	seeds := 0
	for _, mark := range []string{"0", "305419896", "1873433027", "1359593325", "16777216"} {
		links, _, err := w.Corpus.Subjects(t.Context(), observation.CampaignKey, observable.Must(observable.Text, mark), 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			seeds++
			result, err := w.Engine(pivot.Options{}).Investigate(t.Context(), []observable.Value{link.Subject})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range result.Findings {
				for _, factor := range f.Factors {
					if factor.Value.Text() == mark && factor.Bits > 0 {
						t.Errorf("watermark %s brings %.1f bits between %s and %s", mark, factor.Bits, link.Subject, f.Value)
					}
				}
			}
		}
	}
	if seeds < 10 {
		t.Errorf("only %d servers with a leaked watermark tried", seeds)
	}
	t.Logf("%d servers with a leaked watermark, %d facts", seeds, len(all))
}

// Fox-IT's beacons say nothing of keys, so the key is an independent label of
// what the domains in their configuration bring together.
func TestBeaconDomainsAgainstKeys(t *testing.T) {
	s, _ := teamServers(t, "cobaltstrike-foxit")
	s.keep(2, keptKeys)
	sum := s.compare(t, "Cobalt Strike beacons by key", seedsTried(t))
	if right, wrong := sum.trusted(); right == 0 || right < wrong {
		t.Errorf("high and medium are right in %d of %d", right, right+wrong)
	}
}

func TestMalwareBazaarAgainstSignatures(t *testing.T) {
	dir := shared(t, "data/campaigns/malwarebazaar")
	s := labelled(t, observable.File)
	if err := s.Open(t.TempDir(), Needs{Corpus: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, name := range []string{"malwarebazaar-2024-05.csv.gz", "malwarebazaar-recent-raw-2024-05-07.csv.gz"} {
		s.mustImport(t, "malwarebazaar", filepath.Join(dir, name))
	}
	rows(t, filepath.Join(dir, "malwarebazaar-2024-05.csv.gz"), ',', 0, func(row map[string]string) {
		if row["signature"] != "n/a" {
			s.add(t, row["sha256_hash"], row["signature"])
		}
	})
	sum := s.compare(t, "MalwareBazaar by signature", seedsTried(t))
	// One import hash or fuzzy digest is a lead, whatever the store; a second
	// family of evidence is not in these rows.
	if right, wrong := sum.trusted(); right < wrong {
		t.Errorf("high and medium are right in %d of %d", right, right+wrong)
	}
	if right, wrong := sum.right[score.Low], sum.wrong[score.Low]; right == 0 || right < wrong {
		t.Errorf("leads are right in %d of %d", right, right+wrong)
	}
}
