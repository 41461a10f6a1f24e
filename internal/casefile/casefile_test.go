package casefile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
	"clew/internal/observable"
)

var morning = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

func newStore(t *testing.T) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// did appends events to a case, a second apart.
func did(t *testing.T, s casefile.Store, id string, payloads ...any) {
	t.Helper()
	head, err := s.Head(t.Context(), id)
	if err != nil && !errors.Is(err, casefile.ErrNoCase) {
		t.Fatal(err)
	}
	entries := make([]casefile.Entry, len(payloads))
	for i, p := range payloads {
		entries[i] = casefile.Entry{
			Time: morning.Add(time.Duration(head.Seq+uint64(i)) * time.Second), Type: typeOf(t, p), Actor: "analyst", Data: p,
		}
	}
	if _, err := s.Append(t.Context(), id, entries...); err != nil {
		t.Fatal(err)
	}
}

// rejected tells a rejection from an acceptance, which have one payload.
type rejected struct{ casefile.Verdict }

func typeOf(t *testing.T, payload any) casefile.Type {
	t.Helper()
	switch payload.(type) {
	case casefile.Opened:
		return casefile.TypeOpened
	case casefile.Reopened:
		return casefile.TypeReopened
	case casefile.Asked:
		return casefile.TypeAsked
	case casefile.Disclosed:
		return casefile.TypeDisclosed
	case casefile.Pivot:
		return casefile.TypePivoted
	case casefile.Read:
		return casefile.TypeRead
	case casefile.Found:
		return casefile.TypeFound
	case casefile.Finished:
		return casefile.TypeFinished
	case casefile.Verdict:
		return casefile.TypeAccepted
	case rejected:
		return casefile.TypeRejected
	case casefile.Noted:
		return casefile.TypeNoted
	case casefile.Sighted:
		return casefile.TypeSighted
	case casefile.Searched:
		return casefile.TypeSearched
	case casefile.Acted:
		return casefile.TypeActed
	}
	t.Fatalf("no event type for %T", payload)
	return ""
}

func opened() casefile.Opened {
	return casefile.Opened{
		Seeds: []casefile.Seed{{Kind: "domain", Value: "evil.example", Source: "a phishing report", Confidence: 90}},
		Scope: "live", TLP: "AMBER", PAP: "AMBER", Tool: "0.1.0",
		Window: casefile.Window{{morning.AddDate(0, 0, -7)}, {}},
		Limits: casefile.Limits{Depth: 2, Budget: 100, MaxHolders: 500},
	}
}

func domain(text string) casefile.Value { return casefile.Value{Kind: "domain", Value: text} }

func TestCanonical(t *testing.T) {
	for name, row := range map[string]struct {
		in   any
		want string
	}{
		"keys_are_sorted":            {map[string]any{"b": 1, "a": 2}, `{"a":2,"b":1}`},
		"struct_keys_are_sorted_too": {casefile.Value{Kind: "ip", Value: "192.0.2.1"}, `{"kind":"ip","value":"192.0.2.1"}`},
		"raw_json_is_compacted":      {jsonRaw("{ \"b\" : [1, 2],\n\"a\":null}"), `{"a":null,"b":[1,2]}`},
		"numbers_stay_as_written":    {jsonRaw(`[1.50, 1e3, 12345678901234567890]`), `[1.50,1e3,12345678901234567890]`},
		"markup_is_escaped":          {"<a&b>", `"\u003ca\u0026b\u003e"`},
		"the_last_of_a_key_counts":   {jsonRaw(`{"a":1,"a":2}`), `{"a":2}`},
	} {
		got, err := casefile.Canonical(row.in)
		if err != nil || string(got) != row.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, row.want)
		}
	}
	for _, escaped := range []bool{true, false} {
		var out bytes.Buffer
		encode := json.NewEncoder(&out)
		encode.SetEscapeHTML(escaped)
		canonical := `{"a":"\u003cb\u003e \u2028"}`
		if err := encode.Encode(jsonRaw(canonical)); err != nil || out.String() != canonical+"\n" {
			t.Errorf("an encoder with SetEscapeHTML(%v) makes %s of %s", escaped, out.String(), canonical)
		}
	}
	for name, bad := range map[string]any{"two_values": jsonRaw(`1 2`), "no_json": jsonRaw(`{`), "a_function": func() {}} {
		if got, err := casefile.Canonical(bad); err == nil {
			t.Errorf("%s: %s, want an error", name, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":[1,2.50,"x"],"a":{"\u2028":"<>&"}}`))
	f.Add([]byte(`"\ud800"`))
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := casefile.Canonical(jsonRaw(in))
		if err != nil {
			return
		}
		twice, err := casefile.Canonical(jsonRaw(once))
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("canonical form of %q is %q, whose canonical form is %q, %v", in, once, twice, err)
		}
	})
}

