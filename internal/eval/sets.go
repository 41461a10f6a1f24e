package eval

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A Set is published data with labels beside it: what one member leads to is
// compared with who has its label. The label itself is no fact of the corpus,
// but where the entry says so.
type Set struct {
	Name   string
	Label  string // what two values have in common that belong together
	Import []Source
	Hidden observation.Relation // that says the label, and is not imported
	Least  int                  // siblings that a seed has at least
	Most   int                  // siblings that a seed has at most, 0 for no limit
	// Partial sets label much that is in no file they import.
	Partial bool

	largest int // values of a label past which it is a feed, 0 for no limit
	labels  func(dir string) (Labels, error)
	pick    func(dir string) (Labels, error) // for seeds, where others judge; nil for the same
}

// A Source is one file of a set, or several, and the format to import it with.
type Source struct {
	Format  string
	Pattern string // of paths in the folder of data
}

// Sets are the labelled sets that can be replayed, in the order of the table.
var Sets = []Set{
	{
		Name: "tweetfeed", Label: "same tweet", Least: 2, Most: 40,
		Import: []Source{{"tweetfeed", tweetfeedDomains}}, labels: tweets,
	},
	{
		Name: "dotgov", Label: "same office", Least: 2, Most: 40,
		Import: dotgovFiles, labels: offices,
	},
	{
		// The state's own technology office runs the name servers and answers the
		// security mailbox of its offices, whom the strict labels call strangers.
		Name: "dotgov-states", Label: "same office, or offices of one state", Least: 2, Most: 40,
		Import: dotgovFiles, labels: states, pick: offices,
	},
	{
		Name: "tracker-radar", Label: "same owner", Least: 1, largest: 100,
		Import: []Source{{"tracker-radar", trackerRadar}},
		labels: column(observable.Domain, trackerRadar, '\t', "domain", "owner"),
	},
	{
		// The key is what is followed and what is asked for: a check that a key of
		// few servers leads to all of them and to nobody else.
		Name: "cobaltstrike", Label: "same key", Least: 1, largest: OperatorKeys,
		Import: []Source{{"cobaltstrike", teamServers}},
		labels: column(observable.IP, teamServers, '\t', "c2_ip", "pubkey_md5"),
	},
	{
		// These beacons say nothing of keys, so the key is an independent label.
		Name: "cobaltstrike-beacons", Label: "same key", Least: 1, largest: OperatorKeys,
		Import: []Source{{"cobaltstrike-foxit", beacons}},
		labels: column(observable.IP, teamServers, '\t', "c2_ip", "pubkey_md5"),
	},
	{
		Name: "luminositylink", Label: "same command server", Least: 1, largest: 100,
		Import: []Source{{"luminositylink", luminosityLink}}, Hidden: observation.ConfigC2,
		labels: column(observable.File, luminosityLink, ',', "SHA256", "Domain/IP"),
	},
	{
		Name: "malwarebazaar", Label: "same signature", Least: 1,
		Import: []Source{{"malwarebazaar", malwareBazaar}, {"malwarebazaar", "campaigns/malwarebazaar/malwarebazaar-recent-raw-2024-05-07.csv.gz"}},
		labels: column(observable.File, malwareBazaar, ',', "sha256_hash", "signature"),
	},
	{
		// The list says nothing of a certificate but the family, which is the label:
		// nobody may be brought together by what somebody calls them.
		Name: "sslbl", Label: "same family", Least: 1,
		Import: []Source{{"sslbl", blacklist}},
		labels: column(observable.Cert, blacklist, ',', "SHA1", "ListingReason"),
	},
	{
		// Reports list indicators, and say nothing else of them: what is known of
		// them is what the other sets happen to hold.
		Name: "maltrail", Label: "same report", Least: 1, largest: 1000, Partial: true,
		Import: []Source{
			{"tweetfeed", tweetfeedDomains},
			{"cobaltstrike-foxit", beacons},
			{"cobaltstrike", teamServers},
			{"luminositylink", luminosityLink},
		},
		labels: reports,
	},
}

// OperatorKeys is up to how many servers a team server's key is its operator's
// and not one that comes with a cracked copy.
const OperatorKeys = 35

const (
	tweetfeedDomains = "campaigns/tweetfeed/domains.jsonl.gz"
	dotgovContacts   = "reference/dotgov/operators.csv.gz"
	trackerRadar     = "reference/tracker-radar/domains_us.tsv.gz"
	teamServers      = "campaigns/cobaltstrike/carbonblack/cobaltstrike_*"
	beacons          = "campaigns/cobaltstrike/fox-it-iocs-export.csv.gz"
	luminosityLink   = "campaigns/luminositylink/luminositylink_configs.csv.gz"
	malwareBazaar    = "campaigns/malwarebazaar/malwarebazaar-2024-05.csv.gz"
	blacklist        = "campaigns/certificates/sslblacklist-2023-12-22.csv.gz"
	maltrailReports  = "campaigns/maltrail/indicators.tsv.gz"
)

