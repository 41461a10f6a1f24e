package reference_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
)

const ownList = `# list: own-relays
# title: Mail relays of our own
# date: 2026-01-31
# reason: our relay
# match: domain
# suppress: mx
# benign-below: domain
# of: 1k

# a comment after the header
relay.example ~ 20
bücher.example
`

func TestAddList(t *testing.T) {
	s := load(t)
	if err := s.AddList(strings.NewReader(ownList)); err != nil {
		t.Fatal(err)
	}
	hit, ok := s.Match(observation.MX, observable.Must(observable.Domain, "mx1.relay.example"))
	want := reference.Hit{List: "own-relays", Version: "2026-01-31", Reason: "our relay", Entry: "relay.example"}
	if !ok || hit != want {
		t.Errorf("got %+v, want %+v", hit, want)
	}
	if n, of, _, ok := s.BaseCount(observation.MX, observable.Must(observable.Domain, "relay.example")); !ok || n != 20 || of != 1000 {
		t.Errorf("count %d of %d, %v", n, of, ok)
	}
	if _, ok := s.Match(observation.MX, observable.Must(observable.Domain, "mx.xn--bcher-kva.example")); !ok {
		t.Error("an IDN entry must meet its punycode")
	}
	lists := s.Lists()
	if last := lists[len(lists)-1]; last.Name != "own-relays" || last.Entries != 2 || !last.Suppress {
		t.Errorf("list described as %+v", last)
	}
}

func TestAddListRefuses(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no_name":             {"# date: 2026-01-31\n\nx\n", "without a name"},
		"no_reason":           {"# list: x\n# date: 2026-01-31\n# suppress: mx\n\nx\n", "no reason"},
		"bad_date":            {"# list: x\n# date: yesterday\n", "line 2"},
		"unknown_relation":    {"# list: x\n# suppress: mxx\n", `unknown relation "mxx"`},
		"unknown_kind":        {"# list: x\n# benign: thing\n", `unknown kind "thing"`},
		"unknown_header":      {"# list: x\n# colour: red\n", `unknown header "colour"`},
		"used_for_nothing":    {"# list: x\n# date: 2026-01-31\n# reason: r\n# match: exact\n\nx\n", "used for nothing"},
		"bad_range":           {"# list: x\n# date: 2026-01-31\n# reason: r\n# match: cidr\n# suppress: resolves-to\n\n192.0.2.0/33\n", "line 7"},
		"bad_count":           {"# list: x\n# date: 2026-01-31\n# reason: r\n# match: domain\n# suppress: mx\n\nx.example ~ many\n", "is no count"},
		"unknown_match":       {"# list: x\n# date: 2026-01-31\n# reason: r\n# match: magic\n# suppress: mx\n\nx\n", `unknown match "magic"`},
		"unquoted_body":       {"# list: x\n# date: 2026-01-31\n# reason: r\n# match: body\n# suppress: body-hash\n\nhello\n", "quoted string"},
		"phrase_without_word": {"# list: x\n# date: 2026-01-31\n# reason: r\n# match: phrase\n# suppress: registrar\n\n---\n", "no words"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := load(t)
			before := len(s.Lists())
			err := s.AddList(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if len(s.Lists()) != before {
				t.Error("a list with an error must add nothing")
			}
		})
	}
}

func TestAddWarninglist(t *testing.T) {
	s := load(t)
	add := func(name, text string) reference.WarninglistSummary {
		t.Helper()
		summary, err := s.AddWarninglist(strings.NewReader(text), name)
		if err != nil {
			t.Fatal(err)
		}
		return summary
	}
	add("our-ranges", `{"name":"x","description":"our own range","type":"cidr","version":3,"matching_attributes":["ip-dst"],"list":["198.51.100.0/25","::ffff:203.0.113.9"]}`)
	hit, ok := s.Match(observation.ResolvesTo, observable.Must(observable.IP, "198.51.100.7"))
	if !ok || hit.List != "our-ranges" || hit.Version != "3" || hit.Reason != "our own range" {
		t.Errorf("team's own list: %+v, %v", hit, ok)
	}
	if _, ok := s.Benign(observable.Must(observable.IP, "203.0.113.9")); !ok {
		t.Error("an IPv4-mapped entry must meet the IPv4 address")
	}
	sum := add("ours", `{"description":"d","type":"regex","version":"1","matching_attributes":["domain"],"list":["/^evil[0-9]+\\.example$/i","/(?<=x)y/","/`+strings.Repeat("a", 3000)+`/","/x/q"]}`)
	if sum.Entries != 1 || len(sum.Skipped) != 3 {
		t.Errorf("bad expressions must be skipped one by one: %+v", sum)
	}
	if _, ok := s.Benign(observable.Must(observable.Domain, "evil7.example")); !ok {
		t.Error("the good expression must be used")
	}
	add("words", `{"description":"d","type":"substring","version":1,"matching_attributes":["email-src"],"list":["mailbox.example","ab"]}`)
	if _, ok := s.Match(observation.RegistrantEmail, observable.Must(observable.Email, "x@sub.mailbox.example")); !ok {
		t.Error("substring of an e-mail address")
	}
	if _, ok := s.Benign(observable.Must(observable.Domain, "mailbox.example")); ok {
		t.Error("a list about e-mail addresses must not speak about domains")
	}
	if _, err := s.AddWarninglist(strings.NewReader(`{"type":"magic","list":[]}`), "x"); err == nil {
		t.Error("an unknown type must be refused")
	}
	if _, err := s.AddWarninglist(strings.NewReader(`[1,2`), "x"); err == nil {
		t.Error("broken JSON must be refused")
	}
}

