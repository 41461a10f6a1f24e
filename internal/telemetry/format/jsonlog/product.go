package jsonlog

import (
	"bytes"
	"slices"
	"strings"

	"clew/internal/telemetry/format"
)

// A product is a producer of JSON whose field names need more than the shared
// table.
type product struct {
	name string
	// marks are keys, all of which the object must hold.
	marks    []string
	or       [][]string // further such sets: all keys of one will do
	meanings map[string]format.Meaning
	special  func(out *format.Record, path, value string) bool
	kind     func(out *format.Record) format.Kind // nil, or decides before the fields do
	def      format.Kind                          // when nothing else says
}

// productOf tells the producer by keys that only it writes together.
func productOf(text []byte) *product {
	head := text[:min(len(text), 64<<10)]
	for i := range products {
		p := &products[i]
		if has(head, p.marks) || slices.ContainsFunc(p.or, func(marks []string) bool { return has(head, marks) }) {
			return p
		}
	}
	return nil
}

func has(text []byte, marks []string) bool {
	for _, m := range marks {
		if !bytes.Contains(text, []byte(`"`+m)) {
			return false
		}
	}
	return true
}

var products = []product{
	{
		name: "suricata", marks: []string{`event_type"`, `timestamp"`, `src_ip"`},
		meanings: map[string]format.Meaning{
			"dns.query.rrname": format.Query, "dns.rrname": format.Query, "dns.answers.rrname": format.Answer, "dns.answers.rdata": format.Answer,
			"dns.queries.rrname": format.Query, "dns.answer.rrname": format.Query, "dns.grouped.A": format.Answer, "dns.grouped.AAAA": format.Answer,
			"dns.grouped.CNAME": format.Answer, "dns.rdata": format.Answer, "dns.authorities.rrname": format.Other,
			"tls.fingerprint": format.CertHash, "tls.ja3.string": format.Other, "tls.ja3s.string": format.Other,
			"http.url": format.URL, "http.hostname": format.Host, "alert.action": format.Outcome, "alert.metadata.created_at": format.Other, "alert.metadata.updated_at": format.Other,
			"flow.start": format.Other, "flow.end": format.Other, "host": format.Reporter, "direction": format.Other, "alert.category": format.Other,
			"smtp.mail_from": format.EmailFrom, "smtp.rcpt_to": format.EmailTo, "email.from": format.EmailFrom, "email.to": format.EmailTo,
			"drop.reason": format.Other, "verdict.action": format.Outcome, "flow.src_ip": format.Other, "flow.dest_ip": format.Other,
		},
		kind: func(out *format.Record) format.Kind { return eveKinds[value(out, "event_type")] },
	},
	{
		name: "zeek", marks: []string{`ts"`, `id.orig_h"`}, or: [][]string{
			{`ts"`, `id_orig_h"`},
			{`ts"`, `uid`},
			{`_path"`, `_write_ts"`},
			{`@stream"`, `ts"`},
			{`ts"`, `certificate.subject"`},
			{`ts"`, `tx_hosts"`},
			{`ts"`, `fuid"`},
		},
		meanings: zeekMeanings, special: zeekTime, kind: zeekKind,
	},
	{
		name: "route53", marks: []string{`query_name"`, `query_timestamp"`},
		meanings: map[string]format.Meaning{
			"srcids.instance": format.Machine, "answers.Rdata": format.Answer, "firewall_rule_action": format.Outcome,
		},
	},
	{
		name: "cloudtrail", marks: []string{`eventVersion"`, `userIdentity"`},
		meanings: map[string]format.Meaning{
			"eventTime": format.Time, "sourceIPAddress": format.Client, "eventName": format.Other, "responseElements.ConsoleLogin": format.Outcome,
			"userIdentity.sessionContext.attributes.creationDate": format.Other, "requestParameters.startTime": format.Other, "requestParameters.endTime": format.Other,
			"requestParameters.Host": format.Host, "tlsDetails.clientProvidedHostHeader": format.Host,
		},
		special: func(out *format.Record, path, value string) bool {
			if (strings.HasPrefix(path, "requestParameters.") || strings.HasPrefix(path, "responseElements.")) && format.MeaningOf(path) == format.Time {
				out.AddAs(path, value, format.Other)
				return true
			}
			return false
		},
		def: format.AuditLog,
	},
	{
		name: "azure-nsg-flow", marks: []string{`flow`, `macAddress"`},
		special: func(out *format.Record, path, value string) bool {
			if strings.Contains(path, "flow") && strings.Count(value, ",") >= 7 {
				flowTuple(out, path, value)
				return true
			}
			return false
		},
		def: format.FlowLog,
	},
	{name: "azure-nsg-flow", marks: []string{`flowTuples"`}, special: func(out *format.Record, path, value string) bool {
		if strings.HasSuffix(path, "flowTuples") {
			flowTuple(out, path, value)
			return true
		}
		return false
	}, def: format.FlowLog},
	{
		name: "defender", marks: []string{`AdvancedHunting-`, `properties"`},
		meanings: map[string]format.Meaning{
			"properties.Timestamp": format.Time, "_TimeReceivedBySvc": format.Other, "properties.FileOriginIP": format.Server,
			"properties.FileOriginUrl": format.URL, "properties.FileOriginReferrerUrl": format.Referrer, "properties.ActionType": format.Outcome,
			"properties.SenderIPv4": format.Client, "properties.SenderIPv6": format.Client, "properties.PublicIP": format.NATClient,
			"properties.InitiatingProcessCreationTime": format.Other, "properties.ProcessCreationTime": format.Other, "properties.Url": format.URL,
			"properties.UrlDomain": format.Host, "properties.RequestSourceIP": format.Client,
		},
		special: func(out *format.Record, path, value string) bool {
			if path == "properties.ActionType" && strings.Contains(value, "Inbound") {
				out.Direction = format.Inbound // what Defender calls remote is then the client
			}
			if strings.HasPrefix(path, "properties.AdditionalFields.") && format.MeaningOf(path) == format.Time {
				out.AddAs(path, value, format.Other)
				return true
			}
			return false
		},
	},
	{
		name: "crowdstrike-fdr", marks: []string{`event_simpleName"`, `aid"`},
		meanings: map[string]format.Meaning{
			"aip": format.NATClient, "timestamp": format.Time, "ComputerName": format.Machine, "DomainName": format.Query, "SHA256HashData": format.FileHash,
			"MD5HashData": format.FileHash, "SHA1HashData": format.FileHash, "IP4Records": format.Answer, "IP6Records": format.Answer, "CNAMERecords": format.Answer,
			"FirstIP4Record": format.Answer, "FirstIP6Record": format.Answer, "ConnectionDirection": format.Other, "LocalIP": format.Client, "UserName": format.User,
			"HttpUrl": format.URL, "HttpHost": format.Host, "RespondingDnsServer": format.Resolver,
		},
	},
	{
		name: "crowdstrike-stream", marks: []string{`metadata"`, `customerIDString"`},
		meanings: map[string]format.Meaning{"event.LocalIP": format.Client, "event.SHA256String": format.FileHash, "event.MD5String": format.FileHash, "event.SHA1String": format.FileHash, "event.ComputerName": format.Machine},
		special: func(out *format.Record, path, value string) bool {
			return path == "metadata.eventCreationTime" && out.SetTime(value, -1)
		},
	},
	{
		name: "sentinelone", marks: []string{`event.category"`, `src.process.`},
		meanings: map[string]format.Meaning{
			"event.time": format.Time, "endpoint.name": format.Machine, "src.ip.address": format.Client, "dst.ip.address": format.Server,
			"event.dns.request": format.Query, "event.dns.response": format.Answer, "url.address": format.URL, "src.process.user": format.User,
			"event.url.action": format.Other, "agent.uuid": format.Other, "timestamp": format.Other, "event.network.direction": format.Way,
		},
		special: sentinelHash,
	},
	{
		name: "paloalto", marks: []string{`LogType"`, `VendorName"`},
		meanings: map[string]format.Meaning{
			"SourceAddress": format.Client, "DestinationAddress": format.Server, "TimeGenerated": format.Time, "DNSResolverIP": format.Resolver, "URLDomain": format.Host, "FileURL": format.URL, "URL": format.URL,
			"DNSRequest": format.Query, "DNSResponse": format.Answer, "NATSource": format.NATClient, "NATDestination": format.NATServer, "SourceDeviceHost": format.Machine, "DestinationDeviceHost": format.Other,
			"FileHash": format.FileHash, "FileName": format.File, "EndpointDeviceName": format.Machine, "PublicIPv4": format.Client, "PublicIPv6": format.Client, "SourceUser": format.User,
			"HostName": format.Machine, "DeviceName": format.Reporter, "LogSourceName": format.Reporter, "Subject": format.Other, "GPHostID": format.Other, "LogSourceID": format.Other,
			"PrivateIPv4": format.Client, "PrivateIPv6": format.Client, "EventTime": format.Other, "StartTime": format.Other, "TimeReceived": format.Other,
		},
	},
	{
		name: "windows", marks: []string{`EventID`},
		meanings: map[string]format.Meaning{
			"RemoteName": format.URL, "PublicIPv4": format.Client, "PublicIPv6": format.Client,
			"host": format.Other, "Host": format.Other, "Application": format.Process, "port": format.Other, "Hostname": format.Machine, "hostname": format.Machine, "HostName": format.Machine,
			"UtcTime": format.Time, "EventReceivedTime": format.Other, "IpAddress": format.Client, "EventData.IpAddress": format.Client, "Description": format.Other,
			"SourceName": format.Other, "Category": format.Other, "EventType": format.Other, "Details": format.Registry, "EventData.Details": format.Registry,
			"System.Computer": format.Machine, "PreviousCreationUtcTime": format.Other, "CreationUtcTime": format.Other, "Domain": format.Other, "Message": format.Message,
			"EventTime": format.Time, "StartTime": format.Other, "EventData.StartTime": format.Other, "Created": format.Other, "Type": format.Other, "Source": format.Other, "Address": format.Other,
			"Client_Address": format.Client, "ClientAddress": format.Client, "AccountType": format.Other, "ProcessName": format.Process, "Hash": format.FileHash,
		},
		special: windowsField, kind: format.WindowsKind,
	},
	{
		name: "winlogbeat", marks: []string{`winlog"`},
		meanings: map[string]format.Meaning{
			"@timestamp": format.Time, "host.hostname": format.Machine, "host.name": format.Machine, "agent.hostname": format.Machine, "beat.hostname": format.Machine,
			"agent.name": format.Machine, "beat.name": format.Machine, "event.created": format.Other, "log.file.path": format.Other, "event.action": format.Other,
			"winlog.computer_name": format.Machine, "file.name": format.File, "host": format.Machine,
		},
		special: windowsField, kind: format.WindowsKind,
	},
	{
		name: "ocsf", marks: []string{`class_uid"`, `category_uid"`},
		meanings: map[string]format.Meaning{
			"time": format.Time, "src_endpoint.ip": format.Client, "dst_endpoint.ip": format.Server, "src_endpoint.hostname": format.Machine, "dst_endpoint.hostname": format.Host,
			"query.hostname": format.Query, "answers.rdata": format.Answer, "http_request.url.url_string": format.URL, "http_request.url.hostname": format.Host,
			"device.hostname": format.Machine, "device.ip": format.MachineIP, "actor.process.file.hashes.value": format.ProcessHash, "file.hashes.value": format.FileHash,
			"process.file.hashes.value": format.ProcessHash, "file.name": format.File, "tls.sni": format.SNI, "metadata.logged_time": format.Other, "connection_info.direction": format.Way,
			"disposition": format.Outcome, "action": format.Outcome, "actor.user.name": format.User, "metadata.product.name": format.Other, "type_name": format.Other,
		},
	},
	{
		name: "ecs", marks: []string{`@timestamp"`},
		meanings: map[string]format.Meaning{
			"host.name": format.Machine, "host.hostname": format.Machine, "host.ip": format.MachineIP, "observer.ip": format.Reporter, "observer.hostname": format.Reporter,
			"event.action": format.Other, "event.outcome": format.Outcome, "server.address": format.Server, "client.address": format.Client, "source.address": format.Client,
			"destination.address": format.Server, "rule.name": format.Signature, "event.created": format.Other, "event.ingested": format.Other, "host.os.name": format.Other,
			"url.domain": format.Host, "url.full": format.URL, "url.original": format.URL, "url.path": format.URL, "related.ip": format.Other, "related.hosts": format.Other,
			"related.hash": format.Other, "agent.name": format.Other, "source.domain": format.Machine, "destination.domain": format.Host, "tls.server.hash.sha1": format.CertHash,
			"tls.server.hash.sha256": format.CertHash, "dns.answers.name": format.Answer, "dns.answers.data": format.Answer, "dns.resolved_ip": format.Answer, "host": format.Machine,
		},
		special: func(out *format.Record, path, value string) bool {
			if strings.HasPrefix(path, "process.") && strings.Contains(path, ".hash.") {
				take(out, path, value, format.ProcessHash)
				return true
			}
			return false
		},
	},
	{
		name: "gcp", marks: []string{`logName"`, `insertId"`},
		meanings: map[string]format.Meaning{
			"timestamp": format.Time, "receiveTimestamp": format.Other, "httpRequest.remoteIp": format.Client, "httpRequest.requestUrl": format.URL,
			"httpRequest.serverIp": format.Server, "protoPayload.requestMetadata.callerIp": format.Client, "jsonPayload.connection.src_ip": format.Client,
			"jsonPayload.connection.dest_ip": format.Server, "jsonPayload.start_time": format.Other, "jsonPayload.end_time": format.Other, "jsonPayload.queryName": format.Query,
			"jsonPayload.rdata": format.Answer, "jsonPayload.sourceIP": format.Client, "jsonPayload.disposition": format.Outcome,
			"jsonPayload.vmInstanceName": format.Machine, "jsonPayload.src_instance.vm_name": format.Machine, "jsonPayload.serverIP": format.Resolver,
		},
		def: format.AuditLog,
	},
	{
		name: "cloudflare", marks: []string{`Edge`, `RayID"`},
		meanings: map[string]format.Meaning{
			"ClientIP": format.Client, "ClientRequestHost": format.Host, "ClientRequestURI": format.URL, "EdgeStartTimestamp": format.Time, "OriginIP": format.Server,
			"SecurityAction": format.Outcome, "WAFAction": format.Outcome, "ClientRequestReferer": format.Referrer,
		},
		def: format.WebLog,
	},
	{
		name: "cloudflare-gateway", marks: []string{`QueryName"`, `ResolverDecision"`},
		meanings: map[string]format.Meaning{"QueryName": format.Query, "SrcIP": format.Client, "DstIP": format.Resolver, "Datetime": format.Time, "ResolverDecision": format.Outcome, "DeviceName": format.Machine, "Email": format.User, "ResolvedIPs": format.Answer},
	},
	{
		name: "netflow", marks: []string{`IPv4Address"`, `octetDeltaCount"`}, or: [][]string{{`IPV4_SRC_ADDR"`}, {`IPV6_SRC_ADDR"`}}, def: format.FlowLog,
	},
	{
		name: "zscaler", marks: []string{`sourcetype"`, `event"`},
		meanings: map[string]format.Meaning{
			"event.hostname": format.Host, "event.url": format.URL, "event.ereferer": format.Referrer, "event.sip": format.Server, "event.cip": format.Client, "event.serverip": format.Server,
			"event.ClientIP": format.Client, "event.clientip": format.Client, "event.devicehostname": format.Machine, "event.datetime": format.Time,
			"event.csip": format.Client, "event.cdip": format.Server, "event.ssip": format.NATClient, "event.sdip": format.NATServer, "event.location": format.Other, "event.cltpubip": format.NATClient,
		},
	},
	{
		name: "netskope", marks: []string{`ur_normalized"`},
		meanings: map[string]format.Meaning{
			"srcip": format.Client, "dstip": format.Server, "userip": format.Client, "site": format.Other, "app": format.Other, "object": format.File, "from_user": format.User,
			"hostname": format.Machine, "device": format.Other, "domain": format.Host, "url": format.URL, "page": format.URL, "md5": format.FileHash, "local_md5": format.FileHash, "local_sha256": format.FileHash,
			"timestamp": format.Time, "activity": format.Other, "other_categories": format.Other, "ip": format.MachineIP, "referer": format.Referrer, "title": format.Other,
		},
	},
	{
		name: "broadcom", marks: []string{`cs-host"`, `c-ip"`},
	},
}

