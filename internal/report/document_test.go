package report

import (
	"reflect"
	"time"

	"clew/internal/casefile"
)

func day(month time.Month, d int) casefile.Time {
	return casefile.Time{Time: time.Date(2026, month, d, 0, 0, 0, 0, time.UTC)}
}

func holders(n uint64) *uint64 { return &n }

// worked is the example of confidence.md section 9 as a document, with a second
// hop, a rejection, a suppression, gaps and notes around it.
func worked() casefile.Document {
	return casefile.Document{
		Case: casefile.Case{
			ID: "2026-11-23-cdn-update-example-4f2a", State: "complete", Opened: day(11, 23), Changed: day(11, 24), Scope: "live",
			TLP: "AMBER+STRICT", PAP: "AMBER", Window: casefile.Window{day(11, 1), {}}, Limits: casefile.Limits{Depth: 2, MaxHolders: 500},
			Tool: "0.1.0", Events: 57, Head: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
		},
		Model:    "closed-1",
		Seeds:    []casefile.Seed{{Kind: "domain", Value: "cdn-update.example", Source: "mail to the help desk", Confidence: 90}},
		Findings: []casefile.Finding{portal(), sibling(), rejectedShop(), parked(), address()},
		Pivots: []casefile.Pivot{
			{From: "cdn-update.example", FromKind: "domain", Method: "registrant-email", Kind: "email", Value: "ops@mail.example", Holders: holders(6), State: "run", New: 1},
			{From: "cdn-update.example", FromKind: "domain", Method: "co-hosted", Kind: "ip", Value: "203.0.113.7", Holders: holders(41), State: "run", New: 3},
			{From: "cdn-update.example", FromKind: "domain", Method: "nameserver", Kind: "domain", Value: "ns1.dns.example", Holders: holders(180_000), State: "rejected", Reason: "180,000 holders, the limit is 500"},
			{From: "cdn-update.example", FromKind: "domain", Method: "tracker", Kind: "tracker", Value: "UA-12345-1", State: "not-asked", Reason: "over budget"},
			{From: "login-portal.example", FromKind: "domain", Method: "subdomains", Kind: "domain", Value: "login-portal.example", Holders: holders(1), State: "run", Reason: "nobody new holds it"},
		},
		Asked: []casefile.Answers{
			{Source: "pdns", State: "answered", Questions: 3, Observations: 88}, {Source: "whois", State: "refused", Questions: 2},
		},
		Gaps: []casefile.Gap{
			{Source: "whois", Kind: "domain", Value: "login-portal.example", State: "refused", Reason: "quota used up at whois.registry.example"},
			{Source: "whois", Kind: "domain", Value: "mail-check.example", State: "refused", Reason: "quota used up at whois.registry.example"},
			{Source: "pdns", Endpoint: "subdomains", Kind: "domain", Value: "cdn-update.example", State: "truncated", Reason: "the provider holds 12 more"},
		},
		Escalations: []casefile.Escalation{{
			Trigger: "seen inside", Because: "login-portal.example was visited on 2026-11-20", Severity: "high",
			Evidence: []string{"domain login-portal.example, 3 sightings"}, Assets: []string{"ws-17"}, Actions: []string{"Isolate the machine."},
			Delivered: []casefile.Delivery{{To: "soc", State: "sent", Said: "alert 7"}},
		}},
		Disclosures: 3,
		Notes: []casefile.Note{
			{At: day(11, 23), Actor: "jane", Text: "kit is the one of last year, see http://wiki.example/kit"},
			{At: day(11, 24), Actor: "jane", Kind: "domain", Value: "shop.example", Text: "asked the owner"},
		},
	}
}

func prior() casefile.Factor {
	return casefile.Factor{Family: "prior", Relation: "prior", Bits: -21.78, Raw: -21.78, Note: "100 siblings in 360,000,000 domains"}
}

func shared(family, relation, kind, text string, n uint64, bits float64, note string) casefile.Factor {
	return casefile.Factor{
		Family: family, Relation: relation, Kind: kind, Value: text, Holders: n, Of: 360_000_000, CountOf: "pdns, 2026-01-12",
		Bits: bits, Raw: bits, Source: "pdns", Sources: []string{"pdns"}, Note: note,
	}
}

