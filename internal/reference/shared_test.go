package reference_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
)

// shared returns a path in the facts beside the repository; they are read
// where they lie and never copied into it.
func shared(t testing.TB, path string) string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	path = filepath.Join(root, path)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here: set CLEW_SHARED to the folder of shared facts", path)
	}
	return path
}

func TestPublicWarninglists(t *testing.T) {
	dir := shared(t, "data/reference/warninglists")
	s := load(t)
	before := len(s.Lists())
	summaries, err := s.LoadWarninglistDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(summaries) != len(files) || len(s.Lists()) != before+len(files) {
		t.Errorf("loaded %d of %d lists", len(summaries), len(files))
	}
	entries := make(map[string]int)
	for _, sum := range summaries {
		want := entriesOf(t, dir, sum.Name)
		if sum.Entries+len(sum.Skipped) != want || sum.Entries == 0 {
			t.Errorf("%s: %d entries and %d skipped of %d", sum.Name, sum.Entries, len(sum.Skipped), want)
		}
		for _, skip := range sum.Skipped {
			t.Logf("%s: skipped %q: %s", sum.Name, skip.Entry, skip.Reason)
		}
		entries[sum.Role] += sum.Entries
	}
	t.Logf("%d lists, entries by role: %v", len(summaries), entries)

	for _, tt := range []struct {
		claim string
		value observable.Value
		list  string
	}{
		{"cloudflare address", observable.Must(observable.IP, "104.16.132.229"), "cloudflare"},
		{"resolver", observable.Must(observable.IP, "1.1.1.1"), "public-dns-v4"},
		{"resolver by its IPv6 address", observable.Must(observable.IP, "2620:fe::fe"), "public-dns-v6"},
		{"parking name server below a listed one", observable.Must(observable.Domain, "ns7.above.com"), "parking-domain-ns"},
		{"parking name server listed as host", observable.Must(observable.Domain, "ns1.sedoparking.com"), "parking-domain-ns"},
		{"sinkhole", observable.Must(observable.IP, "104.155.11.149"), "sinkholes"},
		{"mapped address", observable.Must(observable.IP, "146.112.61.104"), "umbrella-blockpage-v6"},
		{"cloud address", observable.Must(observable.IP, "3.5.140.1"), "amazon-aws"},
		{"empty file", observable.Must(observable.File, "d41d8cd98f00b204e9800998ecf8427e"), "common-ioc-false-positive"},
		{"dynamic name", observable.Must(observable.Domain, "evil.duckdns.org"), "dynamic-dns"},
		{"duty mailbox", observable.Must(observable.Email, "abuse@registrar.example"), "common-contact-emails"},
		{"disposable mailbox", observable.Must(observable.Email, "x@mailinator.com"), "disposable-email"},
		{"invented telephone", observable.Must(observable.Phone, "+15555550123"), "phone_numbers"},
		{"dotted entry of an exact list", observable.Must(observable.Domain, "mail.google.ad"), "google"},
	} {
		found := false
		for _, hit := range s.Lookup(tt.value) {
			found = found || hit.List == tt.list
		}
		if !found {
			t.Errorf("%s: %s is not found on %s, only on %v", tt.claim, tt.value.Text(), tt.list, s.Lookup(tt.value))
		}
	}

	// The roles: what a list warns of must not cut a real pivot.
	if hit, ok := s.Match(observation.ResolvesTo, observable.Must(observable.IP, "3.5.140.1")); ok {
		t.Errorf("a rented cloud address is suppressed by %s", hit)
	}
	if hit, ok := s.Benign(observable.Must(observable.Domain, "evil.duckdns.org")); ok {
		t.Errorf("a customer's name is called benign by %s", hit)
	}
	if _, ok := s.Match(observation.ResolvesTo, observable.Must(observable.IP, "104.155.11.149")); !ok {
		t.Error("a sinkhole of the public list is not suppressed")
	}
	if _, ok := s.Benign(observable.Must(observable.Domain, "www.wikipedia.org")); !ok {
		t.Error("a top site of the public lists is not benign")
	}
}

func entriesOf(t *testing.T, dir, name string) int {
	t.Helper()
	data := readAll(t, filepath.Join(dir, name+".json"), filepath.Join(dir, name+".json.gz"))
	var w struct{ List []string }
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	return len(w.List)
}

// readAll reads the first of the paths that exists, unpacked.
func readAll(t *testing.T, paths ...string) []byte {
	t.Helper()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			zr, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if data, err = io.ReadAll(zr); err != nil {
				t.Fatal(err)
			}
		}
		return data
	}
	t.Fatalf("none of %v exists", paths)
	return nil
}