func value(out *format.Record, name string) string {
	for _, f := range out.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

var eveKinds = map[string]format.Kind{
	"alert": format.AlertLog, "anomaly": format.AlertLog, "drop": format.AlertLog, "dns": format.DNSLog, "http": format.WebLog, "http2": format.WebLog, "tls": format.TLSLog, "quic": format.TLSLog,
	"flow": format.FlowLog, "netflow": format.FlowLog, "ssh": format.FlowLog, "fileinfo": format.FileLog, "smtp": format.MailLog, "dhcp": format.DHCPLog, "krb5": format.AuthLog,
	"rdp": format.FlowLog, "ftp": format.FlowLog, "smb": format.FileLog, "mqtt": format.FlowLog, "snmp": format.FlowLog, "sip": format.FlowLog,
}

// flowTuple reads one flow of Azure: time, source, destination, ports, protocol,
// direction, decision (Microsoft, "NSG flow logs", versions 1, 2 and of virtual
// networks).
func flowTuple(out *format.Record, path, tuple string) {
	f := strings.Split(tuple, ",")
	if len(f) < 8 {
		out.AddAs(path, tuple, format.Other)
		return
	}
	out.SetTime(f[0], -1)
	out.AddAs(path+".source", f[1], format.Client)
	out.AddAs(path+".destination", f[2], format.Server)
	out.AddAs(path+".direction", f[6], format.Way)
	switch f[7] {
	case "A", "B", "C", "E":
		out.AddAs(path+".decision", "allow", format.Outcome)
	case "D":
		out.AddAs(path+".decision", "deny", format.Outcome)
	}
	if len(f) > 8 && f[7] == "D" || len(f) > 8 && f[8] == "D" {
		out.Action = format.Blocked
	}
}

// sentinelHash tells hashes of the acting process from those of what it acted on.
func sentinelHash(out *format.Record, path, value string) bool {
	low := strings.ToLower(path)
	for _, end := range []string{".sha1", ".sha256", ".md5"} {
		if strings.HasSuffix(low, end) {
			m := format.ProcessHash
			if strings.HasPrefix(low, "cmdscript") || strings.HasPrefix(low, "tgt.file") || strings.HasPrefix(low, "module") {
				m = format.FileHash
			}
			out.AddAs(path, value, m)
			return true
		}
	}
	if format.MeaningOf(path) == format.Time {
		out.AddAs(path, value, format.Other)
		return true
	}
	return false
}
