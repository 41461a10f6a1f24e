package world

import (
	"slices"
	"strconv"
)

// The cast: the providers every world has. Their names are invented and lie
// under reserved top-level domains; their order is their size, see dice.heavy.

// A privacy says what a registrar's WHOIS shows of most registrants.
type privacy uint8

const (
	redacted privacy = iota // a phrase and no mailbox: what most registries show since 2018
	shared                  // a proxy service with one mailbox for everybody
	aliased                 // a proxy service with one mailbox for each domain
)

type registrar struct {
	name    string
	domain  string
	privacy privacy
}

var registrars = [24]registrar{
	{"Alder Names Inc.", "aldernames.example", redacted},
	{"Birchgate Domains Ltd", "birchgate.example", shared},
	{"Cobblestone Registry Services", "cobblestone-names.test", aliased},
	{"Dovetail Domains GmbH", "dovetail-domains.example", redacted},
	{"Eastquay Internet", "eastquay.test", shared},
	{"Fairmont Names LLC", "fairmont-names.example", redacted},
	{"Glasswing Domains", "glasswing-domains.test", aliased},
	{"Hollowell Names BV", "hollowell.example", redacted},
	{"Inkwell Registrar", "inkwell-registrar.test", shared},
	{"Juniper Hill Domains", "juniperhill.example", redacted},
	{"Kestrel Names SAS", "kestrelnames.test", redacted},
	{"Lowtide Domains", "lowtide.example", shared},
	{"Millrace Internet AB", "millrace.test", redacted},
	{"Northfold Names", "northfold.example", aliased},
	{"Overpass Domains", "overpass-domains.test", redacted},
	{"Pinstripe Names Ltd", "pinstripe.example", redacted},
	{"Quarry Lane Registrar", "quarrylane.test", shared},
	{"Rookery Domains", "rookery.example", redacted},
	{"Saltmarsh Names", "saltmarsh.test", redacted},
	{"Tinderbox Domains", "tinderbox-domains.example", shared},
	{"Underhill Names", "underhill-names.test", redacted},
	{"Viaduct Registrar SpA", "viaduct.example", redacted},
	{"Wickerwork Domains", "wickerwork.test", redacted},
	{"Yardarm Names", "yardarm.example", aliased},
}

// phone returns the telephone of the registrar's privacy service.
func (r *registrar) phone() string {
	return "+99900000" + decimal(uint64(1000+slices.IndexFunc(registrars[:], func(o registrar) bool { return o.name == r.name })))
}

// nameservers returns the registrar's default name servers.
func (r *registrar) nameservers() []string {
	return []string{"dns1." + r.domain, "dns2." + r.domain}
}

// A cdn answers for its customers from few addresses. Customers of one that
// delegates get a pair of its named servers; the others keep their own and
// point www at the CDN.
type cdn struct {
	domain    string
	delegates bool
}

var cdns = [3]cdn{{"skyedge.example", true}, {"quickcache.test", false}, {"meshfront.example", false}}

// cdnHosts name the first CDN's servers: a pair for each account, as the
// largest CDN really does it.
var cdnHosts = [16]string{
	"alan", "bree", "cora", "dean", "elsa", "finn", "gwen", "hugo", "iris", "jude", "kira", "liam", "maya", "noel", "opal", "rhys",
}

// pair returns the two servers the CDN gives to one account.
func (c *cdn) pair(account uint64) []string {
	half := uint64(len(cdnHosts) / 2)
	a, b := cdnHosts[account%half], cdnHosts[half+account/half%half]
	return []string{a + ".ns." + c.domain, b + ".ns." + c.domain}
}

var (
	parkers   = [3]string{"parkwell.example", "idlelot.test", "namepasture.example"}
	sinkholes = [2]string{"takedown-trust.example", "sinkpoint.test"}
	clouds    = [3]string{"cumulo.example", "stratohost.test", "nimbusgrid.example"}
	mailboxes = [6]string{"mailwell.example", "postnook.test", "letterbird.example", "inkpost.test", "quietmail.example", "sendlark.test"}
	mailHosts = [5]string{"bigmail.example", "deskmail.test", "mxharbor.example", "postrelay.test", "mailroom.example"}
	issuers   = [4]string{
		"C=XX, O=Oak Trust, CN=Oak Trust DV CA 3", "C=XX, O=Freecert, CN=Freecert R7",
		"C=XX, O=Sealworks, CN=Sealworks TLS CA 1", "C=XX, O=Marble PKI, CN=Marble Server CA",
	}
)

// A freeHost hands out names below its own: dynamic DNS to whoever has an
// address, free web space on its own two.
type freeHost struct {
	domain string
	dyn    bool
}

var freeHosts = [4]freeHost{{"duskdns.example", true}, {"sitewing.example", false}, {"homebeacon.test", true}, {"pagepeg.test", false}}

// brands are what phishing pretends to be. Their owners are real companies of
// this world, with the pages and trackers that clones copy.
var brands = [16]string{
	"lumapost", "quillbank", "ferrocard", "zephyrpay", "tallowair", "brightparcel", "cobaltdesk", "meridiofund",
	"harborsign", "pixelvault", "greywire", "castlepass", "oakmutual", "swiftcrate", "novaledger", "stonetax",
}

// stolenSigners are companies whose code-signing certificates were stolen and sold.
var stolenSigners = [3]string{"CN=Brookline Tools Ltd", "CN=Mastwood Systems", "CN=Perigee Audio GmbH"}

// packers is how many import hashes belong to packers and runtimes that
// everybody uses, malware or not.
const packers = 12

func packerImphash(k int) string {
	d := roll(0, ofCast, uint64(k)) // the same in every world: so are real packers
	return d.hex(32)
}

// A hoster sells shared hosting: name servers, mail and web servers of its own.
type hoster struct {
	number int
	domain string
}

// hosterNumber returns the n-th hoster.
func hosterNumber(n int) hoster {
	kind := [4]string{"hosting", "servers", "webspace", "internet"}[n>>8&3]
	domain := words[(n*0x2f+7)&255] + "-" + kind
	if n >= 1024 { // the words are used up
		domain += strconv.Itoa(n >> 10)
	}
	return hoster{n, domain + ".example"}
}

func (h hoster) nameservers() []string { return []string{"ns1." + h.domain, "ns2." + h.domain} }
