package sigma

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/export/exporttest"
)

// shared opens a file of the real telemetry beside the repository.
func shared(t *testing.T, path ...string) io.Reader {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared")
	}
	name := filepath.Join(append([]string{root, "data"}, path...)...)
	file, err := os.Open(name)
	if err != nil {
		t.Skip("no shared data beside the repository: " + err.Error())
	}
	t.Cleanup(func() { _ = file.Close() }) // read only
	if !strings.HasSuffix(name, ".gz") {
		return file
	}
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	return unpacked
}

// found is a case with one approved finding.
func found(kind, value string) casefile.Document {
	d := exporttest.Worked()
	d.Seeds = nil
	for _, f := range d.Findings {
		if f.Kind == kind && f.Action.State == "approved" {
			f.Value, f.Factors, f.Paths = value, nil, nil
			f.Action.Expires = casefile.Time{}
			d.Findings = []casefile.Finding{f}
			return d
		}
	}
	return d
}

// A real infection: every flow that an expert labelled malicious goes to an
// address that is published, and the rule hits these flows and no other.
func TestFirewallRuleHitsARealInfection(t *testing.T) {
	lines := bufio.NewScanner(shared(t, "telemetry", "zeek-tsv", "ctu-sme-11-remcos", "conn.log.labeled"))
	lines.Buffer(nil, 1<<20)
	counted, malicious, address := map[string][2]int{}, 0, ""
	var flows []string
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "#") || len(fields) < 6 {
			continue
		}
		responder := fields[4]
		flows = append(flows, responder)
		n := counted[responder]
		n[0]++
		if strings.Contains(lines.Text(), "Malicious") {
			n[1]++
			malicious++
			address = responder
		}
		counted[responder] = n
	}
	if malicious == 0 {
		t.Fatal("no malicious flow in the sample")
	}
	rules := parsed(t, exporttest.Write(t, Format(), exporttest.Set(t, Format(), exporttest.Rules(), found("ip", address)))[Format().File])
	hits := 0
	for _, responder := range flows {
		if len(hit(t, rules, "firewall", map[string]any{"dst_ip": responder})) > 0 {
			hits++
		}
	}
	if hits != malicious || hits == len(flows) {
		t.Errorf("%d of %d flows hit, want the %d malicious ones", hits, len(flows), malicious)
	}
}

// A tunnel: every query is another name, and only their parent is an indicator.
func TestDNSRuleHitsNamesBelow(t *testing.T) {
	lines := bufio.NewScanner(shared(t, "telemetry", "zeek-json", "rita-dnscat2", "dns.log"))
	lines.Buffer(nil, 1<<20)
	var queries []string
	parents := map[string]int{}
	for lines.Scan() {
		var record struct{ Query string }
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil || record.Query == "" {
			continue
		}
		queries = append(queries, record.Query)
		if labels := strings.Split(record.Query, "."); len(labels) > 3 {
			parents[strings.Join(labels[len(labels)-3:], ".")]++
		}
	}
	parent := ""
	for name, n := range parents {
		if n > parents[parent] {
			parent = name
		}
	}
	if parent == "" {
		t.Fatal("no tunnel in the sample")
	}
	rules := parsed(t, exporttest.Write(t, Format(), exporttest.Set(t, Format(), exporttest.Rules(), found("domain", parent)))[Format().File])
	for _, query := range queries {
		want := query == parent || strings.HasSuffix(query, "."+parent)
		if got := len(hit(t, rules, "dns", map[string]any{"query": query})) > 0; got != want {
			t.Errorf("%s: hit %v, want %v", query, got, want)
		}
	}
}
