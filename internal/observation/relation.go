package observation

import (
	"fmt"

	"clew/internal/observable"
)

// A Relation says how the subject of an [Observation] relates to its object.
//
// The numbers are stored in corpora: never renumber, only append.
type Relation uint8

// The relation vocabulary, design section 3, grouped by evidence family.
const (
	_ Relation = iota
	RegistrantEmail
	RegistrantName
	RegistrantOrg
	RegistrantPhone
	RegistrarOf
	Created
	Nameserver
	NSSet
	MX
	SOAContact
	TXT
	ResolvesTo
	PTR
	InPrefix
	AnnouncedBy
	Serves
	CNAME
	RedirectsTo
	Names
	SubjectDN
	IssuedBy
	Serial
	Key
	JARM
	SSHKey
	Banner
	BodyHash
	Favicon
	Title
	Resource
	Tracker
	Label
	Token
	Shape
	SubdomainOf
	DGAFamily
	Imphash
	Rich
	Ssdeep
	TLSH
	PDB
	Filename
	SignedBy
	Contacts
	Embeds
	DownloadedFrom
	Drops
	Mutex
	Technique
	ConfigC2
	CampaignKey
	Registry
	UserAgent
	NSDomain   // registrable domain of a name server; derived
	NamePrefix // first letters of a name; derived
	Cookie     // name of a cookie the site sets
	Digest     // another digest of the same file
	Contains   // a file inside the file
	BuildID    // what the linker or the toolchain called this build
	Symbols    // digest of the names a program imports, ELF and Mach-O
	Authentihash
	Property      // what a file says of itself
	Writes        // path it writes when run
	Runs          // command line it starts when run
	Behaves       // behaves alike when run; derived
	MalwareFamily // what a provider calls the malware; context
	Reputation    // what a provider thinks of it; context
	ReportedIn    // a report, event or campaign that names it; context
	JA3
	JA3S
	JA4
)

// A Family groups relations that have one cause: facts of one family are
// counted once. Source: confidence.md section 3.
type Family string

const (
	Registration Family = "registration"
	DNS          Family = "dns"
	Host         Family = "host"
	Alias        Family = "alias"
	Certificate  Family = "certificate"
	Service      Family = "service"
	Content      Family = "content"
	Tracking     Family = "tracking"
	Name         Family = "name"
	Binary       Family = "binary"
	SignerFamily Family = "signer"
	Artifact     Family = "artifact"
	Behaviour    Family = "behaviour"
	Context      Family = "context" // what providers think: shown, never evidence
)

// relationInfo is one row of the table. docs/reference/vocabulary.md is generated from it.
type relationInfo struct {
	name     string
	family   Family
	subjects []observable.Kind
	objects  []observable.Kind
	doc      string
}

var (
	domainOnly = []observable.Kind{observable.Domain}
	ipOnly     = []observable.Kind{observable.IP}
	certOnly   = []observable.Kind{observable.Cert}
	fileOnly   = []observable.Kind{observable.File}
	textOnly   = []observable.Kind{observable.Text}
	sites      = []observable.Kind{observable.Domain, observable.URL, observable.IP}
	network    = []observable.Kind{observable.Domain, observable.IP, observable.URL}
	speakers   = []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.File}
	judged     = []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.Email, observable.Cert, observable.File}
)

func of(k ...observable.Kind) []observable.Kind { return k }

