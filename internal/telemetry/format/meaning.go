package format

// A Meaning says what a field's value is in the event, in the same words for
// every log.
type Meaning uint8

// The meanings, most telling for a hit first: where an indicator stands in
// several fields of one record, the first of them names the hit.
const (
	Other       Meaning = iota
	Query               // the name that was looked up
	Answer              // what it resolved to
	SNI                 // the name asked for in the TLS handshake
	Host                // the Host header, or the name the client wanted
	URL                 // what was requested, whole or the path alone
	Server              // the side that answered: destination, responder
	NATServer           // the same after translation
	Client              // the side that asked: source, originator
	NATClient           // the same after translation
	Forwarded           // the client a proxy says it asked for
	Referrer            // the page that led here
	FileHash            // of a file that was transferred, written or opened
	ProcessHash         // of the image of a running process
	CertHash            // fingerprint of a certificate
	JA3                 // fingerprint of the client's handshake, or of the server's
	JARM
	CertName    // subject or alternative name of a certificate
	EmailFrom   // sender, envelope or header
	EmailTo     // recipient
	CommandLine // of a process
	Process     // image or name of a process
	File        // name or path of a file
	Registry    // key or value of the Windows registry
	Agent       // user agent
	Message     // free text
	Signature   // name of the rule or malware that an alert names
	Reporter    // the device that wrote the log: sensor, firewall, proxy
	Machine     // the host that the event happened on, by name
	MachineIP   // the same, by address
	Resolver    // the DNS server that was asked
	User        // account
	Hardware    // MAC address
	Time        // when it happened
	Zone        // of a local time
	Outcome     // what was done about it: allowed, denied
	Way         // inbound or outbound, as the log says
	Number      // a port, a size, an identifier: never an indicator
)

var meaningNames = [...]string{
	Other: "other", Query: "queried name", Answer: "answer", SNI: "SNI", Host: "host", URL: "URL",
	Server: "destination", NATServer: "translated destination", Client: "source", NATClient: "translated source",
	Forwarded: "forwarded for", Referrer: "referrer", FileHash: "file hash", ProcessHash: "process hash",
	CertHash: "certificate fingerprint", JA3: "TLS fingerprint", JARM: "JARM", CertName: "certificate name",
	EmailFrom: "sender", EmailTo: "recipient", CommandLine: "command line", Process: "process", File: "file name",
	Registry: "registry", Agent: "user agent", Message: "message", Signature: "alert", Reporter: "reporting device",
	Machine: "host name", MachineIP: "host address", Resolver: "resolver", User: "user", Hardware: "hardware address",
	Time: "time", Zone: "zone", Outcome: "action", Way: "direction", Number: "number",
}

func (m Meaning) String() string {
	if int(m) < len(meaningNames) {
		return meaningNames[m]
	}
	return "other"
}

// Rank orders meanings by how much they say about a hit, most first.
func (m Meaning) Rank() int {
	if m == Other {
		return len(meaningNames)
	}
	return int(m)
}

// A Kind is a sort of log.
type Kind uint8

// The kinds of log.
const (
	UnknownKind Kind = iota
	DNSLog
	FlowLog
	WebLog
	TLSLog
	FileLog
	ProcessLog
	RegistryLog
	AuthLog
	MailLog
	AlertLog
	CertLog
	DHCPLog
	AuditLog
	ModuleLog
)

var kindNames = [...]string{
	UnknownKind: "other", DNSLog: "dns", FlowLog: "connection", WebLog: "web", TLSLog: "tls", FileLog: "file",
	ProcessLog: "process", RegistryLog: "registry", AuthLog: "authentication", MailLog: "mail", AlertLog: "alert",
	CertLog: "certificate", DHCPLog: "dhcp", AuditLog: "audit", ModuleLog: "module",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "other"
}
