package whois

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	parser "github.com/likexian/whois-parser"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// fields calls yield with each "key: value" line, keys in lower case. Comments
// start with % or #.
func fields(reply string, yield func(key, value string)) {
	for l := range strings.Lines(reply) {
		l = strings.TrimSpace(l)
		key, value, ok := strings.Cut(l, ":")
		if !ok || strings.HasPrefix(l, "%") || strings.HasPrefix(l, "#") {
			continue
		}
		if value = strings.TrimSpace(value); value != "" {
			yield(strings.ToLower(strings.TrimSpace(key)), value)
		}
	}
}

// referredBy returns the server that IANA's or a registry's reply points to, "" for none.
func referredBy(reply string) (server string) {
	fields(reply, func(key, value string) {
		switch key {
		case "refer", "whois", "referralserver":
			if name := serverName(value); name != "" && server == "" {
				server = name
			}
		}
	})
	return server
}

// serverName reads "whois.nic.example", "whois://whois.nic.example:43"; other
// protocols and ports, and what is no name, are nothing we follow.
func serverName(value string) string {
	value = strings.TrimPrefix(value, "whois://")
	value = strings.TrimSuffix(strings.TrimSuffix(value, "/"), ":43")
	v, err := observable.New(observable.Domain, value)
	if err != nil {
		return ""
	}
	return v.Text()
}

// decode reads a server's reply about v, and where it refers to.
func decode(server string, v observable.Value, reply source.Reply) (page source.Page, referral string, err error) {
	body := text(server, reply.Body)
	if strings.TrimSpace(body) == "" {
		return page, "", fmt.Errorf("%w: empty reply", source.ErrBadReply)
	}
	if addr, ok := v.Addr(); ok {
		page, err := decodeNetwork(v, addr, body, reply)
		return page, referredBy(body), err
	}
	return decodeDomain(v, body, reply)
}

func decodeDomain(v observable.Value, body string, reply source.Reply) (page source.Page, referral string, err error) {
	info, err := parser.Parse(body)
	switch {
	case errors.Is(err, parser.ErrNotFoundDomain):
		return page, "", nil
	case errors.Is(err, parser.ErrDomainLimitExceed):
		return page, "", source.ErrQuota
	case err != nil:
		return page, "", fmt.Errorf("%w: %w", source.ErrBadReply, err)
	case info.Domain == nil:
		return page, "", fmt.Errorf("%w: no domain in it", source.ErrBadReply)
	}
	if about, err := observable.New(observable.Domain, info.Domain.Domain); err != nil || about != v {
		return page, "", fmt.Errorf("%w: it is about %.80q", source.ErrBadReply, info.Domain.Domain)
	}
	r := registration(info, reply.At)
	r.Domain = v.Text()
	return source.Page{Rows: 1, Observations: r.Observations()}, serverName(info.Domain.WhoisServer), nil
}

// registration is what a reply given at that time says; info has a domain.
func registration(info parser.WhoisInfo, at time.Time) record.Registration {
	r := record.Registration{
		Domain: info.Domain.Domain, Nameservers: info.Domain.NameServers,
		Window: observation.Window{First: record.Moment(info.Domain.UpdatedDate), Last: at},
	}
	if created, day, ok := record.ParseTime(info.Domain.CreatedDate); ok && !day {
		r.Created = created
	}
	if info.Registrar != nil {
		r.Registrar = info.Registrar.Name
	}
	if c := info.Registrant; c != nil {
		r.Names, r.Orgs = []string{c.Name}, []string{c.Organization}
		r.Emails, r.Phones = []string{c.Email}, []string{c.Phone}
	}
	return r
}

// decodeNetwork reads the smallest range around the address, and the autonomous
// systems that announce it. Replies hold the parents of a range too.
func decodeNetwork(v observable.Value, addr netip.Addr, body string, reply source.Reply) (source.Page, error) {
	var best netip.Prefix
	var origins []string
	announced := false // the route last read holds the address
	consider := func(p netip.Prefix, ok bool) {
		if ok && p.Contains(addr) && (!best.IsValid() || p.Bits() > best.Bits()) {
			best = p
		}
	}
	fields(body, func(key, value string) {
		switch key {
		case "inetnum", "inet6num", "netrange", "cidr":
			for part := range strings.SplitSeq(value, ",") {
				consider(rangeOf(part, addr))
			}
		case "route", "route6":
			p, err := netip.ParsePrefix(value)
			announced = err == nil && p.Contains(addr)
		case "origin":
			if announced {
				origins = append(origins, value)
			}
		case "originas": //nolint:misspell // ARIN's OriginAS
			for part := range strings.SplitSeq(value, ",") {
				origins = append(origins, strings.TrimSpace(part))
			}
		}
	})
	page := source.Page{Rows: 1}
	keep := func(relation observation.Relation, kind observable.Kind, text string) {
		object, err := observable.New(kind, text)
		o := observation.Observation{
			Subject: v, Relation: relation, Object: object, Window: observation.Window{Last: reply.At}, Count: 1,
		}
		if err != nil || o.Check() != nil {
			page.Dropped++
			return
		}
		page.Observations = append(page.Observations, o)
	}
	if best.IsValid() {
		keep(observation.InPrefix, observable.Prefix, best.Masked().String())
	}
	for _, origin := range origins {
		keep(observation.AnnouncedBy, observable.ASN, origin)
	}
	if len(page.Observations) == 0 && !strings.Contains(strings.ToLower(body), "no match") && !strings.Contains(body, "ERROR:101") {
		return page, fmt.Errorf("%w: no address range in it", source.ErrBadReply)
	}
	return page, nil
}

// rangeOf reads "192.0.2.0/24" and "192.0.2.0 - 192.0.2.191" as the prefix of addr.
func rangeOf(text string, addr netip.Addr) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
		return p, true
	}
	from, to, ok := strings.Cut(text, "-")
	start, errStart := netip.ParseAddr(strings.TrimSpace(from))
	end, errEnd := netip.ParseAddr(strings.TrimSpace(to))
	if !ok || errStart != nil || errEnd != nil || start.Compare(addr) > 0 || end.Compare(addr) < 0 {
		return netip.Prefix{}, false
	}
	return record.Covering(addr, start, end), true
}
