package extract

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clew/internal/observable"
)

// shared returns a path below the real data beside the repository, and skips
// the test where that is absent.
func shared(t *testing.T, path string) string {
	t.Helper()
	root := cmp.Or(os.Getenv("CLEW_SHARED"), filepath.Join("..", "..", "..", "..", "shared"))
	full := filepath.Join(root, "data", "campaigns", path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("real reports are not here (%v); set CLEW_SHARED to the folder that holds them", err)
	}
	return full
}

// extractFile reads a report, compressed or not.
func extractFile(t *testing.T, path string) Result {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	result, err := Extract(r, Options{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return result
}

// A tally counts what was expected and what of it was found.
type tally struct{ want, got int }

func (c tally) recall() float64 { return float64(c.got) / float64(max(c.want, 1)) }

// Indicators that other people took from reports, tables, MISP events and STIX
// bundles, by their labels: what share of them is found in the file again?
func TestRecallOnLabelledFiles(t *testing.T) {
	root := filepath.Dir(shared(t, "labels.tsv.gz"))
	kinds := map[string]observable.Kind{
		"domain": observable.Domain, "ip": observable.IP, "url": observable.URL, "email": observable.Email,
		"md5": observable.File, "sha1": observable.File, "sha256": observable.File, "cert-sha1": observable.Cert,
	}
	found := make(map[string]map[observable.Value]bool)
	tallies := make(map[string]tally)
	for _, row := range labels(t) {
		kind, ok := kinds[row.kind]
		want, err := observable.ParseAs(kind, row.indicator)
		if !ok || err != nil {
			continue // 30 rows are no indicator as they are written: "162.241.71.635"
		}
		if found[row.file] == nil {
			found[row.file] = make(map[observable.Value]bool)
			for _, f := range extractFile(t, filepath.Join(root, "..", row.file)).Found {
				found[row.file][f.Value] = true
				if host, ok := observable.Host(f.Value); ok {
					found[row.file][host] = true
				}
			}
		}
		c := tallies[row.kind]
		c.want++
		// A label may call a bare host a URL.
		if host, _ := observable.Host(want); found[row.file][want] || kind == observable.URL && strings.HasSuffix(want.Text(), host.Text()+"/") && found[row.file][host] {
			c.got++
		}
		tallies[row.kind] = c
	}
	for kind, c := range tallies {
		t.Logf("%-10s %5d of %5d found again, %.4f", kind, c.got, c.want, c.recall())
		if c.recall() < 0.98 {
			t.Errorf("%s: recall %.4f, want 0.98", kind, c.recall())
		}
	}
	if len(tallies) != len(kinds) {
		t.Errorf("labels of %d kinds were looked at, want %d", len(tallies), len(kinds))
	}
}

// Reports in prose that nobody labelled: every defanged host and every SHA-256
// that a plain pattern sees must be found.
func TestRecallOnProse(t *testing.T) {
	var hosts, hashes tally
	defanged := regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9_-]*((\.|\[\.\])[A-Za-z0-9_-]+)*\[\.\][A-Za-z0-9_-]+((\.|\[\.\])[A-Za-z0-9_-]+)*`)
	digest := regexp.MustCompile(`\b[0-9a-fA-F]{64}\b`)
	for _, path := range reports(t) {
		found := make(map[string]bool)
		for _, f := range extractFile(t, path).Found {
			found[f.Value.Text()] = true
			if host, ok := observable.Host(f.Value); ok {
				found[host.Text()] = true
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range defanged.FindAllString(string(text), -1) {
			name := strings.ToLower(strings.ReplaceAll(raw, "[.]", "."))
			hosts.want++
			if found[name] {
				hosts.got++
			} else {
				t.Logf("%s: %s was not found", filepath.Base(path), raw)
			}
		}
		for _, raw := range digest.FindAllString(string(text), -1) {
			hashes.want++
			if found[strings.ToLower(raw)] {
				hashes.got++
			}
		}
	}
	t.Logf("defanged hosts %d of %d (%.4f), SHA-256 %d of %d (%.4f)", hosts.got, hosts.want, hosts.recall(), hashes.got, hashes.want, hashes.recall())
	if hosts.recall() < 0.97 || hashes.recall() < 0.99 || hosts.want < 500 {
		t.Errorf("recall of hosts %.4f of %d, want 0.97; of hashes %.4f, want 0.99", hosts.recall(), hosts.want, hashes.recall())
	}
}

// File names, packages, mutexes and registry keys of real campaigns are none
// of the things that are looked for. (Hashes in them are: malware is named so.)
func TestNamesOfFilesAndPackagesAreNoHosts(t *testing.T) {
	names, invented := 0, 0
	var text strings.Builder
	for _, row := range labels(t) {
		switch row.kind {
		case "filename", "app-id", "mutex", "regkey", "user-agent":
			names++
			text.WriteString(row.indicator + "\n")
		}
	}
	result, err := Extract(strings.NewReader(text.String()), Options{Type: Text})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Found {
		if f.Value.Kind() != observable.File {
			invented++
			t.Logf("took %q for the %s %s", f.Raw, f.Value.Kind(), f.Value.Text())
		}
	}
	t.Logf("%d of %d names taken for something else", invented, names)
	if names < 500 || invented*50 > names {
		t.Errorf("%d of %d names were taken for something else, want at most 2 %%", invented, names)
	}
}

type label struct{ indicator, kind, file string }

func labels(t *testing.T) []label {
	t.Helper()
	file, err := os.Open(shared(t, "labels.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows []label
	for scanner := bufio.NewScanner(z); scanner.Scan(); {
		if fields := strings.Split(scanner.Text(), "\t"); len(fields) == 8 {
			rows = append(rows, label{fields[0], fields[1], fields[7]})
		}
	}
	return rows[1:] // below the header
}

func reports(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, folder := range []string{"unit42-timely", "executemalware", "qakbot-pr0xylife"} {
		found, err := filepath.Glob(filepath.Join(shared(t, "text/"+folder), "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	return paths
}