var dotgovFiles = []Source{
	{"dotgov-history", "reference/dotgov/dns_history.tsv.gz"},
	{"dotgov-contacts", dotgovContacts},
}

// SetNamed finds a set by name.
func SetNamed(name string) (Set, bool) {
	i := slices.IndexFunc(Sets, func(s Set) bool { return s.Name == name })
	if i < 0 {
		return Set{}, false
	}
	return Sets[i], true
}

// Present reports whether a folder of data holds the files of the set.
func (s Set) Present(dir string) bool {
	for _, source := range s.Import {
		if paths, err := source.Paths(dir); err != nil || len(paths) == 0 {
			return false
		}
	}
	return true
}

// Paths lists the files of a source in a folder of data, in order.
func (s Source) Paths(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(dir, filepath.FromSlash(s.Pattern)))
}

// AllLabels reads the labels as they are published, common ones too.
func (s Set) AllLabels(dir string) (Labels, error) {
	l, err := s.labels(dir)
	if err != nil {
		return nil, fmt.Errorf("labels of %s: %w", s.Name, err)
	}
	return l, nil
}

// Watermarks labels team servers with the number of the licence they run under,
// which strangers with copies of one leak have in common.
func Watermarks(dir string) (Labels, error) {
	l := Labels{}
	return l, eachRow(dir, teamServers, '\t', func(row map[string]string) {
		mark, _, _ := strings.Cut(row["watermark"], " ")
		l.Add(observable.IP, row["c2_ip"], mark)
	})
}

// Labels reads who belongs together.
func (s Set) Labels(dir string) (Labels, error) {
	l, err := s.AllLabels(dir)
	if err != nil {
		return nil, err
	}
	if s.largest > 0 {
		l.Keep(2, s.largest)
	}
	return l, nil
}

// Campaigns makes cases of n seeds. known says of which labelled values the
// corpus has anything to go by; the others could only be missed. nil takes all.
func (s Set) Campaigns(dir string, n int, known func(observable.Value) bool) (Labels, []Campaign, error) {
	judge, err := s.Labels(dir)
	if err != nil {
		return nil, nil, err
	}
	if known != nil {
		for v := range judge {
			if !known(v) {
				delete(judge, v)
			}
		}
	}
	if s.pick == nil {
		return judge, judge.Campaigns(n, s.Least, s.Most), nil
	}
	pick, err := s.pick(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("labels of %s: %w", s.Name, err)
	}
	return judge, judge.Judge(pick.Campaigns(n, s.Least, s.Most)), nil
}

// column labels the values of one column of a table, or of several alike, with another.
func column(kind observable.Kind, pattern string, comma rune, value, label string) func(string) (Labels, error) {
	return func(dir string) (Labels, error) {
		l := Labels{}
		err := eachRow(dir, pattern, comma, func(row map[string]string) {
			if row[label] != "n/a" {
				l.Add(kind, row[value], strings.ToLower(row[label]))
			}
		})
		return l, err
	}
}

func tweets(dir string) (Labels, error) {
	l := Labels{}
	return l, eachLine(filepath.Join(dir, tweetfeedDomains), func(line []byte) error {
		var row struct {
			Domain string   `json:"domain"`
			Tweets []string `json:"tweets"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return err
		}
		for _, tweet := range row.Tweets {
			l.Add(observable.Domain, row.Domain, tweet)
		}
		return nil
	})
}

func offices(dir string) (Labels, error) {
	l := Labels{}
	return l, eachRow(dir, dotgovContacts, ',', func(row map[string]string) {
		l.Add(observable.Domain, row["Domain name"], row["Organization name"]+"|"+row["State"])
	})
}

func states(dir string) (Labels, error) {
	l, err := offices(dir)
	if err != nil {
		return nil, err
	}
	return l, eachRow(dir, dotgovContacts, ',', func(row map[string]string) {
		if strings.HasPrefix(row["Domain type"], "State or territory") {
			l.Add(observable.Domain, row["Domain name"], "government of "+row["State"])
		}
	})
}

// reports labels what reports list, by its kind, with the report.
func reports(dir string) (Labels, error) {
	l := Labels{}
	return l, eachRow(dir, maltrailReports, '\t', func(row map[string]string) {
		if v, err := observable.Parse(row["indicator"]); err == nil {
			l.Add(v.Kind(), v.Text(), row["report_block"])
		}
	})
}
