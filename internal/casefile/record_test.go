package casefile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }

// finding is one of everything a finding can hold.
func finding() pivot.Finding {
	return pivot.Finding{
		Value: observable.Must(observable.Domain, "login-portal.example"),
		P:     0.9876543219, Band: "high", Bits: 25.4700001, Hops: 1, Model: "closed-1",
		Window: observation.Window{First: day(1, 2), Last: day(2, 11)},
		Paths:  [][]string{{"evil.example", "resolves-to:203.0.113.7", "login-portal.example"}},
		Factors: []pivot.Factor{
			{Relation: "prior", Of: 360_000_000, Bits: -21.78, Raw: -21.78, Note: "100 siblings in 360,000,000 domains"},
			{
				Family: "host", Relation: "resolves-to", Value: observable.Must(observable.IP, "203.0.113.7"),
				Holders: 41, Groups: 4, Of: 2_000_000, CountOf: "virustotal, 2026-11-20", Bits: 20.15, Raw: 20.35,
				Window: observation.Window{First: day(1, 2)}, Sources: []string{"otx", "virustotal"},
				Evidence: []string{"sha256:" + casefile.DigestOf(nil)}, Note: "the same days", Default: true,
			},
		},
	}
}

func TestFindingSurvivesTheDocument(t *testing.T) {
	before := finding()
	line, err := casefile.Canonical(casefile.FindingOf(before))
	if err != nil {
		t.Fatal(err)
	}
	var doc casefile.Finding
	if err := json.Unmarshal(line, &doc); err != nil {
		t.Fatal(err)
	}
	after, err := doc.Result()
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(after.P-before.P) > 1e-6 || math.Abs(after.Bits-before.Bits) > 1e-6 {
		t.Errorf("p %v and bits %v came back as %v and %v", before.P, before.Bits, after.P, after.Bits)
	}
	after.P, after.Bits = before.P, before.Bits
	before.Factors[0].Sources, before.Factors[0].Evidence = []string{}, []string{}
	if diff := cmp.Diff(before, after, values); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	again, err := casefile.Canonical(casefile.FindingOf(after))
	if err != nil || !bytes.Equal(line, again) {
		t.Errorf("a second round changes the document:\n%s\n%s", line, again)
	}
}

var values = cmp.Comparer(func(a, b observable.Value) bool { return a == b })

func TestPointsAndGapsSurviveTheDocument(t *testing.T) {
	for _, before := range []pivot.Point{
		{
			From: observable.Must(observable.Domain, "evil.example"), Method: "resolves-to", Value: observable.Must(observable.IP, "203.0.113.7"),
			Holders: 0, HoldersKnown: true, Expected: 12.5, State: pivot.Run, New: 40, At: morning,
		},
		{
			From: observable.Must(observable.Domain, "evil.example"), Method: "registrant-email",
			Value: observable.Must(observable.Email, "ops@mail.example"), State: pivot.NotAsked, Reason: "nobody counts it",
		},
	} {
		if after, err := casefile.PivotOf(before).Point(); err != nil || after != before {
			t.Errorf("point %+v came back as %+v, %v", before, after, err)
		}
	}
	want := pivot.Gap{Source: "whois", Value: observable.Must(observable.Domain, "evil.example"), State: "refused", Reason: "quota"}
	if got, err := (casefile.Gap{Source: "whois", Kind: "domain", Value: "evil.example", State: "refused", Reason: "quota"}).Result(); err != nil || got != want {
		t.Errorf("gap %+v was read as %+v, %v", want, got, err)
	}
}

func TestBitsAreNoNegativeZero(t *testing.T) {
	got, err := casefile.Canonical(casefile.FindingOf(pivot.Finding{Bits: -1e-9}).Bits)
	if err != nil || string(got) != "0" {
		t.Errorf("bits of -1e-9 are %s, %v; want 0", got, err)
	}
}

func TestActionsFollowTheBand(t *testing.T) {
	for band, want := range map[string]casefile.Action{
		"high":        {State: "proposed", Kind: "block"},
		"medium":      {State: "proposed", Kind: "monitor"},
		"low":         {State: "none"},
		"coincidence": {State: "none"},
	} {
		f := casefile.FindingOf(pivot.Finding{Band: band})
		if f.Action.State != want.State || f.Action.Kind != want.Kind || f.Action.Reason == "" {
			t.Errorf("%s: %+v, want %+v with a reason", band, f.Action, want)
		}
	}
}

func TestEmptyDocumentHasNoNull(t *testing.T) {
	var out bytes.Buffer
	if err := (casefile.Document{Findings: []casefile.Finding{{Factors: []casefile.Factor{{}}}}}).Encode(&out); err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(out.Bytes(), &tree); err != nil {
		t.Fatal(err)
	}
	times := map[string]bool{"opened": true, "changed": true, "as_of": true, "first_seen": true, "last_seen": true, "expires": true, "window": true}
	findNull(t, "", tree, times)
}

