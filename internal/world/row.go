package world

import "time"

// Rows are what the files of a world hold: one type for each file. Times are
// seconds since 1970, UTC.

// A span is a time with both ends included.
type span struct{ first, last int64 }

func (s span) empty() bool { return s.last < s.first }

// within returns the part of s inside t.
func (s span) within(t span) span { return span{max(s.first, t.first), min(s.last, t.last)} }

// days returns a number of days in seconds.
func days(n int) int64 { return int64(n) * 86400 }

// A dnsRow is one line of passive DNS. The name of a PTR record is the address.
type dnsRow struct {
	name, rtype, data string
	span
	count uint64
}

// A whoisRow is one registration, as WHOIS showed it between first and last.
type whoisRow struct {
	domain    string
	registrar string
	created   int64
	owner     registrant
	servers   []string
	span
}

// A registrant is what WHOIS shows of an owner; empty texts are not shown.
type registrant struct{ name, org, email, phone string }

// A certRow is one certificate, who it names and where scans met it.
type certRow struct {
	sha256, subject, issuer, serial, key string
	names, hosts                         []string
	valid                                span
	span                                 // from the first scan that met it to the last
}

// A webRow is one page as crawlers saw it.
type webRow struct {
	domain, title, favicon, body string
	trackers                     []string
	span
}

// A fileRow is one analysed file.
type fileRow struct {
	sha256, name, imphash, ssdeep, signer string
	contacts                              []string
	span
}

// A routeRow says which autonomous system announces a prefix.
type routeRow struct {
	prefix, asn string
	span
}

// A Truth is one planted indicator: a value that an operator runs or carries.
type Truth struct {
	Operator string    `json:"operator"`
	Kind     string    `json:"kind"` // observable kind
	Value    string    `json:"value"`
	Role     string    `json:"role"`
	First    time.Time `json:"first"` // UTC, to the second
	Last     time.Time `json:"last"`
}

// A Trap is a value that looks like a link and is none: no two of the indicators
// in Apart have one owner.
type Trap struct {
	Trap   string   `json:"trap"`
	Kind   string   `json:"kind"` // observable kind of Value
	Value  string   `json:"value"`
	Apart  []string `json:"apart"`
	Reason string   `json:"reason"`
}

// rows takes what the generator makes, in its order. Implementations keep no
// row and none of its slices.
type rows interface {
	dns(*dnsRow) error
	whois(*whoisRow) error
	cert(*certRow) error
	web(*webRow) error
	file(*fileRow) error
	route(*routeRow) error
	truth(*Truth) error
	trap(*Trap) error
}

// The facts methods count the observations that importing a row gives.

func (r *whoisRow) facts() int {
	n := 2 + len(r.servers) // registrar, created
	if len(r.servers) > 1 {
		n++ // the set
	}
	for _, text := range []string{r.owner.name, r.owner.org, r.owner.email, r.owner.phone} {
		if text != "" {
			n++
		}
	}
	return n
}

func (r *certRow) facts() int { return 4 + len(r.names) + len(r.hosts) }

func (r *webRow) facts() int {
	n := len(r.trackers)
	for _, text := range []string{r.title, r.favicon, r.body} {
		if text != "" {
			n++
		}
	}
	return n
}

func (r *fileRow) facts() int {
	n := len(r.contacts)
	for _, text := range []string{r.name, r.imphash, r.ssdeep, r.signer} {
		if text != "" {
			n++
		}
	}
	return n
}
