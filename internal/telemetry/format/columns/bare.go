package columns

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"clew/internal/telemetry/format"
)

// Bare reads exports without a header, told by their first cells.
type Bare struct{}

// Name is "columns".
func (Bare) Name() string { return "columns" }

// Parse reads one line of a product whose columns its manual gives.
func (Bare) Parse(text []byte, _ format.Context, out *format.Record) bool {
	text = bytes.TrimSpace(text)
	switch {
	case panos(text, out), umbrella(text, out), vpcFlow(text, out), loadBalancer(text, out), netskope(text, out), symantec(text, out), firewallExport(text, out):
		out.Finish()
		return true
	}
	return false
}

// place names one column.
type place struct {
	at      int
	name    string
	meaning format.Meaning
}

func put(out *format.Record, cells []string, places []place) {
	named := make(map[int]bool, len(places))
	for _, p := range places {
		named[p.at] = true
		if p.at < len(cells) {
			out.AddAs(p.name, cells[p.at], p.meaning)
		}
	}
	for i, c := range cells {
		if !named[i] {
			out.AddAs("column "+strconv.Itoa(i+1), c, format.Other)
		}
	}
}

// panos reads PAN-OS (Palo Alto Networks, "PAN-OS Administrator's Guide",
// syslog field descriptions 10.2).
func panos(text []byte, out *format.Record) bool {
	if len(text) < 30 || text[1] != ',' && !(text[0] == '1' && bytes.HasPrefix(text, []byte("1,"))) || text[0] < '0' || text[0] > '9' {
		return false
	}
	cells := format.Comma(text, ',')
	if len(cells) < 8 {
		return false
	}
	places, ok := panosLogs[cells[3]]
	if !ok {
		return false
	}
	out.Format, out.Kind = "panos/"+strings.ToLower(cells[3]), panosKinds[cells[3]]
	out.AddAs("generated_time", cells[6], format.Time)
	put(out, cells, places)
	if cells[3] == "THREAT" && cells[4] == "url" {
		out.Kind = format.WebLog
	}
	if len(cells) > 14 && (cells[3] == "SYSTEM" || cells[3] == "SYSTEM ") {
		system(out, cells[14])
	}
	for _, c := range cells { // the only column with a zone
		if len(c) > 20 && len(c) < 40 && strings.Contains(c, "T") && strings.Count(c, "-")+strings.Count(c, "+") >= 2 && strings.Count(c, ":") >= 3 {
			out.SetTime(c, -1)
		}
	}
	return true
}

// system reads the free text of a PAN-OS system log.
func system(out *format.Record, text string) {
	for _, s := range []struct {
		before  string
		meaning format.Meaning
	}{{"From: ", format.Client}, {" from ", format.Client}, {"server address '", format.Server}, {"Server Address ", format.Server}, {"user '", format.User}, {"for user '", format.User}, {"Login from: ", format.Client}, {"User name: ", format.User}} {
		if _, rest, ok := strings.Cut(text, s.before); ok {
			out.AddAs("description", strings.TrimRight(strings.FieldsFunc(rest+" ", func(r rune) bool { return r == '\'' || r == ',' || r == ' ' })[0], "."), s.meaning)
		}
	}
}

var panosKinds = map[string]format.Kind{
	"TRAFFIC": format.FlowLog, "THREAT": format.AlertLog, "SYSTEM": format.AuditLog, "GLOBALPROTECT": format.AuthLog, "USERID": format.AuthLog, "HIPMATCH": format.AuthLog,
	"DECRYPTION": format.TLSLog, "CONFIG": format.AuditLog, "AUTHENTICATION": format.AuthLog, "TUNNEL": format.FlowLog, "URL": format.WebLog, "WILDFIRE": format.AlertLog,
}

var panosFlow = []place{
	{7, "src", format.Client},
	{8, "dst", format.Server},
	{9, "natsrc", format.NATClient},
	{10, "natdst", format.NATServer},
	{12, "srcuser", format.User},
	{13, "dstuser", format.User},
	{30, "action", format.Outcome},
	{6, "generated", format.Other},
	{1, "receive_time", format.Other},
	{21, "time_logged", format.Other},
}