func findNull(t *testing.T, name string, tree any, allowed map[string]bool) {
	t.Helper()
	switch v := tree.(type) {
	case nil:
		if !allowed[name] {
			t.Errorf("%s is null", name)
		}
	case map[string]any:
		for key, child := range v {
			findNull(t, key, child, allowed)
		}
	case []any:
		for _, child := range v {
			findNull(t, name, child, allowed)
		}
	}
}

// investigated returns a store with a case that holds one of every event.
func investigated(t *testing.T) casefile.Store {
	t.Helper()
	s := newStore(t)
	ctx := t.Context()
	reply := []byte(`{"records":[{"rrname":"evil.example","rdata":"203.0.113.7"}]}`)
	digest, err := s.PutBlob(ctx, reply)
	if err != nil {
		t.Fatal(err)
	}
	low := finding()
	low.Value, low.Band, low.P = observable.Must(observable.Domain, "shop.example"), "low", 0.2
	blob, found, err := casefile.FindingsBlob([]pivot.Finding{finding(), low}, "closed-1")
	if err != nil {
		t.Fatal(err)
	}
	reads := recordedReads(t)
	for _, content := range [][]byte{blob, reads.Bytes(), []byte(`{"lists":{}}`)} {
		if _, err := s.PutBlob(ctx, content); err != nil {
			t.Fatal(err)
		}
	}
	holders, many := uint64(41), uint64(180_000)
	did(t, s, "a-case", opened(),
		casefile.Disclosed{Source: "pdns", About: domain("evil.example"), TLP: "AMBER", PAP: "AMBER"},
		casefile.Asked{
			Source: "pdns", About: domain("evil.example"), State: "answered", Observations: 1, Requests: 1,
			Parts: []casefile.Part{
				{Endpoint: "resolutions", State: "answered"},
				{Endpoint: "subdomains", State: "refused", Reason: "quota used up"},
			},
			Evidence: []casefile.Evidence{{
				SHA256: digest, Method: "POST", URL: "https://pdns.example/v1/query?a=1&b=2", Request: `{"q":"evil.example"}`, Status: 200,
				Headers: map[string]string{"Content-Type": "application/json"}, Recorded: "2026-11-23T09:30:02Z",
			}},
		},
		casefile.Asked{Source: "whois", About: domain("evil.example"), State: "skipped", Reason: "no API key configured"},
		casefile.Pivot{From: "evil.example", FromKind: "domain", Method: "resolves-to", Kind: "ip", Value: "203.0.113.7", Holders: &holders, State: "run", New: 40},
		casefile.Pivot{From: "evil.example", FromKind: "domain", Method: "nameserver", Kind: "domain", Value: "ns1.dns.example", Holders: &many, State: "rejected", Reason: "180,000 holders, the limit is 500"},
		casefile.Read{SHA256: casefile.DigestOf(reads.Bytes()), Questions: reads.Len(), Lists: casefile.DigestOf([]byte(`{"lists":{}}`))},
		found,
		casefile.Finished{State: casefile.StateComplete, Gaps: []casefile.Gap{{Source: "corpus", Kind: "ip", Value: "203.0.113.7", State: "truncated", Reason: "more links than were read"}}},
		casefile.Noted{About: domain("login-portal.example"), Text: "kit is the same"},
		rejected{casefile.Verdict{About: domain("shop.example"), Reason: "a customer", Scope: casefile.ScopeCase}},
		casefile.Sighted{About: domain("login-portal.example"), State: casefile.Hit, Count: 3, Where: "proxy log"},
		casefile.Sighted{About: domain("login-portal.example"), State: casefile.NoHit, Where: "dns log"},
	)
	return s
}

func TestDocumentOfACase(t *testing.T) {
	record, err := casefile.Load(t.Context(), investigated(t), "a-case")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := record.Document().Encode(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "document.json", out.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run with -update to make it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", path, diff)
	}
}

func TestVerdictsCountAtOnce(t *testing.T) {
	s := investigated(t)
	record := load(t, s)
	shop := record.Findings[1]
	if shop.Verdict != "rejected" || shop.P != 0.001 || shop.Band != "coincidence" || shop.Action.State != "none" || shop.Reason != "a customer" {
		t.Errorf("a rejected finding is %+v", shop)
	}
	did(t, s, "a-case", casefile.Verdict{About: domain("shop.example"), Reason: "looked again"})
	record = load(t, s)
	if shop = record.Findings[1]; shop.Verdict != "accepted" || shop.Band != "low" || shop.P != 0.2 {
		t.Errorf("accepted after all, it is %+v", shop)
	}
	set, err := record.Verdicts()
	if err != nil {
		t.Fatal(err)
	}
	value := observable.Must(observable.Domain, "shop.example")
	if set.AcceptedFindings[value] != "looked again" || len(set.RejectedFindings) > 0 || len(set.RejectedLinks) > 0 {
		t.Errorf("verdicts = %+v, want shop.example accepted and nothing rejected", set)
	}
}

