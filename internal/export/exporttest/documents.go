// Package exporttest holds what the tests of every format share: a worked case,
// hostile ones, golden files, and the promises that all of them keep.
package exporttest

import (
	"time"

	"clew/internal/casefile"
)

// Now is the moment of every export in tests.
var Now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func day(month time.Month, d int) casefile.Time {
	return casefile.Time{Time: time.Date(2026, month, d, 0, 0, 0, 0, time.UTC)}
}

func frame(id, tlp string) casefile.Case {
	return casefile.Case{
		ID: id, State: "complete", Opened: day(11, 23), Changed: day(11, 25), Scope: "live", TLP: tlp, PAP: "AMBER",
		Window: casefile.Window{day(11, 1), {}}, Tool: "0.1.0", Events: 57,
		Head: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
	}
}

// Worked is a case with an indicator of every kind that exporters carry, in
// every state of an action.
func Worked() casefile.Document {
	return casefile.Document{
		Case: frame("2026-11-23-cdn-update-example-4f2a", "AMBER"), Model: "closed-1",
		Seeds: []casefile.Seed{{Kind: "domain", Value: "cdn-update.example", Source: "mail to the help desk", Confidence: 90}},
		Findings: []casefile.Finding{
			approved("domain", "login-portal.example", day(12, 24), host, registrant, token),
			approved("domain", "www.login-portal.example", day(12, 24), host),
			approved("ip", "203.0.113.7", day(12, 3), certSubject, jarm, ja3, ja3s, ja4),
			approved("ip", "2001:db8::bad", day(12, 3)),
			approved("prefix", "198.51.100.0/28", day(12, 3)),
			approved("url", "http://files.example/a/b.php?x=1&y=%27", day(12, 24)),
			approved("url", "https://login-portal.example/kit/", day(12, 24)),
			approved("file", "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", casefile.Time{}, imphash, rich, mutex, signer, pdb, technique, agent, filename),
			approved("file", "3395856ce81f2b7382dee72602f798b642f14140", casefile.Time{}, imphash),
			approved("file", "44d88612fea8a8f36de82e1278abb02f", casefile.Time{}),
			approved("cert", "d8f3f4ac0d4c3f0aa1a1f0a7a9a0bd0c4d2a6b10", day(12, 24), subject, issuer, serial),
			approved("email", "ops@mail.example", day(12, 24)),
			finding("domain", "mail-check.example", "medium", 71, casefile.Action{State: "proposed", Kind: "monitor", Reason: "medium confidence"}, token),
			finding("domain", "new-find.example", "high", 97, casefile.Action{State: "proposed", Kind: "block", Reason: "high confidence"}),
			finding("domain", "old-find.example", "high", 95, casefile.Action{State: "approved", Kind: "block", Expires: day(11, 25), Reason: "was fresh"}),
			finding("domain", "revoked-find.example", "high", 95, casefile.Action{State: "revoked", Kind: "block", Reason: "customer called"}),
			finding("domain", "cdn.provider.example", "high", 95, casefile.Action{State: "approved", Kind: "block", Expires: day(12, 24), Reason: "should not have been"}),
			finding("domain", "lead.example", "low", 31, casefile.Action{State: "none"}),
			rejected("domain", "shop.example"),
		},
		Notes: []casefile.Note{
			{At: day(11, 24), Actor: "jane", Text: "kit is the one of last year"},
			{At: day(11, 24), Actor: "jane", Kind: "domain", Value: "login-portal.example", Text: "asked the owner"},
		},
	}
}

func finding(kind, value, band string, confidence int, action casefile.Action, factors ...casefile.Factor) casefile.Finding {
	f := casefile.Finding{
		Kind: kind, Value: value, P: float64(confidence) / 100, Confidence: confidence, Band: band, Bits: 8, Hops: 1,
		FirstSeen: day(11, 2), LastSeen: day(11, 20), Factors: factors, Model: "closed-1",
		Validation: casefile.Validation{State: casefile.NotChecked}, Action: action,
	}
	for _, factor := range factors {
		f.Paths = append(f.Paths, []string{"cdn-update.example", factor.Relation + ":" + factor.Value, value})
	}
	return f
}

func approved(kind, value string, expires casefile.Time, factors ...casefile.Factor) casefile.Finding {
	f := finding(kind, value, "high", 98, casefile.Action{State: "approved", Kind: "block", Expires: expires, Reason: "approved by jane"}, factors...)
	if value == "login-portal.example" {
		f.Validation = casefile.Validation{State: casefile.Hit, Sightings: 3}
	}
	return f
}

func rejected(kind, value string) casefile.Finding {
	f := finding(kind, value, "medium", 60, casefile.Action{State: "none"})
	f.Verdict, f.Reason = "rejected", "a customer of the same hoster"
	return f
}

func shared(relation, kind, value string, holders uint64) casefile.Factor {
	return casefile.Factor{
		Family: "test", Relation: relation, Kind: kind, Value: value, Holders: holders, Of: 250_000, CountOf: "local store, 2026-11-20",
		Bits: 9, Raw: 9, Window: casefile.Window{day(11, 2), day(11, 20)}, Source: "pdns", Sources: []string{"pdns"},
	}
}

var (
	host        = shared("resolves-to", "ip", "203.0.113.7", 4)
	registrant  = shared("registrant-email", "email", "ops@mail.example", 6)
	token       = shared("token", "text", "portal", 40)
	certSubject = shared("serves", "cert", "d8f3f4ac0d4c3f0aa1a1f0a7a9a0bd0c4d2a6b10", 2)
	subject     = shared("subject-dn", "dn", "C=US, O=Update Services, CN=update.example", 2)
	issuer      = shared("issued-by", "dn", "C=US, O=Update Services, CN=Update Root", 3)
	serial      = shared("serial", "serial", "a1b2c3d4e5f6", 1)
	jarm        = shared("jarm", "jarm", "07d14d16d21d21d07c42d41d00041d24a458a375eef0c576d23a7bab9a9fb1", 9)
	ja3         = shared("ja3", "ja3", "e7d705a3286e19ea42f587b344ee6865", 5)
	ja3s        = shared("ja3s", "ja3s", "80b3a14bccc8598a1f3bbe83e71f735f", 7)
	ja4         = shared("ja4", "ja4", "t13d1516h2_8daaf6152771_b186095e22b6", 9)
	imphash     = shared("imphash", "imphash", "f34d5f2d4577ed6d9ceec516c1f5a745", 2)
	rich        = shared("rich", "richhash", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", 2)
	mutex       = shared("mutex", "mutex", `Global\{7A-update}`, 1)
	signer      = shared("signed-by", "signer", "CN=Update Services Ltd, O=Update Services Ltd, C=GB", 3)
	pdb         = shared("pdb", "pdb", `C:\build\loader\Release\loader.pdb`, 1)
	technique   = shared("technique", "technique", "T1566.002", 12)
	agent       = shared("user-agent", "useragent", "Mozilla/4.0 (compatible; Updater 1.0)", 2)
	filename    = shared("filename", "filename", "invoice_update.exe", 5)
)