var relations = [...]relationInfo{
	RegistrantEmail: {"registrant-email", Registration, domainOnly, of(observable.Email), "e-mail address of the registrant"},
	RegistrantName:  {"registrant-name", Registration, domainOnly, of(observable.Person), "name of the registrant"},
	RegistrantOrg:   {"registrant-org", Registration, domainOnly, of(observable.Org), "organisation of the registrant"},
	RegistrantPhone: {"registrant-phone", Registration, domainOnly, of(observable.Phone), "telephone of the registrant"},
	RegistrarOf:     {"registrar", Registration, domainOnly, of(observable.Registrar), "registrar of the domain; alone it says nothing"},
	Created:         {"created", Registration, domainOnly, textOnly, "registrar and minute of registration, as registrar|2006-01-02T15:04Z"},
	Nameserver:      {"nameserver", DNS, domainOnly, domainOnly, "one authoritative name server"},
	NSSet:           {"ns-set", DNS, domainOnly, textOnly, "the whole set of name servers, sorted, joined by |"},
	MX:              {"mx", DNS, domainOnly, domainOnly, "mail exchanger"},
	SOAContact:      {"soa-contact", DNS, domainOnly, of(observable.Email), "responsible mailbox of the zone (SOA RNAME)"},
	TXT:             {"txt", DNS, domainOnly, textOnly, "TXT record: SPF includes, site-verification tokens"},
	ResolvesTo:      {"resolves-to", Host, domainOnly, ipOnly, "A or AAAA record"},
	PTR:             {"ptr", Host, ipOnly, domainOnly, "reverse DNS name"},
	InPrefix:        {"in-prefix", Host, ipOnly, of(observable.Prefix), "address range that holds the address"},
	AnnouncedBy:     {"announced-by", Host, of(observable.Prefix, observable.IP), of(observable.ASN), "autonomous system that announces it; alone it never scores"},
	Serves:          {"serves", Host, of(observable.IP, observable.Domain), certOnly, "certificate shown by a server"},
	CNAME:           {"cname", Alias, domainOnly, domainOnly, "canonical name record"},
	RedirectsTo:     {"redirects-to", Alias, network, network, "HTTP redirect"},
	Names:           {"names", Certificate, certOnly, of(observable.Domain, observable.IP), "name in a certificate (SAN or CN)"},
	SubjectDN:       {"subject-dn", Certificate, certOnly, of(observable.DN), "subject of a certificate"},
	IssuedBy:        {"issued-by", Certificate, certOnly, of(observable.DN), "issuer of a certificate; alone it says nothing"},
	Serial:          {"serial", Certificate, certOnly, of(observable.Serial), "serial number of a certificate"},
	Key:             {"key", Certificate, certOnly, of(observable.CertKey), "public key of a certificate"},
	JARM:            {"jarm", Service, network, of(observable.JARM), "TLS server fingerprint"},
	SSHKey:          {"ssh-key", Service, network, of(observable.SSHKey), "SSH host key"},
	Banner:          {"banner", Service, network, textOnly, "service banner or header set"},
	BodyHash:        {"body-hash", Content, sites, of(observable.BodyHash), "digest of the page's body"},
	Favicon:         {"favicon", Content, sites, of(observable.Favicon), "favicon hash"},
	Title:           {"title", Content, sites, of(observable.Title), "title of the page"},
	Resource:        {"resource", Content, sites, of(observable.URL, observable.Text), "resource the page loads, or its path"},
	Tracker:         {"tracker", Tracking, sites, of(observable.Tracker, observable.Wallet), "analytics, tag, advertiser ID or wallet on the page"},
	Label:           {"label", Name, domainOnly, textOnly, "registrable label without its public suffix"},
	Token:           {"token", Name, domainOnly, textOnly, "token of four or more letters in the name"},
	Shape:           {"shape", Name, domainOnly, textOnly, "name with its digits blanked"},
	SubdomainOf:     {"subdomain-of", Name, domainOnly, domainOnly, "host name under a registrable domain"},
	DGAFamily:       {"dga-family", Name, domainOnly, of(observable.Malware), "algorithm that generates the name"},
	Imphash:         {"imphash", Binary, fileOnly, of(observable.Imphash), "import hash of a PE file"},
	Rich:            {"rich", Binary, fileOnly, of(observable.RichHash), "Rich header hash of a PE file"},
	Ssdeep:          {"ssdeep", Binary, fileOnly, of(observable.Ssdeep), "ssdeep hash"},
	TLSH:            {"tlsh", Binary, fileOnly, of(observable.TLSH), "TLSH hash"},
	PDB:             {"pdb", Binary, fileOnly, of(observable.PDB), "debug database path"},
	Filename:        {"filename", Binary, fileOnly, of(observable.Filename), "name the file was seen under"},
	SignedBy:        {"signed-by", SignerFamily, fileOnly, of(observable.Signer), "code-signing certificate"},
	Contacts:        {"contacts", Artifact, fileOnly, network, "host or URL the file contacts when run"},
	Embeds:          {"embeds", Artifact, fileOnly, of(observable.Domain, observable.IP, observable.URL, observable.Email, observable.Wallet), "indicator found inside the file"},
	DownloadedFrom:  {"downloaded-from", Artifact, fileOnly, network, "where the file was fetched from"},
	Drops:           {"drops", Artifact, fileOnly, fileOnly, "file that it writes"},
	Mutex:           {"mutex", Behaviour, fileOnly, of(observable.Mutex), "mutex or pipe it creates"},
	Technique:       {"technique", Behaviour, of(observable.File, observable.Malware), of(observable.Technique), "ATT&CK technique seen, or known of a family"},
	ConfigC2:        {"config-c2", Behaviour, fileOnly, network, "command server in its configuration"},
	CampaignKey:     {"campaign-key", Behaviour, of(observable.File, observable.IP, observable.Domain), textOnly, "campaign or build identifier, team-server key"},
	Registry:        {"registry", Behaviour, fileOnly, textOnly, "registry key it writes"},
	Writes:          {"writes", Behaviour, fileOnly, of(observable.Filename), "path it writes, what differs from run to run blanked"},
	Runs:            {"runs", Behaviour, fileOnly, textOnly, "command line it starts, what differs from run to run blanked"},
	Behaves:         {"behaves-like", Behaviour, fileOnly, fileOnly, "file that behaves alike when run; derived, never stored"},
	UserAgent:       {"user-agent", Behaviour, fileOnly, of(observable.UserAgent), "user agent it sends"},
	NSDomain:        {"ns-domain", DNS, domainOnly, domainOnly, "registrable domain of a name server; derived from nameserver"},
	Cookie:          {"cookie", Content, sites, textOnly, "name of a cookie the site sets"},
	Digest:          {"digest", Binary, fileOnly, fileOnly, "another digest of the same file, from the strongest to the others; identity, never evidence"},
	Contains:        {"contains", Artifact, fileOnly, fileOnly, "file inside it: member of an archive, embedded object, resource"},
	BuildID:         {"build-id", Binary, fileOnly, textOnly, "build identifier of the toolchain, as elf:…, go:… or macho:…"},
	Symbols:         {"import-symbols", Binary, fileOnly, textOnly, "MD5 of the sorted names an ELF or Mach-O file imports, as elf:… or macho:…"},
	Authentihash:    {"authentihash", Binary, fileOnly, textOnly, "digest of a PE file without its signature, as sha256:…"},
	Property:        {"property", Binary, fileOnly, textOnly, "what the file says of itself, as name=value: version, author, package, exported name; alone it says nothing"},
	MalwareFamily:   {"malware-family", Context, judged, of(observable.Malware), "malware family a provider puts it down to; shown, never evidence"},
	Reputation:      {"reputation", Context, judged, textOnly, "what a provider thinks of it, in its words; shown, never evidence"},
	ReportedIn:      {"reported-in", Context, judged, textOnly, "report, event or campaign that names it, as title | identifier; shown, never evidence"},
	JA3:             {"ja3", Service, speakers, of(observable.JA3), "TLS fingerprint of the client: what a file sends, or what a server was spoken to with"},
	JA3S:            {"ja3s", Service, network, of(observable.JA3S), "TLS fingerprint of a server's answer; it depends on the client's as well"},
	JA4:             {"ja4", Service, speakers, of(observable.JA4), "as ja3, the same whatever the order in which a client names its extensions"},
	NamePrefix:      {"name-prefix", Name, domainOnly, textOnly, "first six letters of the label; derived"},
}