func TestStandingVerdictsReachOtherCases(t *testing.T) {
	s := newStore(t)
	did(t, s, "a-case", opened(),
		rejected{casefile.Verdict{About: domain("cdn.example"), Reason: "everybody's", Scope: casefile.ScopeAll}},
		rejected{casefile.Verdict{About: casefile.Value{Kind: "ip", Value: "192.0.2.1"}, Relation: "resolves-to", Reason: "a hoster", Scope: casefile.ScopeAll}},
		rejected{casefile.Verdict{About: domain("here.example"), Reason: "only here", Scope: casefile.ScopeCase}})
	did(t, s, "b-case", opened())
	set, err := casefile.StandingVerdicts(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	cdn, address := observable.Must(observable.Domain, "cdn.example"), observable.Must(observable.IP, "192.0.2.1")
	want := pivot.Verdicts{
		RejectedFindings: map[observable.Value]string{cdn: "everybody's"},
		AcceptedFindings: map[observable.Value]string{},
		RejectedLinks: map[pivot.Link]string{
			{Value: cdn}: "everybody's", {Value: address, Relation: observation.ResolvesTo}: "a hoster",
		},
	}
	if diff := cmp.Diff(want, set, values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAskedSaysWhatIsSettled(t *testing.T) {
	s := newStore(t)
	about := domain("evil.example")
	did(t, s, "a-case", opened(),
		casefile.Asked{Source: "pdns", About: about, State: "refused"},
		casefile.Asked{Source: "pdns", About: about, State: "answered-empty"},
		casefile.Asked{Source: "whois", About: about, State: "failed"})
	asked := load(t, s).Asked()
	for source, want := range map[string]bool{"pdns": true, "whois": false, "never-asked": false} {
		if got := asked[casefile.Question{Source: source, About: about}].Settled(); got != want {
			t.Errorf("%s settled: %v, want %v", source, got, want)
		}
	}
}

func TestAnotherRunReplacesTheLast(t *testing.T) {
	s := investigated(t)
	if state := load(t, s).State; state != casefile.StateComplete {
		t.Errorf("after its run the case is %s, want complete", state)
	}
	did(t, s, "a-case", casefile.Reopened{Reason: "deeper", Limits: &casefile.Limits{Depth: 3}, Tool: "0.2.0"})
	record := load(t, s)
	if record.State != casefile.StateOpen || record.Limits.Depth != 3 || record.Tool != "0.2.0" || record.PAP != "AMBER" {
		t.Errorf("reopened: %s, %+v, %s, %s", record.State, record.Limits, record.Tool, record.PAP)
	}
	if n := len(record.Document().Pivots); n != 2 {
		t.Errorf("before the new run decides anything the document has %d pivots, want the 2 of the last", n)
	}
	did(t, s, "a-case",
		casefile.Pivot{From: "evil.example", FromKind: "domain", Method: "ptr", State: "not-asked"},
		casefile.Pivot{From: "evil.example", FromKind: "domain", Method: "ptr", State: "run"})
	pivots := load(t, s).Document().Pivots
	if len(pivots) != 1 || pivots[0].State != "run" {
		t.Errorf("pivots = %+v, want the last word on ptr alone", pivots)
	}
}

func TestListOfCases(t *testing.T) {
	s := investigated(t)
	did(t, s, "b-case", opened(), casefile.Finished{State: casefile.StateInterrupted, Reason: "ctrl-c"})
	list, err := casefile.List(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	want := []casefile.Summary{
		{
			ID: "a-case", State: "complete", Seeds: opened().Seeds, Opened: casefile.Time{Time: morning},
			Changed: casefile.Time{Time: morning.Add(12 * time.Second)}, Events: 13, Bands: map[string]int{"high": 1, "low": 1}, Tags: []string{},
		},
		{
			ID: "b-case", State: "interrupted", Seeds: opened().Seeds, Opened: casefile.Time{Time: morning},
			Changed: casefile.Time{Time: morning.Add(time.Second)}, Events: 2, Bands: map[string]int{}, Tags: []string{},
		},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnreadablePayloadIsDamage(t *testing.T) {
	s := newStore(t)
	did(t, s, "a-case", opened())
	if _, err := s.Append(t.Context(), "a-case", casefile.Entry{Time: morning, Type: casefile.TypeAsked, Actor: "clew", Data: "no object"}); err != nil {
		t.Fatal(err)
	}
	if _, err := casefile.Load(t.Context(), s, "a-case"); !errors.Is(err, casefile.ErrDamaged) {
		t.Errorf("load: %v, want ErrDamaged", err)
	}
}

func load(t *testing.T, s casefile.Reader) *casefile.Record {
	t.Helper()
	record, err := casefile.Load(t.Context(), s, "a-case")
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func FuzzReadFindings(f *testing.F) {
	blob, _, err := casefile.FindingsBlob([]pivot.Finding{finding()}, "closed-1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Add([]byte("{}\n\n"))
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		findings, err := casefile.ReadFindings(snapshot)
		if err != nil && !errors.Is(err, casefile.ErrDamaged) {
			t.Errorf("%v, want ErrDamaged", err)
		}
		for _, f := range findings {
			if _, err := f.Result(); err != nil {
				continue
			}
			if _, err := casefile.Canonical(f); err != nil {
				t.Errorf("a finding that was read cannot be written: %v", err)
			}
		}
	})
}
