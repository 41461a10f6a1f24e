package all_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/all"
	"clew/internal/source/replay"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/contract.json and docs/sources anew")

// A contract is a question to one source and what its recorded answer holds:
// counts and a digest, no text of a reply. The digest is over [sourcetest.Listing].
type contract struct {
	Source string `json:"source"`
	Ask    string `json:"ask"`
	// From and At put a recording that names no whole request in its place: the
	// reply of file From answers each request whose address contains At.
	From   string `json:"from,omitempty"`
	At     string `json:"at,omitempty"`
	Status int    `json:"status,omitempty"` // of the reply placed, 0 means 200

	State   source.State   `json:"state"`
	Facts   map[string]int `json:"facts"` // by relation
	Totals  int            `json:"totals"`
	Dropped int            `json:"dropped"`
	Digest  string         `json:"digest"`
}

const contractFile = "testdata/contract.json"

func TestRecordedAnswers(t *testing.T) {
	dir := recordings(t)
	recorded, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = recorded.Close() }()
	var contracts []contract
	readJSON(t, contractFile, &contracts)
	read := map[string]bool{}
	for i, c := range contracts {
		var asker source.Asker = recorded
		if c.From != "" {
			asker = placed{recorded, c, readFile(t, filepath.Join(dir, c.From))}
		}
		out := source.NewRunner(source.RunnerOptions{Asker: asker, Replay: true}).
			Ask(t.Context(), named(t, c.Source), source.Question{Value: parse(t, c.Ask)})
		for _, e := range out.Evidence {
			read[e.SHA256] = true
		}
		got := summary(c, out)
		if diff := cmp.Diff(c, got); diff != "" && !*update {
			t.Errorf("%s about %s (-want +got):\n%s%s", c.Source, c.Ask, diff, sourcetest.Listing(out))
		}
		contracts[i] = got
	}
	if *update {
		writeJSON(t, contractFile, contracts)
	}
	everyRecordingIsRead(t, dir, read)
}

func summary(c contract, out source.Outcome) contract {
	sum := sha256.Sum256([]byte(sourcetest.Listing(out)))
	c.State, c.Totals, c.Dropped = out.State, len(out.Answer.Totals), out.Answer.Dropped
	c.Digest = hex.EncodeToString(sum[:8])
	c.Facts = map[string]int{}
	for _, o := range out.Answer.Observations {
		c.Facts[o.Relation.String()]++
	}
	return c
}

// placed answers one question from a file, and the rest from the recordings.
type placed struct {
	recorded *replay.Replay
	contract contract
	body     []byte
}

// Ask implements [source.Asker].
func (p placed) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	switch {
	case strings.Contains(r.URL, p.contract.At):
		return source.Reply{Status: max(p.contract.Status, 200), Body: p.body}, nil
	case strings.HasSuffix(r.URL, "/rdap/dns.json"): // the recorded file is of 2017 and lists few registries
		tld := p.contract.Ask[strings.LastIndexByte(p.contract.Ask, '.')+1:]
		return source.Reply{Status: 200, Body: []byte(`{"services":[[["` + tld + `"],["https://rdap.placed.test/"]]]}`)}, nil
	}
	return p.recorded.Ask(ctx, r)
}