// String returns the relation's name in JSON and on the command line.
func (r Relation) String() string {
	if r.Valid() {
		return relations[r].name
	}
	return fmt.Sprintf("relation(%d)", uint8(r))
}

// Valid reports whether r is one of the relations above.
func (r Relation) Valid() bool { return r > 0 && int(r) < len(relations) }

// Family returns the evidence family, "" for an invalid relation.
func (r Relation) Family() Family {
	if r.Valid() {
		return relations[r].family
	}
	return ""
}

// Doc returns one line on what the relation says.
func (r Relation) Doc() string {
	if r.Valid() {
		return relations[r].doc
	}
	return ""
}

// Subjects returns the kinds r may start from. The slice is shared: do not write to it.
func (r Relation) Subjects() []observable.Kind {
	if r.Valid() {
		return relations[r].subjects
	}
	return nil
}

// Objects returns the kinds r may lead to. The slice is shared: do not write to it.
func (r Relation) Objects() []observable.Kind {
	if r.Valid() {
		return relations[r].objects
	}
	return nil
}

// Relations lists the whole vocabulary in the order of its numbers.
func Relations() []Relation {
	all := make([]Relation, 0, len(relations)-1)
	for r := Relation(1); int(r) < len(relations); r++ {
		all = append(all, r)
	}
	return all
}

// RelationNamed returns the relation with that name, or false.
func RelationNamed(name string) (Relation, bool) {
	for r := Relation(1); int(r) < len(relations); r++ {
		if relations[r].name == name {
			return r, true
		}
	}
	return 0, false
}
