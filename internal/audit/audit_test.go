package audit

import (
	"math"
	"testing"

	"clew/internal/casefile"
	"clew/internal/score"
)

func line(family, relation, value string, raw float64, sources ...string) casefile.Factor {
	return casefile.Factor{Family: family, Relation: relation, Kind: "text", Value: value, Bits: raw, Raw: raw, Sources: sources}
}

// weighed gives a finding the P and band of its lines.
func weighed(value string, factors ...casefile.Factor) casefile.Finding {
	f := casefile.Finding{Kind: "domain", Value: value, Factors: append([]casefile.Factor{{Family: "prior", Relation: "prior", Bits: -20, Raw: -20}}, factors...)}
	f.P, f.Band = read(f).without(score.Closed(), func(casefile.Factor) bool { return false })
	f.Bits = score.Closed().BitsFor(f.P)
	return f
}

func document(findings ...casefile.Finding) casefile.Document {
	return casefile.Document{Model: score.Closed().Version, Findings: findings}
}

func TestWhatHangsOnOneCertificate(t *testing.T) {
	doc := document(
		weighed("a.example", line("certificate", "key", "k1", 22, "ct"), line("host", "resolves-to", "192.0.2.1", 15, "pdns", "dns")),
		weighed("b.example", line("certificate", "key", "k1", 26, "ct")),
		weighed("c.example", line("host", "resolves-to", "192.0.2.1", 18, "pdns", "dns"), line("registration", "registrant-email", "x@example.net", 20, "whois")),
	)
	found := Of(doc, score.Fitted(), score.Closed())
	if !found.Known || len(found.Carriers) == 0 {
		t.Fatalf("got %+v", found)
	}
	falls := map[string]int{}
	for _, c := range found.Carriers {
		falls[c.Value] = len(c.Falls)
	}
	if falls["k1"] != 2 {
		t.Errorf("%d findings hang on the key, want a.example and b.example: %+v", falls["k1"], found.Carriers)
	}
	for _, c := range found.Sources {
		if c.Value == "pdns" || c.Value == "dns" {
			t.Errorf("an address that two sources confirm hangs on %s alone", c.Value)
		}
	}
	b := found.Findings[1]
	if b.Weakest.Value != "k1" || b.Weakest.Without > 0.01 {
		t.Errorf("b.example without its only line: %+v", b.Weakest)
	}
	if b.Next.Band != "high" || b.Next.Families != 1 {
		t.Errorf("one family at P %.2f lacks %+v, want a second family to be high", b.P, b.Next)
	}
}

func TestFactInTheShadowCountsOnceTheStrongerIsGone(t *testing.T) {
	f := weighed("a.example", line("host", "resolves-to", "192.0.2.1", 24, "pdns"), line("host", "in-prefix", "192.0.2.0/24", 23, "pdns"))
	p, _ := read(f).without(score.Closed(), func(l casefile.Factor) bool { return l.Value == "192.0.2.1" })
	if want := score.Closed().Probability(-20 + 23); math.Abs(p-want) > 1e-6 {
		t.Errorf("without the address the block counts in full: got %v, want %v", p, want)
	}
}

func TestRejectedSuppressedAndLowAreNotAudited(t *testing.T) {
	rejected := weighed("a.example", line("certificate", "key", "k1", 26, "ct"))
	rejected.Verdict = "rejected"
	suppressed := weighed("b.example", line("certificate", "key", "k1", 26, "ct"))
	suppressed.Suppressed = "a list"
	low := weighed("c.example", line("certificate", "key", "k1", 21, "ct"))
	if got := Of(document(rejected, suppressed, low), score.Closed()); len(got.Findings) != 0 || len(got.Carriers) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestUnknownModelIsSaid(t *testing.T) {
	doc := document(weighed("a.example", line("certificate", "key", "k1", 26, "ct")))
	doc.Model = "team-7"
	if got := Of(doc, score.Closed()); got.Known || got.Model != "team-7" {
		t.Errorf("got %+v", got)
	}
}

func TestGuestIsNoReasonHereEither(t *testing.T) {
	guest := line("host", "resolves-to", "192.0.2.1", 15, "pdns", "dns")
	guest.Guest = true
	f := weighed("a.example", line("certificate", "key", "k1", 22, "ct"), guest)
	if f.Band != "medium" {
		t.Fatalf("a key and a server that the seed was a guest on are %s at %.2f, want medium", f.Band, f.P)
	}
	if got := Of(document(f), score.Closed()).Findings[0].Next; got.Band != "high" || got.Families != 1 {
		t.Errorf("got %+v, want one further family to high", got)
	}
}

func TestOneFindingIsExplainedWhateverItsBand(t *testing.T) {
	low := weighed("low.example", line("host", "resolves-to", "192.0.2.1", 21, "pdns"))
	high := weighed("high.example", line("certificate", "key", "k1", 22, "ct"), line("host", "resolves-to", "192.0.2.2", 15, "pdns", "dns"))
	listed := weighed("listed.example", line("certificate", "key", "k1", 26, "ct"))
	listed.Suppressed = "a list"
	doc := document(low, high, listed)

	got, ok := Explain(doc, "domain", "low.example", score.Closed())
	if !ok || !got.Known || got.Finding.Value != "low.example" || len(got.Finding.Factors) != 2 {
		t.Fatalf("got %+v", got)
	}
	if got.Next.Band != "medium" || got.Next.Bits <= 0 || len(got.Carriers) != 1 || got.Carriers[0].Falls[0].To != "coincidence" || got.Sources[0].Value != "pdns" {
		t.Errorf("a lead of one fact: %+v", got)
	}
	got, _ = Explain(doc, "domain", "high.example", score.Closed())
	if got.Next != (Next{}) || got.Weakest.Relation == "" || len(got.Carriers) != 2 || got.Carriers[0].Falls[0].Value != "high.example" {
		t.Errorf("high already: %+v", got)
	}
	if got, _ = Explain(doc, "domain", "listed.example", score.Closed()); got.Next != (Next{}) || len(got.Carriers) != 0 {
		t.Errorf("a list decided: %+v", got)
	}
	if got, ok = Explain(doc, "domain", "low.example"); !ok || got.Known || got.Finding.Value == "" {
		t.Errorf("a model that is not at hand: %+v", got)
	}
	if _, ok = Explain(doc, "ip", "low.example", score.Closed()); ok {
		t.Error("no such finding, and yet explained")
	}
}
