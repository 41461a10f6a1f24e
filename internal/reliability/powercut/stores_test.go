package powercut

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/reliability/clewtest"
)

const seed = "n7-shop.example"

// TestImport cuts an import into a corpus that holds another. What was imported
// before is there; the import is there once it was printed; and the same command
// again brings it, however it was cut.
func TestImport(t *testing.T) {
	file := outside(t, "second.ndjson", passiveDNS(2, 3000))
	scenario{
		prepare: func(t *testing.T, h *clewtest.Home) []string {
			h.Must(t, nil, "import", "cof", outside(t, "first.ndjson", passiveDNS(1, 500)))
			return []string{"import", "cof", file, "--json"}
		},
		check: func(t *testing.T, h *clewtest.Home, said string, ended bool) {
			list := h.Must(t, nil, "import", "list", "--json")
			if !strings.Contains(list, `"first.ndjson"`) {
				t.Fatalf("the import of before is gone: %s", list)
			}
			if (ended || strings.Contains(said, "second.ndjson")) && !strings.Contains(list, `"second.ndjson"`) {
				t.Fatalf("the import was acknowledged and is gone: %s", list)
			}
			h.Must(t, nil, "import", "cof", file)
			if n := strings.Count(h.Must(t, nil, "import", "list", "--json"), "second.ndjson"); n != 1 {
				t.Errorf("imported again, it is there %d times", n)
			}
			if out := h.Must(t, nil, "count", seed, "--json"); !strings.Contains(out, "198.51.100.7") {
				t.Errorf("what it brought is not there: %s", out)
			}
			if out := h.Must(t, nil, "pattern", seed, "n8-shop.example", "n9-shop.example", "--json"); out == "" {
				t.Error("the index of names says nothing")
			}
		},
	}.run(t)
}

// TestInvestigate cuts an investigation: its record verifies, and holds the findings
// once they were printed.
func TestInvestigate(t *testing.T) {
	scenario{
		prepare: func(t *testing.T, h *clewtest.Home) []string {
			h.Must(t, nil, "import", "cof", outside(t, "first.ndjson", passiveDNS(1, 500)))
			h.Must(t, nil, "investigate", "n9-shop.example", "--offline")
			return []string{"investigate", seed, "--offline", "--json"}
		},
		check: func(t *testing.T, h *clewtest.Home, said string, ended bool) {
			type listed struct {
				Cases []struct {
					ID, State string
					Bands     map[string]int
				}
			}
			list := decode[listed](t, h.Must(t, nil, "case", "list", "--json"))
			found := false
			for _, c := range list.Cases {
				h.Must(t, nil, "case", "verify", c.ID)
				found = found || strings.Contains(c.ID, "n7-shop-example") && c.State == "complete" && len(c.Bands) > 0
			}
			if len(list.Cases) == 0 {
				t.Fatal("the case of before is gone")
			}
			if (ended || len(said) > 0) && !found {
				t.Fatalf("findings were printed and are gone: %+v", list)
			}
			h.Must(t, nil, "investigate", seed, "--offline") // it goes on
		},
	}.run(t)
}

// TestNote cuts a remark: it is there once the command ended.
func TestNote(t *testing.T) {
	caseOf := func(t *testing.T, h *clewtest.Home) string {
		list := decode[struct{ Cases []struct{ ID string } }](t, h.Must(t, nil, "case", "list", "--json"))
		if len(list.Cases) != 1 {
			t.Fatalf("%d cases are left of 1", len(list.Cases))
		}
		return list.Cases[0].ID
	}
	scenario{
		prepare: func(t *testing.T, h *clewtest.Home) []string {
			h.Must(t, nil, "import", "cof", outside(t, "first.ndjson", passiveDNS(1, 500)))
			h.Must(t, nil, "investigate", seed, "--offline")
			return []string{"case", "note", caseOf(t, h), "asked the hoster"}
		},
		check: func(t *testing.T, h *clewtest.Home, _ string, ended bool) {
			id := caseOf(t, h)
			h.Must(t, nil, "case", "verify", id)
			if log := h.Must(t, nil, "case", "log", id, "--json"); ended && !strings.Contains(log, "asked the hoster") {
				t.Error("the remark was acknowledged and is gone")
			}
		},
	}.run(t)
}