// notRead says of each recording that no connector reads why that is so.
var notRead = map[string]string{
	"otx/hostname_geo.masked.json": "nothing of the vocabulary in it: geo is not asked",

	"securitytrails/account_usage.json":             "an account, not an indicator",
	"securitytrails/domains_stats.json":             "the list gives the total too",
	"securitytrails/error_401.txt":                  "an answer to the same request goes before it; the text is in the connector's cases",
	"securitytrails/error_403.json":                 "of an endpoint that is not asked",
	"securitytrails/ips_list.json":                  "search by part of a PTR name is not asked",
	"securitytrails/ips_nearby.8.8.8.8.json":        "counts of sites on neighbours, no names",
	"securitytrails/tags.github.com.json":           "nothing of the vocabulary in it",
	"passivetotal/account_quota.json":               "an account, not an indicator",
	"passivetotal/ssl_search_keyword.sinkhole.json": "search by keyword is not asked",

	"virustotal/domain_downloaded_files.github.com.json":    "needs a paid key: not asked",
	"virustotal/domain_referrer_files.github.com.json":      "files that mention a name, not that contact it: not asked",
	"virustotal/domain_resolutions.empty.json":              "its request has a placeholder; the cases have an empty list",
	"virustotal/domain_siblings.empty.json":                 "of a registered domain the subdomains are asked instead",
	"virustotal/domain_urls.github.com.json":                "needs a paid key: not asked",
	"virustotal/error_404_not_found.json":                   "from the manual; the cases have one like it",
	"virustotal/error_429_quota.json":                       "from the manual; the cases have one like it",
	"virustotal/intelligence_search_domain.ninoseki.json":   "needs a paid key: not asked",
	"virustotal/intelligence_search_file.json":              "needs a paid key: not asked",
	"virustotal/intelligence_search_ip.167.179.69.149.json": "needs a paid key: not asked",
	"virustotal/intelligence_search_url_page2.json":         "needs a paid key: not asked",
	"virustotal/ip_historical_whois.1.1.1.1.2019.json":      "WHOIS of an address holds no fact of ours that RDAP has not",
	"virustotal/url_network_location.example.com.json":      "the domain itself is asked instead",
	"virustotal/url_redirecting_urls.empty.json":            "not asked",
	"virustotal/file_behaviour.03bd9a94.json":               "one report without its list; its members are in the cases",

	"urlscan/error_400_dns.json":        "of a submission: nothing is submitted",
	"urlscan/error_400_validation.json": "of a submission: nothing is submitted",
	"urlscan/error_429_rate_limit.json": "from the manual; the cases have one like it",
	"urlscan/scan_submitted.json":       "of a submission: nothing is submitted",

	"rdap/autnum.13335.json":                       "the vocabulary says nothing of an autonomous system",
	"rdap/domains_by_nameserver.ns1.arin.net.json": "search is offered by few and not asked",
	"rdap/entity.GOVI.json":                        "a handle is no indicator",
	"rdap/help.nic.fr.json":                        "no answer about anything",
	"rdap/bootstrap.asn.json":                      "the vocabulary says nothing of an autonomous system",
	"rdap/bootstrap.ipv6.json":                     "no recorded answer of an IPv6 range leads to it",

	"whois/ip.rwhois_shawcable_net_4321_174.txt": "RWHOIS is another protocol",

	"dnsdb/v1_summarize_rrset.json":    "counted only where a list was cut: read by the connector's own test",
	"dnsdb/v1_summarize_rdata_ip.json": "counted only where a list was cut: read by the connector's own test",
	"dnsdb/v2_rate_limit_block.json":   "an account, not an indicator",
	"dnsdb/v2_rate_limit_time.json":    "an account, not an indicator",
	"dnsdb/v2_flex_rdata.ndjson":       "values are looked up exactly, which gives times and counts: docs/sources/dnsdb.md",

	"shodan/api_info.json":            "an account, not an indicator",
	"shodan/dns_resolve.json":         "would resolve the name, which the target may see: not asked",
	"shodan/dns_reverse.1.1.1.1.json": "would resolve the address, which the target may see: not asked",

	"domaintools/account.json":                      "an account, not an indicator",
	"domaintools/domain_search.google.json":         "names are not searched by pattern",
	"domaintools/feed_nod.ndjson":                   "a feed, not an indicator",
	"domaintools/registrant_monitor.google.json":    "a monitor of changes, not an indicator",
	"domaintools/reverse_ip_whois.domaintools.json": "the vocabulary says nothing of who holds a range",
	"domaintools/risk.google.com.json":              "a verdict, not a fact",
	"domaintools/whois.google.com.json":             "whois/parsed holds the same record",

	"censys/v2_hosts_aggregate.json": "counts by continent, of no value of ours",

	"greynoise/gnql.cve-2020-9054.json": "a search by vulnerability: not asked",
	"greynoise/gnql_stats.tags.json":    "counts of tags, no address",
	"greynoise/quick.1.1.1.1.json":      "a verdict and nothing else: not asked",
	"greynoise/community.1.1.1.1.json":  "a verdict and nothing else: not asked",

	"hashlookup/info.json":                         "an account of the service, no indicator",
	"hashlookup/bulk_md5.json":                     "files are asked one by one",
	"hashlookup/parents.73245857_10_0.json":        "packages that hold a file are no relation of ours",
	"hashlookup/parents.73245857_10.423520ac.json": "packages that hold a file are no relation of ours",

	"threatfox/get_iocs.json": "a feed: not asked",

	"urlhaus/urls_recent.json":    "a feed: not asked",
	"urlhaus/feed_country_jp.csv": "a feed: not asked",

	"hybridanalysis/overview.eicar.json":          "asked by the name that an answer not recorded gives: read by the connector's own test",
	"hybridanalysis/report_summary.6f802a56.json": "asked by the name that an answer not recorded gives: read by the connector's own test",
	"hybridanalysis/overview_summary.eicar.json":  "a verdict, not a fact",
	"hybridanalysis/report_state.json":            "the state of a run, not a fact",
	"hybridanalysis/feed_latest.json":             "a feed, not an indicator",
	"hybridanalysis/environments.json":            "about the service, not an indicator",

	"attack/taxii_discovery.json":   "about the service, not an indicator",
	"attack/taxii_api_root.json":    "about the service, not an indicator",
	"attack/taxii_collections.json": "about the service, not an indicator",
	"attack/taxii_collection.json":  "about the service, not an indicator",

	"anyrun/v1_analysis_submitted.json":  "of a submission: nothing is submitted",
	"anyrun/public_report.f4394c88.html": "a page for people; it is not scraped",
}

