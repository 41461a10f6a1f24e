package pivot

import (
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A Method is one row of the catalogue: value, attribute, others that share it.
// docs/reference/vocabulary.md is generated from the catalogue.
type Method struct {
	Name string
	// Relation leads to the attribute and back. Zero for a method in code, see [Search].
	Relation observation.Relation
	// Back follows the relation from its object first: from a domain to the
	// certificates that name it, and on to the other names in them.
	Back bool
	// From lists the kinds it starts at.
	From []observable.Kind
	// Overlap asks that both held the attribute at the same time.
	Overlap bool
	// OnRequest is true where an investigation does not run the method by
	// itself, only who asks for it by name.
	OnRequest bool
	// Needs lists, for a method in code, the relations of which a file must have
	// a fact to start there. Empty asks for nothing.
	Needs []observation.Relation
	Doc   string
}

var (
	fromDomain  = []observable.Kind{observable.Domain}
	fromIP      = []observable.Kind{observable.IP}
	fromFile    = []observable.Kind{observable.File}
	fromHost    = []observable.Kind{observable.Domain, observable.IP}
	fromSite    = []observable.Kind{observable.Domain, observable.IP, observable.URL}
	fromTLS     = []observable.Kind{observable.Domain, observable.IP, observable.Cert}
	fromNetwork = []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.File}
)

// fromSample starts at a file or at its digest.
func fromSample(digest observable.Kind) []observable.Kind {
	return []observable.Kind{observable.File, digest}
}

// Deeds are what a file does when it is run, by what the behaviour of two files
// is compared.
var Deeds = []observation.Relation{
	observation.Contacts, observation.ConfigC2, observation.Mutex, observation.Registry, observation.UserAgent,
	observation.Writes, observation.Runs, observation.Drops, observation.CampaignKey, observation.Technique,
}