func TestAddWarninglistUnpacks(t *testing.T) {
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	if _, err := zw.Write([]byte(`{"description":"d","type":"string","version":1,"matching_attributes":["md5"],"list":["0123456789abcdef0123456789abcdef"]}`)); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	s := load(t)
	whole := packed.Bytes()
	if _, err := s.AddWarninglist(bytes.NewReader(whole[:len(whole)-10]), "cut"); err == nil {
		t.Error("a cut file must be refused")
	}
	if _, err := s.AddWarninglist(bytes.NewReader(whole), "hashes"); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Benign(observable.Must(observable.File, "0123456789abcdef0123456789abcdef")); !ok {
		t.Error("entry of a packed list is not found")
	}
}

// TestEmbeddedListsAreSound holds the lists to what explanations need of them.
func TestEmbeddedListsAreSound(t *testing.T) {
	names := make(map[string]bool)
	for _, l := range load(t).Lists() {
		if l.Name == "" || l.Title == "" || l.Version == "" || l.Reason == "" || l.Entries == 0 {
			t.Errorf("list %+v lacks a name, title, date, reason or entries", l)
		}
		if names[l.Name] {
			t.Errorf("two lists are called %s", l.Name)
		}
		names[l.Name] = true
	}
}

// TestDefaultPagesAreVerbatim checks pages that are easy to misquote against
// digests that others publish for them.
func TestDefaultPagesAreVerbatim(t *testing.T) {
	s := load(t)
	for page, digest := range map[string]string{
		"nginx welcome page, 612 bytes": "e3eb0a1df437f3f97a64aca5952c8ea0",
		"Apache's It works!, 45 bytes":  "5388f60d7695cb57b87c799ee62d20b2",
		"EICAR test file":               "44d88612fea8a8f36de82e1278abb02f",
		"one line feed":                 "68b329da9893e34099c7d8ad5cb9c940",
	} {
		if hit, ok := s.Match(observation.BodyHash, observable.Must(observable.BodyHash, digest)); !ok || hit.List != "default-pages" {
			t.Errorf("%s is not known by its MD5 %s", page, digest)
		}
	}
}

func FuzzAddList(f *testing.F) {
	f.Add(ownList)
	f.Add("# list: x\n# date: 2026-01-31\n# reason: r\n# match: words\n\n1k: a bb\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := load(t)
		if err := s.AddList(strings.NewReader(text)); err != nil {
			return
		}
		s.Match(observation.MX, observable.Must(observable.Domain, "mx.relay.example"))
		s.NameCount("login")
	})
}

func FuzzAddWarninglist(f *testing.F) {
	for _, kind := range []string{"string", "substring", "hostname", "cidr", "regex"} {
		f.Add(`{"type":"`+kind+`","version":1,"matching_attributes":["domain","ip-dst","url"],"list":[".a.example","192.0.2.0/24","/x+/i"]}`, "https://a.example/x")
	}
	s := load(f)
	f.Fuzz(func(t *testing.T, list, text string) {
		if _, err := s.AddWarninglist(strings.NewReader(list), "fuzz"); err != nil {
			return
		}
		for _, kind := range []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.Email, observable.Org} {
			v, err := observable.New(kind, text)
			if err != nil {
				continue
			}
			s.Match(observation.RedirectsTo, v)
			s.Benign(v)
			s.Lookup(v)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	s := load(b)
	for name, q := range map[string]struct {
		relation observation.Relation
		object   observable.Value
	}{
		"address":     {observation.ResolvesTo, observable.Must(observable.IP, "49.12.1.1")},
		"name_server": {observation.Nameserver, observable.Must(observable.Domain, "ns-1.awsdns-22.co.uk")},
		"set":         {observation.NSSet, observable.Must(observable.Text, "amos.ns.cloudflare.com|teresa.ns.cloudflare.com")},
		"person":      {observation.RegistrantName, observable.Must(observable.Person, "Whois Agent (123456), Privacy Services Ltd")},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.Match(q.relation, q.object)
			}
		})
	}
}

func TestAddPath(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	misp := `{"description":"d","type":"cidr","version":1,"matching_attributes":["ip-dst"],"list":["198.51.100.0/24"]}`
	write("own.txt", ownList)
	write("ours/list.json", misp)
	write("amazon-aws.json", misp)
	write("README.md", "no list")
	s := load(t)
	summaries, err := s.AddPath(dir)
	if err != nil || len(summaries) != 2 {
		t.Fatalf("%+v, %v", summaries, err)
	}
	if summaries[0].Name != "amazon-aws" || summaries[0].Role != "note" || summaries[1].Name != "ours" || summaries[1].Role != "suppress" {
		t.Errorf("roles go by the list's name: %+v", summaries)
	}
	if _, ok := s.Match(observation.MX, observable.Must(observable.Domain, "relay.example")); !ok {
		t.Error("own list of the folder is not used")
	}
	write("broken.json", "{")
	s = load(t)
	if summaries, err = s.AddPath(dir); err == nil || len(summaries) != 2 || !strings.Contains(err.Error(), "broken.json") {
		t.Errorf("one broken list must not keep out the others: %+v, %v", summaries, err)
	}
	if _, err := load(t).AddPath(filepath.Join(dir, "own.txt")); err != nil {
		t.Errorf("a single file: %v", err)
	}
	if _, err := load(t).AddPath(filepath.Join(dir, "missing.txt")); err == nil {
		t.Error("a missing file must be an error")
	}
}
