package jsonlog

import (
	"strings"

	"clew/internal/telemetry/format"
)

// zeekField takes Zeek's own names, which mean something else elsewhere.
func zeekField(out *format.Record, path, value string) bool {
	switch path {
	case "ts":
		if t, ok := format.Seconds(value); ok {
			out.SetInstant(t, 0)
			return true
		}
		return false
	case "_write_ts", "@system", "@proc", "service", "source", "@timestamp":
		out.AddAs(path, value, format.Other)
	case "certificate.not_valid_before", "certificate.not_valid_after", "not_valid_before", "not_valid_after":
		out.AddAs(path, value, format.Other)
	case "san.dns", "san.ip", "san.uri", "san.email", "san_dns", "certificate_subject", "certificate_issuer":
		out.AddAs(path, value, format.CertName)
	case "tx_hosts":
		out.AddAs(path, value, format.Server)
	case "rx_hosts":
		out.AddAs(path, value, format.Client)
	case "mailfrom", "from":
		out.AddAs(path, value, format.EmailFrom)
	case "rcptto", "to":
		out.AddAs(path, value, format.EmailTo)
	case "host_name", "client_fqdn":
		out.AddAs(path, value, format.Machine)
	case "helo":
		out.AddAs(path, value, format.Host)
	case "note":
		out.AddAs(path, value, format.Signature)
	case "sub":
		out.AddAs(path, value, format.Message)
	case "server_addr":
		out.AddAs(path, value, format.Server)
	case "client_addr", "assigned_addr":
		out.AddAs(path, value, format.Client)
	default:
		return false
	}
	return true
}

// zeekKind reads the log's name where the line has it, else a field that only
// one log has.
func zeekKind(out *format.Record) format.Kind {
	path := value(out, "_path")
	if path == "" {
		path = value(out, "@stream")
	}
	if k, ok := zeekLogs[path]; ok {
		return k
	}
	for _, f := range out.Fields {
		if k, ok := zeekSigns[strings.ReplaceAll(f.Name, ".", "_")]; ok {
			return k
		}
	}
	return format.UnknownKind
}

var zeekLogs = map[string]format.Kind{
	"conn": format.FlowLog, "dns": format.DNSLog, "http": format.WebLog, "ssl": format.TLSLog, "files": format.FileLog, "x509": format.CertLog, "smtp": format.MailLog,
	"notice": format.AlertLog, "dhcp": format.DHCPLog, "pe": format.FileLog, "kerberos": format.AuthLog, "ntlm": format.AuthLog, "smb_files": format.FileLog, "rdp": format.FlowLog, "ssh": format.FlowLog,
}

var zeekSigns = map[string]format.Kind{
	"conn_state": format.FlowLog, "qtype_name": format.DNSLog, "trans_depth": format.WebLog, "cipher": format.TLSLog, "ssl_history": format.TLSLog, "established": format.TLSLog,
	"certificate_subject": format.CertLog, "tx_hosts": format.FileLog, "note": format.AlertLog, "lease_time": format.DHCPLog, "last_reply": format.MailLog, "helo": format.MailLog,
	"qclass": format.DNSLog, "rcode": format.DNSLog, "query": format.DNSLog,
}
