package format

// ZeekKinds are the kinds of Zeek's logs, by the name that both its forms, columns
// and JSON, give.
var ZeekKinds = map[string]Kind{
	"conn": FlowLog, "conn_long": FlowLog, "ssh": FlowLog, "rdp": FlowLog, "tunnel": FlowLog, "quic": FlowLog, "ftp": FlowLog, "socks": FlowLog,
	"known_services": FlowLog, "dpd": FlowLog, "weird": FlowLog, "software": FlowLog,
	"dns": DNSLog, "http": WebLog, "ssl": TLSLog, "files": FileLog, "pe": FileLog, "smb_files": FileLog, "x509": CertLog, "known_certs": CertLog, "ocsp": CertLog,
	"smtp": MailLog, "notice": AlertLog, "intel": AlertLog, "signatures": AlertLog, "dhcp": DHCPLog, "kerberos": AuthLog, "ntlm": AuthLog, "radius": AuthLog,
}