func TestNewID(t *testing.T) {
	for seed, want := range map[observable.Value]string{
		observable.Must(observable.Domain, "jppost-tu.example"):                "2026-11-23-jppost-tu-example-4f2a",
		observable.Must(observable.URL, "https://evil.example/a?b=c"):          "2026-11-23-evil-example-a-b-c-4f2a",
		observable.Must(observable.IP, "2001:db8::1"):                          "2026-11-23-2001-db8-1-4f2a",
		observable.Must(observable.File, strings.Repeat("ab12", 16)):           "2026-11-23-ab12ab12ab12ab12ab12ab12-4f2a",
		observable.Must(observable.Org, "株式会社"):                                "2026-11-23-case-4f2a",
		observable.Must(observable.Domain, "twenty-three-letters--.x.example"): "2026-11-23-twenty-three-letters-x-e-4f2a",
	} {
		// An hour before midnight UTC, written in a zone where it is tomorrow.
		at := time.Date(2026, 11, 24, 1, 0, 0, 0, time.FixedZone("", 3*3600))
		got, err := casefile.NewID(at, seed, strings.NewReader("\x4f\x2a"))
		if err != nil || got != want || !casefile.ValidID(got) {
			t.Errorf("ID of %s = %q, %v; want %q", seed.Text(), got, err, want)
		}
	}
	if _, err := casefile.NewID(morning, observable.Must(observable.Domain, "evil.example"), strings.NewReader("x")); err == nil {
		t.Error("too little randomness gave an ID")
	}
}