// TestOwnRangesAgree holds clew's own lists against the providers' published
// ranges: what they publish as their edge must be suppressed, and what is rented
// out must not be.
func TestOwnRangesAgree(t *testing.T) {
	dir := shared(t, "data/reference/ip-ranges")
	s := load(t)
	for _, tt := range []struct {
		file            string
		atLeast, atMost float64 // share of the published ranges suppressed, by their first address
	}{
		{"cloudflare_ipv4_merged.txt", 1, 1},
		{"cloudflare_ipv6_merged.txt", 1, 1},
		{"facebook_ipv4_merged.txt", 0.4, 1},
		{"telegram_ipv4_merged.txt", 0.8, 1},
		{"digitalocean_ipv4_merged.txt", 0, 0},
		{"digitalocean_ipv6_merged.txt", 0, 0},
		{"linode_ipv4_merged.txt", 0, 0},
		{"linode_ipv6_merged.txt", 0, 0},
		{"vultr_ipv4_merged.txt", 0, 0},
		{"vultr_ipv6_merged.txt", 0, 0},
		{"oracle_ipv4_merged.txt", 0, 0},
		{"google_ipv4_merged.txt", 0, 0.2},     // the front ends among its cloud
		{"amazon_ipv4_merged.txt", 0, 0.05},    // CloudFront among EC2
		{"microsoft_ipv4_merged.txt", 0, 0.01}, // Front Door among Azure
	} {
		covered, total := coverage(t, s, filepath.Join(dir, tt.file))
		share := float64(covered) / float64(total)
		t.Logf("%-32s %4d of %4d ranges suppressed", tt.file, covered, total)
		if share < tt.atLeast || share > tt.atMost {
			t.Errorf("%s: %.2f of the ranges suppressed, want %.2f to %.2f", tt.file, share, tt.atLeast, tt.atMost)
		}
	}
}

func coverage(t *testing.T, s *reference.Set, path string) (covered, total int) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(readAll(t, path)))
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		total++
		v := observable.Must(observable.IP, p.Addr().String())
		if _, ok := s.Match(observation.ResolvesTo, v); ok {
			covered++
		}
	}
	return covered, total
}

// TestOwnListsAgainstPublicOnes prints how much of the public warninglists of
// the same purpose clew's own lists cover, and fails where they contradict.
func TestOwnListsAgainstPublicOnes(t *testing.T) {
	dir := shared(t, "data/reference/warninglists")
	s := load(t)
	for _, tt := range []struct {
		list     string
		relation observation.Relation
		atLeast  float64
	}{
		{"cloudflare", observation.ResolvesTo, 1},
		{"fastly", observation.ResolvesTo, 0.9},
		{"akamai", observation.ResolvesTo, 0.05}, // it lists caches inside access providers
		{"parking-domain", observation.ResolvesTo, 0.3},
		{"sinkholes", observation.ResolvesTo, 0.1},
		{"parking-domain-ns", observation.Nameserver, 0.4},
		{"rfc1918", observation.ResolvesTo, 1},
		{"multicast", observation.ResolvesTo, 1},
	} {
		var w struct{ List []string }
		if err := json.Unmarshal(readAll(t, filepath.Join(dir, tt.list+".json")), &w); err != nil {
			t.Fatal(err)
		}
		covered := 0
		for _, entry := range w.List {
			host, _, _ := strings.Cut(strings.Trim(entry, "."), "/")
			kind := observable.Domain
			if tt.relation == observation.ResolvesTo {
				kind = observable.IP
			}
			if _, ok := s.Match(tt.relation, observable.Must(kind, host)); ok {
				covered++
			}
		}
		share := float64(covered) / float64(len(w.List))
		t.Logf("%-20s %3d of %3d entries are on clew's own lists", tt.list, covered, len(w.List))
		if share < tt.atLeast {
			t.Errorf("%s: own lists cover %.2f, want at least %.2f", tt.list, share, tt.atLeast)
		}
	}
	rented := 0
	for _, list := range []string{"oracle-oci", "google-gcp", "microsoft-azure"} {
		var w struct{ List []string }
		if err := json.Unmarshal(readAll(t, filepath.Join(dir, list+".json")), &w); err != nil {
			t.Fatal(err)
		}
		hits := 0
		for _, entry := range w.List {
			p, err := netip.ParsePrefix(entry)
			if err != nil {
				t.Fatal(err)
			}
			if hit, ok := s.Match(observation.ResolvesTo, observable.Must(observable.IP, p.Addr().String())); ok {
				hits++
				if hits <= 3 {
					t.Logf("%s %s: %s", list, entry, hit.List)
				}
			}
		}
		rented += len(w.List)
		if share := float64(hits) / float64(len(w.List)); share > 0.02 {
			t.Errorf("%s: %.3f of a cloud's rented ranges are suppressed", list, share)
		}
	}
	t.Logf("%d rented cloud ranges checked", rented)
}
