package yara

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/export/exporttest"
)

const text = `"(?:[ !#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})*"`

var form = exporttest.Lines("//", ``, `import "(hash|pe)"`, `rule clew_[a-z0-9_]+ \{`, `  (meta|strings|condition):`, `\}`,
	`    (trace|false_matches) = `+text, `    \$s[01] = (`+text+` ascii wide( nocase fullword)?|\{ [0-9A-F]+ \})`,
	`    any of them`, `    hash\.(md5|sha1|sha256)\(0, filesize\) == "[0-9a-f]+"`, `    pe\.imphash\(\) == "[0-9a-f]{32}"`,
	`    hash\.md5\(pe\.rich_signature\.clear_data\) == "[0-9a-f]{32}"`,
	`    for any i in \(0 \.\. pe\.number_of_signatures - 1\) : \( pe\.signatures\[i\]\.(thumbprint == "[0-9a-f]{40}"|subject contains `+text+`) \)`)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

func TestYaraCompilesHostileTexts(t *testing.T) {
	program, target := exporttest.Tool(t, "yara"), exporttest.File(t, t.TempDir(), "empty", "nothing")
	for _, hostile := range exporttest.Hostile {
		rules := exporttest.Write(t, Format(), exporttest.Set(t, Format(), exporttest.Rules(), exporttest.With(hostile)))["clew.yar"]
		file := exporttest.File(t, t.TempDir(), "clew.yar", string(rules))
		if out, err := exporttest.Try("", program, "-w", file, target); err != nil || out != "" {
			t.Errorf("%q: %v: %s", hostile, err, out)
		}
	}
}

// known is a file of the case: what it shares, and its digest.
func known(p program) casefile.Document {
	sum := sha256.Sum256(p.bytes())
	d := exporttest.Worked()
	for i, f := range d.Findings {
		if f.Kind != "file" || len(f.Value) != 64 {
			continue
		}
		d.Findings[i].Value = hex.EncodeToString(sum[:])
		for j, factor := range f.Factors {
			switch factor.Relation {
			case "imphash":
				d.Findings[i].Factors[j].Value = p.imphash()
			case "rich":
				d.Findings[i].Factors[j].Value = p.rich()
			}
		}
	}
	return d
}

func TestYaraMatchesTheFilesAndNothingElse(t *testing.T) {
	yara, dir := exporttest.Tool(t, "yara"), t.TempDir()
	seen := program{library: "KERNEL32.dll", imports: []string{"ExitProcess", "GetTickCount"}, build: 30729, text: "harmless"}
	sameImports, sameTools, mutex, wide, stranger := seen, seen, seen, seen, seen
	sameImports.build, sameImports.text = 1, "another"
	sameTools.imports = []string{"ExitProcess"}
	mutex.imports, mutex.build, mutex.text = []string{"Sleep"}, 2, `Global\{7A-update}`
	wide.imports, wide.build, wide.text = []string{"Sleep"}, 3, string(utf16("see LOGIN-portal.example now"))
	stranger.imports, stranger.build, stranger.text = []string{"Sleep"}, 4, `xlogin-portal.examples Global\{7B-update}`
	for name, p := range map[string]program{
		"seen.exe": seen, "same-imports.exe": sameImports, "same-tools.exe": sameTools, "mutex.exe": mutex, "wide.exe": wide, "stranger.exe": stranger,
	} {
		exporttest.File(t, dir, name, string(p.bytes()))
	}
	built(t, filepath.Join(dir, "built-by-go.exe"))
	rules := exporttest.Write(t, Format(), exporttest.Set(t, Format(), exporttest.Rules(), known(seen)))["clew.yar"]
	file := exporttest.File(t, t.TempDir(), "clew.yar", string(rules))
	got := map[string][]string{}
	for line := range strings.Lines(exporttest.Run(t, "", yara, "-w", file, dir)) {
		rule, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		kind := regexp.MustCompile(`^clew_([a-z0-9]+)_`).FindStringSubmatch(rule)[1]
		got[filepath.Base(path)] = append(got[filepath.Base(path)], kind)
	}
	want := map[string][]string{
		"seen.exe": {"imphash", "richhash", "sha256"}, "same-imports.exe": {"imphash"}, "same-tools.exe": {"richhash"},
		"mutex.exe": {"mutex"}, "wide.exe": {"domain"},
	}
	for name, kinds := range got {
		slices.Sort(kinds)
		if !slices.Equal(kinds, want[name]) {
			t.Errorf("%s: matched by %v, want %v", name, kinds, want[name])
		}
	}
	for name := range want {
		if got[name] == nil {
			t.Errorf("%s: matched by nothing, want %v", name, want[name])
		}
	}
}

// built compiles a real program for Windows, which no rule may match.
func built(t *testing.T, path string) {
	t.Helper()
	source := exporttest.File(t, t.TempDir(), "main.go", "package main\n\nfunc main() { println(\"hello\") }\n")
	build := exec.Command("go", "build", "-o", path, source)
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("no program for Windows can be built here: %v %s", err, out)
	}
}

func TestEveryPatternSaysItsEstimate(t *testing.T) {
	rules := exporttest.Only(t, Format())
	patterns := strings.Count(rules, "shared=")
	if patterns < 6 || strings.Count(rules, "false_matches = \"corpus: ") != patterns {
		t.Errorf("%d rules on shared attributes, %d estimates", patterns, strings.Count(rules, "false_matches"))
	}
}
