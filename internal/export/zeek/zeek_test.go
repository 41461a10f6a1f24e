package zeek

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

var scriptForm = regexp.MustCompile(`const name_pattern = /([a-z0-9_.\\()\[\]{}|?*+,^$-]+)/ &redef;`)

func TestGolden(t *testing.T) {
	exporttest.Golden(t, Intel())
	exporttest.Golden(t, Script())
}

func TestHostile(t *testing.T) {
	exporttest.Hold(t, Intel(), intelHolds)
	exporttest.Hold(t, Script(), nil)
}

func FuzzIntel(f *testing.F) { exporttest.Fuzz(f, Intel(), intelHolds) }

var escape = regexp.MustCompile(`\\x([0-9a-f]{2})`)

// intelHolds reads the file as the input framework does: five fields a line,
// \xHH undone, each indicator exact.
func intelHolds(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(string(files[Intel().File]), "\n"), "\n")
	if len(lines) != len(s.Entries)+1 {
		t.Fatalf("%d lines for %d entries", len(lines)-1, len(s.Entries))
	}
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != 5 || line[0] == '#' {
			t.Fatalf("%d fields: %q", len(fields), line)
		}
		got := escape.ReplaceAllStringFunc(fields[0], func(m string) string {
			n, _ := strconv.ParseUint(m[2:], 16, 8)
			return string([]byte{byte(n)})
		})
		if got != indicator(s.Entries[i].Value) {
			t.Errorf("indicator %q, want %q", got, indicator(s.Entries[i].Value))
		}
	}
}

func TestScriptPattern(t *testing.T) {
	match := scriptForm.FindStringSubmatch(exporttest.Only(t, Script()))
	if match == nil {
		t.Fatalf("no pattern in the script")
	}
	names := regexp.MustCompile(match[1])
	for name, hit := range map[string]bool{
		"login-portal.example": true, "www.login-portal.example": true, "login-portal.example.test": false, "shop.example": false,
	} {
		if names.MatchString(name) != hit {
			t.Errorf("%s: hit %v, want %v", name, !hit, hit)
		}
	}
}