var panosLogs = map[string][]place{
	"TRAFFIC": append([]place{{52, "device_name", format.Reporter}}, panosFlow...),
	"THREAT": append([]place{
		{31, "misc", format.URL},
		{32, "threatid", format.Signature},
		{35, "direction", format.Other},
		{45, "filedigest", format.FileHash},
		{48, "user_agent", format.Agent},
		{50, "xff", format.Forwarded},
		{51, "referer", format.Referrer},
		{52, "sender", format.EmailFrom},
		{54, "recipient", format.EmailTo},
		{59, "device_name", format.Reporter},
	}, panosFlow...),
	"DECRYPTION": append([]place{{45, "cert_fingerprint", format.CertHash}}, panosFlow...),
	"TUNNEL":     panosFlow,
	"SYSTEM":     {{14, "opaque", format.Message}, {22, "device_name", format.Reporter}},
	"CONFIG":     {{7, "host", format.Client}, {10, "admin", format.User}},
	"GLOBALPROTECT": {
		{12, "srcuser", format.User},
		{14, "machinename", format.Machine},
		{15, "public_ip", format.Client},
		{16, "public_ipv6", format.Client},
		{17, "private_ip", format.NATClient},
		{18, "private_ipv6", format.NATClient},
	},
	"USERID":         {{8, "ip", format.Client}, {9, "user", format.User}, {10, "datasourcename", format.Other}, {24, "device_name", format.Reporter}},
	"HIPMATCH":       {{7, "srcuser", format.User}, {9, "machinename", format.Machine}, {11, "src", format.Client}},
	"AUTHENTICATION": {{8, "ip", format.Client}, {9, "user", format.User}},
}

// umbrella reads Cisco Umbrella's exports (Cisco, "Umbrella: Log Formats and
// Versioning"): DNS, web proxy, IP; every cell quoted, the time first.
func umbrella(text []byte, out *format.Record) bool {
	if len(text) < 24 || text[0] != '"' || text[5] != '-' || !bytes.Contains(text[:24], []byte(`","`)) && text[20] != '"' {
		return false
	}
	cells := format.Comma(text, ',')
	switch {
	case len(cells) >= 9 && isAction(cells[5]) && strings.Contains(cells[6], "("):
		out.Format, out.Kind = "umbrella/dns", format.DNSLog
		put(out, cells, []place{
			{0, "timestamp", format.Time},
			{1, "identity", format.User},
			{2, "identities", format.User},
			{3, "internal_ip", format.Client},
			{4, "external_ip", format.NATClient},
			{5, "action", format.Outcome},
			{8, "domain", format.Query},
		})
	case len(cells) >= 8 && isAction(cells[6]):
		out.Format, out.Kind = "umbrella/proxy", format.WebLog
		client, server := place{2, "internal_ip", format.Client}, place{4, "destination_ip", format.Server}
		places := []place{
			{0, "timestamp", format.Time},
			{1, "identity", format.Machine},
			client,
			{3, "external_ip", format.NATClient},
			server,
			{6, "verdict", format.Outcome},
			{7, "url", format.URL},
			{8, "referer", format.Referrer},
			{9, "user_agent", format.Agent},
			{14, "sha256", format.FileHash},
		}
		put(out, cells, places)
	case len(cells) >= 6 && isAddr(cells[2]) && isAddr(cells[4]):
		out.Format, out.Kind = "umbrella/ip", format.FlowLog
		put(out, cells, []place{{0, "timestamp", format.Time}, {1, "identity", format.Machine}, {2, "source_ip", format.Client}, {4, "destination_ip", format.Server}})
	default:
		return false
	}
	return true
}

func isAction(cell string) bool {
	return strings.EqualFold(cell, "allowed") || strings.EqualFold(cell, "blocked") || strings.EqualFold(cell, "proxied")
}

func isAddr(cell string) bool {
	_, err := netip.ParseAddr(cell)
	return err == nil
}

