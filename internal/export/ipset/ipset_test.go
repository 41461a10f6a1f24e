package ipset

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

var (
	setForm = exporttest.Lines("#", `create clew[46] hash:net family inet6? maxelem [0-9]+ timeout 0 comment`, `flush clew[46]`,
		`add clew[46] [0-9a-f.:/]+( timeout [0-9]+)? comment "[a-zA-Z0-9=,/+ -]*"`)
	ruleForm = exporttest.Lines("#", `\*filter`, `:CLEW - \[0:0\]`, `COMMIT`, `-A CLEW -[sd] [0-9a-f.:/]+ -m comment --comment "[a-zA-Z0-9=,/+ -]*" -j DROP`)
)

func TestGolden(t *testing.T) {
	for _, f := range []export.Format{Sets(), Rules(), IP6Rules()} {
		exporttest.Golden(t, f)
	}
}

func TestHostile(t *testing.T) {
	exporttest.Hold(t, Sets(), setForm)
	exporttest.Hold(t, Rules(), ruleForm)
	exporttest.Hold(t, IP6Rules(), ruleForm)
}

func FuzzSets(f *testing.F) { exporttest.Fuzz(f, Sets(), setForm) }

func FuzzRules(f *testing.F) { exporttest.Fuzz(f, Rules(), ruleForm) }

func TestIptablesDrop(t *testing.T) {
	restore, restore6, pair := exporttest.Tool(t, "iptables-restore"), exporttest.Tool(t, "ip6tables-restore"), exporttest.NewPair(t, exporttest.Peers...)
	pair.Filters(t, func() {
		for range 2 { // loading it again replaces it
			pair.In(t, pair.Inside, exporttest.Only(t, Rules()), restore, "-n")
			pair.In(t, pair.Inside, exporttest.Only(t, IP6Rules()), restore6, "-n")
		}
		pair.In(t, pair.Inside, "", exporttest.Tool(t, "iptables"), "-I", "OUTPUT", "-j", "CLEW")
		pair.In(t, pair.Inside, "", exporttest.Tool(t, "ip6tables"), "-I", "OUTPUT", "-j", "CLEW")
	}, exporttest.BlockedPeers, exporttest.OpenPeers)
}

func TestSetsDrop(t *testing.T) {
	program, pair := exporttest.Tool(t, "ipset"), exporttest.NewPair(t, exporttest.Peers...)
	if out, err := exporttest.Try("", exporttest.Tool(t, "ip"), "netns", "exec", pair.Inside, program, "create", "probe", "hash:net", "comment"); err != nil {
		t.Skipf("this kernel has no ipset: %s", strings.TrimSpace(out))
	}
	pair.Filters(t, func() {
		for range 2 {
			pair.In(t, pair.Inside, exporttest.Only(t, Sets()), program, "-exist", "restore")
		}
		pair.In(t, pair.Inside, "", exporttest.Tool(t, "iptables"), "-I", "OUTPUT", "-m", "set", "--match-set", "clew4", "dst", "-j", "DROP")
		pair.In(t, pair.Inside, "", exporttest.Tool(t, "ip6tables"), "-I", "OUTPUT", "-m", "set", "--match-set", "clew6", "dst", "-j", "DROP")
	}, exporttest.BlockedPeers, exporttest.OpenPeers)
}

var comment = regexp.MustCompile(`comment "([^"]*)"`)

// An address of many cases has more to say than a comment holds, and loads.
func TestManyCasesFitAComment(t *testing.T) {
	for _, f := range []export.Format{Sets(), Rules()} {
		var out bytes.Buffer
		s := exporttest.Set(t, f, exporttest.Rules())
		for i := range 40 {
			s.Entries[0].Cases = append(s.Entries[0].Cases, fmt.Sprintf("2026-11-23-evil-example-%04d", i))
		}
		if err := f.Write(&out, s); err != nil {
			t.Fatal(err)
		}
		longest := 0
		for _, m := range comment.FindAllStringSubmatch(out.String(), -1) {
			longest = max(longest, len(m[1]))
		}
		if longest != maxComment {
			t.Errorf("%s: the longest comment has %d bytes, want %d", f.Name, longest, maxComment)
		}
		if f.Name == "iptables" {
			pair := exporttest.NewPair(t, exporttest.Peers...)
			pair.In(t, pair.Inside, out.String(), exporttest.Tool(t, "iptables-restore"), "-n")
		}
	}
}
