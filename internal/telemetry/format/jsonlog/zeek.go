package jsonlog

import (
	"strings"

	"clew/internal/telemetry/format"
)

// zeekMeanings are Zeek's own names that mean something else elsewhere.
var zeekMeanings = map[string]format.Meaning{
	"_write_ts": format.Other, "@system": format.Other, "@proc": format.Other, "service": format.Other, "source": format.Other, "@timestamp": format.Other,
	"certificate.not_valid_before": format.Other, "certificate.not_valid_after": format.Other, "not_valid_before": format.Other, "not_valid_after": format.Other,
	"san.dns": format.CertName, "san.ip": format.CertName, "san.uri": format.CertName, "san.email": format.CertName, "san_dns": format.CertName,
	"certificate_subject": format.CertName, "certificate_issuer": format.CertName,
	"tx_hosts": format.Server, "rx_hosts": format.Client, "mailfrom": format.EmailFrom, "from": format.EmailFrom, "rcptto": format.EmailTo, "to": format.EmailTo,
	"host_name": format.Machine, "client_fqdn": format.Machine, "helo": format.Host, "note": format.Signature, "sub": format.Message,
	"server_addr": format.Server, "client_addr": format.Client, "assigned_addr": format.Client,
}

// zeekTime takes the time, which counts seconds.
func zeekTime(out *format.Record, path, value string) bool {
	if path != "ts" {
		return false
	}
	t, ok := format.Seconds(value)
	if ok {
		out.SetInstant(t, 0)
	}
	return ok
}

// zeekKind reads the log's name where the line has it, else a field that only
// one log has.
func zeekKind(out *format.Record) format.Kind {
	path := value(out, "_path")
	if path == "" {
		path = value(out, "@stream")
	}
	if k, ok := format.ZeekKinds[path]; ok {
		return k
	}
	for _, f := range out.Fields {
		if k, ok := zeekSigns[strings.ReplaceAll(f.Name, ".", "_")]; ok {
			return k
		}
	}
	return format.UnknownKind
}

var zeekSigns = map[string]format.Kind{
	"conn_state": format.FlowLog, "qtype_name": format.DNSLog, "trans_depth": format.WebLog, "cipher": format.TLSLog, "ssl_history": format.TLSLog, "established": format.TLSLog,
	"certificate_subject": format.CertLog, "tx_hosts": format.FileLog, "note": format.AlertLog, "lease_time": format.DHCPLog, "last_reply": format.MailLog, "helo": format.MailLog,
	"qclass": format.DNSLog, "rcode": format.DNSLog, "query": format.DNSLog,
}
