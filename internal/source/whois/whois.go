// Package whois asks registries and registrars on port 43: who registered a
// domain, which range holds an address.
//
// Service: RFC 3912, from whois.iana.org down by referral, no key.
// Limits: docs/sources/whois.md.
// Visibility: registry and registrar see the query; the registrant does not.
// Gaps: registrants are mostly redacted; there is no reverse lookup.
package whois

import (
	"context"
	"net/url"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "whois",
		Title:   "WHOIS",
		Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{
			observation.RegistrantName, observation.RegistrantOrg, observation.RegistrantEmail, observation.RegistrantPhone,
			observation.RegistrarOf, observation.Created, observation.Nameserver, observation.NSSet,
			observation.InPrefix, observation.AnnouncedBy,
		},
		PAP:     marking.Amber,
		Every:   time.Second, // limits are unpublished and tight, and a ban lasts a day
		Quotas:  []source.Quota{{Requests: 1, Per: source.Second}},
		Cost:    2,
		PerHost: true,
	}
}

const iana = "whois.iana.org"

// Observe implements [source.Source]: IANA says which registry to ask, the
// registry may know a server that knows more. That one is asked too, and no other.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	subject := q.Value
	if domain, ok := observable.RegistrableDomain(subject); ok {
		subject = domain
	}
	w := walk{ask: ask, question: q, subject: subject}
	var answer source.Answer
	for _, server := range w.registries(ctx) {
		if answer = w.at(ctx, server); !unrecorded(answer) {
			break
		}
	}
	if server := w.referral; server != "" {
		first := w.evidence
		if more := w.at(ctx, server); w.evidence != first {
			answer = answer.With(more)
		} // else a recording that does not say at which server it was made
	}
	return answer, nil
}

// unrecorded reports whether nobody was asked: a replay may hold the answer of
// another server.
func unrecorded(a source.Answer) bool {
	for _, p := range a.Parts {
		if p.State != source.NotRecorded {
			return false
		}
	}
	return true
}

// walk is one descent from IANA to the server that knows.
type walk struct {
	ask      source.Asker
	question source.Question
	subject  observable.Value
	referral string // server that the last reply points to
	evidence string // digest of the last reply
}

// registries returns the servers to try: the one IANA refers to, or, where IANA
// does not answer, those that most likely know.
func (w *walk) registries(ctx context.Context) []string {
	topic := w.subject.Text()
	if w.subject.Kind() == observable.Domain { // IANA need not learn more than the top-level domain
		topic = topic[strings.LastIndexByte(topic, '.')+1:]
	}
	reply, err := w.ask.Ask(ctx, request(iana, topic))
	if err == nil {
		if server := referredBy(text(iana, reply.Body)); server != "" {
			return []string{server}
		}
	}
	return likely(w.subject)
}

// at asks one server.
func (w *walk) at(ctx context.Context, server string) source.Answer {
	w.referral, w.evidence = "", ""
	answer, _ := source.Follow(ctx, w.ask, w.question, source.Endpoint{
		Name:    server,
		Request: request(server, line(server, w.subject)),
		Decode: func(r source.Reply) (source.Page, error) {
			w.evidence = r.Evidence()
			page, referral, err := decode(server, w.subject, r)
			if referral != server {
				w.referral = referral
			}
			return page, err
		},
	})
	return answer
}

func request(server, line string) source.Request {
	return source.Request{Method: "WHOIS", URL: "whois://" + server + "/" + url.PathEscape(line)}
}

// line is what is sent to a server, with the flags that its manual asks for.
func line(server string, v observable.Value) string {
	text := v.Text()
	switch server {
	case "whois.verisign-grs.com":
		return "domain " + text // else name servers match too
	case "whois.denic.de":
		return "-T dn,ace " + text
	case "whois.jprs.jp":
		return text + "/e" // in English
	case "whois.arin.net":
		return "n + " + text // networks only, in full
	case "whois.ripe.net":
		return "-r -B " + text // no personal objects, which are rationed
	}
	return text
}

// likely lists the servers to try for v when IANA is silent. Registries name
// their server whois.nic.tld, as ICANN's agreements ask, but for older ones;
// ARIN refers to the other four when an address is theirs.
func likely(v observable.Value) []string {
	if v.Kind() == observable.IP {
		return []string{"whois.arin.net", "whois.ripe.net", "whois.apnic.net", "whois.lacnic.net", "whois.afrinic.net"}
	}
	tld := v.Text()[strings.LastIndexByte(v.Text(), '.')+1:]
	switch tld {
	case "com", "net":
		return []string{"whois.verisign-grs.com"}
	case "org":
		return []string{"whois.publicinterestregistry.org"}
	case "de":
		return []string{"whois.denic.de"}
	case "jp":
		return []string{"whois.jprs.jp"}
	case "eu":
		return []string{"whois.eu"}
	case "nl":
		return []string{"whois.domain-registry.nl"}
	case "pl":
		return []string{"whois.dns.pl"}
	case "ru":
		return []string{"whois.tcinet.ru"}
	case "cn":
		return []string{"whois.cnnic.cn"}
	case "br":
		return []string{"whois.registro.br"}
	case "kr":
		return []string{"whois.kr"}
	}
	return []string{"whois.nic." + tld}
}