// TestIndex cuts the telemetry index as it takes up a second log.
func TestIndex(t *testing.T) {
	logs := t.TempDir()
	write := func(t *testing.T, name, host string) {
		t.Helper()
		var b strings.Builder
		for n := range 3000 {
			fmt.Fprintf(&b, "10.0.0.%d - - [01/Jul/2025:08:00:00 +0000] \"GET http://%s/%d HTTP/1.1\" 200 5 \"-\" \"x\"\n", n%250, host, n)
			if n%300 == 0 {
				host = strings.TrimPrefix(host, "www.")
			}
		}
		if err := os.WriteFile(filepath.Join(logs, name), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen := func(t *testing.T, h *clewtest.Home, host string) bool {
		t.Helper()
		return strings.Contains(h.Must(t, []int{0, 4}, "telemetry", "lookup", host, "--json"), host)
	}
	scenario{
		prepare: func(t *testing.T, h *clewtest.Home) []string {
			write(t, "one.log", "one.shop.example")
			h.Must(t, nil, "telemetry", "index", logs)
			write(t, "two.log", "two.shop.example")
			return []string{"telemetry", "index", logs, "--json"}
		},
		check: func(t *testing.T, h *clewtest.Home, said string, ended bool) {
			if !seen(t, h, "one.shop.example") {
				t.Error("what was indexed before is gone")
			}
			if (ended || said != "") && !seen(t, h, "two.shop.example") {
				t.Error("what was said to be indexed is gone")
			}
			h.Must(t, nil, "telemetry", "index", logs)
			if !seen(t, h, "two.shop.example") {
				t.Error("indexed again, it is not there")
			}
		},
	}.run(t)
}

// TestWritten cuts the writing of files under a name: a list for a tool, a report, a
// bundle, a key. There is the whole old file or the whole new one, or none where
// there was none; and the new one once the command ended.
func TestWritten(t *testing.T) {
	for name, test := range map[string]struct {
		file    string
		command func(id, path string) []string
	}{
		"export": {"list.txt", func(id, path string) []string {
			return []string{"export", "hosts", id, "--state", "proposed", "-o", path}
		}},
		"report":   {"report.md", func(id, path string) []string { return []string{"report", id, "--format", "md", "-o", path} }},
		"bundle":   {"case.zip", func(id, path string) []string { return []string{"case", "bundle", id, "-o", path} }},
		"handover": {"handover.zip", func(id, path string) []string { return []string{"case", "handover", id, "-o", path} }},
		"backup":   {"all.backup", func(_, path string) []string { return []string{"backup", path} }},
	} {
		t.Run(name, func(t *testing.T) {
			var path string
			var after []byte
			scenario{
				prepare: func(t *testing.T, h *clewtest.Home) []string {
					path = filepath.Join(h.Dir, test.file)
					h.Must(t, nil, "import", "cof", outside(t, "first.ndjson", passiveDNS(1, 500)))
					h.Must(t, nil, "investigate", seed, "--offline")
					list := decode[struct{ Cases []struct{ ID string } }](t, h.Must(t, nil, "case", "list", "--json"))
					command := test.command(list.Cases[0].ID, path)
					h.Must(t, nil, command...)
					var err error
					if after, err = os.ReadFile(path); err != nil {
						t.Fatal(err)
					}
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
					return command
				},
				check: func(t *testing.T, _ *clewtest.Home, _ string, ended bool) {
					got, err := os.ReadFile(path)
					switch {
					case err != nil && ended:
						t.Errorf("the file was written and is gone: %v", err)
					case err == nil && len(got) < len(after)*9/10: // times in it differ
						t.Errorf("%d bytes of some %d lie under its name", len(got), len(after))
					case err == nil && strings.Count(string(got), "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") > strings.Count(string(after), "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"):
						t.Error("zeros lie under its name")
					}
				},
			}.run(t)
		})
	}
}