// vpcFlow reads AWS VPC flow logs in their default order, version 2, and the
// fields of versions 3 to 5 behind it (AWS, "Logging IP traffic using VPC Flow
// Logs").
func vpcFlow(text []byte, out *format.Record) bool {
	if len(text) < 20 || text[0] < '2' || text[0] > '9' || text[1] != ' ' {
		return false
	}
	cells := strings.Fields(string(text))
	if len(cells) < 14 || cells[3] != "-" && !isAddr(cells[3]) || !strings.HasPrefix(cells[2], "eni-") && cells[12] != "ACCEPT" && cells[12] != "REJECT" {
		return false
	}
	out.Format, out.Kind = "aws-vpc-flow", format.FlowLog
	put(out, cells, []place{
		{3, "srcaddr", format.Client},
		{4, "dstaddr", format.Server},
		{10, "start", format.Time},
		{11, "end", format.Other},
		{12, "action", format.Outcome},
		{19, "pkt-srcaddr", format.Client},
		{20, "pkt-dstaddr", format.Server},
		{27, "flow-direction", format.Way},
	})
	return true
}

// loadBalancer reads the access logs of AWS application and classic load
// balancers (AWS, "Access logs for your Application Load Balancer").
func loadBalancer(text []byte, out *format.Record) bool {
	if !bytes.Contains(text[:min(len(text), 40)], []byte("T")) || bytes.Count(text, []byte(`"`)) < 2 && !bytes.HasPrefix(text, []byte("tls ")) {
		return false
	}
	cells := format.Words(text)
	if len(cells) > 7 && cells[0] == "tls" && strings.Contains(cells[5], ":") { // network load balancer
		out.Format, out.Kind = "aws-nlb", format.TLSLog
		put(out, cells, []place{{2, "time", format.Time}, {3, "elb", format.Reporter}, {5, "client:port", format.Client}, {6, "destination:port", format.Server}, {17, "domain_name", format.SNI}})
		return true
	}
	if len(cells) < 12 {
		return false
	}
	shift := 0
	switch cells[0] {
	case "http", "https", "h2", "ws", "wss", "grpcs":
		shift = 1
	}
	client, _, ok := strings.Cut(cells[2+shift], ":")
	if len(cells[shift]) < 20 || cells[shift][10] != 'T' || !ok || !isAddr(client) {
		return false
	}
	out.Format, out.Kind = "aws-elb", format.WebLog
	places := []place{{shift, "time", format.Time}, {1 + shift, "elb", format.Reporter}, {2 + shift, "client:port", format.Client}, {3 + shift, "target:port", format.Server}}
	if shift == 1 {
		places = append(places, place{12, "request", format.URL}, place{13, "user_agent", format.Agent}, place{18, "domain_name", format.SNI}, place{21, "request_creation_time", format.Other})
	} else {
		places = append(places, place{11, "request", format.URL}, place{12, "user_agent", format.Agent})
	}
	put(out, cells, places)
	return true
}

// netskope reads the default columns of Netskope's transaction events (Netskope,
// "Transaction Events", extended log file format 3).
func netskope(text []byte, out *format.Record) bool {
	if !bytes.Contains(text, []byte("http_transaction")) {
		return false
	}
	cells := format.Words(text)
	if len(cells) < 60 {
		return false
	}
	out.Format, out.Kind = "netskope/transaction", format.WebLog
	put(out, cells, []place{
		{0, "date", format.Time},
		{1, "time", format.Time},
		{6, "c-ip", format.Client},
		{7, "s-ip", format.Server},
		{8, "cs-username", format.User},
		{10, "cs-method", format.Other},
		{12, "cs-uri", format.URL},
		{14, "cs-user-agent", format.Agent},
		{16, "cs-host", format.Host},
		{17, "cs-dns", format.Host},
		{43, "x-cs-src-ip", format.Client},
		{55, "x-cs-sni", format.SNI},
		{94, "x-src-ip", format.Client},
		{95, "x-dst-ip", format.Server},
		{96, "x-cs-sni", format.SNI},
	})
	for i, c := range cells {
		switch c {
		case "allow", "block":
			out.AddAs("column "+strconv.Itoa(i+1), c, format.Outcome)
		case "Sni":
			out.AddAs("x-cs-sni", cells[i-1], format.SNI)
		}
	}
	// The egress address is the one before the port that follows the region.
	for i := 60; i+1 < len(cells); i++ {
		if isAddr(cells[i]) && cells[i] != cells[6] && cells[i] != cells[7] {
			out.AddAs("egress", cells[i], format.NATClient)
		} else if isAddr(cells[i]) && cells[i] == cells[6] {
			out.AddAs("x-src-ip", cells[i], format.NATClient)
		}
	}
	return true
}

