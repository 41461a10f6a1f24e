package telemetry_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/reference"
	"clew/internal/telemetry"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// shared returns a file of the real logs, or skips.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	path := filepath.Join(append([]string{root, "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real logs: %v (set CLEW_SHARED)", err)
	}
	return path
}

func hunt(t testing.TB, o telemetry.Options, paths ...string) ([]telemetry.Sighting, telemetry.Coverage) {
	t.Helper()
	h, err := telemetry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	inputs, skipped := logfile.Find(paths)
	for _, err := range skipped {
		t.Error(err)
	}
	var found []telemetry.Sighting
	coverage, err := h.Run(context.Background(), inputs, func(s telemetry.Sighting) error {
		found = append(found, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, coverage
}

func indicators(texts ...string) []match.Indicator {
	var out []match.Indicator
	for _, text := range texts {
		v, err := observable.Parse(text)
		if err != nil {
			panic(err)
		}
		out = append(out, match.Indicator{Value: v})
	}
	return out
}

func only(found []telemetry.Sighting, keep func(telemetry.Sighting) bool) []telemetry.Sighting {
	var out []telemetry.Sighting
	for _, s := range found {
		if keep(s) {
			out = append(out, s)
		}
	}
	return out
}

func inFile(name string) func(telemetry.Sighting) bool {
	return func(s telemetry.Sighting) bool { return strings.Contains(s.File, name) }
}

// TestRemcos: 719 of the 766 flows of an infected machine go to its controller.
func TestRemcos(t *testing.T) {
	dir := shared(t, "telemetry", "zeek-tsv", "ctu-sme-11-remcos")
	found, coverage := hunt(t, telemetry.Options{Indicators: indicators("66.63.168.35")}, dir)
	conn := only(found, inFile("conn.log.labeled"))
	if len(conn) != 719 {
		t.Fatalf("%d flows, want 719", len(conn))
	}
	for _, s := range conn {
		if s.Asset.Address != "192.168.1.107" || s.Field != "id.resp_h" || s.Kind != "connection" || s.Contact != telemetry.ContactOutbound || s.Direction.String() != "outbound" ||
			s.Time.Format("2006-01-02") != "2023-02-22" || !strings.Contains(s.Record, "Malicious") {
			t.Fatalf("%+v", s)
		}
	}
	for _, f := range coverage.Files {
		if strings.HasSuffix(f.File, "conn.log.labeled") && (f.Lines != 766 || f.Sightings != 719 || f.Unknown != 0) {
			t.Errorf("coverage %+v", f)
		}
	}
}

// TestTunnel: only the parent domain is known; every query lies below it.
func TestTunnel(t *testing.T) {
	found, _ := hunt(t, telemetry.Options{Indicators: indicators("dnsc.r-1x.com")}, shared(t, "telemetry", "zeek-json", "rita-dnscat2", "dns.log"))
	lines, err := os.ReadFile(shared(t, "telemetry", "zeek-json", "rita-dnscat2", "dns.log"))
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for line := range strings.Lines(string(lines)) {
		if strings.Contains(strings.ToLower(line), "dnsc.r-1x.com\"") {
			want++
		}
	}
	if len(found) != want || want == 0 {
		t.Fatalf("%d queries, want %d", len(found), want)
	}
	for _, s := range found {
		if s.Field != "query" || s.Kind != "dns" || s.Contact != telemetry.ContactLookup || s.Asset.Address == "" {
			t.Fatalf("%+v", s)
		}
	}
}

// TestBehindProxy: the connection goes to the proxy, so only the name tells.
func TestBehindProxy(t *testing.T) {
	found, _ := hunt(t, telemetry.Options{Indicators: indicators("www.honestimnotevil.com")}, shared(t, "telemetry", "zeek-tsv", "rita-proxy"))
	for name, want := range map[string]int{"http.log": 397, "ssl.log": 397, "dns.log": 0} {
		if got := only(found, inFile("/"+name)); len(got) != want {
			t.Errorf("%s: %d lines, want %d", name, len(got), want)
		}
	}
	for _, s := range found {
		if s.Meaning.String() != "host" && s.Meaning.String() != "SNI" && s.Meaning.String() != "certificate name" {
			t.Errorf("%s in %s", s.Meaning, s.File)
			break
		}
	}
}

func TestAPT29(t *testing.T) {
	found, _ := hunt(t, telemetry.Options{Indicators: indicators("192.168.0.4")}, shared(t, "telemetry", "zeek-json", "apt29-eval-day1"))
	port := only(only(found, inFile("NASHUA_conn")), func(s telemetry.Sighting) bool {
		return strings.Contains(s.Record, `"id_resp_h":"192.168.0.4","id_resp_p":8443`)
	})
	if len(port) != 376 {
		t.Errorf("%d connections to port 8443, want 376", len(port))
	}
	host := only(only(found, inFile("SCRANTON_http")), func(s telemetry.Sighting) bool { return strings.Contains(s.Record, `"host":"192.168.0.4"`) })
	if len(host) != 62 {
		t.Errorf("%d requests, want 62", len(host))
	}
}

// lists says what the reference lists of clew and MISP say.
type lists struct{ set *reference.Set }

func (l lists) Worthless(v observable.Value) (string, bool) {
	return telemetry.ByReference(l.set).Worthless(v)
}

// worthless are the published indicators that mean nothing, by the notes beside
// the data.
var worthless = map[string]bool{
	"224.0.0.252": true, "169.254.169.254": true, "204.79.197.200": true, "notifications.google.com": true, "s3.amazonaws.com": true, "cn.bing.com": true,
}

// TestKnownHits finds every published indicator that a search for whole tokens
// found, line by line, and marks those that mean nothing.
func TestKnownHits(t *testing.T) {
	rows, err := os.ReadFile(shared(t, "telemetry", "known_hits.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	checked, marked := 0, map[string]string{}
	for i, row := range strings.Split(strings.TrimSpace(string(rows)), "\n") {
		cells := strings.Split(row, "\t")
		if i == 0 || len(cells) < 5 {
			continue
		}
		want, err := strconv.Atoi(cells[3])
		if err != nil {
			t.Fatal(err)
		}
		found, _ := hunt(t, telemetry.Options{Indicators: indicators(cells[1]), Lists: lists{set}}, shared(t, cells[0]))
		exact := only(found, func(s telemetry.Sighting) bool { return s.Exact })
		if len(exact) != want {
			t.Errorf("%s in %s: %d lines, want %d", cells[1], cells[0], len(exact), want)
		}
		for _, s := range found {
			if s.Verdict == telemetry.Worthless {
				marked[cells[1]] = s.Why
			} else if worthless[cells[1]] {
				t.Errorf("%s in %s is judged %s", cells[1], cells[0], s.Verdict)
				break
			}
		}
		checked++
	}
	for _, real := range []string{"66.63.168.35", "xnore.com", "morrishittu.ddns.net"} {
		if why, yes := marked[real]; yes {
			t.Errorf("%s is marked worthless: %s", real, why)
		}
	}
	t.Logf("%d rows, worthless: %v", checked, marked)
}

func inputs(t testing.TB, paths ...string) []logfile.Input {
	t.Helper()
	found, skipped := logfile.Find(paths)
	if len(skipped) > 0 {
		t.Fatal(skipped)
	}
	return found
}
