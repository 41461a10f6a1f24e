package suricata

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
	"clew/internal/observation"
)

// The grammar of the User Guide, as far as our rules go: header, then options
// in brackets, each ended by a semicolon. Within quotes stand no ; " \ but as
// hexadecimal between bars.
const (
	plain    = `[A-Za-z0-9 ._/=,?&+@-]`
	contents = `content:"(?:` + plain + `|\|[0-9A-F]{2}(?: [0-9A-F]{2})*\|)+";`
	option   = `(?:msg:"[A-Za-z0-9 -]+"|dns\.query|tls\.(?:sni|cert_subject|cert_issuer|cert_serial|cert_fingerprint)|http\.(?:host|uri\.raw|user_agent)|` +
		`ja3s?\.hash|ja4\.hash|requires:feature ja4|dotprefix|nocase|startswith|endswith|pcre:"/[a-z0-9_.\\()\[\]{}|?:*+,^$-]+/i"|metadata:[A-Za-z0-9 ,+-]+|sid:1[0-9]{6}|rev:1|` +
		`dataset:isset,clew-names,type string,load clew-names\.lst|file(?:md5|sha1|sha256):clew-file(?:md5|sha1|sha256)\.lst);`
	grammar = `alert (?:dns|tls|quic|http|ip|smtp|smb) \$HOME_NET any -> (?:any|[0-9a-f.:/]+) any \((?:(?:` + option + `|` + contents + `) ?)+\)`
)

var form = exporttest.Lines("#", grammar)

func TestGolden(t *testing.T) {
	exporttest.Golden(t, Format())
	exporttest.Golden(t, JA4())
	exporttest.Golden(t, Dataset())
}

func TestHostile(t *testing.T) {
	exporttest.Hold(t, Format(), holds)
	exporttest.Hold(t, JA4(), form)
	exporttest.Hold(t, Dataset(), datasetHolds)
}

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), holds) }

func FuzzJA4(f *testing.F) { exporttest.Fuzz(f, JA4(), form) }

func FuzzDataset(f *testing.F) { exporttest.Fuzz(f, Dataset(), datasetHolds) }

var number = regexp.MustCompile(`sid:([0-9]+);`)

func holds(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	form(t, files, s)
	seen := map[string]bool{}
	for _, m := range number.FindAllStringSubmatch(string(files[Format().File]), -1) {
		if seen[m[1]] {
			t.Errorf("two rules with sid %s", m[1])
		}
		seen[m[1]] = true
	}
}

func datasetHolds(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	form(t, map[string][]byte{"rules": files["clew-datasets.rules"]}, s)
	for line := range strings.Lines(string(files["clew-names.lst"])) {
		name, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil || !regexp.MustCompile(`^[a-z0-9_.-]+$`).Match(name) {
			t.Errorf("%q is no name: %v", name, err)
		}
	}
}

// decoded reads a content match as Suricata does.
func decoded(t *testing.T, match string) string {
	t.Helper()
	match = strings.TrimSuffix(strings.TrimPrefix(match, `content:"`), `";`)
	var b strings.Builder
	for i, part := range strings.Split(match, "|") {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		raw, err := hex.DecodeString(strings.ReplaceAll(part, " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", match, err)
		}
		b.Write(raw)
	}
	return b.String()
}

func TestContentIsExact(t *testing.T) {
	for _, text := range append([]string{`a";b`, "|2e|", `\`, "é", "a|b|c", ":;:"}, exporttest.Hostile...) {
		if got := decoded(t, content(text)); got != text {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

// The name and what is below it, and no name that only ends alike: what the
// keywords of a rule do, done by hand.
func TestNamesMatchAsMeant(t *testing.T) {
	match := regexp.MustCompile(`dotprefix; (content:"[^"]+";)`).FindStringSubmatch(exporttest.Only(t, Format()))
	want := decoded(t, match[1])
	for name, hit := range map[string]bool{
		"cdn-update.example": true, "a.cdn-update.example": true, "xcdn-update.example": false, "cdn-update.example.test": false,
	} {
		if got := strings.HasSuffix("."+name, want); got != hit {
			t.Errorf("%s: hit %v, want %v", name, got, hit)
		}
	}
}

// Each rule on a shared attribute stands behind its estimate.
func TestPatternsHaveEstimates(t *testing.T) {
	lines := strings.Split(exporttest.Only(t, Format()), "\n")
	checked := 0
	for i, line := range lines {
		if strings.Contains(line, "clew shared attribute") || strings.Contains(line, "clew naming pattern") {
			checked++
			if !strings.Contains(lines[i-1], "corpus: ") || !strings.Contains(lines[i-1], "Telemetry: not measured: no telemetry index") {
				t.Errorf("no estimate before %s", line)
			}
		}
	}
	if checked < 7 {
		t.Errorf("%d rules on patterns, want subject, issuer, serial, JA3, JA3S, user agent, naming", checked)
	}
}

// A sensor writes a subject in the order of the certificate: the rule finds it in
// any order, and no other subject.
func TestSubjectsMatchInAnyOrder(t *testing.T) {
	finds := func(subject, buffer string) bool {
		t.Helper()
		v := exporttest.Value(t, "dn", subject)
		rule := tests(export.Pattern{Relation: observation.SubjectDN, Value: v})
		whole := strings.Contains(rule, "startswith; endswith;")
		for _, m := range regexp.MustCompile(`content:"[^"]+";`).FindAllString(rule, -1) {
			want := strings.ToLower(decoded(t, m))
			if got := strings.ToLower(buffer); whole && got != want || !strings.Contains(got, want) {
				return false
			}
		}
		return true
	}
	const three = "C=XX, O=Example Ltd, CN=panel.example"
	for buffer, want := range map[string]bool{
		"CN=panel.example, O=Example Ltd, C=XX": true, three: true, "C=XX, O=Other, CN=panel.example": false, "C=XX, CN=panel.example": false,
	} {
		if got := finds(three, buffer); got != want {
			t.Errorf("%s: %v, want %v", buffer, got, want)
		}
	}
	if finds("CN=panel.example", "CN=panel.example.test") || !finds("CN=panel.example", "CN=panel.example") {
		t.Error("a subject of one attribute is not compared as a whole")
	}
	if !finds("EMAILADDRESS=a@b.example, CN=x.example", "emailAddress=a@b.example, CN=x.example") {
		t.Error("an attribute that is written in other letters is not found")
	}
}

// A client that came by QUIC is looked for there.
func TestJA4GoesByItsTransport(t *testing.T) {
	for text, protocol := range map[string]string{"t13d1516h2_8daaf6152771_b186095e22b6": "tls", "q13d0310h3_55b375c5d22e_cd85d2d88918": "quic"} {
		if got := ja4Rule(exporttest.Value(t, "ja4", text)); got.protocol != protocol || !strings.Contains(got.tests, "requires:feature ja4; ja4.hash;") {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
