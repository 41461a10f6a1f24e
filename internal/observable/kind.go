package observable

import "fmt"

// A Kind says what sort of thing a [Value] is. The zero Kind is no kind.
//
// The numbers are stored in corpora: never renumber, only append.
type Kind uint8

// The kinds of docs/design, section 3. Text and the two beside it are ours:
// attributes that have no grammar of their own still need a place in the graph.
const (
	_ Kind = iota
	Domain
	IP
	Prefix
	ASN
	URL
	Email
	Phone
	Person
	Org
	Registrar
	Cert // certificate, by fingerprint
	CertKey
	DN
	File // by md5, sha1, sha256 or sha512
	Imphash
	Ssdeep
	TLSH
	RichHash
	Signer
	JARM
	SSHKey
	Favicon
	BodyHash
	Title
	Tracker
	Mutex
	PDB
	Filename
	Technique
	Malware
	UserAgent
	Wallet
	Serial // certificate serial number, hexadecimal, without leading zeros
	Text   // an attribute without a grammar: TXT record, name-server set, name token, banner
	JA3    // fingerprint of a TLS client
	JA3S   // of a TLS server's answer to it
	JA4    // of a TLS client, whatever the order of its extensions
)

// kindInfo is one row of the vocabulary. docs/reference/vocabulary.md is generated from it.
type kindInfo struct {
	name string // as in JSON, flags and the "kind:value" form
	stix string // STIX 2.1 type; x- types are ours
	doc  string
}

var kinds = [...]kindInfo{
	Domain:    {"domain", "domain-name", "host name, lower case, IDN as punycode, no trailing dot"},
	IP:        {"ip", "ipv4-addr", "IPv4 or IPv6 address (ipv6-addr), shortest form"},
	Prefix:    {"prefix", "ipv4-addr", "address range in CIDR notation, host bits zero"},
	ASN:       {"asn", "autonomous-system", "autonomous system, AS64500"},
	URL:       {"url", "url", "absolute URL, host in canonical form, default port dropped"},
	Email:     {"email", "email-addr", "e-mail address, lower case"},
	Phone:     {"phone", "x-clew-phone", "telephone number, + and digits"},
	Person:    {"person", "identity", "name of a person, white space folded"},
	Org:       {"org", "identity", "name of an organisation, white space folded"},
	Registrar: {"registrar", "identity", "domain registrar, as the registry names it"},
	Cert:      {"cert", "x509-certificate", "certificate by SHA-256 or SHA-1 fingerprint, hexadecimal"},
	CertKey:   {"certkey", "x509-certificate", "subject public key of a certificate by SHA-256, or by SHA-1 key identifier"},
	DN:        {"dn", "x509-certificate", "distinguished name, types upper case: C=US, O=Example, CN=name"},
	File:      {"file", "file", "file by md5, sha1, sha256 or sha512"},
	Imphash:   {"imphash", "file", "MD5 of a PE import table, as pefile computes it"},
	Ssdeep:    {"ssdeep", "file", "ssdeep fuzzy hash"},
	TLSH:      {"tlsh", "file", "TLSH locality-sensitive hash, upper case, with T1"},
	RichHash:  {"richhash", "file", "MD5 of a PE Rich header, unmasked"},
	Signer:    {"signer", "x509-certificate", "code-signing certificate or signer, by thumbprint or subject"},
	JARM:      {"jarm", "x-clew-jarm", "JARM fingerprint of a TLS server"},
	SSHKey:    {"sshkey", "x-clew-sshkey", "SSH host key by SHA-256 or MD5 fingerprint"},
	Favicon:   {"favicon", "x-clew-favicon", "favicon hash: Shodan's signed mmh3, or a hex digest"},
	BodyHash:  {"bodyhash", "x-clew-bodyhash", "digest of a response body, or its signed mmh3"},
	Title:     {"title", "x-clew-title", "title of a web page"},
	Tracker:   {"tracker", "x-clew-tracker", "analytics, tag or advertiser identifier"},
	Mutex:     {"mutex", "mutex", "mutex or named pipe"},
	PDB:       {"pdb", "x-clew-pdb", "path of a debug database"},
	Filename:  {"filename", "file", "file name or normalised path"},
	Technique: {"technique", "attack-pattern", "ATT&CK technique, T1583.001"},
	Malware:   {"malware", "malware", "malware or algorithm family"},
	UserAgent: {"useragent", "x-clew-useragent", "HTTP user agent"},
	Wallet:    {"wallet", "x-clew-wallet", "cryptocurrency address"},
	Serial:    {"serial", "x509-certificate", "certificate serial number, hexadecimal without leading zeros"},
	Text:      {"text", "x-clew-text", "attribute without a grammar of its own"},
	JA3:       {"ja3", "x-clew-ja3", "JA3 fingerprint of a TLS client, MD5"},
	JA3S:      {"ja3s", "x-clew-ja3s", "JA3S fingerprint of a TLS server's answer, MD5"},
	JA4:       {"ja4", "x-clew-ja4", "JA4 fingerprint of a TLS client, as t13d1516h2_8daaf6152771_b186095e22b6"},
}

// String returns the name used in JSON, flags and the kind:value form.
func (k Kind) String() string {
	if k.Valid() {
		return kinds[k].name
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// STIX returns the STIX 2.1 object type nearest to k, without regard to the
// value: IPv6 addresses are ipv6-addr there, see [Value.STIX].
func (k Kind) STIX() string {
	if k.Valid() {
		return kinds[k].stix
	}
	return ""
}

// Doc returns one line on what k holds and its canonical form.
func (k Kind) Doc() string {
	if k.Valid() {
		return kinds[k].doc
	}
	return ""
}

// Valid reports whether k is one of the kinds above.
func (k Kind) Valid() bool { return k > 0 && int(k) < len(kinds) }

// Kinds lists every kind in the order of its number.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds)-1)
	for k := Kind(1); int(k) < len(kinds); k++ {
		all = append(all, k)
	}
	return all
}

// KindNamed returns the kind with that name, or false.
func KindNamed(name string) (Kind, bool) {
	for k := Kind(1); int(k) < len(kinds); k++ {
		if kinds[k].name == name {
			return k, true
		}
	}
	return 0, false
}