// firewallExport reads the quoted cells of Check Point's log viewer.
func firewallExport(text []byte, out *format.Record) bool {
	if len(text) < 20 || text[0] != '"' || bytes.Count(text, []byte(`" "`)) < 10 {
		return false
	}
	cells := format.Words(text)
	if len(cells) < 12 || !isAddr(cells[9]) || !isAddr(cells[10]) {
		return false
	}
	out.Format, out.Kind = "checkpoint/export", format.FlowLog
	out.SetTime(cells[1]+" "+cells[2], 0)
	put(out, cells, []place{{4, "origin", format.Reporter}, {6, "action", format.Outcome}, {9, "source", format.Client}, {10, "destination", format.Server}})
	return true
}

// symantec reads the syslog of Symantec Endpoint Protection: cells, most of
// which begin with their name (Broadcom, "External Logging settings").
func symantec(text []byte, out *format.Record) bool {
	if bytes.Count(text, []byte(",")) < 3 || bytes.Count(text, []byte(": "))+bytes.Count(text, []byte(":,")) < 2 || bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("%")) {
		return false
	}
	known := 0
	for _, mark := range []string{"Begin: ", "End Time: ", "Event time: ", "Domain Name: ", "Site: ", "Server Name: ", "Computer name: ", "Local Host", "Rule: ", "Group Name: ", "User Name: ", "Occurrences: ", "Event Description: "} {
		if bytes.Contains(text, []byte(mark)) {
			known++
		}
	}
	if known < 2 {
		return false
	}
	out.Format = "symantec-endpoint"
	for i, cell := range format.Comma(text, ',') {
		name, value, ok := strings.Cut(cell, ": ")
		if !ok {
			name, value, ok = strings.Cut(cell, ":")
		}
		if !ok || len(name) > 40 || strings.Contains(name, "\\") {
			bareSymantec(out, i, cell)
			continue
		}
		if m, ok := symantecNames[name]; ok {
			out.AddAs(name, value, m)
			continue
		}
		out.Add(name, value)
	}
	return true
}

// bareSymantec reads a cell without a name by its place and form.
func bareSymantec(out *format.Record, i int, cell string) {
	switch {
	case isAddr(cell):
		out.AddAs("host address", cell, format.Client)
	case i == 0 && !strings.Contains(cell, " "):
		out.AddAs("host", cell, format.Machine)
	case cell == "Blocked" || cell == "Allowed" || cell == "Continue":
		out.AddAs("action", cell, format.Outcome)
	case cell == "Inbound" || cell == "Outbound":
		out.AddAs("direction", cell, format.Way)
	case strings.Contains(cell, "\\"):
		out.AddAs("path", cell, format.File)
	default:
		out.AddAs("column "+strconv.Itoa(i+1), cell, format.Other)
	}
}

var symantecNames = map[string]format.Meaning{
	"Begin": format.Time, "Event time": format.Time, "Event Insert Time": format.Other, "End Time": format.Other, "Last update time": format.Other, "Local Host IP": format.Client, "Remote Host IP": format.Server,
	"Local": format.Client, "Remote": format.Server, "IP Address": format.MachineIP, "Source IP": format.Client, "Intrusion URL": format.URL, "Application hash": format.FileHash, "Hash": format.FileHash,
	"File path": format.File, "Download site": format.URL, "Web domain": format.Host, "Downloaded by": format.Process, "User Name": format.User, "User": format.User, "Server": format.Reporter, "Server Name": format.Reporter,
	"Computer name": format.Machine, "SHA-256": format.FileHash, "MD-5": format.FileHash, "Intrusion Payload URL": format.URL, "Rule": format.Other, "Domain Name": format.Other, "Application": format.Process,
	"Actual action": format.Outcome, "Requested action": format.Other, "Secondary action": format.Other, "Source": format.Other, "Location": format.Other, "Company name": format.Other, "Source computer": format.Machine,
}