func TestResolve(t *testing.T) {
	s := newStore(t)
	for _, id := range []string{"2026-11-23-evil-example-4f2a", "2026-11-23-evil-example-5a5a", "2026-11-24-other-example-0000"} {
		did(t, s, id, opened())
	}
	for text, want := range map[string]string{
		"2026-11-24":                   "2026-11-24-other-example-0000",
		"4f2a":                         "2026-11-23-evil-example-4f2a",
		"2026-11-23-evil-example-5a5a": "2026-11-23-evil-example-5a5a",
	} {
		if got, err := casefile.Resolve(t.Context(), s, text); err != nil || got != want {
			t.Errorf("%q means %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"2026-11-23", "nothing", ""} {
		if got, err := casefile.Resolve(t.Context(), s, text); !errors.Is(err, casefile.ErrNoCase) {
			t.Errorf("%q means %q, %v; want ErrNoCase", text, got, err)
		}
	}
}

func TestWindowJSON(t *testing.T) {
	w := casefile.Window{{}, {time.Date(2026, 11, 23, 10, 30, 0, 0, time.FixedZone("", 3600))}}
	got, err := casefile.Canonical(w)
	if want := `[null,"2026-11-23T09:30:00Z"]`; err != nil || string(got) != want {
		t.Errorf("window = %s, %v; want %s", got, err, want)
	}
	var back casefile.Window
	if err := unmarshal(got, &back); err != nil || !back[0].IsZero() || !back[1].Equal(w[1].Time) {
		t.Errorf("read back %v, %v", back, err)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, 例え":            "plain text, 例え",
		"\x1b[2Jgone":               `\u{1b}[2Jgone`,
		"a\u202eb\u200bc":           `a\u{202e}b\u{200b}c`,
		"one\r\ntwo\tthree":         "one  two three",
		"\xff\xfe\ufffd":            `\x{ff}\x{fe}` + "\ufffd",
		"\u009b2J c1 control":       `\u{9b}2J c1 control`,
		"no\u00a0break\u2028second": `no\u{a0}break\u{2028}second`,
	} {
		if got := casefile.Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	for in, want := range map[string]string{
		"see http://evil.example/a":          "see hxxp://evil[.]example/a",
		"HTTPS://Evil.Example":               "hxxpS://Evil[.]Example",
		"ftp://files.example":                "ftp[:]//files[.]example",
		"mail ops@evil.example now":          "mail ops[@]evil[.]example now",
		"q=%.evil.example: no recording":     "q=%.evil[.]example: no recording",
		"12.82 bits alone, counted 0.3":      "12.82 bits alone, counted 0.3",
		"clew 0.1.0 of 2026-11-23T09:30:00Z": "clew 0.1.0 of 2026-11-23T09:30:00Z",
		"203.0.113.7 and 1.2.3":              "203[.]0[.]113[.]7 and 1.2.3",
		"from pdns.cof.ndjson, a.zip":        "from pdns.cof.ndjson, a[.]zip",
		"already evil[.]example":             "already evil[.]example",
		"e.g. this, i.e. that.":              "e.g. this, i.e. that.",
		"line\nbreak \x1b[31mred":            `line break \u{1b}[31mred`,
		"täst.例え and xn--r8jz45g.example":    "täst[.]例え and xn--r8jz45g[.]example",
	} {
		if got := casefile.Prose(in); got != want {
			t.Errorf("Prose(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b[31m\u202e\xff\n")
	f.Fuzz(func(t *testing.T, in string) {
		out := casefile.Printable(in)
		for _, r := range out {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || strings.ContainsRune("\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff", r) {
				t.Fatalf("Printable(%q) = %q lets %U through", in, out, r)
			}
		}
		if again := casefile.Printable(out); again != out {
			t.Errorf("Printable(%q) = %q, and of that %q", in, out, again)
		}
	})
}

func TestBlobsThatWereTamperedWith(t *testing.T) {
	content := []byte(strings.Repeat("a reply ", 1000))
	digest := casefile.DigestOf(content)
	for name, spoil := range map[string]func([]byte) []byte{
		"bit_flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut_off":     func(b []byte) []byte { return b[:len(b)-3] },
		"emptied":     func([]byte) []byte { return nil },
		"replaced":    func([]byte) []byte { return []byte("not zstd at all") },
	} {
		folder := t.TempDir()
		blobs := casefile.NewBlobDir(folder)
		if _, err := blobs.Put(content); err != nil {
			t.Fatal(err)
		}
		rewriteFile(t, folder+"/"+digest[:2]+"/"+digest[2:], spoil)
		if _, err := blobs.Get(digest); !errors.Is(err, casefile.ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
		if _, err := blobs.Put(content); err != nil {
			t.Errorf("%s: putting it again: %v", name, err)
		}
		got, err := blobs.Get(digest)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: after putting it again: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestVerifyNamesTheEventOfALostBlob(t *testing.T) {
	s := newStore(t)
	did(t, s, "a-case", opened(), casefile.Noted{Text: "x"}, casefile.Asked{
		Source: "pdns", Evidence: []casefile.Evidence{{SHA256: casefile.DigestOf([]byte("never kept"))}},
	})
	v, err := casefile.Verify(t.Context(), s, "a-case", "")
	if err != nil || len(v.Problems) != 1 || v.Problems[0].Seq != 3 {
		t.Errorf("problems %v, %v; want one at event 3", v.Problems, err)
	}
}

func TestLogIsSafeAndReadable(t *testing.T) {
	s := newStore(t)
	holders := uint64(41)
	did(t, s, "a-case", opened(),
		casefile.Disclosed{Source: "pdns", About: domain("evil.example"), TLP: "AMBER", PAP: "AMBER"},
		casefile.Asked{Source: "pdns", About: domain("evil.example"), State: "answered", Observations: 41},
		casefile.Asked{Source: "whois", About: domain("evil.example"), State: "refused", Reason: "quota \x1b[31mused up"},
		casefile.Pivot{From: "evil.example", FromKind: "domain", Method: "resolves-to", Kind: "ip", Value: "203.0.113.7", Holders: &holders, State: "run", New: 40},
		casefile.Found{Model: "closed-1", SHA256: strings.Repeat("a", 64), Bands: map[string]int{"high": 2}},
		rejected{casefile.Verdict{About: domain("shop.example"), Reason: "a customer\nof the hoster"}},
		casefile.Finished{State: "complete"},
	)
	if _, err := s.Append(t.Context(), "a-case", casefile.Entry{
		Time: morning, Type: "from-the-future", Actor: "clew", Data: map[string]string{"x": "\u202e"},
	}); err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(t.Context(), "a-case", casefile.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := casefile.WriteLog(&out, events); err != nil {
		t.Fatal(err)
	}
	want := strings.TrimLeft(`
    1  2026-11-23T09:30:00.000Z  opened     analyst       evil[.]example from a phishing report; live, TLP:AMBER, PAP:AMBER
    2  2026-11-23T09:30:01.000Z  disclosed  analyst       evil[.]example to pdns under TLP:AMBER, PAP:AMBER
    3  2026-11-23T09:30:02.000Z  asked      analyst       pdns about evil[.]example: answered, 41 observations
    4  2026-11-23T09:30:03.000Z  asked      analyst       whois about evil[.]example: refused, 0 observations; quota \u{1b}[31mused up
    5  2026-11-23T09:30:04.000Z  pivoted    analyst       resolves-to from evil[.]example on 203[.]0[.]113[.]7: run, 41 holders, 40 new
    6  2026-11-23T09:30:05.000Z  found      analyst       2 high, 0 medium, 0 low, 0 coincidence; model closed-1, sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    7  2026-11-23T09:30:06.000Z  rejected   analyst       shop[.]example: a customer of the hoster
    8  2026-11-23T09:30:07.000Z  finished   analyst       complete, 0 gaps
    9  2026-11-23T09:30:00.000Z  from-the-future  clew          {"x":"\u{202e}"}
`, "\n")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func FuzzDescribe(f *testing.F) {
	for _, kind := range []casefile.Type{casefile.TypeOpened, casefile.TypeAsked, casefile.TypePivoted, casefile.TypeFound, casefile.TypeNoted} {
		f.Add(string(kind), []byte(`{"about":{"kind":"domain","value":"evil.example"},"seeds":[{}],"pivot":{},"bands":null}`))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		e := casefile.Event{Seq: 1, Type: casefile.Type(kind), Data: data}
		var out bytes.Buffer
		if err := casefile.WriteLog(&out, []casefile.Event{e}); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
			t.Errorf("an event takes %d lines: %q", n, out.String())
		}
	})
}
