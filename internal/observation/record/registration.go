package record

import (
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Registration is what a registry or registrar says of one domain at one time.
// Every text is as the provider spells it: whether a registrant is a privacy
// service is for the suppression lists to say, not for the reader of a record.
type Registration struct {
	Domain      string
	Registrar   string
	Created     time.Time // to the minute at least; midnight is how registries write a day
	Names       []string  // of the registrant; people and roles
	Orgs        []string
	Emails      []string
	Phones      []string
	Nameservers []string
	observation.Window
}

// noValue are texts that stand for an empty field.
var noValue = []string{"", "-", "n/a", "na", "none", "null", "not available", "not applicable"}

// Observations returns the facts of the record. Fields that are no value of
// their kind are left out.
func (r Registration) Observations() []observation.Observation {
	domain, err := observable.New(observable.Domain, r.Domain)
	if err != nil {
		return nil
	}
	f := Facts{Window: ordered(r.Window)}
	f.Add(domain, observation.RegistrantName, observable.Person, r.Names...)
	f.Add(domain, observation.RegistrantOrg, observable.Org, r.Orgs...)
	f.Add(domain, observation.RegistrantEmail, observable.Email, r.Emails...)
	f.Add(domain, observation.RegistrantPhone, observable.Phone, r.Phones...)
	f.Add(domain, observation.RegistrarOf, observable.Registrar, r.Registrar)
	if registrar, err := observable.New(observable.Registrar, r.Registrar); err == nil && hasMinute(r.Created) {
		minute := r.Created.UTC().Format("2006-01-02T15:04Z")
		f.Add(domain, observation.Created, observable.Text, registrar.Text()+"|"+minute)
	}
	f.Add(domain, observation.Nameserver, observable.Domain, r.Nameservers...)
	f.Add(domain, observation.NSSet, observable.Text, nsSet(r.Nameservers))
	return f.All
}

// International puts the plus sign back that some providers take off a
// telephone number with its country code.
func International(phone string) string {
	if phone == "" || strings.HasPrefix(phone, "+") {
		return phone
	}
	return "+" + phone
}

// hasMinute reports whether t says more than a day: "registered in the same
// minute" must not hold for all of one day's domains.
func hasMinute(t time.Time) bool {
	return !t.IsZero() && !t.Equal(t.UTC().Truncate(24*time.Hour))
}

// nsSet returns the whole set of name servers in its canonical form, "" for
// fewer than two: one server is no set, and says no more than itself.
func nsSet(names []string) string {
	var set []string
	for _, name := range names {
		if v, err := observable.New(observable.Domain, name); err == nil {
			set = append(set, v.Text())
		}
	}
	slices.Sort(set)
	set = slices.Compact(set)
	if len(set) < 2 {
		return ""
	}
	return strings.Join(set, "|")
}

// NameserverSet returns the observation of a domain's whole name-server set; ok
// is false for fewer than two servers.
func NameserverSet(domain string, names []string, w observation.Window) (o observation.Observation, ok bool) {
	f := Facts{Window: ordered(w)}
	if subject, err := observable.New(observable.Domain, domain); err == nil {
		f.Add(subject, observation.NSSet, observable.Text, nsSet(names))
	}
	if len(f.All) == 0 {
		return o, false
	}
	return f.All[0], true
}