// catalogue is design section 4.
var catalogue = []Method{
	{Name: "registrant-email", Relation: observation.RegistrantEmail, From: fromDomain, Doc: "domains registered with the same e-mail address"},
	{Name: "registrant-name", Relation: observation.RegistrantName, From: fromDomain, Doc: "domains registered by the same name"},
	{Name: "registrant-org", Relation: observation.RegistrantOrg, From: fromDomain, Doc: "domains registered by the same organisation"},
	{Name: "registrant-phone", Relation: observation.RegistrantPhone, From: fromDomain, Doc: "domains registered with the same telephone number"},
	{Name: "registered-with", Relation: observation.Created, From: fromDomain, Doc: "domains registered at the same registrar in the same minute"},
	{Name: "registrar", Relation: observation.RegistrarOf, From: fromDomain, Doc: "shown, never followed: alone it says nothing"},
	{Name: "nameserver", Relation: observation.Nameserver, From: fromDomain, Doc: "domains on the same name server"},
	{Name: "ns-set", Relation: observation.NSSet, From: fromDomain, Doc: "domains with exactly the same name servers"},
	{Name: "ns-domain", Relation: observation.NSDomain, From: fromDomain, Doc: "domains whose name servers lie under the same domain"},
	{Name: "mx", Relation: observation.MX, From: fromDomain, Doc: "domains with the same mail exchanger"},
	{Name: "soa-contact", Relation: observation.SOAContact, From: fromDomain, Doc: "zones with the same responsible mailbox"},
	{Name: "txt", Relation: observation.TXT, From: fromDomain, Doc: "domains with the same TXT record"},
	{Name: "resolves-to", Relation: observation.ResolvesTo, From: fromDomain, Doc: "names on the same address, at any time"},
	{Name: "co-hosted", Relation: observation.ResolvesTo, From: fromDomain, Overlap: true, Doc: "names on the same address at the same time"},
	{Name: "pdns-history", Relation: observation.ResolvesTo, From: fromDomain, Doc: "names on any address it ever had, with the gap between"},
	{Name: "historical-hosting", Relation: observation.ResolvesTo, From: fromDomain, Doc: "the same, read as a history of hosting"},
	{Name: "ptr", Relation: observation.PTR, From: fromIP, Doc: "addresses with the same reverse name"},
	{Name: "subdomains", Relation: observation.SubdomainOf, From: fromDomain, Doc: "names below the registrable domain"},
	{Name: "naming", From: fromDomain, OnRequest: true, Doc: "names built alike: label, rare word, prefix, digits, edit distance, look-alikes"},
	{Name: "cidr-neighbours", Relation: observation.InPrefix, From: fromHost, Doc: "names and addresses in the same /24"},
	{Name: "asn", Relation: observation.AnnouncedBy, From: fromIP, Doc: "shown, never followed: alone it never scores"},
	{Name: "cert-san", Relation: observation.Names, Back: true, From: fromDomain, Doc: "other names in the same certificates"},
	{Name: "ct-history", Relation: observation.Names, Back: true, From: fromDomain, Doc: "the same over every certificate ever logged"},
	{Name: "cert-cn", Relation: observation.SubjectDN, From: fromTLS, Doc: "certificates with the same subject"},
	{Name: "cert-issuer", Relation: observation.IssuedBy, From: fromTLS, Doc: "compound only: never followed on its own"},
	{Name: "cert-serial", Relation: observation.Serial, From: fromTLS, Doc: "certificates with the same serial number"},
	{Name: "cert-key", Relation: observation.Key, From: fromTLS, Doc: "certificates with the same public key"},
	{Name: "certificate", Relation: observation.Serves, From: fromHost, Doc: "servers that show the same certificate"},
	{Name: "jarm", Relation: observation.JARM, From: fromHost, Doc: "servers with the same JARM"},
	{Name: "ja3", Relation: observation.JA3, From: fromNetwork, Doc: "files that send, and servers that were spoken to with, the same JA3"},
	{Name: "ja3s", Relation: observation.JA3S, From: fromSite, Doc: "servers that answered with the same JA3S"},
	{Name: "ja4", Relation: observation.JA4, From: fromNetwork, Doc: "files that send, and servers that were spoken to with, the same JA4"},
	{Name: "ssh-key", Relation: observation.SSHKey, From: fromHost, Doc: "servers with the same SSH host key"},
	{Name: "banner", Relation: observation.Banner, From: fromHost, Doc: "servers with the same banner"},
	{Name: "favicon", Relation: observation.Favicon, From: fromSite, Doc: "sites with the same favicon"},
	{Name: "body-hash", Relation: observation.BodyHash, From: fromSite, Doc: "sites that served the same bytes"},
	{Name: "title", Relation: observation.Title, From: fromSite, Doc: "sites with the same title"},
	{Name: "resource", Relation: observation.Resource, From: fromSite, Doc: "sites that load the same resource"},
	{Name: "tracker", Relation: observation.Tracker, From: fromSite, Doc: "sites with the same tracking ID or wallet"},
	{Name: "cookie", Relation: observation.Cookie, From: fromSite, Doc: "sites that set the same cookie"},
	{Name: "cname", Relation: observation.CNAME, From: fromDomain, Doc: "names with the same CNAME target"},
	{Name: "redirect", Relation: observation.RedirectsTo, From: fromSite, Doc: "sites that redirect to the same place"},
	{Name: "imphash", Relation: observation.Imphash, From: fromFile, Doc: "files with the same import hash"},
	{Name: "ssdeep", From: fromSample(observable.Ssdeep), Needs: []observation.Relation{observation.Ssdeep}, Doc: "files with a like ssdeep hash, exact score"},
	{Name: "tlsh", From: fromSample(observable.TLSH), Needs: []observation.Relation{observation.TLSH}, Doc: "files with a like TLSH hash, exact distance"},
	{Name: "behaviour", From: fromFile, OnRequest: true, Needs: Deeds, Doc: "files that behave alike when run, and in what"},
	{Name: "rich", Relation: observation.Rich, From: fromFile, Doc: "files with the same Rich header"},
	{Name: "pdb", Relation: observation.PDB, From: fromFile, Doc: "files with the same debug path"},
	{Name: "build-id", Relation: observation.BuildID, From: fromFile, Doc: "files of the same build"},
	{Name: "import-symbols", Relation: observation.Symbols, From: fromFile, Doc: "ELF and Mach-O files that import the same names"},
	{Name: "authentihash", Relation: observation.Authentihash, From: fromFile, Doc: "the same program under another signature"},
	{Name: "contains", Relation: observation.Contains, From: fromFile, Doc: "files that hold the same file"},
	{Name: "digest", Relation: observation.Digest, From: fromFile, Doc: "shown, never followed: the same file under another digest is one finding"},
	{Name: "property", Relation: observation.Property, From: fromFile, Doc: "shown, never followed: alone it says nothing"},
	{Name: "malware-family", Relation: observation.MalwareFamily, From: fromNetwork, Doc: "shown, never followed: what a provider calls it"},
	{Name: "reputation", Relation: observation.Reputation, From: fromNetwork, Doc: "shown, never followed: what a provider thinks of it"},
	{Name: "filename", Relation: observation.Filename, From: fromFile, Doc: "shown, never followed: alone it says nothing"},
	{Name: "signer", Relation: observation.SignedBy, From: fromFile, Doc: "files signed with the same certificate"},
	{Name: "artifacts", Relation: observation.Contacts, From: fromNetwork, Doc: "files that contact the same host"},
	{Name: "embedded", Relation: observation.Embeds, From: fromNetwork, Doc: "files that hold the same indicator"},
	{Name: "downloads", Relation: observation.DownloadedFrom, From: fromNetwork, Doc: "files fetched from the same place"},
	{Name: "drops", Relation: observation.Drops, From: fromFile, Doc: "files that write the same file"},
	{Name: "config-c2", Relation: observation.ConfigC2, From: fromNetwork, Doc: "files with the same command server in their configuration"},
	{Name: "mutex", Relation: observation.Mutex, From: fromFile, Doc: "files that create the same mutex"},
	{Name: "campaign-key", Relation: observation.CampaignKey, From: fromNetwork, Doc: "files and servers with the same campaign key"},
	{Name: "registry", Relation: observation.Registry, From: fromFile, Doc: "files that write the same registry key"},
	{Name: "user-agent", Relation: observation.UserAgent, From: fromFile, Doc: "files that send the same user agent"},
	{Name: "writes", Relation: observation.Writes, From: fromFile, Doc: "files that write the same path"},
	{Name: "runs", Relation: observation.Runs, From: fromFile, Doc: "files that start the same command line"},
	{Name: "reported-in", Relation: observation.ReportedIn, From: fromNetwork, Doc: "shown, never followed: it would answer with somebody's conclusion"},
	{Name: "technique", Relation: observation.Technique, From: fromFile, Doc: "shown, never followed: alone it says nothing"},
}

// Catalogue returns every pivot method, in the order of the playbook.
func Catalogue() []Method { return slices.Clone(catalogue) }

// MethodNamed returns the method with that name, or false.
func MethodNamed(name string) (Method, bool) {
	i := slices.IndexFunc(catalogue, func(m Method) bool { return m.Name == name })
	if i < 0 {
		return Method{}, false
	}
	return catalogue[i], true
}

// methodOf names the method by which the engine follows a fact.
func methodOf(f Fact) string {
	switch f.Relation {
	case observation.ResolvesTo:
		return "co-hosted"
	case observation.InPrefix:
		return "cidr-neighbours"
	case observation.Names:
		return "cert-san"
	}
	for _, m := range catalogue {
		if m.Relation == f.Relation {
			return m.Name
		}
	}
	return f.Relation.String()
}
