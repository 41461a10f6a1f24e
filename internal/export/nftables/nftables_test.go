package nftables

import (
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/export/exporttest"
)

var form = exporttest.Lines("#", `(add|delete) table inet clew`, `table inet clew \{`, `\t?\}`, `\t\t\}`, `\tset block[46] \{`, `\tchain drops \{`,
	`\t\ttype ipv[46]_addr`, `\t\tflags interval, timeout`, `\t\telements = \{`, `\t\tip6? [sd]addr @block[46] counter drop`,
	`\tchain (input|output|forward) \{ type filter hook (input|output|forward) priority -10; policy accept; jump drops; \}`,
	`\t\t\t[0-9a-f.:/]+( timeout [0-9]+h)? comment "[a-zA-Z0-9=,/+ -]*",`)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

// Two elements that overlap would make nft refuse the whole file.
func TestOverlapsAreResolved(t *testing.T) {
	d := exporttest.Worked()
	for _, f := range d.Findings {
		if f.Kind == "prefix" {
			f.Value = "198.51.100.0/24"
			d.Findings = append(d.Findings, f)
			f.Kind, f.Value = "ip", "198.51.100.3"
			d.Findings = append(d.Findings, f)
			break
		}
	}
	text := string(exporttest.Write(t, Format(), exporttest.Set(t, Format(), exporttest.Rules(), d))["clew.nft"])
	if strings.Contains(text, "198.51.100.3 ") || strings.Contains(text, "198.51.100.0/28") || !strings.Contains(text, "198.51.100.0/24") {
		t.Errorf("overlapping elements:\n%s", text)
	}
}

func TestAnEmptySetLoads(t *testing.T) {
	nft := exporttest.Tool(t, "nft")
	empty := exporttest.Set(t, Format(), exporttest.Rules(), casefile.Document{Case: exporttest.Worked().Case})
	check(t, nft, string(exporttest.Write(t, Format(), empty)["clew.nft"]))
}

func TestNftAccepts(t *testing.T) { check(t, exporttest.Tool(t, "nft"), exporttest.Only(t, Format())) }

func check(t *testing.T, nft, rules string) {
	t.Helper()
	file := exporttest.File(t, t.TempDir(), "clew.nft", rules)
	if out, err := exporttest.Try("", nft, "-c", "-f", file); err != nil {
		if strings.Contains(out, "Operation not permitted") {
			t.Skip("nft may not ask the kernel here: " + out)
		}
		t.Fatalf("%v: %s\n%s", err, out, rules)
	}
}

func TestTrafficIsDropped(t *testing.T) {
	nft, pair := exporttest.Tool(t, "nft"), exporttest.NewPair(t, exporttest.Peers...)
	pair.Filters(t, func() {
		for range 2 { // loading it again replaces it
			pair.In(t, pair.Inside, exporttest.Only(t, Format()), nft, "-f", "-")
		}
	}, exporttest.BlockedPeers, exporttest.OpenPeers)
	if list := pair.In(t, pair.Inside, "", nft, "list", "set", "inet", "clew", "block4"); !strings.Contains(list, "expires 6d") {
		t.Errorf("the kernel does not let elements go by themselves:\n%s", list)
	}
}
