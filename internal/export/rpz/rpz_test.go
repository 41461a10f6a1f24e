package rpz

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"clew/internal/export"
	"clew/internal/export/exporttest"
	"clew/internal/fetch/dnstest"
)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), zoneHolds) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), zoneHolds) }

// zoneHolds reads the zone with a parser that is not ours: it holds the records
// that the entries ask for and not one more.
func zoneHolds(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	want := map[string]bool{}
	for _, e := range s.Entries {
		for _, owner := range owners(e.Value) {
			want[strings.ToLower(owner+"."+Origin)] = true
		}
	}
	parser := dns.NewZoneParser(bytes.NewReader(files[Format().File]), "", "")
	got := 0
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if rr.Header().Name == Origin {
			continue
		}
		got++
		cname, is := rr.(*dns.CNAME)
		if !is || cname.Target != "." || !want[rr.Header().Name] {
			t.Errorf("a record nobody asked for: %s", rr)
		}
	}
	if parser.Err() != nil || got != len(want) {
		t.Errorf("%d records, want %d: %v", got, len(want), parser.Err())
	}
}

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7":          "32.7.113.0.203",
		"198.51.100.0/28":      "28.0.100.51.198",
		"2001:db8::1":          "128.1.zz.db8.2001",
		"2001:db8::/32":        "32.zz.db8.2001",
		"::1":                  "128.1.zz",
		"2001:db8:1:2:3:4:5:6": "128.6.5.4.3.2.1.db8.2001",
	} {
		kind := "ip"
		if strings.Contains(text, "/") {
			kind = "prefix"
		}
		v := exporttest.Value(t, kind, text)
		if got := owners(v); len(got) != 1 || got[0] != want+".rpz-ip" {
			t.Errorf("%s is %v, want %s", text, got, want)
		}
	}
}

// zoneFile writes the worked case into dir.
func zoneFile(t *testing.T, dir string) string {
	t.Helper()
	return exporttest.File(t, dir, "rpz.zone", exporttest.Only(t, Format()))
}

func TestBINDAnswers(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "named"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	config := exporttest.File(t, dir, "named.conf", fmt.Sprintf(`
options {
	directory %[1]q;
	pid-file none;
	session-keyfile none;
	listen-on port %[2]d { 127.0.0.1; };
	listen-on-v6 { none; };
	recursion yes;
	dnssec-validation no;
	response-policy { zone "rpz.clew"; } qname-wait-recurse no;
};
controls { };
zone "rpz.clew" { type primary; file %[3]q; };
zone "example" { type forward; forward only; forwarders { 127.0.0.1 port %[4]d; }; };
`, dir, port, zoneFile(t, dir), upstream))
	address := exporttest.Serve(t, port, program, "-g", "-c", config)
	exporttest.Answers(t, address, append(exporttest.Blocked, exporttest.ByAddress...), exporttest.Neighbours)
}

func TestUnboundAnswers(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "unbound"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	config := exporttest.File(t, dir, "unbound.conf", dnstest.Unbound(dir, port, dnstest.Resolver{
		Modules: "respip iterator", Zones: []string{"example"}, Upstream: fmt.Sprintf("127.0.0.1:%d", upstream),
		More: fmt.Sprintf("rpz:\n\tname: rpz.clew\n\tzonefile: %q", zoneFile(t, dir)),
	}))
	address := exporttest.Serve(t, port, program, "-d", "-c", config)
	exporttest.Answers(t, address, append(exporttest.Blocked, exporttest.ByAddress...), exporttest.Neighbours)
}

// Knot Resolver reads names from an RPZ, and says itself that it has no rpz-ip.
func TestKnotResolverAnswers(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "kresd"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	config := exporttest.File(t, dir, "kresd.conf", fmt.Sprintf(`
net.listen('127.0.0.1', %d, { kind = 'dns' })
modules = { 'policy' }
trust_anchors.remove('.')
policy.add(policy.rpz(policy.DENY, %q))
policy.add(policy.suffix(policy.STUB('127.0.0.1@%d'), {todname('example.')}))
cache.size = 10 * MB
`, port, zoneFile(t, dir), upstream))
	address := exporttest.Serve(t, port, program, "-n", "-c", config, dir)
	exporttest.Answers(t, address, exporttest.Blocked, exporttest.Neighbours)
}

func TestPowerDNSRecursorAnswers(t *testing.T) {
	program, upstream, dir, port := exporttest.Tool(t, "pdns_recursor"), exporttest.Authoritative(t), t.TempDir(), exporttest.FreePort(t)
	lua := exporttest.File(t, dir, "rpz.lua", fmt.Sprintf("rpzFile(%q, {policyName=\"clew\"})\n", zoneFile(t, dir)))
	exporttest.File(t, dir, "recursor.conf", fmt.Sprintf(`
local-address=127.0.0.1
local-port=%d
socket-dir=%s
daemon=no
setuid=0
setgid=0
dnssec=off
dont-query=
forward-zones=example=127.0.0.1:%d
lua-config-file=%s
`, port, dir, upstream, lua))
	address := exporttest.Serve(t, port, program, "--config-dir="+filepath.Clean(dir))
	exporttest.Answers(t, address, append(exporttest.Blocked, exporttest.ByAddress...), exporttest.Neighbours)
}
