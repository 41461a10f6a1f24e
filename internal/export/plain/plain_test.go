package plain

import (
	"net/netip"
	"strings"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

func all() []export.Format { return append(EDLs(), List()) }

func TestGolden(t *testing.T) {
	for _, f := range all() {
		exporttest.Golden(t, f)
	}
}

func TestHostile(t *testing.T) {
	for _, f := range all() {
		exporttest.Hold(t, f, values(f))
	}
}

func FuzzList(f *testing.F) { exporttest.Fuzz(f, List(), values(List())) }

func FuzzEDL(f *testing.F) { exporttest.Fuzz(f, EDLs()[2], values(EDLs()[2])) }

// values checks that every line that is no comment is a value of the set, and
// every value a line.
func values(f export.Format) exporttest.Check {
	return func(t testing.TB, files map[string][]byte, s export.Set) {
		t.Helper()
		want := map[string]bool{}
		for _, e := range s.Entries {
			want[e.Value.Text()] = true
		}
		got := map[string]bool{}
		for line := range strings.Lines(string(files[f.File])) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case f.Name == "plain" && strings.HasPrefix(line, "#"):
				continue
			case f.Name == "edl-url":
				if strings.ContainsAny(line, " \t#*^") || line == "" {
					t.Errorf("no URL of a list: %q", line)
				}
				continue
			}
			line = strings.TrimPrefix(line, "*.")
			if !want[line] {
				t.Errorf("a line that is no value: %q", line)
			}
			got[line] = true
		}
		if f.Name != "edl-url" && len(got) != len(want) {
			t.Errorf("%d values, want %d", len(got), len(want))
		}
	}
}

func TestAddressesOnly(t *testing.T) {
	for line := range strings.Lines(exporttest.Only(t, EDLs()[0])) {
		line = strings.TrimSpace(line)
		if _, err := netip.ParsePrefix(line); err != nil {
			if _, err := netip.ParseAddr(line); err != nil {
				t.Errorf("%q is no address", line)
			}
		}
	}
}
