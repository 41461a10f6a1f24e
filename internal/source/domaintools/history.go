package domaintools

import (
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// hosting is the history of a domain's addresses, of the companies of its name
// servers, and of its registrars; changes are by day, oldest first.
type hosting struct {
	Addresses source.Rows[struct {
		Old source.Text `json:"pre_ip"`
		New source.Text `json:"post_ip"`
		Day string      `json:"actiondate"`
	}] `json:"ip_history"`
	NameServers source.Rows[struct {
		Old source.Text `json:"pre_mns"` // a registered domain
		New source.Text `json:"post_mns"`
		Day string      `json:"actiondate"`
	}] `json:"nameserver_history"`
	Registrars source.Rows[struct {
		Registrar string `json:"registrar"`
		From      string `json:"date_created"`
		To        string `json:"date_lastchecked"`
	}] `json:"registrar_history"`
}

func decodeHosting(domain observable.Value, reply source.Reply) (page source.Page, err error) {
	h, err := decodeResponse[hosting](reply, "ip_history")
	if err != nil {
		return page, err
	}
	page.Rows = len(h.Addresses.Items) + len(h.NameServers.Items) + len(h.Registrars.Items)
	page.Dropped = h.Addresses.Odd + h.NameServers.Odd + h.Registrars.Odd
	addresses := span{page: &page, domain: domain, relation: observation.ResolvesTo, kind: observable.IP}
	for _, c := range h.Addresses.Items {
		addresses.change(string(c.Old), string(c.New), c.Day)
	}
	addresses.close()
	servers := span{page: &page, domain: domain, relation: observation.NSDomain, kind: observable.Domain}
	for _, c := range h.NameServers.Items {
		servers.change(string(c.Old), string(c.New), c.Day)
	}
	servers.close()
	for _, r := range h.Registrars.Items {
		page.Add(domain, observation.RegistrarOf, observable.Registrar, r.Registrar, record.Between(r.From, r.To, reply.At))
	}
	return page, nil
}

// span is a value that holds from one change of a history to the next.
type span struct {
	page     *source.Page
	domain   observable.Value
	relation observation.Relation
	kind     observable.Kind
	value    string // held at present, "" for none
	since    string
}

// change ends what was held on a day, and begins with what took its place.
func (s *span) change(before, after, day string) {
	if s.value != before { // the list has a gap
		s.close()
		s.value, s.since = before, ""
	}
	if s.value != "" && !s.page.Add(s.domain, s.relation, s.kind, s.value, record.Between(s.since, day, time.Time{})) {
		s.page.Dropped++
	}
	s.value, s.since = after, day
}

// close ends a span of which nobody says how long it lasted.
func (s *span) close() {
	if s.value != "" && !s.page.Add(s.domain, s.relation, s.kind, s.value, record.Between(s.since, "", time.Time{})) {
		s.page.Dropped++
	}
	s.value = ""
}

// registration is what a WHOIS record says before it is parsed: days, not moments.
type registration struct {
	Registrar string `json:"registrar"`
	Updated   string `json:"updated"`
}

type whoisHistory struct {
	Count   source.Number `json:"record_count"`
	Records source.Rows[struct {
		Date  string `json:"date"` // when the record was read
		Whois struct {
			Registration registration        `json:"registration"`
			Nameservers  source.Rows[string] `json:"name_servers"`
			Text         string              `json:"record"`
		} `json:"whois"`
	}] `json:"history"`
}

func decodeWhoisHistory(domain observable.Value, reply source.Reply) (page source.Page, err error) {
	h, err := decodeResponse[whoisHistory](reply, "history")
	if err != nil {
		return page, err
	}
	h.Records.Count(&page)
	page.Held = h.Count
	for _, old := range h.Records.Items {
		r := record.Registration{
			Domain: domain.Text(), Registrar: old.Whois.Registration.Registrar, Nameservers: old.Whois.Nameservers.Items,
			Window: record.Between(old.Whois.Registration.Updated, old.Date, reply.At),
		}
		if !r.Known() {
			r.Window = record.Between("", old.Date, reply.At)
		}
		addText(&r, old.Whois.Text)
		page.KeepAll(r.Observations())
	}
	return page, nil
}

// addText takes the registrant out of the text of a record, as far as it has
// the form that ICANN prescribes; in other forms the registrant stays unread.
func addText(r *record.Registration, text string) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		switch key {
		case "Registrant Name":
			r.Names = append(r.Names, value)
		case "Registrant Organization":
			r.Orgs = append(r.Orgs, value)
		case "Registrant Email":
			r.Emails = append(r.Emails, value)
		case "Registrant Phone":
			r.Phones = append(r.Phones, value)
		case "Creation Date":
			if created, day, ok := record.ParseTime(value); ok && !day {
				r.Created = created
			}
		}
	}
}

// parsedWhois is the WHOIS record of now, as DomainTools reads it.
type parsedWhois struct {
	Registration registration `json:"registration"`
	Whois        struct {
		Date string `json:"date"`
	} `json:"whois"`
	Parsed struct {
		Created     string              `json:"created_date"`
		Updated     string              `json:"updated_date"`
		Nameservers source.Rows[string] `json:"name_servers"`
		Contacts    struct {
			Registrant struct {
				Name  string `json:"name"`
				Org   string `json:"org"`
				Email string `json:"email"`
				Phone string `json:"phone"`
			} `json:"registrant"`
		} `json:"contacts"`
	} `json:"parsed_whois"`
}

func decodeParsed(domain observable.Value, reply source.Reply) (page source.Page, err error) {
	w, err := decodeResponse[parsedWhois](reply, "parsed_whois")
	if err != nil {
		return page, err
	}
	registrant := w.Parsed.Contacts.Registrant
	r := record.Registration{
		Domain: domain.Text(), Registrar: w.Registration.Registrar, Nameservers: w.Parsed.Nameservers.Items,
		Names: []string{registrant.Name}, Orgs: []string{registrant.Org},
		Emails: []string{registrant.Email}, Phones: []string{registrant.Phone},
		Window: record.Between(w.Parsed.Updated, w.Whois.Date, reply.At),
	}
	if created, day, ok := record.ParseTime(w.Parsed.Created); ok && !day {
		r.Created = created
	}
	page.Rows, page.Observations = 1, r.Observations()
	return page, nil
}