// everyRecordingIsRead holds the list of contracts to the index: a recording
// that a connector could read must be read.
func everyRecordingIsRead(t *testing.T, dir string, read map[string]bool) {
	t.Helper()
	var rows []replay.Row
	readJSON(t, filepath.Join(dir, replay.IndexName), &rows)
	var names []string
	for _, s := range all.Sources() {
		names = append(names, s.Info().Name)
	}
	for _, row := range rows {
		if !slices.Contains(names, row.Provider) || strings.HasPrefix(row.Kind, "expected parse") {
			continue
		}
		sum := sha256.Sum256(readFile(t, filepath.Join(dir, row.File)))
		_, excused := notRead[row.File]
		switch isRead := read[hex.EncodeToString(sum[:])]; {
		case !isRead && !excused:
			t.Errorf("%s is read by no contract: add one to %s, or a reason to notRead", row.File, contractFile)
		case isRead && excused:
			t.Errorf("%s is read: take it out of notRead", row.File)
		}
	}
}

// TestReviewedByHand compares facts with what a person read in the recordings.
func TestReviewedByHand(t *testing.T) {
	recorded, err := replay.Open(recordings(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = recorded.Close() }()
	reviewed := []struct{ source, ask, line string }{
		{"otx", "jppost-tu.top", "jppost-tu.top resolves-to 89.35.39.84 [2019-09-02T01:30:07Z, 2019-09-02T01:30:07Z] x1"},
		{"otx", "89.35.39.84", "jppost-ga.co resolves-to 89.35.39.84 [2019-09-02T15:09:30Z, 2019-09-02T20:18:23Z] x1"},
		{"otx", "89.35.39.84", "total resolves-to 89.35.39.84: 34 [2022-06-18T01:05:17Z]"},
		{"passivetotal", "89.35.39.84", "nittsu-si.com resolves-to 89.35.39.84 [?, ?] x1"},
		{"passivetotal", "89.35.39.84", "total resolves-to 89.35.39.84: 43 [2019-10-07T09:04:24Z]"},
		{"passivetotal", "jppost-tu.top", "jppost-tu.top resolves-to 45.83.140.140 [?, ?] x1"},
		{"passivetotal", "passivetotal.org", "www.passivetotal.org cname passivetotal.org [2016-11-29T07:07:34Z, 2017-02-23T12:16:40Z] x1"},
		{"securitytrails", "jppost-tu.top", "jppost-tu.top resolves-to 89.35.39.84 [2019-08-31T00:00:00Z, 2019-09-05T23:59:59Z] x1"},
		{"securitytrails", "89.35.39.84", "jppost-bto.top resolves-to 89.35.39.84 [?, 2019-10-02T23:28:28Z] x1"},
		{"securitytrails", "github.com", "speakerdeck.com registrant-email hostmaster@github.com [?, 2019-10-20T01:10:56Z] x1"},
		{"securitytrails", "github.com", "total registrant-org GitHub, Inc.: 190 [2019-10-20T01:10:58Z]"},
		{"securitytrails", "github.com", "total soa-contact awsdns-hostmaster@amazon.com: 2238662 [2019-10-20T01:10:52Z]"},
		{"securitytrails", "test@test.com", "total registrant-email test@test.com: 426 [2019-10-02T23:30:07Z]"},
		{"virustotal", "jppost-ge.top", "jppost-ge.top resolves-to 45.83.140.140 [?, 2019-08-06T11:20:28Z] x1"},
		{"virustotal", "45.83.140.140", "jppost-ayu.top resolves-to 45.83.140.140 [?, 2019-08-20T01:45:26Z] x1"},
		{"virustotal", "gist.github.com", "facb6eee2853e5874a658bdf95f096be20dc088677cbec34d69ca0bd737c5ff9 serial 27487f482d07cb0e841cf0a29357e9b [2022-03-16T00:00:00Z, 2022-08-15T22:25:30Z] x1"},
		{"virustotal", "1.1.1.1", "1.1.1.1 in-prefix 1.1.1.0/24 [?, 2022-09-03T06:47:04Z] x1"},
		{"crtsh", "example.com", "1f9b4ea354861488b0c0783b77ea30f44d2977a0b876e21fa1778e1025c7d588 serial c1fcb184518c7e3866741236d6b73f1 [2023-01-13T00:00:00Z, 2023-03-01T00:00:00Z] x1"},
		{"urlscan", "wikipedia.org", "www.wikibu.ch resource wikipedia.org [2020-08-16T07:29:22Z, 2020-08-16T07:29:22Z] x1"},
		{"rdap", "norway.no", "norway.no created Domeneshop AS|2017-01-24T12:09Z [2021-01-14T05:16:59Z, ?] x1"},
		{"rdap", "13.64.0.0", "13.64.0.0 in-prefix 13.64.0.0/11 [2021-12-15T01:28:53Z, ?] x1"},
		{"whois", "apache.org", "apache.org registrant-email dns@apache.org [2018-09-25T13:18:21Z, ?] x1"},
		{"whois", "62.239.237.1", "62.239.237.1 announced-by AS2856 [?, ?] x1"},
		{"dnsdb", "154.9.205.199", "jppost-afu.top resolves-to 154.9.205.199 [2020-03-12T03:06:51Z, 2020-03-12T13:11:12Z] x56"},
		{"dnsdb", "github.com", "iscoot.ru nameserver github.com [2020-02-24T18:36:59Z, 2020-03-18T18:33:11Z] x294"},
		{"malwarebazaar", "094fd325049b8a9cf6d3e5ef2a6d4cc6a567d7d49c35f8bb8dd9e3c6acf3d78d", "094fd325049b8a9cf6d3e5ef2a6d4cc6a567d7d49c35f8bb8dd9e3c6acf3d78d imphash f34d5f2d4577ed6d9ceec516c1f5a744 [2020-02-13T11:55:46Z, 2021-06-02T16:06:57Z] x1"},
		{"shodan", "104.25.89.97", "104.25.89.97 favicon 2066829252 [2019-04-30T01:18:24Z, 2019-04-30T01:18:24Z] x1"},
		{"shodan", "shodan.io", "shodan.io nameserver lady.ns.cloudflare.com [?, 2019-06-30T11:17:42Z] x1"},
		{"internetdb", "120.78.59.202", "120.78.59.202 ptr api02t.c.ylt100.cn [?, 2024-01-13T06:25:25Z] x1"},
		{"domaintools", "google.com", "google.com resolves-to 216.239.57.99 [2004-04-24T00:00:00Z, 2004-05-08T23:59:59Z] x1"},
		{"domaintools", "google.com", "google.com created MarkMonitor Inc.|1997-09-15T07:00Z [2024-08-02T02:17:33Z, 2026-01-14T23:59:59Z] x1"},
		{"domaintools", "google.com", "total ns-domain google.com: 18997 [2026-01-16T13:47:28Z]"},
		{"domaintools", "google.com", "total resolves-to 142.250.73.78: 597 [2026-01-16T13:47:08Z]"},
		{"domaintools", "woot.com", "woot.com registrant-org Woot, Inc. [2024-10-31T00:00:00Z, 2025-06-24T23:59:59Z] x1"},
		{"censys", "1.1.1.1", "1.1.1.1 serves fb444eb8e68437bae06232b9f5091bccff62a768ca09e92eb5c9c2cf9d17c426 [2021-06-02T22:25:21Z, 2021-06-02T22:25:21Z] x1"},
		{"censys", "cert:821a712a29d8e25915f66a9771519746c5aa73a45321fd4ca7ef644e1cadda59", "821a712a29d8e25915f66a9771519746c5aa73a45321fd4ca7ef644e1cadda59 key b5b5d8c5b848eaa398f61224a306a5d3dbd22ddda32863d51c6b18b0163d5042 [2017-10-02T00:00:00Z, 2017-12-31T23:59:59Z] x1"},
		{"censys", "bodyhash:4a3ce8ee11e091dd7923f4d8c6e5b5e41ec7c047", "total body-hash 4a3ce8ee11e091dd7923f4d8c6e5b5e41ec7c047: 90 [2021-06-02T23:18:33Z]"},
		{"certspotter", "example.com", "aa1572dcc7a2aab201da255df1dded8ac4ed004e9afcf9a798e4b58d0e36d46e key 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922 [2018-11-28T00:00:00Z, 2020-12-02T12:00:00Z] x1"},
		{"circl", "149.13.33.14", "www.botfree.lu resolves-to 149.13.33.14 [2016-11-22T16:00:12Z, 2017-07-17T00:00:25Z] x345"},
		{"circl", "149.13.33.14", "total resolves-to 149.13.33.14: 5 [2020-03-15T08:46:40Z]"},
		{"circl", "172.228.24.0/28", "4d34ea92764b3a3149119952f41930ca11348361 subject-dn C=IE, O=Baltimore, OU=CyberTrust, CN=Baltimore CyberTrust Root [?, ?] x1"},
		{"circl", "cert:c46fed822dadac3f31f9bb4d1a78a1d9eae4567b", "total serves c46fed822dadac3f31f9bb4d1a78a1d9eae4567b: 1066 [2019-10-01T10:58:31Z]"},
		{"cymru", "194.195.93.96", "194.195.93.0/24 announced-by AS212238 [?, 2026-05-01T00:00:00Z] x1"},
		{"cymru", "169.226.11.11", "169.226.11.11 announced-by AS22991 [?, ?] x1"},
		{"dns", "example.com", "example.com resolves-to 93.184.216.34 [2024-01-01T01:33:03Z, 2024-01-01T01:33:03Z] x1"},
		{"greynoise", "1.2.3.4", "1.2.3.4 announced-by AS12345 [?, 2024-11-04T23:59:59Z] x1"},
		{"ripestat", "8.8.8.8", "8.8.8.8 in-prefix 8.8.8.0/24 [?, 2023-02-17T00:00:00Z] x1"},
		{"robtex", "199.19.54.1", "b0.nic.ngo resolves-to 199.19.54.1 [?, 2017-09-04T16:20:14Z] x1"},
		{"robtex", "a.iana-servers.net", "a.iana-servers.net resolves-to 2001:500:8f::53 [2016-04-15T20:25:56Z, 2018-06-08T12:32:00Z] x18"},
		{"validin", "example.com", "example.com resolves-to 93.184.216.34 [2019-08-26T00:00:00Z, 2024-04-16T12:00:00Z] x1"},
		{"hybridanalysis", "checkip.dyndns.org", "total contacts checkip.dyndns.org: 50 [2022-01-01T00:00:00Z]"},
		{"hybridanalysis", "checkip.dyndns.org", "effa8375c0f670252be386c18108a874fa29920f99ead02e4a7274551ffcf651 contacts checkip.dyndns.org [2022-01-11T17:45:00Z, 2022-01-11T17:45:00Z] x1"},
		{"attack", "malware:Geodo", "Geodo technique T1105 [?, ?] x1"},
		{"anyrun", "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f filename 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f [2021-10-15T13:57:25Z, 2021-10-15T13:57:25Z] x1"},
	}
	for _, r := range reviewed {
		out := source.NewRunner(source.RunnerOptions{Asker: recorded, Replay: true}).
			Ask(t.Context(), named(t, r.source), source.Question{Value: parse(t, r.ask)})
		if listing := sourcetest.Listing(out); !slices.Contains(strings.Split(listing, "\n"), r.line) {
			t.Errorf("%s about %s does not say\n%s\nbut\n%s", r.source, r.ask, r.line, listing)
		}
	}
}

// recordings returns the folder of recorded answers beside the repository.
func recordings(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "fixtures", "sources")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("recorded answers are not beside the repository: %v", err)
	}
	return dir
}

func named(t *testing.T, name string) source.Source {
	t.Helper()
	for _, s := range all.Sources() {
		if s.Info().Name == name {
			return s
		}
	}
	t.Fatalf("no source %q", name)
	return nil
}

func parse(t *testing.T, text string) observable.Value {
	t.Helper()
	v, err := observable.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, path), v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