func portal() casefile.Finding {
	host := shared("host", "resolves-to", "ip", "203.0.113.7", 41, 20.15, "35 days apart, 0.87 likely the same holder (20.35)")
	host.Groups, host.Window = 4, casefile.Window{day(1, 2), day(2, 11)}
	registrar := shared("registration", "registrar", "registrar", "Some Registrar, Inc.", 54_000_000, 0, "says nothing")
	registrar.Default = true
	return casefile.Finding{
		Kind: "domain", Value: "login-portal.example", P: 0.99, Confidence: 99, Band: "high", Bits: 25.47, Hops: 1,
		FirstSeen: day(1, 2), LastSeen: day(2, 11), Model: "closed-1",
		Factors: []casefile.Factor{
			prior(),
			shared("registration", "registrant-email", "email", "ops@mail.example", 6, 25.10, "reverse WHOIS"),
			shared("registration", "registrant-name", "person", "Jane Roe", 9, 2, "same record (24.10, counted 0.3 up to 2)"),
			host, registrar,
		},
		Paths:      [][]string{{"cdn-update.example", "registrant-email:ops@mail.example", "login-portal.example"}},
		Validation: casefile.Validation{State: casefile.Hit, Sightings: 3},
		Action: casefile.Action{
			State: "proposed", Kind: "block", Reason: "high confidence",
			Blast: &casefile.Blast{Bystanders: 2, Known: true, Examples: []string{"bakery.example"}},
		},
	}
}

func sibling() casefile.Finding {
	return casefile.Finding{
		Kind: "domain", Value: "mail-check.example", P: 0.52, Confidence: 52, Band: "medium", Bits: 2.9, Hops: 2, Model: "closed-1",
		Factors: []casefile.Factor{prior(), {
			Family: "bridge", Relation: "mx", Kind: "domain", Value: "login-portal.example", Bits: 24.68, Raw: 24.68, Holders: 3,
			Note: "over login-portal.example: 0.99 from the seed, 0.80 from there by mx:mx.mail.example; a hop counts 0.5",
		}},
		Paths:      [][]string{{"cdn-update.example", "registrant-email:ops@mail.example", "login-portal.example", "mx:mx.mail.example", "mail-check.example"}},
		Validation: casefile.Validation{State: casefile.NotChecked},
		Action:     casefile.Action{State: "proposed", Kind: "monitor"},
	}
}

func rejectedShop() casefile.Finding {
	return casefile.Finding{
		Kind: "domain", Value: "shop.example", P: 0.001, Band: "coincidence", Bits: -1.63, Hops: 1, Verdict: "rejected", Reason: "a customer of the same hoster",
		Factors:    []casefile.Factor{prior(), shared("host", "resolves-to", "ip", "203.0.113.7", 41, 20.15, "on the same days")},
		Paths:      [][]string{{"cdn-update.example", "resolves-to:203.0.113.7", "shop.example"}},
		Validation: casefile.Validation{State: casefile.NoHit},
		Action:     casefile.Action{State: "none"},
	}
}

func parked() casefile.Finding {
	return casefile.Finding{
		Kind: "domain", Value: "parked.example", P: 0.001, Band: "coincidence", Bits: -21.78, Hops: 1, Suppressed: "parking: 198.51.100.1 is a parking page",
		Factors:    []casefile.Factor{prior()},
		Paths:      [][]string{{"cdn-update.example", "resolves-to:198.51.100.1", "parked.example"}},
		Validation: casefile.Validation{State: casefile.NotChecked},
	}
}

func address() casefile.Finding {
	return casefile.Finding{
		Kind: "ip", Value: "203.0.113.7", P: 0.31, Confidence: 31, Band: "low", Bits: 2.03, Hops: 1,
		Factors:    []casefile.Factor{prior(), shared("host", "resolves-to", "ip", "203.0.113.7", 41, 23.81, "1 of its 41 holders belongs to this case")},
		Paths:      [][]string{{"cdn-update.example", "resolves-to:203.0.113.7", "203.0.113.7"}},
		Validation: casefile.Validation{State: casefile.NotChecked},
	}
}

// filled is the worked example with every text of it replaced. It walks the type,
// so that no field of the document is forgotten.
func filled(text string) casefile.Document {
	d := worked()
	fill(reflect.ValueOf(&d).Elem(), text)
	return d
}

func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[casefile.Time]() {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	}
}
